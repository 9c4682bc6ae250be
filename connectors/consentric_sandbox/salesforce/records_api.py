"""One record at a time: read, change, create, upsert, delete; and which were deleted or changed lately."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from .api import ApiError, Reply, Request, not_found
from .catalogue import Visible
from .collections_api import external_id
from .field_values import Refused
from .ids import known_id
from .org import BIN_DAYS, Org
from .record_writes import LOCKED, Writes
from .selection import attributes
from .tables import Row
from .times import parsed, stamp

MOST_REPLICATED = 600_000


def get(org: Org, request: Request) -> Reply:
    """`GET /sobjects/{type}/{id}`: all fields, or those of `fields=`."""
    entity = org.entity(request.params["type"])
    row = org.state.tables[entity.name].live(known_id(request.params["id"]) or "")
    if row is None:
        raise not_found()
    return Reply(body=_shown(org, request, entity, row))


def get_by_external_id(org: Org, request: Request) -> Reply:
    """`GET /sobjects/{type}/{field}/{value}`."""
    entity = org.entity(request.params["type"])
    key = external_id(entity, request.params["field"])
    id = Writes(org, request.operation).known(entity, key).get(request.params["value"].lower())
    if id is None:
        raise not_found()
    return Reply(body=_shown(org, request, entity, org.state.tables[entity.name].rows[id]))


def update(org: Org, request: Request) -> Reply:
    """`PATCH /sobjects/{type}/{id}`."""
    entity, id = _addressed(org, request)
    body = request.document()
    _written(org, request, lambda writes: writes.update(entity, id, body))
    return Reply(status=204)


def create(org: Org, request: Request) -> Reply:
    """`POST /sobjects/{type}`."""
    entity = org.entity(request.params["type"])
    body = request.document()
    id = _written(org, request, lambda writes: writes.create(entity, body))
    return Reply(status=201, body={"id": id, "success": True, "errors": []})


def upsert(org: Org, request: Request) -> Reply:
    """`PATCH /sobjects/{type}/{field}/{value}`: changes the record with that external id, or makes one."""
    entity = org.entity(request.params["type"])
    key = external_id(entity, request.params["field"])
    body, value = request.document(), request.params["value"]
    id, is_new = _written(org, request, lambda writes: writes.upsert(entity, key, value, body))
    told = {"id": id, "success": True, "errors": [], "created": is_new}
    return Reply(status=201 if is_new else 200, body=told)


def delete(org: Org, request: Request) -> Reply:
    """`DELETE /sobjects/{type}/{id}`."""
    entity, id = _addressed(org, request)
    _written(org, request, lambda writes: writes.delete(entity, id))
    return Reply(status=204)


def deleted(org: Org, request: Request) -> Reply:
    """`GET /sobjects/{type}/deleted?start=&end=`: what was deleted or lost in a merge in a span of time."""
    entity = org.entity(request.params["type"])
    start, end = _span(org, request)
    rows = org.state.tables[entity.name].each(with_deleted=True)
    found = [{"id": row.id, "deletedDate": row.deleted} for row in rows if start <= row.deleted < end]
    if len(found) > MOST_REPLICATED:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", "too many deleted records; ask for a shorter span")
    first = stamp(org.clock() - timedelta(days=BIN_DAYS))
    found.sort(key=lambda one: one["deletedDate"])
    return Reply(body={"deletedRecords": found, "earliestDateAvailable": first, "latestDateCovered": end})


def updated(org: Org, request: Request) -> Reply:
    """`GET /sobjects/{type}/updated?start=&end=`: ids of what was made or changed in a span of time."""
    entity = org.entity(request.params["type"])
    start, end = _span(org, request)
    ids = [row.id for row in org.state.tables[entity.name].each() if start <= row.stamp < end]
    if len(ids) > MOST_REPLICATED:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", "too many changed records; ask for a shorter span")
    return Reply(body={"ids": ids, "latestDateCovered": end})


def _addressed(org: Org, request: Request) -> tuple[Visible, str]:
    """Object and id of a path; the record may be deleted, but it must have been there."""
    entity = org.entity(request.params["type"])
    id = known_id(request.params["id"]) or ""
    if id not in org.state.tables[entity.name].rows:
        raise not_found()
    return entity, id


def _written(org: Org, request: Request, change: Callable[[Writes], Any]) -> Any:
    """Carries out one write; what a row would be told becomes the answer."""
    if request.plays("200-no-op"):
        return "000000000000000AAA", False
    writes = Writes(org, request.operation)
    try:
        if request.plays("lock-row"):
            raise Refused(LOCKED)
        done = change(writes)
    except Refused as refused:
        error = refused.error
        status = 404 if error.code == "ENTITY_IS_DELETED" else 400
        raise ApiError(status, error.code, error.message, fields=error.fields) from refused
    writes.end()
    return done


def _shown(org: Org, request: Request, entity: Visible, row: Row) -> dict[str, Any]:
    names = [name for name in request.one("fields").split(",") if name]
    chosen = list(entity.fields.values())
    if names:
        found = [entity.field(name) for name in names]
        chosen = [field for field in found if field is not None]
        if len(chosen) < len(names):
            missing = next(name for name, field in zip(names, found, strict=True) if field is None)
            message = f"No such column '{missing}' on sobject of type {entity.name}"
            raise ApiError(400, "INVALID_FIELD", message)
    values = {field.name: org.state.value_of(entity.name, field)(row) for field in chosen}
    return {"attributes": attributes(entity.name, row.id, request.base)} | values


def _span(org: Org, request: Request) -> tuple[str, str]:
    """Start and end of the query, seconds cut off.

    Raises:
        ApiError: 400 for a span that is no instant, too short, too old or ends in the future.
    """
    start, end = (_minute(request.one(name)) for name in ("start", "end"))
    now = org.clock()
    if end - start < timedelta(minutes=1):
        raise _bad_span("endDate must be at least one minute greater than the startDate")
    if start < now - timedelta(days=BIN_DAYS):
        raise _bad_span("startDate before org replication enabled date")
    return stamp(start), stamp(min(end, now))


def _minute(text: str) -> datetime:
    at = parsed(text)
    if at is None:
        raise _bad_span(f"Invalid date format: {text}")
    return at.replace(second=0, microsecond=0)


def _bad_span(message: str) -> ApiError:
    return ApiError(400, "INVALID_REPLICATION_DATE", message)
