"""Query jobs of Bulk API 2.0: made, asked, fetched page by page, deleted."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from . import bulk_jobs
from .api import ApiError, Reply, Request, fields
from .jobs import Job
from .org import Org
from .selection import Selection
from .soql import read_query
from .tables import Row
from .times import bulk

MOST_RECORDS = 100_000
_REFUSED = frozenset({"TaskStatus", "OrderStatus"})
_BODY = {"operation": str, "query": str, "columnDelimiter": str, "lineEnding": str, "contentType": str}


def create(org: Org, request: Request) -> Reply:
    """`POST /jobs/query`: the query is checked at once, run later."""
    body = fields(request.document(), _BODY, "operation", "query")
    if body["operation"] not in ("query", "queryAll"):
        raise ApiError(400, "INVALIDJOB", f"no such operation: {body['operation']}")
    selection = _checked(org, body["query"])
    job = bulk_jobs.start(org, request, "query", body["operation"], selection.entity.name, body)
    job.query = body["query"]
    if not bulk_jobs.begin(request, job):
        del org.state.jobs[job.id]
    return Reply(body=job.described(org.state.account.user_id))


def get(org: Org, request: Request) -> Reply:
    """`GET /jobs/query/{job}`: each asking lets it go on."""
    job = bulk_jobs.find(org, request, "query")
    bulk_jobs.poll(org, request, job, run)
    return bulk_jobs.told(org, job)


def results(org: Org, request: Request) -> Reply:
    """`GET /jobs/query/{job}/results`: a page of CSV; the locator `null` says that it is the last.

    A job that is not complete has no content (204), one made by another API version conflicts (409):
    "Get Results for a Query Job".
    """
    job = bulk_jobs.find(org, request, "query")
    if request.version != job.version:
        raise ApiError(409, "INVALIDVERSION", f"the job was made with API version {job.version}")
    if job.state != "JobComplete":
        return Reply(status=204)
    header, rows = job.found[0], job.found[1:]
    start = _place(request.one("locator"), len(rows))
    page = rows[start : start + _page_size(request)]
    end = start + len(page)
    locator = "null" if end >= len(rows) else base64.b64encode(str(end).encode()).decode().rstrip("=")
    told = {"Sforce-NumberOfRecords": str(len(page)), "Sforce-Locator": locator}
    return bulk_jobs.csv_reply(job, [header, *page], told)


def change(org: Org, request: Request) -> Reply:
    """`PATCH /jobs/query/{job}`: the only change is to abort it."""
    body = fields(request.document(), {"state": str}, "state")
    if body["state"] != "Aborted":
        raise bulk_jobs.wrong_state(f"a query job cannot become {body['state']}")
    return bulk_jobs.abort(org, bulk_jobs.find(org, request, "query"))


def delete(org: Org, request: Request) -> Reply:
    """`DELETE /jobs/query/{job}`."""
    return bulk_jobs.delete(org, bulk_jobs.find(org, request, "query"))


def run(org: Org, job: Job) -> None:
    """Carries a job out: the records as they are at this moment."""
    if job.fails_after is not None:
        job.state, job.error = "Failed", "InternalServerError: Retried more than fifteen times"
        return
    try:
        selection = _checked(org, job.query)
    except ApiError as refused:
        job.state, job.error = "Failed", f"{refused.code}: {refused.body[0]['message']}"
        return
    rows = selection.rows(with_deleted=job.operation == "queryAll")
    cells = [_cell(column.field.type, column.value) for column in selection.columns]
    job.found = [[".".join(column.path) for column in selection.columns]]
    job.found += [[cell(row) for cell in cells] for row in rows]
    job.state = "JobComplete"


def _checked(org: Org, text: str) -> Selection:
    query = read_query(text)
    if query.entity in _REFUSED and org.state.catalogue.entity(query.entity):
        message = f"Entity '{query.entity}' is not supported by the Bulk API."
        raise ApiError(400, "INVALIDENTITY", message)
    selection = Selection(org.state, query)
    if query.is_count or query.offset:
        raise ApiError(400, "API_ERROR", "Aggregate queries and OFFSET are not supported in Bulk Query")
    if any(column.field.type == "address" for column in selection.columns):
        raise ApiError(400, "API_ERROR", "Selecting compound data not supported in Bulk Query")
    return selection


def _cell(type: str, value: Callable[[Row], Any]) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        found = value(row)
        if found is None:
            return ""
        if isinstance(found, bool):
            return "true" if found else "false"
        return bulk(found) if type == "datetime" else str(found)

    return text


def _place(locator: str, count: int) -> int:
    if not locator:
        return 0
    try:
        place = int(base64.b64decode(locator + "=" * (-len(locator) % 4), validate=True))
    except ValueError:
        place = -1
    if not 0 < place < count:
        raise ApiError(400, "INVALID_LOCATOR", f"Invalid locator: {locator}")
    return place


def _page_size(request: Request) -> int:
    text = request.one("maxRecords", str(MOST_RECORDS))
    if not text.isdigit() or int(text) < 1:
        raise ApiError(400, "INVALID_ARGUMENT", "maxRecords must be a positive number")
    size = min(int(text), MOST_RECORDS)
    return int(request.argument("size", max(1, size // 2))) if request.plays("short-page") else size
