"""HubSpot's texts as values: every property is a string or null, instants come in two spellings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from consentric.sdk.records import FieldValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

Row = Mapping[str, Any]
"""One object as HubSpot prints it, with `id` and `properties`."""


def properties_of(row: Row) -> Mapping[str, str | None]:
    """The properties of a row, none when the answer holds none."""
    found = row.get("properties")
    return found if isinstance(found, dict) else {}


def instant(text: object) -> datetime | None:
    """An instant given as ISO 8601 or epoch milliseconds, None when it is neither.

    >>> instant("2026-06-15T12:00:00.250Z") == instant("1781524800250") == instant(1781524800250)
    True
    """
    if isinstance(text, int):
        text = str(text)
    if not isinstance(text, str) or not text:
        return None
    try:
        if text.lstrip("-").isdigit():
            return _EPOCH + int(text) * _MILLISECOND
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def milliseconds(at: datetime) -> int:
    """Epoch milliseconds, as filters of a search want them."""
    return (at - _EPOCH) // _MILLISECOND


def is_true(text: str | None) -> bool:
    """Whether a boolean property says true; null is no."""
    return text is not None and text.lower() == "true"


def amount(text: str | None) -> Decimal | None:
    """An amount of money in major units, None when there is none or it is no number."""
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def typed(text: str | None, kind: str) -> FieldValue:
    """The value of a configured field by HubSpot's property type; other types stay text."""
    if not text:
        return None
    if kind == "bool":
        return is_true(text)
    if kind == "date":
        return _day(text)
    if kind == "number" and text.lstrip("-").isdigit():
        return int(text)
    return text


def _day(text: str) -> date | str:
    at = instant(text)
    return text if at is None else at.date()
