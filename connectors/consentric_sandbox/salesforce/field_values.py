"""Checks and shapes the values that a client writes, as Salesforce does before it stores them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .catalogue import Visible
from .ids import known_id
from .schema import NUMBERS, Field
from .times import day, parsed, stamp

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class RowError(NamedTuple):
    """Why one record was refused."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    def in_list(self) -> dict[str, Any]:
        """As in the rows of a collection."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}

    def in_csv(self) -> str:
        """As in `sf__Error` of a bulk job."""
        return f"{self.code}:{self.message}:{','.join(self.fields)}--"


class Refused(Exception):
    """One record cannot be written."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.code)
        self.error = error


def checked(entity: Visible, sent: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
    """The values to store by field; None clears one.

    Raises:
        Refused: For an unknown, hidden or read-only field, or a value that does not fit.
    """
    accepted: dict[str, Any] = {}
    locked: list[str] = []
    for name, value in sent.items():
        field = entity.field(name)
        if field is None:
            message = f"No such column '{name}' on sobject of type {entity.name}"
            raise Refused(RowError("INVALID_FIELD", message))
        if not (field.can_create if is_new else field.can_update):
            locked.append(field.name)
        else:
            accepted[field.name] = _stored(field, value)
    if locked:
        raise Refused(
            RowError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {', '.join(locked)}. Please check the security settings of"
                " this field and verify that it is read/write for your profile or permission set.",
                tuple(locked),
            )
        )
    missing = [
        field.name
        for field in entity.fields.values()
        if field.is_required and (is_new or field.name in accepted) and accepted.get(field.name) is None
    ]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise Refused(RowError("REQUIRED_FIELD_MISSING", message, tuple(missing)))
    return accepted


def from_csv(field: Field, text: str) -> Any:
    """A cell of an ingest job as JSON would have it; `#N/A` clears the field."""
    if text == "#N/A":
        return None
    if field.type == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if field.type in NUMBERS:
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _stored(field: Field, value: Any) -> Any:
    if field.type == "boolean":
        if not isinstance(value, bool):
            raise _bad_type(field, value)
        return value
    if value is None or value == "":
        return None
    if field.type in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _bad_type(field, value)
        return int(value) if field.type == "int" else float(value)
    if not isinstance(value, str):
        raise _bad_type(field, value)
    if field.type in ("reference", "date", "datetime"):
        return _moment_or_id(field, value)
    if field.type in ("picklist", "multipicklist"):
        return _choice(field, value)
    return _text(field, value)


def _moment_or_id(field: Field, value: str) -> str:
    if field.type == "reference":
        id = known_id(value)
        if id is None:
            raise Refused(RowError("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}"))
        return id
    at = parsed(value)
    if field.type == "datetime" and at is not None:
        return stamp(at)
    if field.type == "date" and (day(value) is not None or at is not None):
        return value[:10]
    raise _bad_type(field, value)


def _choice(field: Field, value: str) -> str:
    chosen = value.split(";") if field.type == "multipicklist" else [value]
    if field.is_closed:
        for one in chosen:
            if one not in field.values:
                raise Refused(
                    RowError(
                        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                        f"{field.label}: bad value for restricted picklist field: {one}",
                        (field.name,),
                    )
                )
    if field.type == "picklist":
        return value
    # Several values come back in the order in which the field defines them.
    places = {one: place for place, one in enumerate(field.values)}
    return ";".join(sorted(dict.fromkeys(chosen), key=lambda one: places.get(one, len(places))))


def _text(field: Field, value: str) -> str:
    if field.type == "email" and not _EMAIL.fullmatch(value):
        message = f"{field.label}: invalid email address: {value}"
        raise Refused(RowError("INVALID_EMAIL_ADDRESS", message, (field.name,)))
    if field.length and len(value) > field.length:
        message = f"{field.label}: data value too large: {value} (max length={field.length})"
        raise Refused(RowError("STRING_TOO_LONG", message, (field.name,)))
    return value


def _bad_type(field: Field, value: Any) -> Refused:
    message = f"{field.label}: value not of required type: {value}"
    return Refused(RowError("INVALID_TYPE_ON_FIELD_IN_RECORD", message, (field.name,)))
