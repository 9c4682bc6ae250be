"""The three example files, run as they stand against a pretend HubSpot: people are segmented and labelled."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from consentric.app import stages
from consentric.app.workspace import Workspace
from consentric.sdk.progress import SilentProgress
from consentric_privacy.assessment import sign_assessment
from consentric_sandbox.hubspot import snapshot
from consentric_sandbox.people.build import build

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("config.example.toml", "segments.example.toml", "privacy.example.toml")
# What a reader would change to try them: the lines are there, commented out.
TRIED_IN_A_SANDBOX = {
    '# sandbox = "../sandbox"': 'sandbox = "../sandbox"',
    "# calls_per_second = 9.5": "calls_per_second = 1000",
    "# [clock]": "[clock]",
    "# at = 2026-06-15T12:00:00Z": "at = 2026-11-16T06:00:00Z",
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    build(tmp_path / "sandbox", seed=3, households=60)
    workspace = tmp_path / "workspace"
    workspace.mkdir(mode=0o700)
    for name in EXAMPLES:
        text = (ROOT / name).read_text(encoding="utf-8")
        for commented, used in TRIED_IN_A_SANDBOX.items():
            text = text.replace(commented, used)
        (workspace / name).write_text(text, encoding="utf-8")
    for name in ("lia-2026.md", "notice-2022.txt", "form-2022.png"):
        (workspace / name).write_bytes(b"shown to a regulator on request")
    monkeypatch.setenv("CONSENTRIC_ROOT_KEY", secrets.token_hex(32))
    monkeypatch.setenv("HUBSPOT_TOKEN", (tmp_path / "sandbox" / snapshot.TOKEN_FILE).read_text().strip())
    return workspace / "config.example.toml"


def test_the_example_files_segment_and_label_people(config: Path) -> None:
    with Workspace.open(config) as workspace:
        [purpose] = [one for one in workspace.settings.purpose if one.assessment]
        sign_assessment(workspace.people, purpose, workspace.folder, signed_by="dpo", at=workspace.clock())
    with Workspace.open(config) as workspace:
        braked = stages.sync(workspace, progress=SilentProgress())
    plan = braked.plans[0]
    with Workspace.open(config) as workspace:
        stages.approve(workspace, plan.plan, "the first one", by="test")
        applied = stages.apply(workspace, plan.plan, progress=SilentProgress())

    assert braked.exit_code == 5
    assert braked.segments is not None
    sizes = {one.name: sum(one.sizes.values()) for one in braked.segments.sets}
    assert sizes["rfm5"] > 0
    assert sizes["winback"] > 0
    assert plan.enter == applied.enter > 0
    assert applied.exit_code == 0
