"""What both kinds of bulk jobs share: finding one, letting it go on, stopping and deleting it, its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from .api import CSV, ApiError, Reply, Request, not_found
from .ids import known_id, new_id
from .jobs import DELIMITERS, FINISHED, LINE_ENDINGS, Job
from .org import Org
from .times import later

_PREFIX = "750"
_SECONDS = 30
"""After which a job is done though nobody asked how far it is."""
Work = Callable[[Org, Job], None]


def start(org: Org, request: Request, kind: str, operation: str, entity: str, sent: Mapping[str, str]) -> Job:
    """A new job; the caller says what it works on."""
    delimiter, ending = sent.get("columnDelimiter", "COMMA"), sent.get("lineEnding", "LF")
    if delimiter not in DELIMITERS or ending not in LINE_ENDINGS:
        raise ApiError(400, "INVALIDJOB", f"no such column delimiter or line ending: {delimiter}, {ending}")
    org.state.next_number += 1
    job = Job(
        id=new_id(_PREFIX, org.state.next_number),
        kind=kind,
        operation=operation,
        entity=entity,
        created=request.at,
        stamp=request.at,
        version=request.version,
        state="Open",
        delimiter=delimiter,
        line_ending=ending,
    )
    org.state.jobs[job.id] = job
    org.is_changed = True
    return job


def begin(request: Request, job: Job) -> bool:
    """Hands a job to the queue, with the trouble that the fault script wants; False when it gets lost."""
    job.state, job.stamp = "UploadComplete", request.at
    job.done_at = later(request.at, _SECONDS)
    job.is_stuck = request.plays("job-stuck")
    job.polls_left = int(request.argument("polls", job.polls_left))
    if request.plays("job-failed"):
        job.fails_after = int(request.argument("after", 0))
    if request.plays("lock-row"):
        job.locked_rows = list(request.argument("rows", [0]))
    return not request.plays("job-lost")


def find(org: Org, request: Request, kind: str) -> Job:
    """The job of a path.

    Raises:
        ApiError: 404 when there is none of this kind.
    """
    job = org.state.jobs.get(known_id(request.params["job"]) or "")
    if job is None or job.kind != kind:
        raise not_found()
    return job


def poll(org: Org, request: Request, job: Job, work: Work) -> None:
    """Lets a job go on because somebody asked: queued, in progress, done."""
    if job.state not in ("UploadComplete", "InProgress"):
        return
    job.stamp = request.at
    if job.is_stuck or job.polls_left > 0:
        job.state = "InProgress"
        job.polls_left = max(0, job.polls_left - 1)
    else:
        work(org, job)
    org.is_changed = True


def catch_up(org: Org, works: Mapping[str, Work]) -> None:
    """Finishes jobs whose time is over, asked or not."""
    now = org.now()
    for job in list(org.state.jobs.values()):
        if job.state in ("UploadComplete", "InProgress") and not job.is_stuck and job.done_at <= now:
            job.stamp = now
            works[job.kind](org, job)
            org.is_changed = True


def told(org: Org, job: Job) -> Reply:
    """What GET of a job says."""
    return Reply(body=job.described(org.state.account.user_id) | job.progress())


def abort(org: Org, job: Job) -> Reply:
    """Ends a job that is not finished."""
    if job.state in FINISHED:
        raise wrong_state(f"Aborting already {job.state} job not allowed")
    job.state = "Aborted"
    org.is_changed = True
    return Reply(body=job.described(org.state.account.user_id))


def delete(org: Org, job: Job) -> Reply:
    """Forgets a finished job and its results."""
    if job.state not in FINISHED:
        raise wrong_state(f"Deleting {job.state} job not allowed")
    del org.state.jobs[job.id]
    org.is_changed = True
    return Reply(status=204)


def wrong_state(message: str) -> ApiError:
    """The 400 of what a job's state does not allow."""
    return ApiError(400, "INVALIDJOBSTATE", message)


def csv_reply(job: Job, rows: Sequence[Sequence[str]], headers: Mapping[str, str] | None = None) -> Reply:
    """Rows with their header as CSV, every cell in quotes."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=DELIMITERS[job.delimiter],
        lineterminator=LINE_ENDINGS[job.line_ending],
        quoting=csv.QUOTE_ALL,
    )
    writer.writerows(rows)
    return Reply(body=text.getvalue().encode(), headers=CSV | dict(headers or {}))
