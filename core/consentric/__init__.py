"""The face for plugin authors: records, contracts, hooks and errors; each is imported when first named."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sdk.contracts import (
        Accepted,
        Account,
        Change,
        Connector,
        Context,
        LabelSet,
        Limits,
        Need,
        Outcome,
        Provision,
        SegmentLabel,
        Shown,
        Stream,
        Writer,
    )
    from .sdk.errors import ConfigError, ConsentricError, DataError, GuardError, RemoteError, RemoteKind
    from .sdk.hooks import API_VERSION, hookimpl
    from .sdk.records import (
        Activity,
        Bookmark,
        Complete,
        ConsentEvent,
        Contact,
        Deletion,
        Incomplete,
        Merge,
        Objection,
        RecordRef,
    )

__version__ = "0.1.0"

__all__ = [
    "API_VERSION",
    "Accepted",
    "Account",
    "Activity",
    "Bookmark",
    "Change",
    "Complete",
    "ConfigError",
    "Connector",
    "ConsentEvent",
    "ConsentricError",
    "Contact",
    "Context",
    "DataError",
    "Deletion",
    "GuardError",
    "Incomplete",
    "LabelSet",
    "Limits",
    "Merge",
    "Need",
    "Objection",
    "Outcome",
    "Provision",
    "RecordRef",
    "RemoteError",
    "RemoteKind",
    "SegmentLabel",
    "Shown",
    "Stream",
    "Writer",
    "hookimpl",
]

# The command line passes through here on its way to `--help`, which must not pay for contracts and records.
_HOMES = ("sdk.records", "sdk.contracts", "sdk.errors", "sdk.hooks")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"consentric.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module 'consentric' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
