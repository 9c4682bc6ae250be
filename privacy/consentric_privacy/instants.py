"""Instants and days as the ledger writes them: ISO 8601 text in UTC, to the second, comparable as text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache


def text_of(moment: datetime) -> str:
    """Writes an aware instant; fractions of a second are cut off.

    >>> text_of(datetime(2026, 6, 15, 12, 0, 0, 900_000, tzinfo=UTC))
    '2026-06-15T12:00:00Z'
    """
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat()[:19]}Z"


def instant_of(text: str) -> datetime:
    """Reads an instant that `text_of` wrote."""
    return datetime.fromisoformat(text)


def maybe_text(moment: datetime | None) -> str | None:
    """Writes an instant that may be unknown."""
    return None if moment is None else text_of(moment)


def maybe_instant(text: str | None) -> datetime | None:
    """Reads an instant that may be unknown."""
    return None if text is None else instant_of(text)


@lru_cache(maxsize=1 << 15)
def start_of(day: str) -> datetime:
    """The first instant of a day `2026-06-15`; cached, for a gate reads the same few thousand days."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def maybe_start_of(day: str | None) -> datetime | None:
    """The first instant of a day that may be unknown."""
    return None if day is None else start_of(day)


def maybe_day(day: date | None) -> str | None:
    """Writes a day that may be unknown."""
    return None if day is None else day.isoformat()
