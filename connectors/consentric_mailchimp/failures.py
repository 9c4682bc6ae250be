"""What Mailchimp's refusals mean: problem documents, and throttling that wears other clothes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.http import Call, Failure, kind_without_answer, says
from consentric.sdk.transport import CODES, kind_of_status

_TITLES = frozenset(
    {
        "API Key Invalid",
        "API Key Missing",
        "Bad Request",
        "Compliance Related",
        "Forbidden",
        "Forgotten Email Not Subscribed",
        "Internal Server Error",
        "Invalid Action",
        "Invalid Method Override",
        "Invalid Resource",
        "JSON Parse Error",
        "Member Exists",
        "Member In Compliance State",
        "Method Not Allowed",
        "Requested Fields Invalid",
        "Resource Nesting Too Deep",
        "Resource Not Found",
        "Too Many Requests",
        "User Disabled",
        "Wrong Datacenter",
    }
)
"""Titles of the vendor's page "Errors". Only these are shown: `detail` quotes the address, and nobody
promises that a new title will not."""
_REQUEST_ID = re.compile(r"^[0-9A-Za-z-]{8,64}$")


def classify(failure: Failure, call: Call) -> RemoteError:
    """The `RemoteError` for a failed exchange; its text holds neither URL nor body."""
    if failure.cause != "status" or failure.status is None:
        return _error(
            call, kind_without_answer(failure, call), says(failure), vendor_code=failure.name or failure.cause
        )
    body = problem(failure.body)
    kind = kind_of(failure.status, body, is_write=call.is_write)
    code = title(body)
    return _error(
        call,
        kind,
        f"was refused ({failure.status}{' ' + code if code else ''})",
        status=failure.status,
        vendor_code=code,
        request_id=_request_id(body),
        retry_after_seconds=_seconds(failure.headers) if kind is RemoteKind.THROTTLED else None,
    )


def kind_of(status: int, body: Mapping[str, Any], *, is_write: bool) -> RemoteKind:
    """What a status means; also of one operation inside a batch.

    At extreme volume the answer is 403 without a problem document (vendor page "Fundamentals"), which is
    no matter of rights.
    """
    if status == 403 and not body:
        return RemoteKind.THROTTLED
    return kind_of_status(status, is_write=is_write)


def problem(body: bytes | str) -> Mapping[str, Any]:
    """The problem document of a refusal, empty when there is none."""
    try:
        found = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def title(body: Mapping[str, Any]) -> str:
    """The vendor's word for a problem, empty when it is not one of those known."""
    text = body.get("title")
    return text if text in _TITLES else ""


def _error(call: Call, kind: RemoteKind, what: str, **facts: Any) -> RemoteError:
    hint = ""
    if kind is RemoteKind.AUTH:
        hint = f"renew the key, then  consentric doctor --only {call.account}"
    return RemoteError(
        f'connection "{call.account}": Mailchimp {call.operation} {what}',
        kind=kind,
        account=call.account,
        operation=call.operation,
        hint=hint,
        code=CODES.get(kind, ""),
        **facts,
    )


def _request_id(body: Mapping[str, Any]) -> str:
    text = body.get("instance")
    return text if isinstance(text, str) and _REQUEST_ID.match(text) else ""


def _seconds(headers: Mapping[str, str]) -> float | None:
    # Mailchimp sends no such header; something between here and there may.
    text = (headers.get("Retry-After") or "").strip()
    return float(text) if text.isascii() and text.isdigit() else None
