"""Batches: jobs of up to 1,000 operations that run in steps, in no order, each with its own outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .account import MailchimpAccount
from .api import Answer, Problem, Request, fields, invalid, links, not_found, page, rows
from .archives import packed, signed_url
from .records import Batch

MOST_OPERATIONS = 1000
MOST_OPEN = 500
"""Pending batches of a user; one more is a 429 ("Batch API limit", release note of November 2021)."""
_NEXT = {
    "pending": "preprocessing",
    "preprocessing": "started",
    "started": "finalizing",
    "finalizing": "finished",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
Perform = Callable[[dict[str, Any]], tuple[int, str]]
"""Carries out one operation and gives status and text of its answer."""


def create(account: MailchimpAccount, request: Request) -> Answer:
    """Takes in a batch; what its operations say is looked at when they run."""
    body = fields(request.body, {"operations": list}, "operations")
    allowed = {"method": str, "path": str, "params": dict, "body": str, "operation_id": str}
    operations = rows(body["operations"], most=MOST_OPERATIONS, name="operations")
    for at, one in enumerate(operations):
        operation = fields(one, allowed, "method", "path", where=f"operations.{at}.")
        if operation["method"] not in _METHODS:
            raise invalid(f"operations.{at}.method", f"Value must be one of: {', '.join(_METHODS)}")
    if not operations:
        raise invalid("operations", "Array must have at least 1 items")
    if sum(one.status != "finished" for one in account.state.batches.values()) >= MOST_OPEN:
        raise Problem(429, "Too Many Requests", f"You have more than {MOST_OPEN} pending batches.")
    batch = Batch(
        id=f"{account.state.new_id():010x}",
        submitted_at=request.at,
        waiting=operations,
        total=len(operations),
    )
    batch.is_stuck, batch.is_lost = request.fault == "job-stuck", request.fault == "job-lost"
    account.state.batches[batch.id] = batch
    account.accept("other", request, [batch.id], [{"operations": str(len(operations))}])
    return 200, _printed(account, request, batch)


def get(account: MailchimpAccount, request: Request) -> Answer:
    """How far a batch is; 404 once its results are thrown away."""
    return 200, _printed(account, request, _found(account, request))


def list_all(account: MailchimpAccount, request: Request) -> Answer:
    """All batches, the newest first."""
    known = [one for one in reversed(account.state.batches.values()) if not one.is_lost]
    shown, total = page(request, known)
    return 200, {
        "batches": [_printed(account, request, one) for one in shown],
        "total_items": total,
        "_links": links(request, "/batches"),
    }


def delete(account: MailchimpAccount, request: Request) -> Answer:
    """Stops a batch: what waits is not carried out, what is done stays done."""
    batch = _found(account, request)
    del account.state.batches[batch.id]
    account.accept("other", request, [batch.id])
    return 204, None


def advance(account: MailchimpAccount, perform: Perform) -> None:
    """Moves every open batch one step: with each request that the account receives.

    Half of the operations run when it is started, the odd ones first, the rest when it is finalizing:
    a batch is neither ordered nor one transaction.
    """
    for batch in account.state.batches.values():
        if batch.status == "finished" or batch.is_stuck:
            continue
        batch.status = _NEXT[batch.status]
        account.is_changed = True
        if batch.status == "started":
            _run(batch, batch.waiting[1::2], perform)
            batch.waiting = batch.waiting[::2]
        elif batch.status == "finalizing":
            _run(batch, batch.waiting, perform)
            batch.waiting = []
        elif batch.status == "finished":
            batch.completed_at = account.now()
            batch.archive = packed(batch)
            batch.results = []


def _run(batch: Batch, operations: list[dict[str, Any]], perform: Perform) -> None:
    for operation in operations:
        status, text = perform(operation)
        batch.finished += 1
        batch.errored += status >= 400
        batch.results.append(
            {"status_code": status, "operation_id": operation.get("operation_id"), "response": text}
        )


def _found(account: MailchimpAccount, request: Request) -> Batch:
    batch = account.state.batches.get(request.params["batch"])
    if batch is None or batch.is_lost:
        raise not_found()
    return batch


def _printed(account: MailchimpAccount, request: Request, batch: Batch) -> dict[str, Any]:
    is_finished = batch.status == "finished"
    return {
        "id": batch.id,
        "status": batch.status,
        "total_operations": batch.total,
        "finished_operations": batch.finished,
        "errored_operations": batch.errored,
        "submitted_at": batch.submitted_at,
        "completed_at": batch.completed_at,
        "response_body_url": signed_url(account, request.host, batch.id) if is_finished else "",
        "_links": links(request, f"/batches/{batch.id}"),
    }
