"""Checks and shapes the values of properties, as HubSpot does before it stores or compares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .api import ApiError
from .object_store import iso
from .properties import Property

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def milliseconds(text: str) -> int | None:
    """An instant given as epoch milliseconds, ISO 8601 or a day, in milliseconds; None when it is neither."""
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant(milliseconds: int) -> str:
    """Epoch milliseconds as HubSpot prints them."""
    return iso(_EPOCH + timedelta(milliseconds=milliseconds))


def checked(
    definitions: Mapping[str, Property], current: Mapping[str, str], properties: Mapping[str, Any]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The values to store, and one error per value that HubSpot refuses."""
    accepted: dict[str, str] = {}
    refused: list[dict[str, Any]] = []
    for name, value in properties.items():
        definition = definitions.get(name)
        if definition is None:
            refused.append(_refusal("PROPERTY_DOESNT_EXIST", name, f'Property "{name}" does not exist'))
        elif definition.read_only_value:
            refused.append(_refusal("READ_ONLY_VALUE", name, f'"{name}" is a read only property'))
        elif not isinstance(value, str):
            refused.append(_refusal("INVALID_STRING", name, f"{name} must be given as a text"))
        else:
            stored = _stored(definition, current.get(name, ""), value)
            if stored is None:
                refused.append(_bad_value(definition))
            else:
                accepted[name] = stored
    return accepted, refused


def validation_error(portal_id: int, refused: list[dict[str, Any]]) -> ApiError:
    """The 400 that rejects a record, or a whole batch, for its values."""
    details = ",".join(
        f'{{"isValid":false,"message":{_quoted(one["message"])},"error":"{one["code"]}",'
        f'"name":"{one["context"]["propertyName"][0]}","portalId":{portal_id}}}'
        for one in refused
    )
    return ApiError(400, "VALIDATION_ERROR", f"Property values were not valid: [{details}]", errors=refused)


def _stored(definition: Property, current: str, value: str) -> str | None:
    if value == "":
        return ""
    if definition.type == "enumeration":
        return _choice(definition, current, value)
    if definition.type == "bool":
        return value.lower() if value.lower() in ("true", "false") else None
    if definition.type == "number":
        return value if re.fullmatch(r"-?\d+(\.\d+)?", value) else None
    if definition.type in ("date", "datetime"):
        at = milliseconds(value)
        if at is None:
            return None
        if definition.type == "datetime":
            return instant(at)
        return instant(at)[:10] if at % 86_400_000 == 0 else None
    if definition.name == "email" and not _EMAIL.fullmatch(value):
        return None
    return value.lower() if definition.name == "email" else value


def _choice(definition: Property, current: str, value: str) -> str | None:
    known = {option.value for option in definition.options}
    if not definition.takes_several:
        return value if value in known else None
    # `;a` appends to what is there, `a;b` replaces it ("Properties" guide, multiple checkboxes).
    appended = value.startswith(";")
    wanted = [part for part in value.split(";") if part]
    if not wanted or not known.issuperset(wanted):
        return None
    kept = [part for part in current.split(";") if part] if appended else []
    return ";".join(dict.fromkeys([*kept, *wanted]))


def _bad_value(definition: Property) -> dict[str, Any]:
    codes = {
        "enumeration": ("INVALID_OPTION", "was not one of the allowed options"),
        "bool": ("INVALID_BOOLEAN", "was not a valid boolean"),
        "number": ("INVALID_NUMERIC", "was not a valid number"),
        "date": ("INVALID_DATE", "was not a valid day (midnight UTC)"),
        "datetime": ("INVALID_DATE", "was not a valid instant"),
    }
    code, text = codes.get(definition.type, ("INVALID_EMAIL", "is not a valid e-mail address"))
    return _refusal(code, definition.name, f"The value of {definition.name} {text}")


def _refusal(code: str, name: str, message: str) -> dict[str, Any]:
    return {"message": message, "code": code, "context": {"propertyName": [name]}}


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
