"""Campaigns and their reports."""

from __future__ import annotations

import pytest

REPORT = "/reports/c000000001"


@pytest.mark.behaviour("campaigns are listed by status and send time", "crm-apis 3.B")
def test_sent_campaigns_since_a_time(service):
    def ids(query):
        return [one["id"] for one in service.get(f"/campaigns?{query}").json["campaigns"]]

    assert ids("") == ["c000000001", "c000000002"]
    assert ids("status=sent") == ["c000000001"]
    assert ids("status=sent&since_send_time=2026-06-10T11:59:59Z") == ["c000000001"]
    assert ids("status=sent&since_send_time=2026-06-10T12:00:00Z") == []
    assert ids(f"list_id={service.partners}") == []
    assert ids("sort_field=create_time&sort_dir=DESC") == ["c000000002", "c000000001"]
    assert service.get("/campaigns/c000000001").json["recipients"]["list_id"] == service.news


@pytest.mark.behaviour("sent-to tells everybody, bounced ones too", "crm-apis 3.B")
def test_sent_to_lists_the_outcome_of_each(service):
    found = service.get(f"{REPORT}/sent-to?count=2").json
    assert [(one["email_address"], one["status"]) for one in found["sent_to"]] == [
        ("ada@example.com", "sent"),
        ("bob@example.com", "sent"),
    ]
    assert found["total_items"] == 3
    last = service.get(f"{REPORT}/sent-to?offset=2").json["sent_to"][0]
    assert (last["status"], last["last_open"]) == ("hard", "")


@pytest.mark.behaviour("click-details tells links, their members tell no times", "crm-apis 3.B")
def test_clicks_are_counted_per_link_and_member(service):
    found = service.get(f"{REPORT}/click-details").json["urls_clicked"]
    assert [(one["url"], one["total_clicks"], one["unique_clicks"]) for one in found] == [
        ("https://shop.example/a", 2, 1),
        ("https://shop.example/b", 1, 1),
    ]
    assert found[0]["last_click"] == "2026-06-10T15:00:00+00:00"
    who = service.get(f"{REPORT}/click-details/{found[0]['id']}/members").json
    assert [(one["email_address"], one["clicks"]) for one in who["members"]] == [("ada@example.com", 2)]
    assert not any("time" in name for name in who["members"][0])
    assert service.get(f"{REPORT}/click-details/nope/members").status == 404


def test_unsubscribes_have_time_and_reason(service):
    at = service.clock.now
    service.state.add_unsubscribe("c000000001", "ada@example.com", at=at, reason="Too many")
    found = service.get(f"{REPORT}/unsubscribed").json["unsubscribes"]
    assert [(one["email_address"], one["timestamp"], one["reason"]) for one in found] == [
        ("ada@example.com", "2026-06-15T12:00:00+00:00", "Too many")
    ]
    member = service.get(f"/lists/{service.news}/members/ada@example.com").json
    assert (member["status"], member["unsubscribe_reason"]) == ("unsubscribed", "Too many")


@pytest.mark.behaviour("email-activity mixes opens, clicks and bounces", "crm-apis 3.B; 5, rule 7")
def test_email_activity_is_told_per_address_in_order(service):
    found = service.get(f"{REPORT}/email-activity").json["emails"]
    actions = {one["email_address"][:3]: [entry["action"] for entry in one["activity"]] for one in found}
    assert actions == {"ada": ["open", "click", "click"], "bob": ["click"], "cyd": ["bounce"]}
    assert found[2]["activity"][0] == {
        "action": "bounce",
        "type": "hard",
        "timestamp": "2026-06-10T12:00:00+00:00",
    }
    later = service.get(f"{REPORT}/email-activity?since=2026-06-10T15:00:00Z").json["emails"]
    assert [one["email_address"] for one in later] == ["bob@example.com"]


@pytest.mark.behaviour("machine opens are counted and marked", "Marketing API: is_proxy_open")
def test_opens_tell_machines_apart(service):
    found = service.get(f"{REPORT}/open-details").json
    assert (found["total_opens"], found["total_proxy_excluded_opens"]) == (1, 0)
    assert found["members"][0]["opens"] == [{"timestamp": "2026-06-10T13:00:00+00:00", "is_proxy_open": True}]


def test_a_report_has_its_figures(service):
    found = service.get(REPORT).json
    assert found["emails_sent"] == 3
    assert found["bounces"]["hard_bounces"] == 1
    assert found["clicks"] == {
        "clicks_total": 3,
        "unique_clicks": 2,
        "unique_subscriber_clicks": 2,
        "click_rate": 2 / 3,
        "last_click": "2026-06-10T16:00:00+00:00",
    }
    assert [one["id"] for one in service.get("/reports").json["reports"]] == ["c000000001"]


def test_a_draft_has_no_report(service):
    assert service.get("/reports/c000000002").status == 404
