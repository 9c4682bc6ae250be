"""The command line as a whole: help, global flags, messages and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from consentric.app import cli
from consentric.app.command_group import HEADINGS
from consentric.app.session import Session
from consentric.sdk.errors import ConfigError, Fault, RemoteError, RemoteKind

HEAVY = (
    "duckdb",
    "hubspot",
    "ibis",
    "mailchimp_marketing",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "requests",
    "rich",
    "simple_salesforce",
)

HELP_PROBE = f"""
import sys
from consentric.app.cli import run
assert run(["--help"]) == 0
sys.stderr.write(",".join(name for name in {HEAVY!r} if name in sys.modules))
"""

COMMANDS = sorted(cli.COMMANDS)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from consentric.app.cli import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )


def test_help_imports_nothing_heavy() -> None:
    probe = subprocess.run([sys.executable, "-c", HELP_PROBE], capture_output=True, text=True, check=True)
    assert probe.stderr == ""


def test_help_groups_the_commands_by_reader() -> None:
    shown = run("--help").stdout
    for heading in HEADINGS.values():
        assert f"{heading}:" in shown
    for name in cli.COMMANDS:
        assert f"  {name} " in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_with_an_example(name: str) -> None:
    context = click.Context(cli.cli)
    command = cli.cli.get_command(context, name)
    assert command is not None
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    for one in commands:
        assert "Example" in (one.help or ""), one.name


@pytest.mark.parametrize(
    "arguments",
    [["--config", "a/config.toml", "--json", "probe"], ["probe", "-c", "a/config.toml", "--json"]],
)
def test_global_flags_stand_before_or_after_the_verb(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Session] = []

    @click.command()
    @click.pass_obj
    def probe(session: Session) -> None:
        seen.append(session)

    monkeypatch.setitem(cli.cli.commands, "probe", probe)
    assert cli.run(arguments) == 0
    assert seen[0].config == Path("a/config.toml")
    assert seen[0].is_json


def test_an_unknown_command_exits_2_and_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["plam"]) == 2
    assert capsys.readouterr().err == (
        'error[CS211]: no command is named "plam"\n'
        "  what happened: nothing was read or written.\n"
        '  hint: did you mean "plan"?\n'
    )


def test_an_unknown_option_exits_2_and_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["plan", "--detailed-exitcod"]) == 2
    assert "did you mean --detailed-exitcode?" in capsys.readouterr().err


def raises(error: BaseException, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    @click.command()
    def probe() -> None:
        raise error

    monkeypatch.setitem(cli.cli.commands, "probe", probe)
    return cli.run([*arguments, "probe"])


def test_an_error_is_told_in_five_parts_and_by_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = RemoteError(
        "HubSpot refused the token (401)",
        kind=RemoteKind.AUTH,
        where='config.toml:31  [connections.hubspot] token = "env:HUBSPOT_TOKEN"',
        happened="nothing was read or written.",
        hint="renew the token, then  consentric doctor --only hubspot",
        code="CS104",
    )
    assert raises(error, monkeypatch) == 4
    assert capsys.readouterr().err == (
        "error[CS104]: HubSpot refused the token (401)\n"
        '  --> config.toml:31  [connections.hubspot] token = "env:HUBSPOT_TOKEN"\n'
        "  what happened: nothing was read or written.\n"
        "  hint: renew the token, then  consentric doctor --only hubspot\n"
    )


def test_with_json_an_error_is_one_object_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ConfigError("the configuration has 1 fault", faults=[Fault("unknown section", where="c.toml:1")])
    assert raises(error, monkeypatch, "--json") == 2
    shown = capsys.readouterr()
    assert shown.err == ""
    said = json.loads(shown.out)
    assert said["schema"] == "consentric.error/1"
    assert said["exit_code"] == 2
    assert said["faults"][0]["where"] == "c.toml:1"


def test_a_defect_shows_neither_traceback_nor_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("")
    error = ValueError("jean.dupont@example.org is not a number")
    assert raises(error, monkeypatch, "-c", str(tmp_path / "config.toml")) == 1
    shown = capsys.readouterr()
    log = tmp_path / "runs" / "defects.log"
    assert "please report it" in shown.err
    assert str(log) in shown.err
    for text in (shown.err, shown.out, log.read_text()):
        assert "jean.dupont" not in text
    assert "Traceback" not in shown.err
    assert "ValueError" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_a_defect_without_a_log_names_none_and_promises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raises(ValueError("x"), monkeypatch, "-c", str(tmp_path / "config.toml")) == 1
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  what happened: the run stopped; what it had finished is kept.",
        "  hint: please report it with the command you gave; no log could be written",
    ]


@pytest.mark.parametrize("signal_like", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_command_exits_75(
    signal_like: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raises(signal_like, monkeypatch) == 75
    assert "run the same command again" in capsys.readouterr().err


def test_a_stop_signal_exits_75() -> None:
    program = (
        "import os, signal, sys, click\n"
        "from consentric.app import cli\n"
        "@click.command()\n"
        "def probe():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    signal.pause()\n"
        "cli.cli.commands['probe'] = probe\n"
        "cli.main(['probe'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 75


def test_files_are_private_and_no_core_is_dumped() -> None:
    program = (
        "import os, resource, click\n"
        "from consentric.app import cli\n"
        "@click.command()\n"
        "def probe():\n"
        "    print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE))\n"
        "cli.cli.commands['probe'] = probe\n"
        "cli.main(['probe'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "0o77 (0, 0)\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", shell]) == 0
    assert "_CONSENTRIC_COMPLETE" in capsys.readouterr().out


def test_the_face_for_plugin_authors_names_what_it_promises() -> None:
    import consentric

    assert all(getattr(consentric, name) is not None for name in consentric.__all__)
    assert set(consentric.__all__) <= set(dir(consentric))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = consentric.Nothing
