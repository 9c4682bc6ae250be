"""The worlds that pages are read in: a new folder beside a pretend CRM, and a small demo with its labels."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentric.app import stages
from consentric.app.assessments import sign_file
from consentric.app.workspace import Workspace
from consentric.sdk.progress import SilentProgress
from consentric_sandbox.demo_crms import make_fields
from consentric_sandbox.demo_world import World, make_world

from .pages import Block, blocks
from .shell import Shell, on_path

HOUSEHOLDS = 90
UNTOUCHED = "sandbox"
"""Beside the demo: its pretend CRMs before anything was written."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A demo of a few households whose first plans were approved and applied; tests get copies."""
    world = make_world(tmp_path_factory.mktemp("worlds") / "demo", households=HOUSEHOLDS)
    shutil.copytree(world.sandbox, world.folder.parent / UNTOUCHED)
    with Workspace.open(world.config) as workspace:
        sign_file(workspace, "assessment.md", by="tests")
        marker = f"managed by consentric {workspace.control.store_id}"
    make_fields(world.sandbox, marker=marker)
    with Workspace.open(world.config) as workspace:
        for plan in stages.sync(workspace, progress=SilentProgress()).plans:
            stages.approve(workspace, plan.plan, "looked at", by="tests")
            assert stages.apply(workspace, plan.plan, progress=SilentProgress()).exit_code == 0
    return world


@pytest.fixture
def shell(
    tmp_path: Path,
    demo: World,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """A shell in `checkout`; beside it `demo`, and the demo's pretend CRM as it began."""
    tmp_path.chmod(0o700)
    shutil.copytree(demo.folder, tmp_path / "demo")
    shutil.copytree(demo.folder.parent / UNTOUCHED, tmp_path / UNTOUCHED)
    (tmp_path / "checkout").mkdir(mode=0o700)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    token = (tmp_path / "sandbox" / "hubspot.token").read_text(encoding="utf-8").strip()
    return Shell(
        folder=tmp_path / "checkout", monkeypatch=monkeypatch, capsys=capsys, secret=token, site=site
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder from which installed packages are found."""
    folder = tmp_path_factory.mktemp("site")
    with on_path(folder):
        yield folder


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin of docs/plugins.md, as its files."""
    folder = tmp_path_factory.mktemp("acme-till")
    for block in blocks("docs/plugins.md"):
        write_file(block, folder)
    return folder


def write_file(block: Block, folder: Path) -> None:
    """Writes the file that a block is the content of."""
    if block.file is not None:
        path = folder / block.file
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        path.chmod(0o600)
