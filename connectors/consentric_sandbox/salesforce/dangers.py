"""What a request to Salesforce could do to people, read from the request alone, whatever is answered."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from consentric_sandbox.exchange import Received
from consentric_sandbox.tally import Danger

from .jobs import DELIMITERS

_NOBODY = ("campaignmember", "campaign", "campaignmemberstatus")
"""Objects of which one more brings no person in."""
_CONSENTS = ("contactpointtypeconsent", "contactpointconsent", "commsubscriptionconsent")
_OPT_OUTS = (
    "hasoptedout",
    "personhasoptedout",
    "donotcall",
    "persondonotcall",
    "shouldforget",
)
"""How the fields begin by which somebody said no."""
_STATUS = "privacyconsentstatus"


def dangers_of(received: Received) -> set[Danger]:
    """What the request could do; where its address says nothing known, the worst is taken."""
    if received.method in ("GET", "HEAD", "DELETE") or received.segments[:2] == ["services", "oauth2"]:
        return set()
    path = [part.lower() for part in received.segments[3:]]
    body = received.document()
    match received.method, path:
        case "POST", ["sobjects", entity]:
            return _of_record(entity, body, is_new=True)
        case "PATCH", ["sobjects", entity, _]:
            return _of_record(entity, body, is_new=False)
        case "PATCH" | "POST", ["sobjects", entity, key, _]:
            return _of_record(entity, body, is_new=key != "id")
        case "POST", ["composite", "sobjects", _] | ["jobs", "query"]:
            return set()  # reads
        case method, ["composite", "sobjects", *rest]:
            records = body.get("records") if isinstance(body, dict) else None
            is_new = method == "POST" or bool(rest)
            found = (_of_record(_type(one), one, is_new=is_new) for one in _rows(records))
            return {danger for one in found for danger in one}
        case "PATCH", ["jobs", "query" | "ingest", _]:
            return set()  # closed or aborted
        case "POST", ["jobs", "ingest"]:
            return _of_job(body)
        case "PUT", ["jobs", "ingest", _, "batches"]:
            return _of_rows(received.content.decode(errors="replace"))
        case _:
            return {"create"}  # conversion, trees, composites of requests, SOAP


def _of_record(entity: str, values: Any, *, is_new: bool) -> set[Danger]:
    if not isinstance(values, Mapping):
        return {"create"} if is_new else set()
    found: set[Danger] = set()
    lowered = {name.lower(): value for name, value in values.items()}
    if is_new and entity in _CONSENTS:
        lowered.setdefault(_STATUS, None)
    elif is_new and entity not in _NOBODY:
        found.add("create")
    if lowered.get(_STATUS, "OptOut") != "OptOut":
        found.add("subscribe")
    if any(name.startswith(_OPT_OUTS) and str(lowered[name]).lower() != "true" for name in lowered):
        found.add("un-opt-out")
    return found


def _of_job(body: Any) -> set[Danger]:
    """What a job of rows that are yet to come could do; its rows of consents say themselves."""
    job = body if isinstance(body, dict) else {}
    makes = job.get("operation") not in ("update", "delete", "hardDelete")
    return {"create"} if makes and str(job.get("object")).lower() not in (*_NOBODY, *_CONSENTS) else set()


def _of_rows(text: str) -> set[Danger]:
    """What the rows of a job say; an empty cell leaves its field as it is."""
    header = text.partition("\n")[0]
    delimiter = next((one for one in DELIMITERS.values() if one in header), ",")
    found: set[Danger] = set()
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter):
        values = {name: value for name, value in row.items() if name and value}
        found |= _of_record("", values, is_new=False)
    return found


def _type(record: Any) -> str:
    attributes = record.get("attributes") if isinstance(record, dict) else None
    return str(attributes.get("type")).lower() if isinstance(attributes, dict) else ""


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
