"""What Salesforce's refusals mean: a list of codes, or an OAuth error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.http import Call, Failure, kind_without_answer, says
from consentric.sdk.transport import CODES, kind_of_status

from .vendor_codes import ASKED_AGAIN, CODE, SPENT

_CONCURRENT_SECONDS = 10.0
"""Counts requests that run 20 s or longer, so a slot is free again after about as long."""
_FATAL = frozenset({"TXN_SECURITY_METERING_ERROR", "INVALID_QUERY_LOCATOR", "INVALIDENTITY"})


def classify(failure: Failure, call: Call) -> RemoteError:
    """The `RemoteError` for a failed exchange; its text holds neither URL nor body."""
    if failure.cause != "status" or failure.status is None:
        return _error(
            call, kind_without_answer(failure, call), says(failure), vendor_code=failure.name or failure.cause
        )
    status, (code, message) = failure.status, _first(failure.body)
    kind = _kind(status, code, message, call)
    wait = _seconds(failure.headers)
    if code == SPENT and wait is None:
        wait = _CONCURRENT_SECONDS
    return _error(
        call,
        kind,
        f"was refused ({status}{' ' + code if code else ''})",
        status=status,
        vendor_code=code,
        retry_after_seconds=wait if kind is RemoteKind.THROTTLED else None,
    )


def _kind(status: int, code: str, message: str, call: Call) -> RemoteKind:
    if code == SPENT:
        # One code, two limits: too many long requests at once, or the last 24 hours are spent.
        return RemoteKind.THROTTLED if "oncurrent" in message else RemoteKind.QUOTA
    if code in ASKED_AGAIN:
        return RemoteKind.TRANSIENT
    if code in _FATAL:
        return RemoteKind.FATAL
    if status == 400 and call.operation.startswith("oauth."):
        return RemoteKind.AUTH
    if status in (406, 420):
        # Both are answers of an overloaded server to what it has not begun (airbyte retries them too).
        return RemoteKind.THROTTLED
    return kind_of_status(status, is_write=call.is_write)


def _first(body: bytes) -> tuple[str, str]:
    """Code and message of a refusal; the message may quote a value and is for reading, never for showing."""
    try:
        found = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return "", ""
    entry: Any = found[0] if isinstance(found, list) and found else found
    if not isinstance(entry, dict):
        return "", ""
    code = entry.get("errorCode") or entry.get("error") or entry.get("exceptionCode")
    message = entry.get("message") or entry.get("exceptionMessage") or ""
    return (code if isinstance(code, str) and CODE.match(code) else ""), str(message)


def _error(call: Call, kind: RemoteKind, what: str, **facts: Any) -> RemoteError:
    return RemoteError(
        f'connection "{call.account}": Salesforce {call.operation} {what}',
        kind=kind,
        account=call.account,
        operation=call.operation,
        hint=_hint(kind, str(facts.get("vendor_code") or ""), call),
        code=CODES.get(kind, ""),
        **facts,
    )


def _hint(kind: RemoteKind, code: str, call: Call) -> str:
    doctor = f"consentric doctor --only {call.account}"
    if kind is RemoteKind.AUTH and call.operation.startswith("oauth."):
        return f"look at the app's policies and the user it is authorised for, then  {doctor}"
    if kind is RemoteKind.AUTH and code.startswith("INSUFFICIENT_ACCESS"):
        return f"give the integration user access to it, then  {doctor}"
    if kind is RemoteKind.QUOTA:
        return "the API requests of the last 24 hours are spent; they come back hour by hour"
    if kind in (RemoteKind.THROTTLED, RemoteKind.TRANSIENT):
        return "nothing to mend here; the next run goes on where this one stopped"
    return doctor if kind in (RemoteKind.AUTH, RemoteKind.FATAL) else ""


def _seconds(headers: Mapping[str, str]) -> float | None:
    # Salesforce sends no such header; something between here and there may.
    found = (headers.get("Retry-After") or "").strip()
    return float(found) if found.isascii() and found.isdigit() else None
