"""Hooks of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consentric.sdk.hooks import hookimpl

if TYPE_CHECKING:
    from consentric import Writer


@hookimpl
def register_writers() -> list[type[Writer]]:
    """The writer for Salesforce."""
    from .writer import SalesforceWriter

    return [SalesforceWriter]
