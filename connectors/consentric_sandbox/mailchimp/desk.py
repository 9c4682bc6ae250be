"""From a received request to an answer: connections, route, fault, credentials, body, handler, projection."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import unquote

from consentric_sandbox.exchange import Outcome, Received
from consentric_sandbox.faults import AFTERWARDS, INSIDE, INSTEAD, Fault
from consentric_sandbox.tally import Danger

from . import access, archives, batches
from .account import MailchimpAccount
from .api import Answer, Problem, Request, Throttled, invalid, not_found, projected
from .dangers import dangers_of
from .routes import Match, match
from .snapshot import save_changed

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_PROBLEM = {"Content-Type": "application/problem+json; charset=utf-8"}
_HTML = b"<html><head><title>%d</title></head><body><h1>Please try again later.</h1></body></html>"
_LISTED = (
    "members",
    "lists",
    "tags",
    "merge_fields",
    "segments",
    "campaigns",
    "reports",
    "sent_to",
    "urls_clicked",
    "unsubscribes",
    "emails",
    "stores",
    "orders",
    "customers",
    "batches",
)
_LOG = logging.getLogger(__name__)


class Desk:
    """Answers requests one at a time, whatever thread they come from."""

    def __init__(self, account: MailchimpAccount) -> None:
        self.account = account
        self.folder = account.folder
        self.clock = account.clock
        self._count = 0
        self._last_rows: dict[str, Any] = {}

    def answer(self, received: Received) -> Outcome:
        """Answers one request; never raises for what a client may send."""
        with self.account.lock:
            self._count += 1
            try:
                return self._answered(received)
            except Throttled as refusal:
                return Outcome(status=refusal.status)
            except Problem as problem:
                return self._refused(problem)
            except Exception:  # noqa: BLE001 -- a defect must be seen, not taken for a lost connection
                _LOG.exception("the pretend Mailchimp failed at %s", received.method)
                return self._refused(
                    Problem(500, "Internal Server Error", "the sandbox itself failed; see its log")
                )

    def lift_limits(self) -> None:
        """Ends the limit of simultaneous connections for this process."""
        self.account.most_at_once = None

    def close(self, *, is_saved: bool) -> None:
        """Closes the log; saves the account if anything was written and it is asked for."""
        self.account.log.close()
        if self.account.is_changed and is_saved:
            save_changed(self.account.state, self.folder)

    def dangers(self, received: Received) -> set[Danger]:
        """What the request could do to people, whatever is answered."""
        return dangers_of(received)

    def unreadable(self, status: int) -> Outcome:
        """Refuses what the server could not read."""
        titles = {411: "Length Required", 414: "Request-URI Too Long"}
        return self._refused(Problem(status, titles[status], "The request could not be read."))

    def _answered(self, received: Received) -> Outcome:
        if received.segments[0] == archives.PATH and len(received.segments) == 2:
            return self._archive(received)
        limit = self.account.most_at_once
        if limit is not None and received.in_flight > limit:
            raise Throttled(429)
        if received.segments == ["oauth2", "metadata"]:
            header = received.headers.get("authorization", "")
            body = access.metadata(self.account, header, received.host)
            return Outcome(status=200, body=json.dumps(body).encode(), headers=dict(_JSON))
        if received.segments[0] != "3.0":
            raise not_found()
        found = match(received.method, received.segments[1:])
        fault = self._due(found.operation)
        if fault is not None and fault.kind in INSTEAD:
            return self._instead(fault)
        access.authorize(self.account, received.headers.get("authorization", ""))
        batches.advance(self.account, lambda operation: self._inside(operation, received.host))
        request = self._request(found, received.query, received.content, received.host, fault)
        status, body = self._handled(found, request, fault)
        return self._finished(status, projected(request, body), fault)

    def _archive(self, received: Received) -> Outcome:
        fault = self._due("batches.archive")
        if fault is not None and fault.kind in INSTEAD:
            return self._instead(fault)
        outcome = archives.fetch(self.account, received)
        outcome.fault = _on_the_wire(fault)
        return outcome

    def _due(self, operation: str) -> Fault | None:
        counts = self.account.state.requests
        counts[operation] = counts.get(operation, 0) + 1
        return self.account.faults.due(operation)

    def _request(
        self, found: Match, query: dict[str, list[str]], content: bytes, host: str, fault: Fault | None
    ) -> Request:
        if unknown := sorted(query.keys() - found.query):
            # The vendor passes over them; a misspelt filter would read everything and nobody would see it.
            raise invalid(unknown[0], "This parameter was not expected")
        return Request(
            operation=found.operation,
            params=found.params,
            query=query,
            body=_parsed(content),
            at=self.account.now(),
            host=host,
            fault=fault.kind if fault is not None else "",
            fault_args=fault.args if fault is not None else {},
        )

    def _handled(self, found: Match, request: Request, fault: Fault | None) -> Answer:
        kind = fault.kind if fault is not None else ""
        if kind == "200-no-op":
            return (204, None) if found.is_silent else (200, {})
        status, body = found.handler(self.account, request)
        rows = next((name for name in _LISTED if isinstance(body, dict) and name in body), None)
        if rows is not None:
            fresh = body[rows]
            if kind == "duplicate-page":
                body[rows] = self._last_rows.get(found.operation, fresh)
            elif kind == "empty-page":
                body[rows] = []
            elif kind == "short-page":
                body[rows] = fresh[: int(request.fault_args.get("size", len(fresh) // 2))]
            self._last_rows[found.operation] = fresh
        return status, body

    def _inside(self, operation: dict[str, Any], host: str) -> tuple[int, str]:
        """Carries out one operation of a batch as if it had come alone, without a fault of its own."""
        try:
            segments = [unquote(part) for part in operation["path"].strip("/").split("/")]
            found = match(operation["method"], segments)
            fault = self.account.faults.due(INSIDE + found.operation)
            if fault is not None:
                outcome = self._instead(fault)
                return outcome.status, outcome.body.decode()
            query = {name: [str(value)] for name, value in operation.get("params", {}).items()}
            content = operation.get("body", "").encode()
            request = self._request(found, query, content, host, None)
            status, body = found.handler(self.account, request)
            return status, "" if body is None else json.dumps(projected(request, body))
        except Problem as problem:
            return problem.status, self._refused(problem).body.decode()

    def _finished(self, status: int, body: Any, fault: Fault | None) -> Outcome:
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        if fault is not None and fault.kind == "invalid-json":
            content = content[: len(content) // 2] + b'"}{'
        headers = {} if body is None else dict(_JSON)
        return Outcome(status=status, body=content, headers=headers, fault=_on_the_wire(fault))

    def _instead(self, fault: Fault) -> Outcome:
        kind = fault.kind
        if kind == "reset-before-apply":
            return Outcome(status=0, fault=fault)
        if kind in ("502-html", "html-page", "503"):
            status = {"502-html": 502, "503": 503}.get(kind, int(fault.args.get("status", 200)))
            return Outcome(status=status, body=_HTML % status, headers={"Content-Type": "text/html"})
        if kind in ("429-no-hint", "403-limit"):
            return Outcome(status=int(kind[:3]))
        if kind == "401-for-good":
            return self._refused(access.invalid_key())
        if kind == "403-scope-lost":
            return self._refused(Problem(403, "Forbidden", "You are not permitted to access this resource."))
        return self._refused(Problem(500, "Internal Server Error", "An unexpected internal error occurred."))

    def _refused(self, problem: Problem) -> Outcome:
        instance = f"{self._count:08x}-0000-4000-8000-000000000000"
        body = json.dumps(problem.document | {"instance": instance}).encode()
        return Outcome(status=problem.status, body=body, headers=dict(_PROBLEM))


def _on_the_wire(fault: Fault | None) -> Fault | None:
    return fault if fault is not None and fault.kind in AFTERWARDS | {"latency"} else None


def _parsed(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as fault:
        raise Problem(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.") from fault
