"""Calls, one-to-one e-mails, meetings and messages: what kind of contact with a person each of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consentric.sdk.records import Activity, ActivityKind, RecordRef

from .activities import Source
from .values import instant

Properties = Mapping[str, str | None]

_NOT_SENT = frozenset({"FAILED", "SCHEDULED", "SENDING"})
_NOT_HELD = frozenset({"CANCELED", "CANCELLED", "NO_SHOW", "NO SHOW", "RESCHEDULED"})


def _email(properties: Properties) -> ActivityKind | None:
    if properties.get("hs_email_direction") == "INCOMING_EMAIL":
        return "reply"
    status = properties.get("hs_email_status")
    if status == "BOUNCED":
        return "bounce"
    return None if status in _NOT_SENT else "send"


def _meeting(properties: Properties) -> ActivityKind | None:
    return None if (properties.get("hs_meeting_outcome") or "").upper() in _NOT_HELD else "meeting"


_KINDS: Mapping[str, tuple[Callable[[Properties], ActivityKind | None], tuple[str, ...]]] = {
    "calls": (lambda _: "call", ()),
    "emails": (_email, ("hs_email_direction", "hs_email_status")),
    "meetings": (_meeting, ("hs_meeting_outcome",)),
    "communications": (lambda _: "send", ()),
}
"""Object type to its kind and the properties that tell it; no text of a message is ever asked for."""


def engagements(object_type: str) -> Source:
    """The activities of one engagement type, at `hs_timestamp`."""
    kind_of, told_by = _KINDS[object_type]
    noun = object_type.removesuffix("s")

    def shape(number: str, properties: Properties, record: RecordRef) -> tuple[Activity, ...]:
        at = instant(properties.get("hs_timestamp"))
        if at is None:
            return ()
        kind = kind_of(properties)
        return (
            Activity(
                record=record, key=f"{noun}:{number}", kind=kind or "call", at=at, is_cancelled=kind is None
            ),
        )

    return Source(
        object_type=object_type,
        required=("hs_timestamp",),
        optional=told_by,
        keys=lambda number: (f"{noun}:{number}",),
        shape=shape,
    )
