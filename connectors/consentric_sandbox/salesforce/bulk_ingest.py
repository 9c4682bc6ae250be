"""Ingest jobs of Bulk API 2.0: made, filled with one CSV file, closed, asked, and what came of each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

from . import bulk_jobs
from .api import ApiError, Reply, Request, fields
from .catalogue import Visible
from .collections_api import external_id
from .field_values import Refused, from_csv
from .jobs import DELIMITERS, Job
from .org import Org
from .record_writes import LOCKED, Writes

OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_BODY = {
    "object": str,
    "operation": str,
    "contentType": str,
    "columnDelimiter": str,
    "lineEnding": str,
    "externalIdFieldName": str,
    "assignmentRuleId": str,
}
_Write = Callable[[Writes, dict[str, Any]], tuple[str, bool]]


def create(org: Org, request: Request) -> Reply:
    """`POST /jobs/ingest`."""
    body = fields(request.document(), _BODY, "object", "operation")
    entity = org.state.catalogue.entity(body["object"])
    if entity is None or body["operation"] not in OPERATIONS or body.get("contentType", "CSV") != "CSV":
        raise ApiError(400, "INVALIDJOB", "InvalidJob : Unable to find object or operation of the job")
    if body["operation"] == "hardDelete" and not org.state.account.can_hard_delete:
        raise ApiError(
            400,
            "FEATURENOTENABLED",
            "hardDelete operation requires special user profile permission, please contact your system"
            " administrator",
        )
    key = body.get("externalIdFieldName", "")
    if (body["operation"] == "upsert") != bool(key):
        raise ApiError(400, "INVALIDJOB", "externalIdFieldName belongs to upsert, and upsert needs it")
    spelled = external_id(entity, key) if key and key.lower() != "id" else key
    job = bulk_jobs.start(org, request, "ingest", body["operation"], entity.name, body)
    job.external_id = spelled
    return Reply(body=job.described(org.state.account.user_id))


def upload(org: Org, request: Request) -> Reply:
    """`PUT /jobs/ingest/{job}/batches`: the rows, in one piece."""
    job = bulk_jobs.find(org, request, "ingest")
    if not request.headers.get("content-type", "").startswith("text/csv"):
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type of the rows must be text/csv")
    if job.state != "Open":
        raise bulk_jobs.wrong_state(f"the job is {job.state}")
    if job.content is not None:
        raise ApiError(
            400,
            "INVALIDBATCH",
            f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' the current"
            " Job then create a new Job and make sure you only do 'PUT' once on a given Job.",
        )
    try:
        job.content = request.content.decode()
    except UnicodeDecodeError as fault:
        raise ApiError(400, "INVALIDBATCH", "the rows are not UTF-8") from fault
    org.is_changed = True
    return Reply(status=201)


def change(org: Org, request: Request) -> Reply:
    """`PATCH /jobs/ingest/{job}`: closes the upload, or aborts the job."""
    job = bulk_jobs.find(org, request, "ingest")
    wanted = fields(request.document(), {"state": str}, "state")["state"]
    if wanted == "Aborted":
        return bulk_jobs.abort(org, job)
    if wanted != "UploadComplete" or job.state != "Open" or job.content is None:
        raise bulk_jobs.wrong_state(f"a job that is {job.state} cannot become {wanted}")
    is_kept = bulk_jobs.begin(request, job)
    told = job.described(org.state.account.user_id)
    if not is_kept:
        del org.state.jobs[job.id]
        if request.argument("applied", False):
            run(org, job)
    org.is_changed = True
    return Reply(body=told)


def get(org: Org, request: Request) -> Reply:
    """`GET /jobs/ingest/{job}`: each asking lets it go on."""
    job = bulk_jobs.find(org, request, "ingest")
    bulk_jobs.poll(org, request, job, run)
    return bulk_jobs.told(org, job)


def successful(org: Org, request: Request) -> Reply:
    """`GET /jobs/ingest/{job}/successfulResults`."""
    job = bulk_jobs.find(org, request, "ingest")
    return bulk_jobs.csv_reply(job, job.successful)


def failed(org: Org, request: Request) -> Reply:
    """`GET /jobs/ingest/{job}/failedResults`."""
    job = bulk_jobs.find(org, request, "ingest")
    return bulk_jobs.csv_reply(job, job.failed)


def unprocessed(org: Org, request: Request) -> Reply:
    """`GET /jobs/ingest/{job}/unprocessedrecords`: rows that a failed or aborted job never came to."""
    job = bulk_jobs.find(org, request, "ingest")
    if job.state == "Aborted" and not job.unprocessed:
        return bulk_jobs.csv_reply(job, _rows(job))
    return bulk_jobs.csv_reply(job, job.unprocessed)


def delete(org: Org, request: Request) -> Reply:
    """`DELETE /jobs/ingest/{job}`."""
    return bulk_jobs.delete(org, bulk_jobs.find(org, request, "ingest"))


def run(org: Org, job: Job) -> None:
    """Carries a job out, row by row; a file that does not fit fails the job as a whole."""
    rows = _rows(job)
    header = rows[0] if rows else []
    job.successful, job.failed = [["sf__Id", "sf__Created", *header]], [["sf__Id", "sf__Error", *header]]
    job.unprocessed = [header]
    entity = org.state.catalogue.entity(job.entity)
    job.error = _misfit(job, entity, header)
    if job.error or entity is None:
        job.state, job.unprocessed = "Failed", rows
        return
    write, writes = _write(job, entity), Writes(org, f"bulk_ingest.{job.operation}")
    last = len(rows) if job.fails_after is None else job.fails_after + 1
    for place, row in enumerate(rows[1:last]):
        try:
            if place in job.locked_rows:
                raise Refused(LOCKED)
            id, is_new = write(writes, _values(entity, header, row))
            job.successful.append([id, "true" if is_new else "false", *row])
        except Refused as refused:
            job.failed.append(["", refused.error.in_csv(), *row])
    writes.end()
    job.unprocessed += rows[last:]
    job.state = "JobComplete"
    if job.fails_after is not None:
        job.state, job.error = "Failed", "InternalServerError : Job failed after ten retries"


def _rows(job: Job) -> list[list[str]]:
    text = io.StringIO((job.content or "").removeprefix("\ufeff"), newline="")
    return [row for row in csv.reader(text, delimiter=DELIMITERS[job.delimiter]) if row]


def _misfit(job: Job, entity: Visible | None, header: list[str]) -> str:
    """Why the file as a whole cannot be read, empty when it can."""
    first = (job.content or "").partition("\n")[0]
    if first.endswith("\r") != (job.line_ending == "CRLF"):
        return f"LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
    for name in header:
        if entity is None or entity.field(name) is None:
            return f"InvalidBatch : Field name not found : {name}"
    needed = "" if job.operation == "insert" else job.external_id or "Id"
    if needed and needed.lower() not in [name.lower() for name in header]:
        return f"InvalidBatch : Field name not found : {needed}"
    return ""


def _values(entity: Visible, header: list[str], row: list[str]) -> dict[str, Any]:
    """The cells that say something; empty ones leave a field as it is."""
    values = {}
    for name, cell in zip(header, row, strict=False):
        field = entity.field(name)
        if field is not None and cell != "":
            values[field.name] = from_csv(field, cell)
    return values


def _write(job: Job, entity: Visible) -> _Write:
    def update(writes: Writes, values: dict[str, Any]) -> tuple[str, bool]:
        return writes.update(entity, values.pop("Id", None), values), False

    def insert(writes: Writes, values: dict[str, Any]) -> tuple[str, bool]:
        return writes.create(entity, values), True

    def upsert(writes: Writes, values: dict[str, Any]) -> tuple[str, bool]:
        key = job.external_id
        if key.lower() == "id":
            return update(writes, values) if "Id" in values else insert(writes, values)
        return writes.upsert(entity, key, str(values.pop(key, "")), values)

    def remove(writes: Writes, values: dict[str, Any]) -> tuple[str, bool]:
        is_hard = job.operation == "hardDelete"
        return writes.delete(entity, values.get("Id"), for_good=is_hard), False

    ways: Mapping[str, _Write] = {"insert": insert, "update": update, "upsert": upsert}
    return ways.get(job.operation, remove)
