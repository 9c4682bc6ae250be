"""What requests to Salesforce could do to people, whatever the org answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consentric_sandbox.exchange import Received
from consentric_sandbox.salesforce.dangers import dangers_of

ID, COLLECTION, ROWS = "003000000000001AAA", "/composite/sobjects", "/jobs/ingest/750000000000001AAA/batches"
CONSENT = "/sobjects/ContactPointTypeConsent"


def dangers(method: str, path: str, body: Any = None) -> str:
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    segments = ["services", "data", "v64.0", *path.strip("/").split("/")]
    received = Received(
        method=method, segments=segments, query={}, headers={}, content=content, host="https://127.0.0.1"
    )
    return " ".join(sorted(dangers_of(received)))


def records(kind: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"records": [{"attributes": {"type": kind}, **one} for one in values]}


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/sobjects/Contact", {"LastName": "Lee"}, "create"),
        ("POST", "/sobjects/lead", {"HasOptedOutOfEmail": True}, "create"),
        ("POST", "/sobjects/Individual", {}, "create"),
        ("POST", CONSENT, {"PrivacyConsentStatus": "OptIn"}, "subscribe"),
        ("POST", CONSENT, {}, "subscribe"),
        ("PATCH", f"{CONSENT}/{ID}", {"PrivacyConsentStatus": "Seen"}, "subscribe"),
        ("PATCH", f"/sobjects/Contact/{ID}", {"HasOptedOutOfEmail": False}, "un-opt-out"),
        ("PATCH", f"/sobjects/Contact/{ID}", {"hasoptedoutofemail": None, "x__c": "new"}, "un-opt-out"),
        ("PATCH", f"/sobjects/Individual/{ID}", {"HasOptedOutSolicit": False}, "un-opt-out"),
        ("PATCH", "/sobjects/Contact/Loyalty__c/L1", {}, "create"),
        ("POST", COLLECTION, records("Lead", {}), "create"),
        ("PATCH", COLLECTION, records("Contact", {"x__c": ""}, {"DoNotCall": False}), "un-opt-out"),
        ("PATCH", f"{COLLECTION}/Contact/Loyalty__c", records("Contact", {}), "create"),
        ("POST", "/jobs/ingest", {"object": "Contact", "operation": "insert"}, "create"),
        ("POST", "/jobs/ingest", {"object": "Lead", "operation": "upsert"}, "create"),
        ("PUT", ROWS, f"Id,HasOptedOutOfEmail\n{ID},false\n", "un-opt-out"),
        ("PUT", ROWS, f"Id;DoNotCall\n{ID};#N/A\n", "un-opt-out"),
        ("PUT", ROWS, "PartyId,PrivacyConsentStatus\n0PK1,OptOut\n0PK2,OptIn\n", "subscribe"),
        ("POST", "/composite", {"compositeRequest": []}, "create"),
        ("POST", "/composite/tree/Contact", {"records": []}, "create"),
    ],
)
def test_what_brings_somebody_in_or_mail_to_who_said_no_is_seen(
    method: str, path: str, body: Any, expected: str
) -> None:
    assert dangers(method, path, body) == expected


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/query", None),
        ("POST", f"{COLLECTION}/Contact", {"ids": [ID], "fields": ["HasOptedOutOfEmail"]}),
        ("PATCH", COLLECTION, records("Contact", {"x__c": "new"}, {"x__c": None})),
        ("PATCH", f"/sobjects/Contact/{ID}", {"HasOptedOutOfEmail": True}),
        ("POST", COLLECTION, records("CampaignMember", {"ContactId": ID})),
        ("POST", "/sobjects/Campaign", {"Name": "new"}),
        ("POST", CONSENT, {"PrivacyConsentStatus": "OptOut"}),
        ("DELETE", f"/sobjects/Contact/{ID}", None),
        ("POST", "/jobs/query", {"query": "SELECT Id FROM Contact"}),
        ("POST", "/jobs/ingest", {"object": "Contact", "operation": "update"}),
        ("POST", "/jobs/ingest", {"object": "CampaignMember", "operation": "insert"}),
        ("PUT", ROWS, f"Id,HasOptedOutOfEmail,x__c\n{ID},,new\n{ID},true,#N/A\n"),
        ("PATCH", "/jobs/ingest/750000000000001AAA", {"state": "UploadComplete"}),
    ],
)
def test_reading_labelling_and_every_way_of_saying_no_are_harmless(method: str, path: str, body: Any) -> None:
    assert dangers(method, path, body) == ""
