"""The demo's folder: a workspace beside three pretend CRMs with people in them."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from consentric.sdk.errors import ConfigError
from consentric_privacy.files import make_private_folder, write_atomic
from consentric_sandbox.people.build import build

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
    make_private_folder(world.workspace)
    for source in files("consentric_sandbox").joinpath("demo_files").iterdir():
        write_atomic(world.workspace / source.name, source.read_bytes())
    write_atomic(folder / "root.key", secrets.token_hex(32).encode())
    build(world.sandbox, seed=SEED, households=households)
    return world
