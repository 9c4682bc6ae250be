"""The face for plugin authors: records, contracts, hooks and errors."""

from .sdk.contracts import (
    Accepted,
    Account,
    Change,
    Connector,
    Context,
    LabelSet,
    Limits,
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
