"""Salesforce's values as ours: JSON of REST and cells of Bulk say the same in two spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from consentric.sdk.records import FieldValue, RecordRef

Row = Mapping[str, Any]
"""One record by field; a field of its parent under both names with a dot between."""

_ID = re.compile(r"^[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?$")
_NOON = time(12, tzinfo=UTC)
_PEOPLE = {"003": "Contact", "00Q": "Lead"}
"""The first three characters of an id name its object."""


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of a REST answer as a row.

    >>> flat({"attributes": {"type": "Contact"}, "Id": "1", "Individual": {"ShouldForget": True}})
    {'Id': '1', 'Individual.ShouldForget': True}
    """
    row: dict[str, Any] = {}
    for name, value in record.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            row.update({f"{name}.{key}": inner for key, inner in flat(value).items()})
        else:
            row[name] = value
    return row


def text(value: object) -> str | None:
    """A text that is not empty; Bulk has no other null than the empty cell."""
    return value if isinstance(value, str) and value else None


def is_true(value: object) -> bool:
    """Whether a boolean says true.

    >>> is_true(True), is_true("true"), is_true("false"), is_true(None)
    (True, True, False, False)
    """
    return value is True or (isinstance(value, str) and value.lower() == "true")


def instant(value: object) -> datetime | None:
    """An instant; a day alone is taken at noon in UTC, which is that day in every time zone of a shop.

    >>> instant("2024-04-25T15:50:37.000+0000") == instant("2024-04-25T15:50:37.000Z")
    True
    >>> instant("2024-04-25").isoformat()
    '2024-04-25T12:00:00+00:00'
    """
    if not isinstance(value, str) or not value:
        return None
    try:
        if len(value) == 10:
            return datetime.combine(date.fromisoformat(value), _NOON)
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def day(value: object) -> date | None:
    """A calendar day, None when it is none."""
    at = instant(value)
    return None if at is None else at.date()


def amount(value: object) -> Decimal | None:
    """An amount of money in major units, None when there is none or it is no number."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def typed(value: object, kind: str) -> FieldValue:
    """The value of a configured field by its type in Salesforce; other types become text."""
    if value is None or value == "":
        return None
    if kind == "boolean":
        return is_true(value)
    if kind == "date":
        return day(value)
    number = amount(value) if kind in ("int", "double", "currency", "percent") else None
    if number is not None and number == number.to_integral_value():
        return int(number)
    return str(value)


def is_id(value: object) -> bool:
    """Whether a value has the form of a record's id."""
    return isinstance(value, str) and _ID.match(value) is not None


def person(value: object) -> RecordRef | None:
    """The contact or lead that an id names, None for anything else."""
    if not is_id(value):
        return None
    assert isinstance(value, str)
    kind = _PEOPLE.get(value[:3])
    return None if kind is None else RecordRef(object=kind, id=value)
