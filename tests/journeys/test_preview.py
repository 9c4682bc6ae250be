"""A preview shows what a first read would begin with, and leaves nothing: no store, no write, no file."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric.app import cli
from consentric.app import preview as preview_module
from consentric.app.preview import preview
from consentric.app.workspace import Workspace
from consentric.sdk.progress import SilentProgress
from consentric.sdk.transport import Transport
from consentric_sandbox.companies.company import make_company

NOW = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "examples" / "imported-mess"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred people of the company with three CRMs, and the configuration of its answers."""
    root = tmp_path_factory.mktemp("mess")
    make_company("imported-mess", root / "crm", people=100, now=NOW)
    (root / "workspace").mkdir(mode=0o700)
    config = root / "workspace" / "config.toml"
    assert cli.run(["-c", str(config), "init", "--answers", str(EXAMPLE / "answers.toml")]) == 0
    config.write_text(config.read_text() + "\n[clock]\nat = 2026-11-16T06:00:00Z\n")
    shutil.copy(EXAMPLE / "lia-2026.md", config.parent)
    (root / "root.key").unlink()  # a preview has keys of its own, for its own end
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(Transport.__init__.__kwdefaults__ or {}, "sleep", lambda _seconds: None)
    return Path(shutil.copytree(made, tmp_path / "mess"))


def config_of(root: Path) -> Path:
    return root / "workspace" / "config.toml"


def contents(root: Path) -> dict[str, bytes]:
    """Every file of the workspace."""
    found = [path for path in (root / "workspace").rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def show(root: Path, capsys: pytest.CaptureFixture[str], people: int = 40) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = cli.run(["-c", str(config_of(root)), "--json", "preview", "--people", str(people)])
    return code, json.loads(capsys.readouterr().out)


def sign(root: Path) -> None:
    (root / "root.key").write_text("5a" * 31 + "01")
    (root / "root.key").chmod(0o600)
    assert (
        cli.run(["-c", str(config_of(root)), "records", "lia", "--sign", "lia-2026.md", "--by", "dpo"]) == 0
    )


def test_nothing_is_left_of_a_preview_neither_here_nor_in_a_crm(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(root)
    code, _ = show(root, capsys)
    assert code == 0
    assert contents(root) == before
    assert [path.read_text() for path in (root / "crm").glob("*.writes.jsonl")] == ["", "", ""]


def test_without_a_signed_assessment_nobody_is_segmented_and_consents_are_counted(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, found = show(root, capsys)
    gate = found["gate"]
    assert gate["allowed"]["segmentation/none/process"] == 0
    assert gate["denied"]["segmentation/none/process"] == {"LIA_MISSING": gate["people"]}
    assert gate["allowed"]["email_marketing/email/write_back"] > 0
    assert found["segments"]["sets"][0]["population"] == 0
    assert found["unsigned"] == ["lia-2026.md"]


def test_what_was_signed_in_the_workspace_counts_in_its_preview(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign(root)
    before = contents(root)
    _, found = show(root, capsys)
    [rfm] = found["segments"]["sets"]
    assert found["unsigned"] == []
    assert rfm["population"] == found["gate"]["people"]
    assert sum(rfm["sizes"].values()) > 20
    assert contents(root) == before
    (root / "workspace" / "lia-2026.md").write_text("altered")
    assert show(root, capsys)[1]["unsigned"] == ["lia-2026.md"]


def test_people_of_every_connection_are_bounded(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = show(root, capsys, people=10)
    people = {
        pull["connection"]: sum(stream["counts"].get("contacts", 0) for stream in pull["streams"])
        for pull in found["pulls"]
    }
    assert people == {"mailchimp": 10, "hubspot": 10, "salesforce": 10}
    incomplete = [s["reason"] for p in found["pulls"] for s in p["streams"] if s["state"] == "incomplete"]
    assert set(incomplete) == {"preview: only the first ones were read; consentric pull reads all"}


def test_the_text_says_its_bounds_before_any_figure(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sign(root)
    capsys.readouterr()
    assert cli.run(["-c", str(config_of(root)), "preview", "--people", "40"]) == 0
    text = capsys.readouterr().out
    assert text.index("read at most: 40 people of each connection") < text.index("people known")
    assert "400 rows of each other stream" in text
    assert "\n    Champions " in text
    assert text.rstrip().endswith("Next:  consentric pull")


def interrupt(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


def test_ctrl_c_leaves_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(root)
    monkeypatch.setattr(preview_module, "decide", interrupt)
    assert cli.run(["-c", str(config_of(root)), "preview", "--people", "10"]) == 75
    assert contents(root) == before
    assert not (root / "workspace" / ".preview").exists()
    assert "nothing is left of the preview" in capsys.readouterr().err


def test_what_a_killed_preview_left_is_taken_away_by_the_next_and_was_under_a_key_that_is_gone(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[Path] = []

    def keep(folder: Path, **_: Any) -> None:
        left.append(folder)

    with monkeypatch.context() as patch:
        patch.setattr(preview_module.shutil, "rmtree", keep)
        show(root, capsys, people=10)
    folder = root / "workspace" / ".preview"
    assert folder in left
    assert (folder / "people.sqlite").exists()
    assert folder.stat().st_mode & 0o077 == 0
    assert not list(root.rglob("root.key"))
    show(root, capsys, people=10)
    assert not folder.exists()


def test_two_previews_at_once_are_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes: list[int] = []

    class Meanwhile(SilentProgress):
        def step(self, name: str) -> None:
            if not codes:
                codes.append(cli.run(["-c", str(config_of(root)), "preview"]))

    with Workspace.open(config_of(root)) as workspace:
        preview(workspace, people=10, progress=Meanwhile())
    assert codes == [6]
    assert "another preview runs here" in capsys.readouterr().err


def test_one_crm_that_cannot_be_read_leaves_the_others_and_exit_3(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "crm" / "hubspot.token").write_text("wrong")
    code, found = show(root, capsys, people=10)
    assert code == 3
    assert list(found["failures"]) == ["hubspot"]
    assert [pull["connection"] for pull in found["pulls"]] == ["mailchimp", "salesforce"]
