"""Writing CRM records: update, create, upsert, archive, merge and permanent deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consentric_sandbox.write_log import Kind

from .api import Answer, ApiError, Request, batch, fields, inputs, invalid, not_found
from .object_store import ObjectStore, StoredObject
from .objects import reader, shown
from .portal import Portal
from .values import checked, validation_error

_UPDATE: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "idProperty": str,
    "objectWriteTraceId": str,
    "properties": dict,
}
_CREATE: dict[str, type | tuple[type, ...]] = {
    "properties": dict,
    "associations": list,
    "objectWriteTraceId": str,
}


def update(portal: Portal, request: Request) -> Answer:
    """`PATCH /{type}/{id}`."""
    store = portal.store(request.params["type"])
    body = fields(request.body, {"properties": dict, "objectWriteTraceId": str}, "properties")
    record = portal.get(store, request.params["id"], request.one("idProperty"))
    values = _valid(portal, store, record.properties, body["properties"])
    portal.write(request, store, record, values)
    portal.accept("label", request, [record.id], [values])
    return 200, shown(record, reader(portal, store, list(values)))


def batch_update(portal: Portal, request: Request) -> Answer:
    """`POST /{type}/batch/update`: up to 100 distinct records.

    A bad value rejects the whole batch with 400, unless every row carries an `objectWriteTraceId`
    ("Error handling", multi-status errors); a missing record fails alone.
    """
    store = portal.store(request.params["type"])
    rows = inputs(fields(request.body, {"inputs": list}, "inputs"))
    rows = [fields(row, _UPDATE, "id", "properties") for row in rows]
    _refuse_duplicates(rows)
    has_traces = all("objectWriteTraceId" in row for row in rows)
    planned: list[tuple[StoredObject, dict[str, str]]] = []
    errors, missing, refused_in_all = [], [], []
    for row in rows:
        record = portal.find(store, row["id"], row.get("idProperty", ""))
        if record is None:
            missing.append(row["id"])
            continue
        values, refused = checked(portal.state.properties[store.name], record.properties, row["properties"])
        if refused and has_traces:
            errors.append(_row_error(row, refused))
        elif refused:
            refused_in_all += refused
        else:
            planned.append((record, values))
    if refused_in_all:
        raise validation_error(portal.state.account.portal_id, refused_in_all)
    if missing:
        errors.append(_gone(store, missing))
    return _apply(portal, request, store, planned, errors)


def create(portal: Portal, request: Request) -> Answer:
    """`POST /{type}`: 201, or 409 naming the record that has the address."""
    store = portal.store(request.params["type"])
    body = fields(request.body, _CREATE, "properties")
    record = _create(portal, request, store, body)
    portal.accept(_creation(store), request, [record.id], [record.properties])
    return 201, shown(record, reader(portal, store, list(record.properties)))


def batch_create(portal: Portal, request: Request) -> Answer:
    """`POST /{type}/batch/create`: all rows or none."""
    store = portal.store(request.params["type"])
    rows = inputs(fields(request.body, {"inputs": list}, "inputs"))
    rows = [fields(row, _CREATE, "properties") for row in rows]
    for row in rows:
        _valid(portal, store, {}, row["properties"])
    made = [_create(portal, request, store, row) for row in rows]
    portal.accept(_creation(store), request, [one.id for one in made], [one.properties for one in made])
    return batch(
        request,
        [shown(one, reader(portal, store, list(one.properties))) for one in made],
        status=201,
    )


def batch_upsert(portal: Portal, request: Request) -> Answer:
    """`POST /{type}/batch/upsert`: updates, or creates what the unique property does not find."""
    store = portal.store(request.params["type"])
    rows = inputs(fields(request.body, {"inputs": list}, "inputs"))
    rows = [fields(row, _UPDATE, "id", "idProperty", "properties") for row in rows]
    _refuse_duplicates(rows)
    for row in rows:
        _valid(portal, store, {}, row["properties"])
    results, ids, written = [], [], []
    for row in rows:
        record = portal.find(store, row["id"], row["idProperty"])
        is_new = record is None
        if record is None:
            properties = {**row["properties"], row["idProperty"]: row["id"]}
            record = _create(portal, request, store, {"properties": properties})
            values = dict(record.properties)
        else:
            values = _valid(portal, store, record.properties, row["properties"])
            portal.write(request, store, record, values)
        ids.append(record.id)
        written.append(values)
        results.append(shown(record, reader(portal, store, list(values))) | {"new": is_new})
    portal.accept(_creation(store), request, ids, written)
    return batch(request, results)


def archive(portal: Portal, request: Request) -> Answer:
    """`DELETE /{type}/{id}`: into the recycling bin; 204 also when there is nothing to delete."""
    store = portal.store(request.params["type"])
    _archive(portal, request, store, [request.params["id"]])
    return 204, None


def batch_archive(portal: Portal, request: Request) -> Answer:
    """`POST /{type}/batch/archive`: 204."""
    store = portal.store(request.params["type"])
    rows = inputs(fields(request.body, {"inputs": list}, "inputs"))
    _archive(portal, request, store, [fields(row, {"id": str}, "id")["id"] for row in rows])
    return 204, None


def merge(portal: Portal, request: Request) -> Answer:
    """`POST /{type}/merge`: the survivor gets a new number, to which both old ones resolve.

    Source: "Updated merge functionality for contacts and companies".
    """
    store = portal.store(request.params["type"])
    body = fields(
        request.body,
        {"primaryObjectId": str, "objectIdToMerge": str},
        "primaryObjectId",
        "objectIdToMerge",
    )
    primary = portal.get(store, body["primaryObjectId"])
    other = portal.get(store, body["objectIdToMerge"])
    if primary is other:
        raise invalid("a record cannot be merged with itself")
    survivor = merge_records(portal, request, store, primary, other)
    portal.accept("merge", request, [primary.id, other.id, survivor.id])
    return 200, shown(survivor, reader(portal, store, ["hs_merged_object_ids"]))


def gdpr_delete(portal: Portal, request: Request) -> Answer:
    """`POST /contacts/gdpr-delete`: 204; the address, known or not, can never come back."""
    store = portal.state.objects["contacts"]
    body = fields(request.body, {"objectId": str, "idProperty": str}, "objectId")
    id_property = body.get("idProperty", "")
    if id_property not in ("", "email", "hs_object_id"):
        raise invalid("idProperty must be email or hs_object_id")
    by_email = id_property == "email"
    record = portal.find(store, body["objectId"], "email" if by_email else "")
    if record is None and not by_email:
        raise not_found("Object not found.  objectId are usually numeric.", id=[body["objectId"]])
    email = body["objectId"].lower() if by_email else ""
    if record is not None:
        email = record.properties.get("email", email).lower()
        _forget(portal, store, record)
    if email:
        portal.state.blocked.add(email)
        portal.state.statuses.pop(email, None)
        portal.state.opted_out.pop(email, None)
        portal.state.email_events = [one for one in portal.state.email_events if one.recipient != email]
    portal.accept("erase", request, [record.id] if record is not None else [])
    return 204, None


def merge_records(
    portal: Portal, request: Request, store: ObjectStore, primary: StoredObject, other: StoredObject
) -> StoredObject:
    """Joins two records into a new one: the primary's values win, links and lists move."""
    state = portal.state
    merged = [*_merged_ids(primary), *_merged_ids(other), str(primary.id), str(other.id)]
    values = {**other.properties, **primary.properties, "hs_merged_object_ids": ";".join(merged)}
    if store.name == "contacts":
        # The calculated list knows the direct pair only and misses chains (fivetran/dbt_hubspot #168).
        values["hs_calculated_merged_vids"] = f"{primary.id};{other.id}"
        both = {one.properties.get("email", "") for one in (primary, other)} - {"", values.get("email", "")}
        if both:
            values["hs_additional_emails"] = ";".join(sorted(both))
    for one in (primary, other):
        portal.index.remember(request, store, one)
        store.remove(one)
    survivor = StoredObject(state.new_id(), values, min(primary.created_at, other.created_at), request.at)
    store.add(survivor)
    portal.index.remember_new(request, store, survivor)
    for one in (primary, other):
        store.redirects[one.id] = survivor.id
        _move_links(portal, store, one.id, survivor.id)
        for contact_list in state.lists.values() if store.name == "contacts" else ():
            joined = contact_list.members.pop(one.id, None)
            if joined is not None:
                contact_list.members.setdefault(survivor.id, joined)
    return survivor


def _valid(
    portal: Portal, store: ObjectStore, current: Mapping[str, str], properties: Mapping[str, Any]
) -> dict[str, str]:
    values, refused = checked(portal.state.properties[store.name], current, properties)
    if refused:
        raise validation_error(portal.state.account.portal_id, refused)
    return values


def _create(portal: Portal, request: Request, store: ObjectStore, body: Mapping[str, Any]) -> StoredObject:
    values = _valid(portal, store, {}, body["properties"])
    record = portal.add(request, store, values)
    for link in body.get("associations", ()):
        target = fields(link, {"to": dict, "types": list}, "to", "types")["to"]["id"]
        contact = portal.get(portal.state.objects["contacts"], str(target))
        portal.state.associate(store.name, record.id, "contacts", contact.id)
    return record


def _apply(
    portal: Portal,
    request: Request,
    store: ObjectStore,
    planned: Sequence[tuple[StoredObject, dict[str, str]]],
    errors: Sequence[Mapping[str, Any]],
) -> Answer:
    results = []
    for record, values in planned:
        portal.write(request, store, record, values)
        results.append(shown(record, reader(portal, store, list(values))))
    if planned:
        portal.accept(
            "label", request, [record.id for record, _ in planned], [values for _, values in planned]
        )
    return batch(request, results, errors)


def _archive(portal: Portal, request: Request, store: ObjectStore, ids: Sequence[str]) -> None:
    gone = []
    for id in ids:
        record = portal.find(store, id)
        if record is not None:
            portal.index.remember(request, store, record)
            store.archive(record, request.at)
            gone.append(record.id)
    portal.accept("other", request, gone)


def _forget(portal: Portal, store: ObjectStore, record: StoredObject) -> None:
    store.remove(record)
    _move_links(portal, store, record.id, None)
    for contact_list in portal.state.lists.values():
        contact_list.members.pop(record.id, None)


def _move_links(portal: Portal, store: ObjectStore, old: int, new: int | None) -> None:
    for (start, end), links in portal.state.associations.items():
        if start != store.name or old not in links:
            continue
        linked = links.pop(old)
        if new is not None:
            known = links.setdefault(new, [])
            known += [number for number in linked if number not in known]
        back = portal.state.associations[(end, start)]
        for number in linked:
            others = [one for one in back[number] if one not in (old, new)]
            back[number] = others if new is None else [*others, new]


def _merged_ids(record: StoredObject) -> list[str]:
    return [id for id in record.properties.get("hs_merged_object_ids", "").split(";") if id]


def _creation(store: ObjectStore) -> Kind:
    return "could_create" if store.name == "contacts" else "other"


def _refuse_duplicates(rows: Sequence[Mapping[str, Any]]) -> None:
    ids = [row["id"] for row in rows]
    repeated = sorted({id for id in ids if ids.count(id) > 1})
    if repeated:
        raise ApiError(
            400,
            "VALIDATION_ERROR",
            "Duplicate IDs found in batch input: [" + ", ".join(repeated) + "]. IDs must be unique",
            context={"ids": repeated},
        )


def _row_error(row: Mapping[str, Any], refused: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": refused[0]["message"],
        "errors": list(refused),
        "context": {"ids": [row["id"]], "objectWriteTraceId": [row["objectWriteTraceId"]]},
    }


def _gone(store: ObjectStore, missing: Sequence[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not update some {store.name[:-1].upper()} objects, they may be deleted or not"
        " exist. Check that ids are valid.",
        "context": {"ids": list(missing)},
    }
