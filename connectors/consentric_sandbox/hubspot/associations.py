"""Links between records: batch read with inner paging, and the links of one record."""

from __future__ import annotations

from typing import Any

from .api import Answer, Request, batch, fields, inputs, invalid, next_page
from .object_store import ObjectStore
from .portal import Portal
from .state import OBJECT_TYPES

# "Associations" guide of 2025: one cap says 100 inputs (airbyte #48834), another 1,000 (#56447): the lower.
INPUTS = 100
ASSOCIATION_PAGE = 500
# Ids of HubSpot's default, unlabelled association ("Associations", table of type ids).
TYPE_IDS = {
    ("contacts", "deals"): 4,
    ("deals", "contacts"): 3,
    ("contacts", "orders"): 508,
    ("orders", "contacts"): 507,
    ("contacts", "calls"): 193,
    ("calls", "contacts"): 194,
    ("contacts", "emails"): 197,
    ("emails", "contacts"): 198,
    ("contacts", "meetings"): 199,
    ("meetings", "contacts"): 200,
    ("contacts", "notes"): 201,
    ("notes", "contacts"): 202,
    ("contacts", "tasks"): 203,
    ("tasks", "contacts"): 204,
    ("contacts", "communications"): 82,
    ("communications", "contacts"): 81,
}


def association_name(from_type: str, to_type: str) -> str:
    """The name of a default association, as `contact_to_deal`."""
    return f"{OBJECT_TYPES[from_type][3]}_to_{OBJECT_TYPES[to_type][3]}"


def batch_read(portal: Portal, request: Request) -> Answer:
    """`POST /{from}/{to}/batch/read`: long lists go on at the inner `paging.next.after`."""
    from_store = portal.store(request.params["type"])
    to_store = portal.store(request.params["to"])
    body = fields(request.body, {"inputs": list}, "inputs")
    types = _types(from_store, to_store)
    links = portal.state.associations.get((from_store.name, to_store.name), {})
    results, errors = [], []
    for row in inputs(body, most=INPUTS):
        wanted = fields(row, {"id": str, "after": str}, "id")
        id, after = wanted["id"], wanted.get("after", "0")
        record = portal.find(from_store, id)
        linked = links.get(record.id, []) if record is not None else []
        if not linked:
            errors.append(_nothing_linked(from_store, to_store, id))
            continue
        if not after.isdigit():
            raise invalid("The cursor given in after is not valid")
        start = int(after)
        part = linked[start : start + ASSOCIATION_PAGE]
        entry: dict[str, Any] = {
            "from": {"id": id},
            "to": [{"toObjectId": number, "associationTypes": types} for number in part],
        }
        if start + len(part) < len(linked):
            entry["paging"] = next_page(str(start + len(part)))
        results.append(entry)
    return batch(request, results, errors)


def of_one(portal: Portal, request: Request) -> Answer:
    """`GET /objects/{type}/{id}/associations/{to}`: up to 500 a page."""
    from_store, to_store = portal.store(request.params["type"]), portal.store(request.params["to"])
    record = portal.get(from_store, request.params["id"])
    limit = request.number("limit", default=ASSOCIATION_PAGE, most=ASSOCIATION_PAGE)
    after = request.one("after", "0")
    if not after.isdigit():
        raise invalid("The cursor given in after is not valid")
    start, size = int(after), request.page_size(limit)
    linked = portal.state.associated(from_store.name, record.id, to_store.name)
    types = _types(from_store, to_store)
    answer: dict[str, Any] = {
        "results": [
            {"toObjectId": number, "associationTypes": types} for number in linked[start : start + size]
        ]
    }
    if start + size < len(linked):
        answer["paging"] = next_page(str(start + size), is_moved=size > 0)
    return 200, answer


def _types(from_store: ObjectStore, to_store: ObjectStore) -> list[dict[str, Any]]:
    type_id = TYPE_IDS.get((from_store.name, to_store.name), 1)
    return [{"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": None}]


def _nothing_linked(from_store: ObjectStore, to_store: ObjectStore, id: str) -> dict[str, Any]:
    start, end = OBJECT_TYPES[from_store.name][3], OBJECT_TYPES[to_store.name][3]
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {end} is associated with {start} {id}.",
        "context": {"fromObjectId": [id], "fromObjectType": [start], "toObjectType": [end]},
    }
