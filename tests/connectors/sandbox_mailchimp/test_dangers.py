"""What requests to Mailchimp could do to people, whatever the account answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consentric_sandbox.exchange import Received
from consentric_sandbox.mailchimp.dangers import dangers_of

LIST, MEMBER = "/lists/0a1b2c3d4e", "/lists/0a1b2c3d4e/members/d41d8cd98f00b204e9800998ecf8427e"
STORE = "/ecommerce/stores/shop"


def dangers(method: str, path: str, body: Any = None) -> str:
    content = b"" if body is None else json.dumps(body).encode()
    segments = ["3.0", *path.strip("/").split("/")]
    received = Received(
        method=method, segments=segments, query={}, headers={}, content=content, host="https://127.0.0.1"
    )
    return " ".join(sorted(dangers_of(received)))


def operations(*of: tuple[str, str, Any]) -> dict[str, Any]:
    return {"operations": [{"method": one, "path": path, "body": json.dumps(body)} for one, path, body in of]}


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", f"{LIST}/members", {"status": "unsubscribed"}, "create"),
        ("POST", f"{LIST}/members", {"status": "pending"}, "create subscribe"),
        ("POST", f"{LIST}/members", {"status": "transactional"}, "create un-opt-out"),
        ("PUT", MEMBER, {}, "create"),
        ("PUT", MEMBER, {"status_if_new": "subscribed"}, "create subscribe"),
        ("PATCH", MEMBER, {"status": "subscribed"}, "subscribe"),
        ("PATCH", MEMBER, {"sms_subscription_status": "pending"}, "subscribe"),
        ("PATCH", MEMBER, {"marketing_permissions": [{"enabled": False}, {"enabled": True}]}, "subscribe"),
        (
            "POST",
            LIST,
            {"members": [{"status": "unsubscribed"}, {"status": "subscribed"}]},
            "create subscribe",
        ),
        ("PUT", f"{STORE}/customers/c1", {"opt_in_status": True}, "create subscribe"),
        ("POST", f"{STORE}/orders", {"customer": {"opt_in_status": False}}, "create"),
        ("POST", "/audiences/a1/contacts", {}, "create"),
        ("POST", "/batches", operations(("PATCH", MEMBER, {"status": "subscribed"})), "subscribe"),
        (
            "POST",
            "/batches",
            operations(("POST", f"{MEMBER}/tags", {"tags": []}), ("PUT", MEMBER, {})),
            "create",
        ),
    ],
)
def test_what_brings_somebody_in_or_mail_to_who_said_no_is_seen(
    method: str, path: str, body: Any, expected: str
) -> None:
    assert dangers(method, path, body) == expected


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{LIST}/members", None),
        ("POST", f"{MEMBER}/tags", {"tags": [{"name": "new", "status": "active"}], "is_syncing": True}),
        ("POST", "/batches", operations(("POST", f"{MEMBER}/tags", {"tags": []}))),
        ("POST", f"{LIST}/segments", {"name": "new", "static_segment": []}),
        ("PATCH", MEMBER, {"status": "unsubscribed", "merge_fields": {}}),
        ("PATCH", MEMBER, {"marketing_permissions": [{"enabled": False}]}),
        ("DELETE", MEMBER, None),
        ("POST", f"{MEMBER}/actions/delete-permanent", None),
        ("DELETE", f"{STORE}/customers/c1", None),
    ],
)
def test_reading_labelling_and_every_way_of_saying_no_are_harmless(method: str, path: str, body: Any) -> None:
    assert dangers(method, path, body) == ""
