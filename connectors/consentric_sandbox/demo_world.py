"""The demo's folder: a workspace beside three pretend CRMs with people in them."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from consentric.sdk.errors import ConfigError
from consentric_privacy.files import make_private_folder, write_atomic

from . import ready_answers
from .demo_crms import make_fields
from .people import expected
from .people.build import NOW, build

MARKER = ".consentric-demo"
"""Says that a folder is a demo's, so that the next demo may take it away."""
SEED = 20261115


@dataclass(frozen=True, slots=True)
class World:
    """Where everything of one demo lies."""

    folder: Path

    @property
    def workspace(self) -> Path:
        """Our stores and the configuration."""
        return self.folder / "workspace"

    @property
    def sandbox(self) -> Path:
        """The CRMs' data, the shop's file and the truth about the people."""
        return self.folder / "sandbox"

    @property
    def config(self) -> Path:
        """The configuration that commands take with `-c`."""
        return self.workspace / "config.toml"


def make_world(folder: Path, *, households: int | None = None) -> World:
    """Makes a new world; one that an earlier demo left in this folder is taken away.

    Args:
        folder: Where it lies.
        households: Only so many, for tests; all when None.

    Raises:
        ConfigError: The folder holds something else, or the demo's data is not installed.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise ConfigError(
                f'the folder "{folder}" is not empty and not a demo\'s',
                hint="name another one:  consentric demo FOLDER",
                happened="nothing was written.",
                code="CS224",
            )
        shutil.rmtree(folder)
    make_private_folder(folder)
    write_atomic(folder / MARKER, b"")
    world = World(folder)
    _write_workspace(world.workspace, sandbox="../sandbox")
    build(world.sandbox, seed=SEED, households=households)
    return world


def fill(sandbox: Path, *, households: int) -> None:
    """Puts people into an empty folder, in all three CRMs; beneath it a workspace, and answers for another.

    What Salesforce lets nobody but its administrator do is done, as its administrator.

    Raises:
        ConfigError: The demo's data is not installed.
    """
    from consentric.app.workspace import Workspace

    make_private_folder(sandbox)
    build(sandbox, seed=SEED, households=households)
    workspace = sandbox / "workspace"
    _write_workspace(workspace, sandbox="..")
    with Workspace.open(workspace / "config.toml") as opened:
        marker = f"managed by consentric {opened.control.store_id}"
    make_fields(sandbox, marker=marker)
    write_atomic(sandbox / ready_answers.NAME, ready_answers.answers_text(sandbox).encode())


def clock_of(sandbox: Path) -> Callable[[], datetime]:
    """The time in the CRMs of a folder: with the demo's people in them it stands still, on their day."""
    has_people = (sandbox / expected.FILE).exists()
    return lambda: NOW if has_people else datetime.now(UTC)


def _write_workspace(workspace: Path, *, sandbox: str) -> None:
    """Writes the demo's configuration; `sandbox` is the way there from the workspace."""
    make_private_folder(workspace)
    for source in files("consentric_sandbox").joinpath("demo_files").iterdir():
        text = source.read_text(encoding="utf-8").replace("../sandbox", sandbox)
        write_atomic(workspace / source.name, text.encode())
    write_atomic(workspace.parent / "root.key", secrets.token_hex(32).encode())
