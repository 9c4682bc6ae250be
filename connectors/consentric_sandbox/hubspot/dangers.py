"""What a request to HubSpot could do to people, read from the request alone, whatever is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from consentric_sandbox.exchange import Received
from consentric_sandbox.tally import Danger

_VERSION = re.compile(r"v\d+|\d{4}-\d{2}")
_CONTACTS = ("contacts", "contact", "0-1")
_BRING_NOBODY = ("read", "update", "archive", "search", "merge", "gdpr-delete")
"""Last parts of a POST to contacts that make none; any other may."""
_OPT_OUT = "hs_email_optout"


def dangers_of(received: Received) -> set[Danger]:
    """What the request could do; where its address says nothing known, the worst is taken."""
    if received.method in ("GET", "HEAD"):
        return set()
    path = [part for part in received.segments if not _VERSION.fullmatch(part)]
    body = received.document()
    area = path[0] if path else ""
    if area == "communication-preferences" or path[:2] == ["email", "public"]:
        return _of_consent(received.method, path, body)
    if area in ("contacts", "submissions") or path[:2] == ["crm", "imports"]:
        return {"create"}  # the retired contacts API, forms and imports
    if path[:2] == ["crm", "objects"] and len(path) > 2 and path[2] in _CONTACTS:
        return _of_contacts(received.method, path[3:], body)
    return set()


def _of_contacts(method: str, rest: list[str], body: Any) -> set[Danger]:
    found: set[Danger] = set()
    if method == "PUT" or (method == "POST" and (not rest or rest[-1] not in _BRING_NOBODY)):
        found.add("create")
    for properties in _properties(body):
        for name, value in properties.items():
            if name.startswith(_OPT_OUT) and str(value).lower() != "true":
                found.add("un-opt-out")
    return found


def _of_consent(method: str, path: list[str], body: Any) -> set[Danger]:
    last = path[-1]
    if last == "read":
        return set()
    if last.startswith("unsubscribe"):
        return set() if method == "POST" else {"un-opt-out"}
    if "statuses" in path:
        rows = body.get("inputs", [body]) if isinstance(body, dict) else []
        states = {row.get("statusState") if isinstance(row, dict) else None for row in rows}
        return set() if states == {"UNSUBSCRIBED"} else {"subscribe"}
    if isinstance(body, dict) and body.get("unsubscribeFromAll") is True:
        return set()
    return {"subscribe"}


def _properties(body: Any) -> Iterator[dict[str, Any]]:
    rows = body.get("inputs", [body]) if isinstance(body, dict) else []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("properties"), dict):
            yield row["properties"]
