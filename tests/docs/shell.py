"""Runs the shell blocks of a page line by line, our own commands inside this process."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest

from consentric.app import cli
from consentric.app.session import Session

from .pages import ROOT

PLAN = "7f3a"
"""The plan that pages name; in a run, the newest one of the workspace."""
_REMARK = re.compile(r"\s+# .*$")
_SHELL = frozenset("|&;<>$`*")


@dataclass(slots=True, kw_only=True)
class Shell:
    """Where a page stands, and what its reader has typed so far."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    secret: str = ""
    """What is typed where a command reads a secret."""
    after: dict[str, Callable[[Path], None]] = field(default_factory=dict)
    """First words of a command to what the tests do once it ran, as pointing a CRM at a pretend one."""
    site: Path | None = None
    """Where `pip install .` puts packages."""
    output_of: dict[str, str] = field(default_factory=dict)
    """What our own commands printed the last time, by their lines."""
    first_output_of: dict[str, str] = field(default_factory=dict)
    """What they printed the first time."""

    def run(self, text: str, place: str) -> None:
        """Runs the lines of a block; each must succeed."""
        for line in lines_of(text):
            self._line(line, place)
            for words, act in self.after.items():
                if line.startswith(words):
                    act(self.folder)

    def _line(self, line: str, place: str) -> None:
        line = line.replace(PLAN, self._newest_plan())
        words = shlex.split(line)
        if words[0] == "make":
            assert_task(words[1])
        elif words[0] == "consentric" and is_ours(words) and not _SHELL & set(line.partition(">")[0]):
            self._own(line, place)
        elif words[:2] == ["pip", "install"]:
            self._install(words[2:], place)
        else:
            self._foreign(line, place)

    def _own(self, line: str, place: str) -> None:
        command, _, target = line.partition(">")
        code, output = self._in_process(shlex.split(command)[1:])
        assert code in _expected(command), f"{place}: {line}: exit {code}\n{output}"
        self.output_of[line] = output
        self.first_output_of.setdefault(line, output)
        if target:
            (self.folder / target.strip()).write_text(output, encoding="utf-8")

    def _in_process(self, arguments: list[str]) -> tuple[int, str]:
        self.capsys.readouterr()
        with self.monkeypatch.context() as patch:
            patch.chdir(self.folder)
            code = cli.run(arguments)
        captured = self.capsys.readouterr()
        return code, captured.out + captured.err

    def _install(self, arguments: list[str], place: str) -> None:
        assert self.site is not None
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
        self._subprocess([*pip, "--quiet", "--target", str(self.site), *arguments], place)

    def _foreign(self, line: str, place: str) -> None:
        told = self.folder / ".told"
        script = f"set -e\n{line}\npwd > {told}\nenv -0 >> {told}\n"
        self._subprocess(["bash", "-c", script], place)
        where, _, environment = told.read_text(encoding="utf-8").partition("\n")
        told.unlink()
        self.folder = Path(where)
        for name, _, value in (pair.partition("=") for pair in environment.split("\0") if pair):
            if os.environ.get(name) != value and name not in ("_", "SHLVL", "PWD", "OLDPWD"):
                self.monkeypatch.setenv(name, value)

    def _subprocess(self, command: list[str], place: str) -> None:
        done = subprocess.run(
            command, cwd=self.folder, input=f"{self.secret}\n", text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{place}: {command}\n{done.stdout}{done.stderr}"

    def _newest_plan(self) -> str:
        plans = sorted((self.folder / "plans").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return plans[-1].name if plans else PLAN


def lines_of(text: str) -> Iterator[str]:
    """The commands of a block, without remarks."""
    for line in text.splitlines():
        command = _REMARK.sub("", line).strip()
        if command and not command.startswith("#"):
            yield command


def assert_task(name: str) -> None:
    """Fails when the Makefile has no such task."""
    tasks = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert name in tasks.partition(".PHONY:")[2].splitlines()[0].split()


def is_ours(words: list[str]) -> bool:
    """Whether a command line needs no plugin's command; those are known to a new process only."""
    return bool({*cli.COMMANDS, "sandbox"} & set(words))


def command_of(arguments: list[str]) -> str:
    """The path of the command that a command line names, with its options checked; `demo` included.

    Raises:
        click.UsageError: When an option or argument is not one of its.
    """
    command: Any = cli.cli
    context = click.Context(command, info_name="consentric", obj=Session())
    rest, path = list(arguments), []
    with context.scope():
        while isinstance(command, click.Group):
            _, rest, _ = command.make_parser(context).parse_args(list(rest))
            name, command, rest = command.resolve_command(context, rest)
            path.append(str(name))
        if path != ["demo"]:
            command.make_parser(click.Context(command)).parse_args(list(rest))
    return " ".join(path)


@contextmanager
def on_path(site: Path) -> Iterator[None]:
    """Packages of a folder are installed, for this process and its children."""
    known = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.setenv("PYTHONPATH", str(site))
        yield
    for name in set(sys.modules) - known:
        if str(site) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def _expected(command: str) -> tuple[int, ...]:
    """Exit codes that are no failure."""
    return (0, 10) if "--detailed-exitcode" in command else (0,)
