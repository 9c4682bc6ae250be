"""Instants as Salesforce prints them; such texts sort like the instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_STAMP = "%Y-%m-%dT%H:%M:%S.000+0000"


def stamp(at: datetime) -> str:
    """The instant in UTC, `2024-04-25T15:50:37.000+0000`: no colon in the offset, always whole seconds."""
    return at.astimezone(UTC).strftime(_STAMP)


def parsed(text: str) -> datetime | None:
    """An instant with its offset (`Z`, `+0000` or `+00:00`), None when it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


def day(text: str) -> date | None:
    """A day as `2024-04-25`, None when it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def later(text: str, seconds: float) -> str:
    """The printed instant moved on."""
    at = parsed(text)
    assert at is not None
    return stamp(at + timedelta(seconds=seconds))


def bulk(text: str) -> str:
    """A printed instant as CSV of Bulk API 2.0 has it, `2024-04-25T15:50:37.000Z`."""
    return text[:-5] + "Z"
