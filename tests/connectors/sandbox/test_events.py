"""Marketing e-mails and behavioural events: two interfaces that share nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

EMAILS = "/email/public/v1/events"
EVENTS = "/events/event-occurrences/2026-03"


@pytest.fixture
def state(state):
    from datetime import UTC, datetime

    at = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
    state.add_campaign(7, "June")
    for minutes, kind in ((0, "SENT"), (1, "DELIVERED"), (2, "CLICK")):
        state.add_email_event(
            kind,
            "Ada@example.com",
            at=at + timedelta(minutes=minutes),
            campaign=7,
            url="https://shop.example/",
        )
    state.add_email_event("SENT", "bob@example.com", at=at, campaign=8)
    state.add_occurrence("e_visited_page", 101, at=at, properties={"hs_url": "https://shop.example/"})
    state.add_occurrence("e_visited_page", 102, at=at + timedelta(hours=1))
    return state


@pytest.mark.behaviour("marketing e-mail events", "HubSpot 'Get email events', /email/public/v1/events")
def test_e_mail_events_come_newest_first_with_their_fields(service):
    reply = service.get(f"{EMAILS}?limit=2&recipient=ada@example.com").json
    assert [event["type"] for event in reply["events"]] == ["CLICK", "DELIVERED"]
    assert reply["hasMore"] is True
    click = reply["events"][0]
    assert (click["recipient"], click["created"], click["emailCampaignId"], click["url"]) == (
        "ada@example.com",
        1_780_300_920_000,
        7,
        "https://shop.example/",
    )
    rest = service.get(f"{EMAILS}?limit=2&recipient=ada@example.com&offset={reply['offset']}").json
    assert [event["type"] for event in rest["events"]] == ["SENT"]
    assert rest["hasMore"] is False


@pytest.mark.behaviour("filters of e-mail events", "HubSpot 'Get email events', query parameters")
def test_e_mail_events_are_filtered(service):
    def kinds(query):
        return [event["type"] for event in service.get(f"{EMAILS}?{query}").json["events"]]

    assert kinds("eventType=sent") == ["SENT", "SENT"]
    assert kinds("campaignId=8") == ["SENT"]
    assert kinds("startTimestamp=1780300860000") == ["CLICK", "DELIVERED"]
    assert kinds("endTimestamp=1780300800000") == ["SENT", "SENT"]
    assert service.get(f"{EMAILS}?limit=1001").status == 400


def test_a_campaign_has_a_name(service):
    assert service.get("/email/public/v1/campaigns/7").json["name"] == "June"
    assert service.get("/email/public/v1/campaigns/99").status == 404


@pytest.mark.behaviour(
    "occurrences have no marketing e-mail events",
    "HubSpot 'Events API' guide: 'doesn't include marketing email'",
)
@pytest.mark.parametrize("family", [EVENTS, "/events/event-occurrences/2026-09", "/events/v3/events"])
def test_occurrences_know_nothing_of_marketing_e_mails(service, family):
    rows = service.get(f"{family}?objectType=contact&objectId=101").json["results"]
    assert [(row["eventType"], row["objectId"]) for row in rows] == [("e_visited_page", "101")]
    assert not [kind for kind in service.get(f"{family}/event-types").json["eventTypes"] if "mail" in kind]


@pytest.mark.behaviour(
    "an object type needs an object id", "SDK EventsApi: objectId or objectProperty required"
)
def test_occurrences_need_an_object_or_a_type(service):
    assert service.get(f"{EVENTS}?objectType=contact").status == 400
    assert service.get(EVENTS).status == 400
    page = service.get(f"{EVENTS}?eventType=e_visited_page&limit=1").json
    assert page["results"][0]["objectId"] == "102"
    rest = service.get(f"{EVENTS}?eventType=e_visited_page&after={page['paging']['next']['after']}").json
    assert [row["objectId"] for row in rest["results"]] == ["101"]


def test_occurrences_are_cut_by_time(service):
    query = "eventType=e_visited_page&occurredAfter=2026-06-01T08:30:00Z&occurredBefore=2026-06-02T00:00:00Z"
    assert [row["objectId"] for row in service.get(f"{EVENTS}?{query}").json["results"]] == ["102"]
