"""What stops a command before it does anything, with its message and exit code."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consentric.app import cli
from consentric.app.interruption import interruptible
from consentric.app.lock import hold_workspace
from consentric.app.progress import LineProgress, StoppableProgress
from consentric.sdk.progress import SilentProgress

CONFIG = """\
[workspace]
root_key = "env:CONSENTRIC_TEST_ROOT"
[controller]
name = "Acme SAS"
[connections.hubspot]
connector = "hubspot"
token = "env:CONSENTRIC_TEST_TOKEN"
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONSENTRIC_TEST_ROOT", bytes(range(32)).hex())
    monkeypatch.setenv("CONSENTRIC_TEST_TOKEN", "a-token")
    folder = tmp_path / "acme"
    folder.mkdir(mode=0o700)
    (folder / "config.toml").write_text(CONFIG)
    return folder


def run(workspace: Path, *arguments: str) -> int:
    return cli.run(["-c", str(workspace / "config.toml"), *arguments])


def test_a_workspace_that_others_can_read_exits_5(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.chmod(0o755)
    assert run(workspace, "pull") == 5
    said = capsys.readouterr().err
    assert said.startswith("error[CS502]: ")
    assert f"chmod 700 {workspace}" in said


def test_a_second_run_exits_6_and_says_whose_run_it_is(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold_workspace(workspace, run="sync", now=datetime(2026, 6, 15, 2, 0, tzinfo=UTC)):
        assert run(workspace, "pull") == 6
    assert capsys.readouterr().err == (
        f'error[CS601]: another run holds this workspace: run "sync" (process {os.getpid()}, '
        "started 2026-06-15T02:00:00Z)\n"
        "  what happened: nothing was read or written.\n"
        "  hint: wait for it, or look at it with  consentric status\n"
    )


def test_an_unset_root_key_exits_4_and_names_its_source(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CONSENTRIC_TEST_ROOT")
    assert run(workspace, "pull") == 4
    said = capsys.readouterr().err
    assert said.startswith("error[CS401]: ")
    assert "CONSENTRIC_TEST_ROOT" in said


def test_an_unset_token_exits_2_and_names_its_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CONSENTRIC_TEST_TOKEN")
    assert run(workspace, "pull") == 2
    said = capsys.readouterr().err
    assert 'connection "hubspot": setting "token": env:CONSENTRIC_TEST_TOKEN is not set' in said
    assert "--> config.toml:7  [connections.hubspot] token" in said


def test_an_unknown_connection_exits_2_and_names_the_nearest(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(workspace, "pull", "hubspto") == 2
    assert 'did you mean "hubspot"?' in capsys.readouterr().err


def test_an_address_on_the_command_line_is_refused_and_not_repeated(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(workspace, "explain", "jean.dupont@example.org") == 2
    shown = capsys.readouterr()
    assert "must not stand on the command line" in shown.err
    assert "jean.dupont" not in shown.err + shown.out


def test_status_runs_and_explanations_of_codes_need_no_key(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CONSENTRIC_TEST_ROOT")
    for arguments in (["status"], ["runs", "list"], ["runs", "errors"], ["explain", "CONSENT_WITHDRAWN"]):
        assert run(workspace, *arguments) == 0
    assert "withdrawn" in capsys.readouterr().out


def test_every_report_is_one_object_with_a_versioned_schema(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["status"],
        ["runs", "list"],
        ["config", "check"],
        ["segments", "list"],
        ["plugins", "list"],
    ):
        assert run(workspace, "--json", *arguments) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["schema"].startswith("consentric.")
        assert said["schema"].endswith("/1")


def test_consent_test_exits_0_only_if_every_case_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = Path(__file__).parents[2] / "data" / "decision_cases.json"
    assert cli.run(["consent", "test", str(cases)]) == 0
    assert capsys.readouterr().out.endswith(" passed, 0 failed\n")
    document = json.loads(cases.read_text())
    document["cases"][0]["expect"] = "ALLOW/CONSENT_VALID"
    broken = tmp_path / "cases.json"
    broken.write_text(json.dumps(document))
    assert cli.run(["consent", "test", str(broken)]) == 1
    assert capsys.readouterr().out.endswith(" passed, 1 failed\n")


@pytest.mark.parametrize("text", ["{", "[]", '{"purposes": {}}', '{"cases": [1]}'])
def test_a_file_that_holds_no_cases_is_a_fault_of_the_file(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.json"
    path.write_text(text)
    assert cli.run(["consent", "test", str(path)]) == 2
    assert 'error[CS221]: "cases.json" cannot be read as cases' in capsys.readouterr().err


def test_an_assessment_is_signed_by_name_and_noted(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    purpose = (
        '[[purpose]]\nid = "segmentation"\nbasis = ["legitimate_interest"]\nassessment = "file:lia.pdf"\n'
    )
    (workspace / "config.toml").write_text(CONFIG + purpose)
    (workspace / "lia.pdf").write_bytes(b"balanced")
    assert run(workspace, "records", "lia") == 0
    assert "NOT SIGNED" in capsys.readouterr().out
    assert run(workspace, "records", "lia", "--sign", "lia.pdf", "--by", "J. Martin, DPO") == 0
    said = capsys.readouterr().out
    assert "NOT SIGNED" not in said
    assert "Next:  consentric pull" in said
    assert "assessment.signed" in (workspace / "audit" / "log.jsonl").read_text()
    (workspace / "lia.pdf").write_bytes(b"altered")
    assert run(workspace, "records", "lia") == 0
    assert "NOT SIGNED" in capsys.readouterr().out


def test_a_signal_stops_between_two_pieces_of_work() -> None:
    with interruptible() as interruption:
        progress = StoppableProgress(SilentProgress(), interruption)
        progress.step("first")
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.is_asked
        with pytest.raises(KeyboardInterrupt):
            progress.advance()


def test_work_that_looks_itself_is_not_torn_away() -> None:
    with interruptible() as interruption:
        assert not interruption.should_stop()
        os.kill(os.getpid(), signal.SIGINT)
        StoppableProgress(SilentProgress(), interruption).advance()
        assert interruption.should_stop()


def test_a_second_signal_stops_at_once() -> None:
    with interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_progress_is_one_line() -> None:
    drawn: list[str] = []
    progress = LineProgress(drawn.append)
    progress.step("hubspot: contacts")
    progress.advance(1000, total=12480)
    assert drawn == ["hubspot: contacts", "hubspot: contacts  1 000 of 12 480"]
