"""What a request to Mailchimp could do to people, read from the request alone, whatever is answered."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from consentric_sandbox.exchange import Received
from consentric_sandbox.tally import Danger

_STATUSES = ("status", "status_if_new", "sms_subscription_status")
_WANTS_MAIL = ("subscribed", "pending")
_TAKES_AWAY = ("unsubscribed", "cleaned")


def dangers_of(received: Received) -> set[Danger]:
    """What the request could do; a batch could do what its operations could."""
    if received.segments[:1] != ["3.0"]:
        return set()
    return _of(received.method, received.segments[1:], received.document())


def _of(method: str, path: list[str], body: Any) -> set[Danger]:
    if method in ("GET", "HEAD", "DELETE"):
        return set()
    match path:
        case ["batches"]:
            operations = body.get("operations") if isinstance(body, dict) else None
            return {danger for one in _rows(operations) for danger in _of_operation(one)}
        case ["lists", _, "members", _] if method == "PATCH":
            return _of_member(body)
        case ["lists", _, "members"] | ["lists", _, "members", _]:
            return {"create", *_of_member(body)}
        case ["lists", _] if isinstance(body, dict) and "members" in body:
            return {"create", *(danger for one in _rows(body["members"]) for danger in _of_member(one))}
        case ["ecommerce", *_, "customers" | "orders" | "carts"] if method == "POST":
            return {"create", *_of_member(body)}
        case ["ecommerce", *_, "customers" | "orders" | "carts", _]:
            return {"create", *_of_member(body)}
        case ["audiences", _, "contacts", *_]:
            return {"create", *_of_member(body)}
        case _:
            return set()


def _of_operation(operation: Any) -> set[Danger]:
    """One of a batch, whose body is a text of its own."""
    if not isinstance(operation, dict):
        return set()
    path = [unquote(part) for part in str(operation.get("path", "")).strip("/").split("/")]
    return _of(str(operation.get("method")), path, _document(operation.get("body")))


def _of_member(body: Any) -> set[Danger]:
    if not isinstance(body, dict):
        return set()
    found: set[Danger] = set()
    for name in _STATUSES:
        if body.get(name) in _WANTS_MAIL:
            found.add("subscribe")
        elif name in body and body[name] not in _TAKES_AWAY:
            found.add("un-opt-out")
    if any(isinstance(one, dict) and one.get("enabled") for one in _rows(body.get("marketing_permissions"))):
        found.add("subscribe")
    customer = body.get("customer", body)
    if isinstance(customer, dict) and customer.get("opt_in_status"):
        found.add("subscribe")
    return found


def _document(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
