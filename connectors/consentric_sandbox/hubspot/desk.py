"""From a received request to an answer: route, fault, token, scopes, limits, body, handler, count."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

from consentric_sandbox.exchange import Outcome, Received
from consentric_sandbox.faults import AFTERWARDS, INSTEAD, Fault
from consentric_sandbox.tally import Danger

from . import oauth
from .api import Answer, ApiError, Request, invalid
from .dangers import dangers_of
from .limits import too_many
from .object_writes import merge_records
from .portal import Portal
from .routes import Match, match
from .snapshot import save_changed

_HTML = (
    b"<html><head><title>%d</title></head><body><h1>HubSpot</h1><p>Please try again later.</p></body></html>"
)
_NO_BODY = b""
_JSON = {"Content-Type": "application/json;charset=utf-8"}
_LOG = logging.getLogger(__name__)


class Desk:
    """Answers requests one at a time, whatever thread they come from."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.folder = portal.folder
        self.clock = portal.clock
        self._count = 0
        self._last_results: dict[str, Any] = {}

    def answer(self, received: Received) -> Outcome:
        """Answers one request; never raises for what a client may send."""
        with self.portal.lock:
            self._count += 1
            rate_headers: dict[str, str] = {}
            try:
                found = match(received.method, received.segments)
                self._note(found)
                fault = self.portal.faults.due(found.operation)
                if fault is not None and fault.kind in INSTEAD:
                    return self._instead(fault, found, received.content)
                self._check(found, received.headers, rate_headers)
                request = self._request(found, received, fault)
                status, body = self._handled(found, request, fault)
            except ApiError as error:
                return self._refused(error, rate_headers)
            except Exception:  # noqa: BLE001 -- a defect must be seen, not taken for a lost connection
                _LOG.exception("the pretend HubSpot failed at %s %s", received.method, found.operation)
                broken = ApiError(500, "INTERNAL_ERROR", "the sandbox itself failed; see its log")
                return self._refused(broken)
            return self._finished(status, body, rate_headers, fault)

    def lift_limits(self) -> None:
        """Ends rates and the day's allowance for this process."""
        self.portal.limiter.lift()

    def close(self, *, is_saved: bool) -> None:
        """Closes the log; saves the portal if anything was written and it is asked for."""
        self.portal.log.close()
        if self.portal.is_changed and is_saved:
            save_changed(self.portal.state, self.folder)

    def dangers(self, received: Received) -> set[Danger]:
        """What the request could do to people, whatever is answered."""
        return dangers_of(received)

    def unreadable(self, status: int) -> Outcome:
        """Refuses what the server could not read."""
        words = {411: "a plain Content-Length is required", 414: "URI too long"}
        return self._refused(ApiError(status, "VALIDATION_ERROR", words[status]))

    def _refused(self, error: ApiError, rate_headers: dict[str, str] | None = None) -> Outcome:
        body = json.dumps(error.body | {"correlationId": self._correlation()}).encode()
        return Outcome(status=error.status, body=body, headers=_JSON | (rate_headers or {}) | error.headers)

    def _note(self, found: Match) -> None:
        counts = self.portal.requests
        counts[found.operation] = counts.get(found.operation, 0) + 1
        self.portal.index.request_count += 1

    def _check(self, found: Match, headers: dict[str, str], rate_headers: dict[str, str]) -> None:
        if not found.route.needs_token:
            return
        if self.portal.faults.is_revoked:
            raise oauth.unauthorized("Authentication credentials not found.")
        oauth.authorize(self.portal, headers.get("authorization", ""), found.scopes)
        is_search = found.operation.endswith(".search") and not found.operation.startswith("lists.")
        rate_headers.update(self.portal.limiter.admit(found.route.version, is_search=is_search))

    def _request(
        self,
        found: Match,
        received: Received,
        fault: Fault | None,
    ) -> Request:
        kind = fault.kind if fault is not None else ""
        return Request(
            operation=found.operation,
            version=found.route.version,
            params=found.params,
            query=received.query,
            body=_parsed(
                received.content,
                received.headers.get("content-type", ""),
                is_form=not found.route.needs_token,
            ),
            at=self.portal.now(),
            page_fault={"short-page": "short", "empty-page": "empty"}.get(kind, ""),
            fault_args=fault.args if fault is not None else {},
        )

    def _handled(self, found: Match, request: Request, fault: Fault | None) -> Answer:
        kind = fault.kind if fault is not None else ""
        if kind in ("200-no-op", "207-lying"):
            return _pretended(request, 207 if kind == "207-lying" else 200)
        if kind == "207-partial":
            return self._half(found, request)
        status, body = found.route.handler(self.portal, request)
        if isinstance(body, dict) and "results" in body:
            fresh = body["results"]
            if kind == "duplicate-page" and found.operation in self._last_results:
                body = body | {"results": self._last_results[found.operation]}
            self._last_results[found.operation] = fresh
        return status, body

    def _half(self, found: Match, request: Request) -> Answer:
        """Carries out the first half of a batch and refuses the other rows one by one."""
        rows = request.body["inputs"]
        half = max(1, len(rows) // 2)
        request.body = {**request.body, "inputs": rows[:half]}
        status, body = found.route.handler(self.portal, request)
        errors = [
            {
                "status": "error",
                "category": "VALIDATION_ERROR",
                "message": "The record could not be changed",
                "context": {"ids": [row["id"] if isinstance(row, dict) else row]},
            }
            for row in rows[half:]
        ]
        if not errors:
            return status, body
        together = [*body.get("errors", []), *errors]
        return request.partial_status, body | {"errors": together, "numErrors": len(together)}

    def _finished(self, status: int, body: Any, rate_headers: dict[str, str], fault: Fault | None) -> Outcome:
        content = _NO_BODY if body is None else json.dumps(body, separators=(",", ":")).encode()
        if fault is not None and fault.kind == "invalid-json":
            content = content[: len(content) // 2] + b'"}{'
        shown = fault if fault is not None and fault.kind in AFTERWARDS | {"latency"} else None
        return Outcome(status=status, body=content, headers=_JSON | rate_headers, fault=shown)

    def _instead(self, fault: Fault, found: Match, content: bytes) -> Outcome:
        kind, version = fault.kind, found.route.version
        if kind == "reset-before-apply":
            return Outcome(status=0, body=_NO_BODY, fault=fault)
        if kind in ("502-html", "html-page", "503"):
            status = {"502-html": 502, "503": 503}.get(kind, int(fault.args.get("status", 200)))
            return Outcome(status=status, body=_HTML % status, headers={"Content-Type": "text/html"})
        if kind.startswith("429"):
            error = _throttled(fault, version, self.portal.clock())
        elif kind == "403-scope-lost":
            error = self._lost_scope(fault, found)
        elif kind == "404-merged-id":
            error = self._merged_away(content)
        else:
            error = _refusal(kind, fault)
        return self._refused(error)

    def _lost_scope(self, fault: Fault, found: Match) -> ApiError:
        lost = [fault.args["scope"]] if "scope" in fault.args else list(found.scopes)
        granted = self.portal.state.account.scopes
        granted[:] = [scope for scope in granted if scope not in lost]
        return oauth.missing_scopes(lost)

    def _merged_away(self, content: bytes) -> ApiError:
        """Merges the first record of the request into a twin, then says it is not found."""
        portal, store = self.portal, self.portal.state.objects["contacts"]
        id = str(_first_id(content))
        record = portal.find(store, id)
        if record is not None:
            request = Request(
                operation="contacts.merge", version="v3", params={}, query={}, body=None, at=portal.now()
            )
            twin = portal.add(request, store, {})
            survivor = merge_records(portal, request, store, record, twin)
            portal.accept("merge", request, [record.id, twin.id, survivor.id])
        return ApiError(404, "OBJECT_NOT_FOUND", "Object not found.", context={"id": [id]})

    def _correlation(self) -> str:
        return f"{self._count:08x}-0000-4000-8000-000000000000"


def _parsed(content: bytes, content_type: str, *, is_form: bool) -> Any:
    if not content:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if is_form and kind == "application/x-www-form-urlencoded":
        return {name: values[-1] for name, values in parse_qs(content.decode()).items()}
    if kind != "application/json":
        raise ApiError(415, "VALIDATION_ERROR", f"HTTP 415 Unsupported Media Type: {kind or 'none'}")
    try:
        return json.loads(content)
    except ValueError as fault:
        raise invalid("Invalid input JSON on line 1, column 1: not a JSON document") from fault


def _pretended(request: Request, status: int) -> Answer:
    """An answer that looks like success; nothing was done."""
    body = request.body
    if isinstance(body, dict) and isinstance(body.get("inputs"), list):
        results = [
            {
                "id": row.get("id", ""),
                "properties": row.get("properties", {}),
                "createdAt": request.at,
                "updatedAt": request.at,
                "archived": False,
            }
            for row in body["inputs"]
            if isinstance(row, dict)
        ]
        return status, {
            "status": "COMPLETE",
            "results": results,
            "startedAt": request.at,
            "completedAt": request.at,
        }
    if isinstance(body, list):
        is_add = request.operation == "lists.add"
        return status, {
            "recordsIdsAdded": body if is_add else [],
            "recordIdsRemoved": [] if is_add else body,
            "recordIdsMissing": [],
        }
    if isinstance(body, dict) and "recordIdsToAdd" in body:
        return status, {
            "recordsIdsAdded": body["recordIdsToAdd"],
            "recordIdsRemoved": body.get("recordIdsToRemove", []),
            "recordIdsMissing": [],
        }
    return status, {}


def _throttled(fault: Fault, version: str, now: datetime) -> ApiError:
    seconds = int(fault.args.get("seconds", 1))
    headers = {}
    if fault.kind == "429-seconds":
        headers["Retry-After"] = str(seconds)
    elif fault.kind == "429-date":
        headers["Retry-After"] = formatdate(now.timestamp() + seconds, usegmt=True)
    return too_many(fault.args.get("policy", "TEN_SECONDLY_ROLLING"), version, headers)


def _refusal(kind: str, fault: Fault) -> ApiError:
    if kind == "401-expired":
        return oauth.expired()
    if kind == "401-for-good":
        return oauth.unauthorized("Authentication credentials not found.")
    if kind == "409-whole-batch":
        return ApiError(409, "CONFLICT", "The batch conflicts with another change; nothing was applied")
    if kind == "423":
        return ApiError(423, "LOCKED", "The resource is locked; try again after 2 seconds")
    if kind == "477":
        headers = {"Retry-After": str(int(fault.args.get("seconds", 2)))}
        return ApiError(477, "MIGRATION_IN_PROGRESS", "The account is being migrated", headers=headers)
    return ApiError(500, "INTERNAL_ERROR", "internal error")


def _first_id(content: bytes) -> Any:
    try:
        body = json.loads(content)
    except ValueError:
        return ""
    if isinstance(body, dict) and body.get("inputs"):
        row = body["inputs"][0]
        return row.get("id", "") if isinstance(row, dict) else row
    return body[0] if isinstance(body, list) and body else ""
