"""The whole tree of errors, sorted by what the caller should do.

ConsentricError          root: code, message, hint, where, happened, exit_code
  ConfigError            2  the operator mends a file; carries every fault found
  DataError              3  a record, row or field of a source cannot be used
  RemoteError            4  a CRM refused or was not reached; `kind` says what to do
  AssessmentError        2  (defined on the ground floor) a balancing test cannot be signed
  KeyMaterialError       4  (defined on the ground floor) a key or secret is missing or wrong
  GuardError             5  a brake, gate or check stopped the run
    UnsafeStoreError     5  (defined on the ground floor) a store is readable by others, damaged or full
  LockedError            6  another run holds the workspace
  NotIdentifiedError     7  nobody is known under this name
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from consentric_privacy.errors import AssessmentError, ConsentricError, KeyMaterialError, UnsafeStoreError

__all__ = [
    "AssessmentError",
    "ConfigError",
    "ConsentricError",
    "DataError",
    "Fault",
    "GuardError",
    "KeyMaterialError",
    "LockedError",
    "NotIdentifiedError",
    "RemoteError",
    "RemoteKind",
    "UnsafeStoreError",
]


class RemoteKind(Enum):
    """What a failed call to a CRM means for the caller (crm-independent)."""

    THROTTLED = "throttled"
    """Slow down: may be asked again, never earlier than `retry_after_seconds`."""
    TRANSIENT = "transient"
    """Ask again: a read, or a write known not to have been applied."""
    AMBIGUOUS = "ambiguous"
    """A write that may have been applied: settle it by reading back, never ask again."""
    REJECTED = "rejected"
    """This record only; the others go on."""
    AUTH = "auth"
    """The token or one of its scopes is refused."""
    QUOTA = "quota"
    """The day's allowance is spent."""
    FATAL = "fatal"
    """This connection or destination cannot go on."""


class Fault(ConsentricError):
    """One fault of a config file, with its place."""

    code = "CS201"
    exit_code = 2


class ConfigError(ConsentricError):
    """The configuration cannot be used; `faults` holds all of them, found in one pass."""

    code = "CS200"
    exit_code = 2

    def __init__(self, message: str, *, faults: Sequence[Fault] = (), **details: str) -> None:
        super().__init__(message, **details)
        self.faults = tuple(faults)


class DataError(ConsentricError):
    """A row, record or field of a source cannot be used; the message names the row, never its content."""

    code = "CS301"
    exit_code = 3


class RemoteError(ConsentricError):
    """A call to a CRM failed. One class for every vendor; whoever catches it reads `kind`.

    Args:
        kind: What the caller may do.
        account: Name of the connection.
        operation: What was asked, as `contacts.search`; never a URL.
        status: HTTP status, or None when there was no answer.
        vendor_code: The vendor's own word for it, if any.
        request_id: The vendor's correlation id, for a support ticket.
        retry_after_seconds: The vendor's hint, if any.
        record_ids: CRM ids it concerns; kept in memory, never printed by this class.
    """

    code = "CS101"
    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        kind: RemoteKind,
        account: str = "",
        operation: str = "",
        status: int | None = None,
        vendor_code: str = "",
        request_id: str = "",
        retry_after_seconds: float | None = None,
        record_ids: Sequence[str] = (),
        **details: str,
    ) -> None:
        super().__init__(message, **details)
        self.kind = kind
        self.account = account
        self.operation = operation
        self.status = status
        self.vendor_code = vendor_code
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
        self.record_ids = tuple(record_ids)


class GuardError(ConsentricError):
    """A brake, gate or check stopped the run before harm was done."""

    code = "CS510"
    exit_code = 5


class LockedError(ConsentricError):
    """Another run holds the lock of this workspace."""

    code = "CS601"
    exit_code = 6


class NotIdentifiedError(ConsentricError):
    """Nobody is known under the name given; the name is never repeated in the message."""

    code = "CS701"
    exit_code = 7
