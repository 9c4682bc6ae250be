"""Collections: up to 200 records in one request, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from .api import ApiError, Reply, Request, fields, not_found
from .catalogue import Visible
from .field_values import Refused, RowError
from .ids import known_id
from .org import Org
from .record_writes import LOCKED, Writes
from .selection import attributes, no_such_column

MOST, MOST_READ, MOST_CHUNKS = 200, 2000, 10
_ROLLED_BACK = RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
_VALIDATION = RowError(
    "FIELD_CUSTOM_VALIDATION_EXCEPTION", "a validation rule of the org refuses this record"
)
Change = Callable[[Writes, dict[str, Any]], dict[str, Any]]


def update(org: Org, request: Request) -> Reply:
    """`PATCH /composite/sobjects`: changes records by id."""

    def change(writes: Writes, row: dict[str, Any]) -> dict[str, Any]:
        entity = _entity(org, row)
        sent = {name: value for name, value in row.items() if name != "attributes" and name.lower() != "id"}
        return {"id": writes.update(entity, _id(row), sent)}

    return _each(org, request, change)


def create(org: Org, request: Request) -> Reply:
    """`POST /composite/sobjects`: makes records."""

    def change(writes: Writes, row: dict[str, Any]) -> dict[str, Any]:
        entity = _entity(org, row)
        if _id(row) is not None:
            raise Refused(RowError("INVALID_FIELD", "cannot specify Id in an insert call", ("Id",)))
        return {"id": writes.create(entity, _sent(row))}

    return _each(org, request, change)


def upsert(org: Org, request: Request) -> Reply:
    """`PATCH /composite/sobjects/{type}/{external id field}`: changes records, or makes them."""
    entity = org.entity(request.params["type"])
    key = external_id(entity, request.params["field"])

    def change(writes: Writes, row: dict[str, Any]) -> dict[str, Any]:
        if _entity(org, row).name != entity.name:
            raise Refused(RowError("INVALID_TYPE", "all records must have the type of the address"))
        sent = _sent(row)
        if _id(row) is not None:
            raise Refused(RowError("INVALID_FIELD", "the Id field should not be specified", ("Id",)))
        value = sent.pop(key, None)
        if value in (None, ""):
            raise Refused(RowError("MISSING_ARGUMENT", f"{key} not specified"))
        id, is_new = writes.upsert(entity, key, str(value), sent)
        return {"id": id, "created": is_new}

    return _each(org, request, change)


def delete(org: Org, request: Request) -> Reply:
    """`DELETE /composite/sobjects?ids=`: puts records into the recycle bin."""
    ids = [id for id in request.one("ids").split(",") if id]
    is_all_or_none = request.one("allOrNone", "false").lower() == "true"

    def change(writes: Writes, row: dict[str, Any]) -> dict[str, Any]:
        known = known_id(row["id"])
        entity = None if known is None else org.state.catalogue.of_id(known)
        if entity is None:
            raise Refused(RowError("MALFORMED_ID", f"malformed id {row['id']}"))
        return {"id": writes.delete(entity, known)}

    return _carried_out(org, request, [{"id": id} for id in ids], change, is_all_or_none=is_all_or_none)


def read(org: Org, request: Request) -> Reply:
    """`GET` and `POST /composite/sobjects/{type}`: records by id; null where there is none."""
    entity = org.entity(request.params["type"])
    if request.content:
        body = fields(request.document(), {"ids": list, "fields": list}, "ids", "fields")
        ids, names = body["ids"], body["fields"]
    else:
        ids, names = request.one("ids").split(","), request.one("fields").split(",")
    if len(ids) > MOST_READ:
        raise _too_many(MOST_READ)
    columns = []
    for name in names:
        field = entity.field(str(name))
        if field is None:
            raise no_such_column(str(name), entity.name)
        columns.append((field.name, org.state.value_of(entity.name, field)))
    table, records = org.state.tables[entity.name], []
    for id in ids:
        row = table.live(known_id(id) or "")
        records.append(
            None
            if row is None
            else {"attributes": attributes(entity.name, row.id, request.base)}
            | {name: value(row) for name, value in columns}
        )
    return Reply(body=records)


def external_id(entity: Visible, name: str) -> str:
    """The spelled name of an external id field.

    Raises:
        ApiError: 404 when the field is no external id.
    """
    field = entity.field(name)
    if field is None or not field.is_external_id:
        raise not_found("Provided external ID field does not exist or is not accessible: " + name)
    return field.name


def _each(org: Org, request: Request, change: Change) -> Reply:
    body = fields(request.document(), {"allOrNone": bool, "records": list}, "records")
    rows = body["records"]
    if not all(isinstance(row, dict) for row in rows):
        raise ApiError(
            400, "JSON_PARSER_ERROR", "Cannot deserialize instance of sObject at [line:1, column:1]"
        )
    if _chunks(rows) > MOST_CHUNKS:
        raise ApiError(
            400, "INVALID_OPERATION", f"Cannot have more than {MOST_CHUNKS} chunks in a single operation."
        )
    return _carried_out(org, request, rows, change, is_all_or_none=body.get("allOrNone", False))


def _carried_out(
    org: Org, request: Request, rows: Sequence[dict[str, Any]], change: Change, *, is_all_or_none: bool
) -> Reply:
    if not rows:
        raise ApiError(400, "INVALID_INPUT", "The list of records is empty")
    if len(rows) > MOST:
        raise _too_many(MOST)
    if request.plays("200-no-op"):
        return Reply(body=[{"id": row.get("id"), "success": True, "errors": []} for row in rows])
    writes, outcomes = Writes(org, request.operation), []
    for place, row in enumerate(rows):
        try:
            _trouble(request, place, len(rows))
            outcomes.append(change(writes, row) | {"success": True, "errors": []})
        except Refused as refused:
            outcomes.append({"success": False, "errors": [refused.error.in_list()]})
    if is_all_or_none and not all(one["success"] for one in outcomes):
        writes.take_back()
        undone = {"success": False, "errors": [_ROLLED_BACK.in_list()]}
        return Reply(body=[undone if one["success"] else one for one in outcomes])
    writes.end()
    return Reply(body=outcomes)


def _trouble(request: Request, place: int, count: int) -> None:
    """What the fault script wants of a row: a lock on the first or on those it names, or half refused."""
    if request.plays("lock-row") and place in request.argument("rows", [0]):
        raise Refused(LOCKED)
    if request.plays("207-partial") and place >= max(1, count // 2):
        raise Refused(_VALIDATION)


def _chunks(rows: Sequence[dict[str, Any]]) -> int:
    """Runs of records of one type."""
    types = [row["attributes"].get("type") if isinstance(row.get("attributes"), dict) else "" for row in rows]
    return sum(1 for _ in groupby(types))


def _entity(org: Org, row: dict[str, Any]) -> Visible:
    attributes = row.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    entity = org.state.catalogue.entity(name) if isinstance(name, str) else None
    if entity is None:
        raise Refused(RowError("INVALID_TYPE", f"sObject type '{name}' is not supported."))
    return entity


def _id(row: dict[str, Any]) -> Any:
    return next((value for name, value in row.items() if name.lower() == "id"), None)


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "attributes"}


def _too_many(most: int) -> ApiError:
    return ApiError(
        400,
        "EXCEEDED_ID_LIMIT",
        f"record limit reached. cannot submit more than {most} records into this call",
    )
