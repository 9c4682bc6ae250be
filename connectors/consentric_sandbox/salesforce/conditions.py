"""One comparison of a query: checks operator and literal against the field, and tests records."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .api import ApiError
from .ids import known_id
from .schema import NUMBERS, Field
from .soql import Comparison, Value, malformed
from .tables import Row
from .times import day, parsed, stamp

Getter = Callable[[Row], Any]
Test = Callable[[Row], bool]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def compared(field: Field, read: Getter, one: Comparison) -> Test:
    """The test that a comparison means; empty values differ from every other and have no order.

    Raises:
        ApiError: 400 for a field, an operator or a literal that do not go together.
    """
    if not field.can_filter:
        raise invalid_field(f"field '{field.name}' can not be filtered in a query call")
    if one.operator in ("includes", "excludes"):
        return _chosen(field, read, one)
    if one.operator == "like":
        return _like(field, read, one.values[0])
    wanted = [_comparable(field, value) for value in one.values]
    fold = _itself if field.type in NUMBERS | {"boolean", "id", "reference"} else folded
    several = {fold(value) for value in wanted}
    if one.operator in ("=", "in"):
        return lambda row: fold(read(row)) in several
    if one.operator in ("!=", "not in"):
        return lambda row: fold(read(row)) not in several
    if field.type in ("boolean", "multipicklist") or wanted[0] is None:
        raise _bad_operator(field)
    compare, limit = _COMPARE[one.operator], fold(wanted[0])

    def test(row: Row) -> bool:
        value = read(row)
        return value is not None and compare(fold(value), limit)

    return test


def folded(value: Any) -> Any:
    """Texts are compared and sorted without regard to letter case."""
    return value.lower() if isinstance(value, str) else value


def invalid_field(message: str) -> ApiError:
    """A 400 INVALID_FIELD."""
    return ApiError(400, "INVALID_FIELD", message)


def _bad_operator(field: Field) -> ApiError:
    return ApiError(
        400, "INVALID_QUERY_FILTER_OPERATOR", f"filter operator not valid for field '{field.name}'"
    )


def _itself(value: Any) -> Any:
    return value


def _like(field: Field, read: Getter, value: Value) -> Test:
    if field.type in NUMBERS | {"boolean", "date", "datetime", "id", "reference"} or value.kind != "string":
        raise _bad_operator(field)
    pattern = re.compile(value.pattern, re.IGNORECASE | re.DOTALL)
    return lambda row: (text := read(row)) is not None and pattern.fullmatch(text) is not None


def _chosen(field: Field, read: Getter, one: Comparison) -> Test:
    if field.type != "multipicklist" or any(value.kind != "string" for value in one.values):
        raise _bad_operator(field)
    # `a;b` asks for records with both, several values for records with any of them.
    wanted = [set(value.text.split(";")) for value in one.values]

    def includes(row: Row) -> bool:
        has = set((read(row) or "").split(";"))
        return any(has >= some for some in wanted)

    return includes if one.operator == "includes" else lambda row: not includes(row)


def _comparable(field: Field, value: Value) -> Any:
    """A literal in the form in which the field's values are kept.

    Raises:
        ApiError: 400 for a literal of another type, in or out of quotes.
    """
    if value.kind == "null" or (value.kind == "string" and value.text == ""):
        return None
    expected = {"datetime": "dateTime", "date": "date", "boolean": "boolean"}.get(field.type, field.type)
    kinds = {"datetime": "datetime", "date": "date", "boolean": "boolean"}
    kind = "number" if field.type in NUMBERS else kinds.get(field.type, "string")
    if value.kind != kind:
        quoted = "should be" if kind == "string" else "should not be"
        raise invalid_field(
            f"value of filter criterion for field '{field.name}' must be of type {expected} and {quoted}"
            " enclosed in quotes"
        )
    if kind == "number":
        return float(value.text)
    if kind == "boolean":
        return value.text == "true"
    if field.type in ("id", "reference"):
        id = known_id(value.text)
        if id is None:
            raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value.text}")
        return id
    return _moment(kind, value.text)


def _moment(kind: str, text: str) -> str:
    if kind == "datetime":
        at = parsed(text)
        if at is None:
            raise malformed(f"unexpected token: '{text}'")
        return stamp(at)
    if kind == "date" and day(text) is None:
        raise malformed(f"unexpected token: '{text}'")
    return text
