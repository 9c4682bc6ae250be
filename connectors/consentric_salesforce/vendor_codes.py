"""Salesforce's error codes by what they mean for one record; light, for the writer needs them too."""

from __future__ import annotations

import re

CODE = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,59}\Z")
"""A text of any other shape is no code, and may be a value."""
SPENT = "REQUEST_LIMIT_EXCEEDED"
ASKED_AGAIN = frozenset({"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT"})
"""Codes of a refusal that changed nothing and may be otherwise next time."""
GONE = frozenset(
    {"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "CANNOT_UPDATE_CONVERTED_LEAD", "NOT_FOUND"}
)
"""Codes of a row whose record is not there any more, or is not one that can be written."""
LATER = frozenset({*ASKED_AGAIN, SPENT, "SERVER_UNAVAILABLE"})
"""Codes of a row that was not written and may be next time."""


def row_code(errors: object) -> str:
    """The vendor's code of a row of a collection that was refused, empty when it names none."""
    for error in errors if isinstance(errors, list) else ():
        code = error.get("statusCode") if isinstance(error, dict) else None
        if isinstance(code, str) and CODE.match(code):
            return code
    return ""
