"""Subscriptions in both forms, and how their changes show in the contact."""

from __future__ import annotations

import pytest

PATH = "/communication-preferences/2026-09"
V3 = "/communication-preferences/v3"


@pytest.mark.behaviour("definitions", "OpenAPI Communication Preferences 2026-09 and v3")
def test_definitions_are_named_by_version(service):
    newest = service.get(f"{PATH}/definitions").json["results"]
    assert [(one["id"], one["name"], one["isActive"]) for one in newest] == [
        ("501", "Newsletter", True),
        ("502", "Partners", True),
    ]
    assert len(service.get(f"{V3}/definitions").json["subscriptionDefinitions"]) == 2


@pytest.mark.behaviour("one status per subscription; NOT_SPECIFIED is a status", "OpenAPI PublicStatus")
@pytest.mark.parametrize("family", ["/communication-preferences/v4", PATH])
def test_statuses_of_one_address(service, family):
    rows = service.get(f"{family}/statuses/ada@example.com?channel=EMAIL").json["results"]
    assert rows == [
        {
            "subscriberIdString": "ada@example.com",
            "subscriptionId": 501,
            "subscriptionName": "Newsletter",
            "channel": "EMAIL",
            "status": "SUBSCRIBED",
            "source": "Form",
            "timestamp": "2026-06-05T12:00:00.000Z",
            "businessUnitId": 0,
            "legalBasis": "CONSENT_WITH_NOTICE",
            "legalBasisExplanation": "form",
        },
        {
            "subscriberIdString": "ada@example.com",
            "subscriptionId": 502,
            "subscriptionName": "Partners",
            "channel": "EMAIL",
            "status": "NOT_SPECIFIED",
            "source": "",
            "timestamp": "2019-01-01T00:00:00.000Z",
            "businessUnitId": 0,
        },
    ]


@pytest.mark.behaviour("channel is required", "OpenAPI Communication Preferences 2026-09, channel required")
def test_a_status_without_a_channel_is_refused(service):
    assert service.get(f"{PATH}/statuses/ada@example.com").status == 400
    assert service.post(f"{PATH}/statuses/batch/read", {"inputs": ["ada@example.com"]}).status == 400


@pytest.mark.behaviour("statuses in batches of 100", "OpenAPI statuses/batch/read; 100 from memory")
def test_statuses_are_read_in_a_batch(service):
    path = f"{PATH}/statuses/batch/read?channel=EMAIL"
    rows = service.post(path, {"inputs": ["ada@example.com", "bob@example.com"]}).json["results"]
    assert [(row["subscriberIdString"], row["statuses"][0]["status"]) for row in rows] == [
        ("ada@example.com", "SUBSCRIBED"),
        ("bob@example.com", "UNSUBSCRIBED"),
    ]
    assert service.post(path, {"inputs": [f"p{number}@example.com" for number in range(101)]}).status == 400


@pytest.mark.behaviour("leaving everything", "OpenAPI unsubscribe-all: empty results when it did not happen")
def test_leaving_everything_shows_everywhere(service):
    path = f"{PATH}/statuses/ada@example.com/unsubscribe-all?channel=EMAIL"
    assert service.get(path).json["results"] == []
    service.clocks.move(60)
    assert service.post(path, None).status == 200
    assert service.get(path).json["results"][0]["wideStatusType"] == "PORTAL_WIDE"
    batch = service.post(
        f"{PATH}/statuses/batch/unsubscribe-all/read?channel=EMAIL",
        {"inputs": ["ada@example.com", "cyd@example.com"]},
    ).json["results"]
    assert [len(row["wideStatuses"]) for row in batch] == [1, 0]
    contact = service.get("/crm/objects/2026-09/contacts/101?properties=hs_email_optout").json
    assert contact["properties"]["hs_email_optout"] == "true"
    assert contact["updatedAt"] == "2026-06-15T12:01:00.000Z"
    old = service.get(f"{V3}/status/email/ada@example.com").json["subscriptionStatuses"]
    assert [(row["status"], row["sourceOfStatus"]) for row in old] == [
        ("NOT_SUBSCRIBED", "PORTAL_WIDE_STATUS")
    ] * 2


@pytest.mark.behaviour("a write to a status is possible, and logged", "OpenAPI POST statuses/{email}")
@pytest.mark.parametrize(
    ("wanted", "kind"), [("SUBSCRIBED", "could_subscribe"), ("UNSUBSCRIBED", "unsubscribe")]
)
def test_a_status_write_is_logged_by_what_it_could_do(service, wanted, kind):
    body = {"subscriptionId": 502, "statusState": wanted, "channel": "EMAIL"}
    reply = service.post(f"{PATH}/statuses/cyd@example.com", body)
    assert reply.json["results"][0]["status"] == wanted
    assert [line["kind"] for line in service.log()] == [kind]
    batch = {"inputs": [{**body, "subscriberIdString": "bob@example.com"}]}
    service.state.account.scopes.append("communication_preferences.statuses.batch.write")
    assert service.post(f"{PATH}/statuses/batch/write", batch).status == 200
    assert [line["kind"] for line in service.log()] == [kind, kind]


@pytest.mark.behaviour("status bodies are checked", "OpenAPI PartialPublicStatusRequest")
@pytest.mark.parametrize(
    "change", [{"statusState": "YES"}, {"subscriptionId": 9}, {"legalBasis": "HOPE"}, {"x": 1}]
)
def test_a_wrong_status_is_refused(service, change):
    body = {"subscriptionId": 502, "statusState": "SUBSCRIBED", "channel": "EMAIL"} | change
    assert service.post(f"{PATH}/statuses/cyd@example.com", body).status == 400


@pytest.mark.behaviour("an opt-out stands in a contact property", "HubSpot property hs_email_optout_<id>")
def test_an_opt_out_of_one_subscription_shows_in_the_contact(service):
    body = {"emailAddress": "ada@example.com", "subscriptionId": "501"}
    assert service.post(f"{V3}/unsubscribe", body).json["status"] == "NOT_SUBSCRIBED"
    found = service.get("/crm/v3/objects/contacts/101?properties=hs_email_optout_501").json["properties"]
    assert found["hs_email_optout_501"] == "true"


@pytest.mark.behaviour(
    "who unsubscribed is not subscribed again by API", "HubSpot 'Subscriptions v3', subscribe"
)
def test_v3_cannot_subscribe_who_left(service):
    body = {"emailAddress": "bob@example.com", "subscriptionId": "501"}
    assert service.post(f"{V3}/subscribe", body).status == 400
    assert service.post(f"{V3}/unsubscribe", body).status == 400
    assert service.log() == []
