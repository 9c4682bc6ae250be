"""Hooks of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consentric.sdk.hooks import hookimpl

if TYPE_CHECKING:
    from consentric import Connector


@hookimpl
def register_connectors() -> list[type[Connector]]:
    """The connector for files."""
    from .connector import FilesConnector

    return [FilesConnector]
