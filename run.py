"""Runs the project's tasks with nothing but python3: sets up `.venv` from the lock, then calls the tool."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
_DEMO = ("predictive", "report", "demo", "build")
_DEV = (*_DEMO, "clusters", "schedule", "dev")
LOCKS = {"demo": _DEMO, "dev": _DEV, "spark": (*_DEV, "spark")}
"""Name of a lock in requirements/ to the extras of pyproject.toml it covers."""


def main(arguments: list[str] | None = None) -> int:
    """Parses the task and runs it; gives its exit code."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    for name, task in TASKS.items():
        tasks.add_parser(name, help=(task.__doc__ or "").splitlines()[0]).set_defaults(run=task)
    known, rest = parser.parse_known_args(arguments)
    if sys.version_info < (3, 11):  # noqa: UP036 - any python3 may start this file
        print(f"consentric needs Python 3.11 or later; this is {sys.version.split()[0]}", file=sys.stderr)
        return 2
    return int(known.run(rest))


def demo(rest: list[str]) -> int:
    """The whole job on a published year of purchases, in ./demo: no account, no network."""
    prepare("demo")
    return call(BIN / "consentric", "demo", *(rest or ["demo"]))


def test(rest: list[str]) -> int:
    """The test suite."""
    prepare("dev")
    return call(BIN / "pytest", *(rest or ["-q", "-n", "2", "--dist", "loadfile"]))


def lint(rest: list[str]) -> int:
    """Formatting, lint, types, and the walls between the rooms."""
    prepare("dev")
    steps = [
        (BIN / "ruff", "format", "--check", "."),
        (BIN / "ruff", "check", "."),
        (BIN / "mypy",),
        (BIN / "lint-imports",),
    ]
    return max(call(*step, *rest) for step in steps)


def docs(rest: list[str]) -> int:
    """Runs every code block of README and docs."""
    prepare("dev")
    return call(BIN / "pytest", "-q", "tests/docs", *rest)


def bench(rest: list[str]) -> int:
    """What each stage costs with 200,000 contacts, against a pretend HubSpot; takes minutes."""
    prepare("spark" if "engines" in rest else "dev")
    return call(BIN / "python", "-m", "benchmarks", *(rest or ["pipeline"]))


def lock(rest: list[str]) -> int:
    """Writes requirements/*.lock anew from pyproject.toml: exact versions and hashes, no addresses."""
    prepare("dev")
    check(BIN / "python", "-m", "pip", "install", "--quiet", "pip-tools>=7.5")
    compile_lock = (
        BIN / "python",
        "-m",
        "piptools",
        "compile",
        "--quiet",
        "--generate-hashes",
        "--allow-unsafe",
    )
    quiet = ("--no-header", "--no-annotate", "--strip-extras", "--no-emit-trusted-host")
    bare = ("--no-emit-index-url", "--no-emit-find-links")
    for name, extras in LOCKS.items():
        chosen = [f"--extra={extra}" for extra in extras]
        check(
            *compile_lock, *quiet, *bare, *chosen, *rest, f"--output-file={lock_file(name)}", "pyproject.toml"
        )
    return 0


TASKS = {"demo": demo, "test": test, "lint": lint, "docs": docs, "bench": bench, "lock": lock}


def prepare(name: str) -> None:
    """Makes `.venv` hold the packages of a lock and the project itself; silent when it does."""
    pinned = ROOT / lock_file(name)
    wanted = hashlib.sha256(pinned.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / f"{name}.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not (BIN / "python").exists():
        print("setting up .venv", file=sys.stderr)
        venv.create(VENV, with_pip=True)
    pip = (BIN / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    print(f"installing {pinned.name}", file=sys.stderr)
    check(*pip, "install", "--require-hashes", "--requirement", pinned)
    check(*pip, "install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    stamp.write_text(wanted)


def lock_file(name: str) -> str:
    """Path of a lock of exact versions, from the project's folder."""
    return f"requirements/{name}.lock"


def check(*command: str | Path) -> None:
    """Runs a step that must succeed; ends the program with its exit code otherwise."""
    code = call(*command)
    if code:
        print(f"run.py: {Path(command[0]).name} failed with exit code {code}", file=sys.stderr)
        sys.exit(code)


def call(*command: str | Path) -> int:
    """Runs a command in the project's folder and gives its exit code."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
