"""The hooks of the entry-point group `consentric`: they register or watch, none changes data in flight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click

    from .contracts import Connector, Writer

PROJECT = "consentric"
API_VERSION = 1
"""Version of contracts and hooks; a plugin names the one it was written for as `api_version`."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_connectors() -> Sequence[type[Connector]]:  # type: ignore[empty-body]
    """Gives the connector classes of this plugin; import them inside the function, not at module level."""


@hookspec
def register_writers() -> Sequence[type[Writer]]:  # type: ignore[empty-body]
    """Gives the writer classes of this plugin; import them inside the function."""


@hookspec
def register_commands(cli: click.Group) -> None:
    """Adds commands to the command line; keep the imports of a command inside it."""


@hookspec
def run_finished(report: dict[str, Any]) -> None:
    """Watches the end of each run; the report holds counts and codes, nothing about a person."""
