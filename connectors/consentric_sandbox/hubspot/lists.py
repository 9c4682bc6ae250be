"""The lists API: manual lists of contacts and their members."""

from __future__ import annotations

from heapq import nsmallest
from typing import Any

from .api import Answer, ApiError, Request, batch, fields, inputs, invalid, next_page, not_found
from .portal import Portal
from .state import ContactList

CONTACT_TYPE = "0-1"
MEMBERS_PAGE = 250
WRITE_CAP = 100_000
SEARCH_PAGE = 500
SEARCH_CEILING = 10_000
_CREATE: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "objectTypeId": str,
    "processingType": str,
    "customProperties": dict,
    "listFolderId": int,
    "filterBranch": dict,
}
_SEARCH: dict[str, type | tuple[type, ...]] = {
    "query": str,
    "count": int,
    "offset": int,
    "listIds": list,
    "processingTypes": list,
    "additionalProperties": list,
    "sort": str,
}


def create(portal: Portal, request: Request) -> Answer:
    """`POST /lists`: the name is unique in the portal."""
    body = fields(request.body, _CREATE, "name", "objectTypeId", "processingType")
    if body["objectTypeId"] != CONTACT_TYPE:
        raise invalid("this portal has lists of contacts only (objectTypeId 0-1)")
    if body["processingType"] not in ("MANUAL", "SNAPSHOT", "DYNAMIC"):
        raise invalid("processingType must be MANUAL, SNAPSHOT or DYNAMIC")
    if any(one.name.lower() == body["name"].lower() for one in portal.state.lists.values()):
        raise ApiError(
            400,
            "VALIDATION_ERROR",
            "A list with this name already exists",
            sub_category="ILS.DUPLICATE_LIST_NAMES",
        )
    made = ContactList(
        id=portal.state.new_id(),
        name=body["name"],
        processing_type=body["processingType"],
        created_at=request.at,
        updated_at=request.at,
        custom_properties=dict(body.get("customProperties", {})),
    )
    portal.state.lists[made.id] = made
    portal.accept("provision", request, [made.id])
    return 200, {"list": _shown(made)}


def get(portal: Portal, request: Request) -> Answer:
    """`GET /lists/{id}`."""
    return 200, {"list": _shown(_list(portal, request))}


def get_by_name(portal: Portal, request: Request) -> Answer:
    """`GET /lists/object-type-id/{type}/name/{name}`: letter case does not count (OpenAPI of 2026-03)."""
    name = request.params["name"].lower()
    for one in portal.state.lists.values():
        if request.params["type"] == CONTACT_TYPE and one.name.lower() == name:
            return 200, {"list": _shown(one)}
    raise not_found("List does not exist with the given name", name=[request.params["name"]])


def search(portal: Portal, request: Request) -> Answer:
    """`POST /lists/search`: `count` up to 500, offset up to 10,000."""
    body = fields(request.body, _SEARCH)
    count, offset = body.get("count", 20), body.get("offset", 0)
    if not 1 <= count <= SEARCH_PAGE:
        raise invalid(f"count must be between 1 and {SEARCH_PAGE}")
    if offset > SEARCH_CEILING:
        raise invalid(f"offset must not be above {SEARCH_CEILING}")
    words = body.get("query", "").lower()
    found = [
        one
        for one in portal.state.lists.values()
        if words in one.name.lower()
        and (not body.get("listIds") or str(one.id) in body["listIds"])
        and (not body.get("processingTypes") or one.processing_type in body["processingTypes"])
    ]
    rows = []
    for one in found[offset : offset + count]:
        extra = {"hs_list_size": str(len(one.members)), **one.custom_properties}
        wanted = body.get("additionalProperties", ["hs_list_size"])
        shown = {name: extra[name] for name in wanted if name in extra}
        rows.append(_shown(one) | {"additionalProperties": shown})
    end = offset + len(rows)
    return 200, {"lists": rows, "total": len(found), "offset": end, "hasMore": end < len(found)}


def rename(portal: Portal, request: Request) -> Answer:
    """`PUT /lists/{id}/update-list-name?listName=`."""
    one = _list(portal, request)
    one.name, one.updated_at = request.one("listName", one.name), request.at
    portal.accept("provision", request, [one.id])
    return 200, {"updatedList": _shown(one)}


def delete(portal: Portal, request: Request) -> Answer:
    """`DELETE /lists/{id}`: 204."""
    one = _list(portal, request)
    del portal.state.lists[one.id]
    portal.accept("other", request, [one.id])
    return 204, None


def members(portal: Portal, request: Request) -> Answer:
    """`GET /lists/{id}/memberships`: by ascending record number, 100 a page, at most 250."""
    one = _list(portal, request)
    limit = request.number("limit", default=100, most=MEMBERS_PAGE)
    after = request.one("after", "0")
    if not after.isdigit():
        raise invalid("The cursor given in after is not valid")
    size = request.page_size(limit)
    rest = nsmallest(size + 1, (number for number in one.members if number > int(after)))
    part = rest[:size]
    answer: dict[str, Any] = {
        "results": [{"recordId": str(number), "membershipTimestamp": one.members[number]} for number in part],
        "total": len(one.members),
    }
    if len(rest) > size:
        answer["paging"] = next_page(str(part[-1]) if part else after, is_moved=bool(part))
    return 200, answer


def lists_of(portal: Portal, request: Request) -> Answer:
    """`GET /lists/records/{type}/{id}/memberships`: the lists a record is in."""
    contact = portal.get(portal.store(request.params["type"]), request.params["id"])
    rows = _memberships(portal, contact.id)
    return 200, {"results": rows, "total": len(rows)}


def lists_of_several(portal: Portal, request: Request) -> Answer:
    """`POST /lists/records/memberships/batch/read`: the lists of up to 100 records."""
    body = fields(request.body, {"inputs": list}, "inputs")
    results = []
    for row in inputs(body):
        wanted = fields(row, {"objectTypeId": str, "recordId": str}, "objectTypeId", "recordId")
        record = portal.find(portal.store(wanted["objectTypeId"]), wanted["recordId"])
        memberships = [] if record is None else _memberships(portal, record.id)
        results.append({**wanted, "recordListMemberships": memberships})
    return batch(request, results)


def add(portal: Portal, request: Request) -> Answer:
    """`PUT /lists/{id}/memberships/add`: a bare array of ids; members are ignored."""
    return _change(portal, request, _ids(request.body), [])


def remove(portal: Portal, request: Request) -> Answer:
    """`PUT /lists/{id}/memberships/remove`: a bare array of ids."""
    return _change(portal, request, [], _ids(request.body))


def add_and_remove(portal: Portal, request: Request) -> Answer:
    """`PUT /lists/{id}/memberships/add-and-remove`."""
    body = fields(request.body, {"recordIdsToAdd": list, "recordIdsToRemove": list})
    return _change(
        portal, request, _ids(body.get("recordIdsToAdd", [])), _ids(body.get("recordIdsToRemove", []))
    )


def _change(portal: Portal, request: Request, to_add: list[str], to_remove: list[str]) -> Answer:
    one = _list(portal, request)
    if one.processing_type == "DYNAMIC":
        raise invalid("Memberships of a DYNAMIC list cannot be changed", code="ILS.INVALID_LIST_TYPE")
    contacts = portal.state.objects["contacts"].live
    added, removed, missing = [], [], []
    for id in dict.fromkeys(to_add):
        if int(id) not in contacts:
            missing.append(id)
        elif int(id) not in one.members:
            one.members[int(id)] = request.at
            added.append(id)
    for id in dict.fromkeys(to_remove):
        if int(id) not in contacts:
            missing.append(id)
        if one.members.pop(int(id), None) is not None:
            removed.append(id)
    one.updated_at = request.at
    changes = [{"list": str(one.id), "change": "add"}] * len(added)
    changes += [{"list": str(one.id), "change": "remove"}] * len(removed)
    portal.accept("label", request, [*added, *removed], changes)
    # The vendor spells the first name with an additional s.
    return 200, {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}


def _memberships(portal: Portal, contact: int) -> list[dict[str, Any]]:
    return [
        {
            "listId": str(one.id),
            "listVersion": 1,
            "firstAddedTimestamp": one.members[contact],
            "lastAddedTimestamp": one.members[contact],
        }
        for one in portal.state.lists.values()
        if contact in one.members
    ]


def _ids(body: Any) -> list[str]:
    if not isinstance(body, list) or not all(isinstance(id, str) and id.isdigit() for id in body):
        raise invalid("Invalid input JSON on line 1, column 1: expected an array of record ids as text")
    if len(body) > WRITE_CAP:
        raise invalid(f"at most {WRITE_CAP} records can be changed in one call")
    return body


def _list(portal: Portal, request: Request) -> ContactList:
    id = request.params["list"]
    one = portal.state.lists.get(int(id)) if id.isdigit() else None
    if one is None:
        raise ApiError(
            404,
            "OBJECT_NOT_FOUND",
            f"List does not exist with ID {id}.",
            sub_category="ILS.LIST_NOT_FOUND",
        )
    return one


def _shown(one: ContactList) -> dict[str, Any]:
    return {
        "listId": str(one.id),
        "listVersion": 1,
        "name": one.name,
        "objectTypeId": CONTACT_TYPE,
        "processingType": one.processing_type,
        "processingStatus": "COMPLETE",
        "size": len(one.members),
        "createdAt": one.created_at,
        "updatedAt": one.updated_at,
    }
