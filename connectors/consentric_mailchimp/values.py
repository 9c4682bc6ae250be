"""Mailchimp's values as ours: dates that may be empty texts, amounts, members' ids."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from consentric.sdk.records import FieldValue

Row = Mapping[str, Any]
"""One object as Mailchimp prints it."""


def instant(text: object) -> datetime | None:
    """An instant given as ISO 8601, None for the empty text that stands for an unknown one.

    >>> instant("2024-01-02T03:04:05+00:00")
    datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    >>> instant("") is None
    True
    """
    if not isinstance(text, str) or not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def shown(at: datetime) -> str:
    """An instant as filters want it: ISO 8601 with offset, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def amount(value: object) -> Decimal | None:
    """An amount of money in major units; answers are read with `Decimal` for every fraction."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    found = Decimal(value)
    return found if found.is_finite() else None


def currency(text: object) -> str | None:
    """An ISO 4217 code, None when it is something else."""
    if isinstance(text, str) and len(text) == 3 and text.isascii() and text.isalpha():
        return text.upper()
    return None


def member_id(address: str) -> str:
    """What Mailchimp calls `subscriber_hash` and `email_id`: MD5 of the address in lower case."""
    return hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()


def typed(value: object, kind: str) -> FieldValue:
    """The value of a merge field by its type; an empty one is absent, a composite one is none of ours."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if not isinstance(value, str) or not value:
        return None
    if kind == "date":
        return _day(value)
    if kind == "number" and value.lstrip("-").isdigit():
        return int(value)
    return value


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return text
