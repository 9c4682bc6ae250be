"""From a received request to an answer: route, fault, session, limit, handler, count."""

from __future__ import annotations

import logging
import re
from email.utils import formatdate

from consentric_sandbox.exchange import Outcome, Received
from consentric_sandbox.faults import AFTERWARDS, INSTEAD, Fault
from consentric_sandbox.tally import Danger

from . import bulk_ingest, bulk_query, oauth
from .api import JSON, ApiError, Reply, Request, limit_reached
from .bulk_jobs import catch_up
from .dangers import dangers_of
from .ids import known_id
from .lifecycle import merge
from .org import Org
from .routes import Match, match
from .snapshot import save_changed

_HTML = b"<html><head><title>%d</title></head><body><h1>Salesforce</h1><p>We are down.</p></body></html>"
_PERSON = re.compile(rb"\b(?:003|00Q)[0-9A-Za-z]{12,15}\b")
_FROM = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
_LOG = logging.getLogger(__name__)


class Desk:
    """Answers requests one at a time, whatever thread they come from."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.folder = org.folder
        self.clock = org.clock

    def answer(self, received: Received) -> Outcome:
        """Answers one request; never raises for what a client may send."""
        org = self.org
        with org.lock:
            operation, headers = "unknown", dict[str, str]()
            try:
                found = match(received.method, received.segments)
                operation = self._operation(found, received)
                org.requests[operation] = org.requests.get(operation, 0) + 1
                fault = org.faults.due(operation)
                authorization = received.headers.get("authorization", "")
                if fault is not None and fault.kind in INSTEAD:
                    self._break(fault, authorization, received)
                    if fault.kind == "reset-before-apply":
                        return Outcome(status=0, fault=fault)
                if found.route.needs_session:
                    self._check(authorization)
                    headers = org.limiter.headers()
                org.sweep()
                catch_up(org, {"query": bulk_query.run, "ingest": bulk_ingest.run})
                reply = found.route.handler(org, self._request(found, operation, received, fault))
            except ApiError as error:
                return _refused(error, headers)
            except Exception:  # noqa: BLE001 -- a defect must be seen, not taken for a lost connection
                _LOG.exception("the pretend Salesforce failed at %s %s", received.method, operation)
                return _refused(ApiError(500, "UNKNOWN_EXCEPTION", "the sandbox itself failed; see its log"))
            return _finished(reply, headers, fault)

    def lift_limits(self) -> None:
        """Ends the day's allowance for this process."""
        self.org.limiter.lift()

    def close(self, *, is_saved: bool) -> None:
        """Closes the log; saves the org if anything was written and it is asked for."""
        self.org.log.close()
        if self.org.is_changed and is_saved:
            save_changed(self.org.state, self.folder)

    def dangers(self, received: Received) -> set[Danger]:
        """What the request could do to people, whatever is answered."""
        return dangers_of(received)

    def unreadable(self, status: int) -> Outcome:
        """Refuses what the server could not read."""
        words = {411: "a plain Content-Length is required", 414: "URI too long"}
        return _refused(ApiError(status, "UNKNOWN_EXCEPTION", words[status]))

    def _operation(self, found: Match, received: Received) -> str:
        """Names the request for the fault script: of a query with its object, as `query.Contact`."""
        operation = found.route.operation
        if "{type}" in operation:
            entity = self.org.state.catalogue.entity(found.params["type"])
            return operation.replace("{type}", "unknown" if entity is None else entity.name)
        if operation in ("query", "query_all"):
            of = _FROM.search((received.query.get("q") or [""])[-1])
            return f"{operation}.{of[1]}" if of else operation
        if operation == "query_more":
            cursor = self.org.cursors.find(found.params["locator"].partition("-")[0])
            return operation if cursor is None else f"{operation}.{cursor.entity}"
        return operation

    def _check(self, authorization: str) -> None:
        if self.org.faults.is_revoked:
            raise oauth.invalid_session()
        oauth.authorize(self.org, authorization)
        self.org.limiter.admit()

    def _request(self, found: Match, operation: str, received: Received, fault: Fault | None) -> Request:
        return Request(
            operation=operation,
            params=found.params,
            query=received.query,
            headers=received.headers,
            content=received.content,
            host=received.host,
            at=self.org.now(),
            fault=fault,
        )

    def _break(self, fault: Fault, authorization: str, received: Received) -> None:
        """Raises what the fault script wants instead of an answer; a merge lets the request go on."""
        kind = fault.kind
        if kind == "404-merged-id":
            _merge_away(self.org, received)
        elif kind in ("401-expired", "401-for-good"):
            oauth.end_session(self.org, authorization)
            raise oauth.invalid_session()
        elif kind == "403-limit":
            raise limit_reached(fault.args.get("limit", "concurrent"))
        elif kind == "403-scope-lost":
            raise ApiError(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
        elif kind.startswith("429"):
            raise self._throttled(fault)
        elif kind in ("502-html", "html-page"):
            status = 502 if kind == "502-html" else int(fault.args.get("status", 200))
            raise _Page(status)
        elif kind == "503":
            raise ApiError(503, "SERVER_UNAVAILABLE", "Server unavailable")
        elif kind == "500":
            raise ApiError(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")

    def _throttled(self, fault: Fault) -> ApiError:
        seconds, headers = int(fault.args.get("seconds", 1)), {}
        if fault.kind == "429-seconds":
            headers["Retry-After"] = str(seconds)
        elif fault.kind == "429-date":
            headers["Retry-After"] = formatdate(self.clock().timestamp() + seconds, usegmt=True)
        return ApiError(429, "TOO_MANY_REQUESTS", "Too many requests", headers=headers)


class _Page(ApiError):
    """An HTML page where JSON belongs."""

    def __init__(self, status: int) -> None:
        super().__init__(status, "", "", headers={"Content-Type": "text/html"}, body=_HTML % status)


def _refused(error: ApiError, headers: dict[str, str] | None = None) -> Outcome:
    reply = Reply(status=error.status, body=error.body)
    return Outcome(status=error.status, body=reply.content, headers=JSON | (headers or {}) | error.headers)


def _finished(reply: Reply, headers: dict[str, str], fault: Fault | None) -> Outcome:
    content = reply.content
    if fault is not None and fault.kind == "invalid-json":
        content = content[: len(content) // 2] + b'"}{'
    shown = fault if fault is not None and fault.kind in AFTERWARDS | {"latency"} else None
    told = (JSON if reply.body is not None else {}) | headers | reply.headers
    return Outcome(status=reply.status, body=content, headers=told, fault=shown)


def _merge_away(org: Org, received: Received) -> None:
    """Merges the first contact or lead that a request names into a twin; the request then goes on."""
    path = "/".join(received.segments).encode()
    found = _PERSON.search(path) or _PERSON.search(received.content)
    query = " ".join(value for values in received.query.values() for value in values)
    found = found or _PERSON.search(query.encode())
    id = None if found is None else known_id(found[0].decode())
    if id is None:
        return
    entity = "Lead" if id.startswith("00Q") else "Contact"
    row = org.state.tables[entity].live(id)
    if row is None:
        return
    twin = {"LastName": "Twin"} | ({"Company": "Twin"} if entity == "Lead" else {})
    winner = org.state.add(entity, twin, created_at=org.clock())
    merge(org.state, entity, winner, [id], at=org.clock())
    org.accept("merge", "merge", [winner, id])
