"""What HubSpot or the network said, turned into the one error that may leave this package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.transport import CODES, kind_of_status

# The vendor's exception prints URL, headers and body; only texts of these shapes are taken from it.
_CODE = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,59}$")
_REQUEST_ID = re.compile(r"^[0-9A-Za-z-]{8,64}$")
_SCOPE = re.compile(r"^[a-z][a-z0-9._-]{1,79}$")
_RECORD_ID = re.compile(r"^[0-9]{1,20}$")
_WAITS = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0}
_MIGRATING = 477
_LOCKED = 423


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was being asked when it failed."""

    account: str
    operation: str
    is_write: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialError:
    """One entry of the `errors` of a batch; `ids` names the inputs it concerns, where HubSpot says so."""

    code: str
    ids: tuple[str, ...]


def partial_errors(answer: Mapping[str, Any]) -> tuple[PartialError, ...]:
    """The errors inside a batch answer, whatever its HTTP status.

    Up to 2026-03 a partial batch answers 207, from 2026-09 it answers 200 with `errors`.
    """
    found = tuple(
        PartialError(
            code=_first(_CODE, entry.get("category"), entry.get("subCategory")),
            # A trace id is ours: the writer sends the record id as such.
            ids=tuple(
                _strings(entry.get("context"), "ids") or _strings(entry.get("context"), "objectWriteTraceId")
            ),
        )
        for entry in answer.get("errors") or ()
        if isinstance(entry, dict)
    )
    if not found and answer.get("numErrors"):
        return (PartialError(code="", ids=()),)
    return found


def unreadable(call: Call, status: int) -> RemoteError:
    """The answer was no JSON object: an HTML page, a cut body, nothing."""
    kind = RemoteKind.AMBIGUOUS if call.is_write else RemoteKind.TRANSIENT
    return _error(
        call, kind, f"gave an unreadable answer ({status})", status=status, vendor_code="unreadable"
    )


def from_exception(error: Exception, call: Call) -> RemoteError | None:
    """The `RemoteError` for what the SDK or urllib3 raised, None when it is a defect of ours."""
    # The SDK decodes an error body as UTF-8; where that fails the answer it belongs to is the context.
    answer = error if _is_vendors(error) else error.__context__
    if answer is not None and _is_vendors(answer):
        if getattr(answer, "status", None):
            return _from_answer(answer, call)
        return _from_tls(answer, call)
    return _from_network(error, call)


def _is_vendors(error: BaseException) -> bool:
    # Each part of the SDK has its own ApiException without a shared root.
    return hasattr(error, "status") and hasattr(error, "headers") and hasattr(error, "body")


def _from_tls(error: BaseException, call: Call) -> RemoteError:
    if "CERTIFICATE_VERIFY_FAILED" in str(getattr(error, "reason", "")):
        return _error(
            call,
            RemoteKind.FATAL,
            "met a certificate that is not trusted",
            vendor_code="tls",
            hint="something on the way answers in HubSpot's place; let this machine reach HubSpot itself",
        )
    kind = RemoteKind.AMBIGUOUS if call.is_write else RemoteKind.TRANSIENT
    return _error(call, kind, "lost its TLS connection", vendor_code="tls")


def _from_network(error: Exception, call: Call) -> RemoteError | None:
    from urllib3 import exceptions as net

    name = type(error).__name__
    if isinstance(error, net.NewConnectionError | net.ConnectTimeoutError):
        return _error(
            call,
            RemoteKind.TRANSIENT,
            "could not connect",
            vendor_code=name,
            hint="look at the network of this machine; the next run goes on where this one stopped",
        )
    kind = RemoteKind.AMBIGUOUS if call.is_write else RemoteKind.TRANSIENT
    if isinstance(error, net.HTTPError | OSError):
        return _error(call, kind, "got no answer", vendor_code=name)
    if isinstance(error, UnicodeError | LookupError | RecursionError):
        return _error(call, kind, "gave an unreadable answer", vendor_code="unreadable")
    return None


def _from_answer(error: Any, call: Call) -> RemoteError:
    status = int(error.status)
    headers: Mapping[str, str] = error.headers or {}
    body = _body(error.body)
    code = _first(_CODE, body.get("policyName"), body.get("category"), body.get("errorType"))
    kind = _kind(status, code, call)
    hint = _retry_after(headers)
    if status == _LOCKED:
        hint = max(hint or 0.0, 2.0)
    elif kind is RemoteKind.THROTTLED and hint is None:
        hint = _WAITS.get(code, 10.0)
    scopes = _scopes(body)
    return _error(
        call,
        kind,
        f"was refused ({status}{' ' + code if code else ''})",
        status=status,
        vendor_code=code,
        request_id=_first(_REQUEST_ID, body.get("correlationId"), headers.get("X-HubSpot-Correlation-Id")),
        retry_after_seconds=hint if kind in (RemoteKind.THROTTLED, RemoteKind.TRANSIENT) else None,
        record_ids=tuple(_record_ids(body)),
        hint=_hint(kind, scopes, call),
    )


def _kind(status: int, code: str, call: Call) -> RemoteKind:
    if status == 429:
        return RemoteKind.QUOTA if code == "DAILY" else RemoteKind.THROTTLED
    if status == _LOCKED:
        return RemoteKind.THROTTLED
    if status == _MIGRATING:
        # The account is being moved and says when to come back; nothing was applied.
        return RemoteKind.TRANSIENT
    if status == 400 and call.operation.startswith("oauth."):
        return RemoteKind.AUTH
    return kind_of_status(status, is_write=call.is_write)


def _hint(kind: RemoteKind, scopes: tuple[str, ...], call: Call) -> str:
    doctor = f"consentric doctor --only {call.account}"
    if kind is RemoteKind.AUTH and scopes:
        return f"give the token the scope {', '.join(scopes)}, then  {doctor}"
    if kind is RemoteKind.AUTH:
        return f"renew the token, then  {doctor}"
    if kind is RemoteKind.QUOTA:
        return "the day's calls are spent; HubSpot counts anew at midnight of the account's time zone"
    if kind in (RemoteKind.THROTTLED, RemoteKind.TRANSIENT):
        return "nothing to mend here; the next run goes on where this one stopped"
    return doctor if kind is RemoteKind.FATAL else ""


def _error(call: Call, kind: RemoteKind, what: str, *, hint: str = "", **facts: Any) -> RemoteError:
    return RemoteError(
        f'connection "{call.account}": HubSpot {call.operation} {what}',
        kind=kind,
        account=call.account,
        operation=call.operation,
        hint=hint or _hint(kind, (), call),
        code=CODES.get(kind, ""),
        **facts,
    )


def _body(text: object) -> Mapping[str, Any]:
    try:
        body = json.loads(text) if isinstance(text, str | bytes) else None
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = (headers.get("Retry-After") or "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        # A date is read against the server's own clock; ours may be wrong or stand still.
        asked_for = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date") or "")
    except (TypeError, ValueError):
        return None
    return max(0.0, asked_for.total_seconds())


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    contexts = [body.get("context")]
    contexts += [entry.get("context") for entry in body.get("errors") or () if isinstance(entry, dict)]
    return tuple(
        dict.fromkeys(
            scope
            for context in contexts
            for key in ("missingScopes", "requiredScopes", "requiredGranularScopes")
            for scope in _strings(context, key)
            if _SCOPE.match(scope)
        )
    )


def _record_ids(body: Mapping[str, Any]) -> Iterator[str]:
    for entry in [body, *(body.get("errors") or ())]:
        if isinstance(entry, dict):
            yield from (id for id in _strings(entry.get("context"), "ids") if _RECORD_ID.match(id))


def _strings(context: object, key: str) -> list[str]:
    values = context.get(key) if isinstance(context, dict) else None
    return [str(value) for value in values] if isinstance(values, list) else []


def _first(shape: re.Pattern[str], *candidates: object) -> str:
    for candidate in candidates:
        if isinstance(candidate, str) and shape.match(candidate):
            return candidate
    return ""
