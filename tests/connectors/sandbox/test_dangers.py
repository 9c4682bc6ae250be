"""What requests to HubSpot could do to people, whatever the portal answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consentric_sandbox.exchange import Received
from consentric_sandbox.hubspot.dangers import dangers_of

CONTACTS, STATUSES = "/crm/v3/objects/contacts", "/communication-preferences/v4/statuses"
DATED = "/communication-preferences/2026-09/statuses"


def dangers(method: str, path: str, body: Any = None) -> str:
    content = b"" if body is None else json.dumps(body).encode()
    segments = path.strip("/").split("/")
    received = Received(
        method=method, segments=segments, query={}, headers={}, content=content, host="https://127.0.0.1"
    )
    return " ".join(sorted(dangers_of(received)))


def properties(**values: Any) -> dict[str, Any]:
    return {"inputs": [{"id": "1", "properties": {"segment": "new"}}, {"id": "2", "properties": values}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", CONTACTS, {"properties": {}}, "create"),
        ("POST", "/crm/objects/2026-09/0-1", {"properties": {}}, "create"),
        ("POST", f"{CONTACTS}/batch/create", properties(), "create"),
        ("POST", f"{CONTACTS}/batch/upsert", properties(hs_email_optout=False), "create un-opt-out"),
        ("POST", "/contacts/v1/contact", {}, "create"),
        ("POST", "/crm/v3/imports", None, "create"),
        ("PATCH", f"{CONTACTS}/101", {"properties": {"hs_email_optout": "false"}}, "un-opt-out"),
        ("POST", f"{CONTACTS}/batch/update", properties(hs_email_optout_501=""), "un-opt-out"),
        ("POST", "/communication-preferences/v3/subscribe", {}, "subscribe"),
        ("POST", "/communication-preferences/v4/resubscribe", {}, "subscribe"),
        ("POST", f"{STATUSES}/a@example.com", {"statusState": "SUBSCRIBED"}, "subscribe"),
        ("POST", f"{STATUSES}/a@example.com", {}, "subscribe"),
        ("POST", f"{STATUSES}/a@example.com", None, "subscribe"),
        (
            "POST",
            f"{DATED}/batch/write",
            {"inputs": [{"statusState": "UNSUBSCRIBED"}, {"statusState": "SUBSCRIBED"}]},
            "subscribe",
        ),
        ("DELETE", f"{STATUSES}/a@example.com/unsubscribe-all", None, "un-opt-out"),
        ("PUT", "/email/public/v1/subscriptions/a@example.com", {"subscriptionStatuses": []}, "subscribe"),
    ],
)
def test_what_brings_somebody_in_or_mail_to_who_said_no_is_seen(
    method: str, path: str, body: Any, expected: str
) -> None:
    assert dangers(method, path, body) == expected


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", CONTACTS, None),
        ("POST", f"{CONTACTS}/search", {"filterGroups": []}),
        ("POST", f"{CONTACTS}/batch/read", {"properties": ["hs_email_optout"], "inputs": [{"id": "1"}]}),
        ("POST", f"{CONTACTS}/batch/update", properties(segment="new", hs_email_optout="true")),
        ("POST", "/crm/v3/objects/orders", {"properties": {}}),
        ("POST", "/crm/v3/properties/contacts", {"name": "segment"}),
        ("PUT", "/crm/v3/lists/7/memberships/add", ["1"]),
        ("POST", f"{DATED}/batch/read", {"inputs": ["a@example.com"]}),
        ("POST", f"{DATED}/batch/unsubscribe-all/read", {"inputs": ["a@example.com"]}),
        ("POST", f"{STATUSES}/a@example.com", {"statusState": "UNSUBSCRIBED"}),
        ("POST", f"{STATUSES}/a@example.com/unsubscribe-all", None),
        ("POST", "/communication-preferences/v3/unsubscribe", {}),
        ("POST", "/oauth/v1/token", None),
    ],
)
def test_reading_labelling_and_every_way_of_saying_no_are_harmless(method: str, path: str, body: Any) -> None:
    assert dangers(method, path, body) == ""
