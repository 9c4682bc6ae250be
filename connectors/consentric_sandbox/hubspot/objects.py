"""Reading CRM records: pages, one record, batches; v3 and dated paths answer alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .api import Answer, Request, batch, fields, inputs, invalid, next_page
from .associations import ASSOCIATION_PAGE, association_name
from .object_store import ObjectStore, StoredObject
from .portal import Portal

PAGE = 100
HISTORY_PAGE = 50
_DEFAULTS = {
    "contacts": ("email", "firstname", "lastname"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
}
Show = Callable[[StoredObject], dict[str, Any]]


def reader(
    portal: Portal, store: ObjectStore, asked: Sequence[str], with_history: Sequence[str] = ()
) -> Show:
    """A function that gives the `properties` of a record, values as text or null.

    Unknown names are ignored: "If any of the specified properties are not present on the requested
    object(s), they will be ignored" (parameter `properties` of the OpenAPI documents).
    """
    known = portal.state.properties[store.name]
    wanted = [name for name in (*asked, *with_history) if name in known] or list(
        _DEFAULTS.get(store.name, ())
    )
    modified, created = store.modified_property, store.created_property

    def show(record: StoredObject) -> dict[str, Any]:
        get = record.properties.get
        values: dict[str, Any] = {name: get(name) for name in wanted}
        values[created] = record.created_at
        values["hs_object_id"] = str(record.id)
        values[modified] = record.updated_at
        return values

    return show


def shown(record: StoredObject, show: Show) -> dict[str, Any]:
    """One record as the API prints it."""
    answer = {
        "id": str(record.id),
        "properties": show(record),
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "archived": record.archived_at is not None,
    }
    if record.archived_at is not None:
        answer["archivedAt"] = record.archived_at
    return answer


def page(portal: Portal, request: Request) -> Answer:
    """`GET /{type}`: live or archived records by ascending number; 100 a page, 50 with history."""
    store = portal.store(request.params["type"])
    with_history = request.several("propertiesWithHistory")
    limit = request.number("limit", default=10, most=HISTORY_PAGE if with_history else PAGE)
    after = request.one("after", "0")
    if not after.isdigit():
        raise invalid("The cursor given in after is not valid")
    is_archived = request.flag("archived")
    size = request.page_size(limit)
    records = store.page(int(after), size + 1, archived=is_archived)
    show = reader(portal, store, request.several("properties"), with_history)
    results = []
    for record in records[:size]:
        entry = shown(record, show)
        _add_extras(portal, store, record, entry, with_history, request.several("associations"))
        results.append(entry)
    answer: dict[str, Any] = {"results": results}
    if len(records) > size:
        last = str(records[size - 1].id) if size else after
        answer["paging"] = next_page(last, is_moved=size > 0)
    return 200, answer


def get(portal: Portal, request: Request) -> Answer:
    """`GET /{type}/{id}`: an old number of a merged record gives the survivor."""
    store = portal.store(request.params["type"])
    with_history = request.several("propertiesWithHistory")
    show = reader(portal, store, request.several("properties"), with_history)
    number = request.params["id"]
    if request.flag("archived") and number.isdigit() and int(number) in store.archived:
        return 200, shown(store.archived[int(number)], show)
    record = portal.get(store, number, request.one("idProperty"))
    entry = shown(record, show)
    _add_extras(portal, store, record, entry, with_history, request.several("associations"))
    return 200, entry


def batch_read(portal: Portal, request: Request) -> Answer:
    """`POST /{type}/batch/read`: up to 100 (50 with history); missing records stand in `errors`."""
    store = portal.store(request.params["type"])
    body = fields(
        request.body,
        {"inputs": list, "properties": list, "propertiesWithHistory": list, "idProperty": str},
        "inputs",
    )
    with_history = body.get("propertiesWithHistory", [])
    rows = inputs(body, most=HISTORY_PAGE if with_history else PAGE)
    show = reader(portal, store, body.get("properties", []), with_history)
    is_archived = request.flag("archived")
    results: dict[int, dict[str, Any]] = {}
    missing = []
    for row in rows:
        id = fields(row, {"id": str}, "id")["id"]
        if is_archived:
            record = store.archived.get(int(id)) if id.isdigit() else None
        else:
            record = portal.find(store, id, body.get("idProperty", ""))
        if record is None:
            missing.append(id)
        elif record.id not in results:
            results[record.id] = shown(record, show)
            _add_extras(portal, store, record, results[record.id], with_history, ())
    return batch(request, list(results.values()), _not_found(store, missing))


def _not_found(store: ObjectStore, missing: Sequence[str]) -> list[dict[str, Any]]:
    if not missing:
        return []
    message = (
        f"Could not get some {store.name[:-1].upper()} objects, they may be deleted or not exist."
        " Check that ids are valid."
    )
    return [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": message,
            "context": {"ids": list(missing)},
        }
    ]


def _add_extras(
    portal: Portal,
    store: ObjectStore,
    record: StoredObject,
    entry: dict[str, Any],
    with_history: Sequence[str],
    associations: Sequence[str],
) -> None:
    if with_history:
        known = portal.state.properties[store.name]
        entry["propertiesWithHistory"] = {
            name: _history(record, name) for name in with_history if name in known
        }
    for asked in associations:
        other = portal.store(asked)
        linked = portal.state.associated(store.name, record.id, other.name)
        if not linked:
            continue
        name = association_name(store.name, other.name)
        found: dict[str, Any] = {
            "results": [{"id": str(number), "type": name} for number in linked[:ASSOCIATION_PAGE]]
        }
        if len(linked) > ASSOCIATION_PAGE:
            found["paging"] = next_page(str(ASSOCIATION_PAGE))
        entry.setdefault("associations", {})[other.name] = found


def _history(record: StoredObject, name: str) -> list[dict[str, str]]:
    versions = [(record.properties.get(name, ""), record.updated_at)]
    versions += [
        (value, since) for changed, value, since in reversed(record.history or ()) if changed == name
    ]
    return [{"value": value, "timestamp": since, "sourceType": "INTEGRATION"} for value, since in versions]
