"""What is kept of a field that could single a person out: a coarser value (GDPR art. 5(1)(c))."""

from __future__ import annotations

import re
from datetime import date, datetime

from consentric.sdk.records import FieldValue

from .settings import Generalisation

_FRENCH_POSTCODE = re.compile(r"^\d{5}$")
_OVERSEAS = ("97", "98")
_BAND_YEARS = 10


def generalised(value: FieldValue, how: Generalisation | None, today: date) -> str | None:
    """The value as it may be kept, or None when nothing may be kept of it.

    Args:
        value: As the source gave it.
        how: None keeps the value itself (class `attribute`).
        today: For age bands.

    >>> today = date(2026, 1, 1)
    >>> generalised("75011", "department", today), generalised("97410", "department", today)
    ('75', '974')
    >>> generalised(date(1984, 5, 2), "age_band", today)
    '40-49'
    """
    if value is None or value == "":
        return None
    if how is None:
        return _plain(value)
    if how == "department":
        return _department(str(value).strip())
    day = _day(value)
    if day is None:
        return None
    if how == "age_band":
        return _age_band(day, today)
    return {"day": day.isoformat(), "month": f"{day:%Y-%m}", "year": f"{day:%Y}"}[how]


def _plain(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _department(postcode: str) -> str | None:
    if not _FRENCH_POSTCODE.match(postcode):
        return None
    return postcode[:3] if postcode.startswith(_OVERSEAS) else postcode[:2]


def _age_band(born: date, today: date) -> str | None:
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if not 0 <= age <= 120:
        return None
    low = age - age % _BAND_YEARS
    return f"{low}-{low + _BAND_YEARS - 1}"


def _day(value: FieldValue) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
