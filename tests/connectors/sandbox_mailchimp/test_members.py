"""Members read: statuses, pages, windows, projection, dates, permissions, spending."""

from __future__ import annotations

import pytest

from .conftest import hash_of


def members(service, query=""):
    return service.get(f"/lists/{service.news}/members?{query}")


@pytest.mark.behaviour(
    "a listing without status leaves archived members out", "crm-apis 3.B; brief of the pull"
)
def test_archived_members_are_listed_only_when_asked_for(service):
    assert members(service, "count=100").names == [
        "ada", "bob", "cyd", "unsubscribed", "cleaned", "pending", "transactional",
    ]  # fmt: skip
    assert members(service, "status=archived").names == ["archived"]


@pytest.mark.behaviour("status filters the listing", "Marketing API lists/members: status")
@pytest.mark.parametrize(
    "status", ["subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived"]
)
def test_each_status_can_be_listed(service, status):
    found = members(service, f"status={status}&fields=members.status,total_items").json
    assert {one["status"] for one in found["members"]} == {status}
    assert found["total_items"] == (3 if status == "subscribed" else 1)


def test_an_unknown_status_is_refused(service):
    assert members(service, "status=gone").title == "Invalid Resource"


@pytest.mark.behaviour("a page holds ten members unless asked for more", "Marketing API: count, default 10")
def test_a_page_holds_ten(service):
    for number in range(12):
        service.state.add_member(service.news, f"n{number}@example.com", at=service.clock.now)
    first = members(service, "status=subscribed")
    second = members(service, "status=subscribed&offset=10")
    assert (len(first.names), len(second.names), first.json["total_items"]) == (10, 5, 15)


@pytest.mark.behaviour("a page holds at most 1,000", "Marketing API 3.0.90: count, maximum 1000")
def test_a_page_of_1001_is_refused(service):
    assert members(service, "count=1000").status == 200
    refused = members(service, "count=1001")
    assert (refused.status, refused.title) == (400, "Invalid Resource")
    assert refused.json["errors"][0]["field"] == "count"


def test_an_offset_behind_the_end_gives_an_empty_page(service):
    found = members(service, "offset=100").json
    assert (found["members"], found["total_items"]) == ([], 7)


@pytest.mark.behaviour(
    "pages by offset miss what moves between two calls", "airbytehq/airbyte#21500 (F07); crm-apis 3.B"
)
def test_a_change_between_two_pages_hides_a_row(service):
    by_change = "count=2&status=subscribed&sort_field=last_changed&sort_dir=ASC"
    first = members(service, by_change).names
    service.account.faults.add("page-drift", nth=1)
    second = members(service, f"{by_change}&offset=2").names
    assert (first, second) == (["ada", "bob"], ["ada"])  # cyd slipped onto the page already read


@pytest.mark.behaviour(
    "since_last_changed is exclusive, to the second", "Marketing API: 'changed after the set timeframe'"
)
def test_the_windows_bounds_are_not_in_it(service):
    ada = "2026-06-05T12:00:00%2B00:00"
    assert members(service, f"since_last_changed={ada}&status=subscribed").names == ["bob", "cyd"]
    assert members(service, f"since_last_changed={ada}&before_last_changed=2026-06-05T12:02:00Z").names == [
        "bob"
    ]


@pytest.mark.behaviour("times of a query may have any offset", "crm-apis 3.B: ISO 8601 with offset; F08")
def test_a_time_with_another_offset_is_the_same_instant(service):
    paris = "since_last_changed=2026-06-05T14:00:00%2B02:00&status=subscribed"
    assert members(service, paris).names == ["bob", "cyd"]
    assert members(service, "since_last_changed=yesterday").title == "Invalid Resource"


def test_members_can_be_sorted_by_change(service):
    service.clock.move(minutes=1)
    service.tag("ada", "New")
    down = members(service, "status=subscribed&sort_field=last_changed&sort_dir=DESC").names
    up = members(service, "status=subscribed&sort_field=last_changed&sort_dir=ASC").names
    assert (down, up) == (["ada", "cyd", "bob"], ["bob", "cyd", "ada"])


@pytest.mark.behaviour("unsubscribed_since wants status=unsubscribed", "crm-apis 3.B")
def test_unsubscribed_since_alone_is_refused(service):
    assert members(service, "unsubscribed_since=2026-01-01T00:00:00Z").status == 400
    with_status = members(service, "unsubscribed_since=2026-01-01T00:00:00Z&status=unsubscribed")
    assert with_status.names == ["unsubscribed"]
    assert members(service, "unsubscribed_since=2026-06-14T00:00:00Z&status=unsubscribed").names == []


@pytest.mark.behaviour("fields keeps the named paths only, through lists", "Marketing API Conventions")
def test_fields_projects(service):
    found = members(service, "count=1&fields=members.id,members.tags.name,total_items").json
    assert found == {"members": [{"id": hash_of("ada"), "tags": [{"name": "VIP"}]}], "total_items": 7}


@pytest.mark.behaviour("exclude_fields drops the named paths", "Marketing API Conventions")
def test_exclude_fields_projects(service):
    path = f"/lists/{service.news}/members/{hash_of('ada')}"
    found = service.get(f"{path}?exclude_fields=email_address,merge_fields.FNAME,_links").json
    assert "email_address" not in found
    assert found["merge_fields"] == {"LNAME": ""}
    assert "_links" not in found
    assert found["status"] == "subscribed"


@pytest.mark.behaviour("a field in both projections is an error", "Marketing API Conventions")
def test_a_field_in_both_projections_is_refused(service):
    assert members(service, "fields=members.id&exclude_fields=members.id").status == 400


@pytest.mark.behaviour("a member is found by MD5, address or contact id", "Marketing API: subscriber_hash")
def test_a_member_has_three_names(service):
    path = f"/lists/{service.news}/members"
    by_hash = service.get(f"{path}/{hash_of('ada')}").json
    assert service.get(f"{path}/Ada@example.com").json == by_hash
    assert service.get(f"{path}/{by_hash['contact_id']}").json == by_hash
    assert by_hash["id"] == hash_of("ada")


@pytest.mark.behaviour("a member of no audience is 404", "crm-apis 3.D: 404 means not in the audience")
def test_an_unknown_member_is_404(service):
    for path in (f"/lists/{service.news}/members/{'0' * 32}", "/lists/nope/members", "/nope"):
        found = service.get(path)
        assert (found.status, found.title) == (404, "Resource Not Found")


@pytest.mark.behaviour("dates that are unknown are empty texts", 'crm-apis 3, sample; 4: "" dates')
def test_unknown_dates_are_empty_texts(service):
    pending = service.get(f"/lists/{service.news}/members/{hash_of('pending')}").json
    assert (pending["timestamp_opt"], pending["ip_opt"]) == ("", "")
    assert pending["timestamp_signup"] == "2026-06-05T13:02:00+00:00"


@pytest.mark.behaviour("consent is per audience", "crm-apis 3.C")
def test_the_same_address_differs_between_audiences(service):
    there = service.get(f"/lists/{service.partners}/members/{hash_of('ada')}").json
    here = service.get(f"/lists/{service.news}/members/{hash_of('ada')}").json
    assert (here["status"], there["status"]) == ("subscribed", "unsubscribed")
    assert here["id"] == there["id"], "the number is no key of a person's membership (F12)"
    assert here["contact_id"] != there["contact_id"]
    assert here["unique_email_id"] == there["unique_email_id"]


@pytest.mark.behaviour(
    "marketing permissions are there only where the audience has GDPR fields", "crm-apis 3.C"
)
def test_permissions_come_with_the_member(service):
    here = service.get(f"/lists/{service.news}/members/{hash_of('ada')}").json
    there = service.get(f"/lists/{service.partners}/members/{hash_of('ada')}").json
    assert here["marketing_permissions"] == [
        {"marketing_permission_id": "aa11", "text": "E-mail", "enabled": True},
        {"marketing_permission_id": "bb22", "text": "Partners' e-mail", "enabled": False},
    ]
    assert "marketing_permissions" not in there


@pytest.mark.behaviour("a member carries what it spent", "crm-apis 3.B: stats.ecommerce_data")
def test_spending_leaves_cancelled_orders_out(service):
    stats = {
        name: service.get(f"/lists/{service.news}/members/{hash_of(name)}").json["stats"]
        for name in ("ada", "cyd")
    }
    assert stats["ada"]["ecommerce_data"] == {
        "total_revenue": 20.0,
        "number_of_orders": 1,
        "currency_code": "EUR",
    }
    assert "ecommerce_data" not in stats["cyd"]


def test_audiences_are_listed_with_their_counts(service):
    found = service.get("/lists").json
    assert [one["id"] for one in found["lists"]] == [service.news, service.partners]
    stats = found["lists"][0]["stats"]
    assert (stats["member_count"], stats["unsubscribe_count"], stats["cleaned_count"]) == (3, 1, 1)
    one = service.get(f"/lists/{service.news}?include_total_contacts=true").json
    assert (one["marketing_permissions"], one["stats"]["total_contacts"]) == (True, 7)
    assert [x["id"] for x in service.get("/lists?email=bob@example.com").json["lists"]] == [service.news]


@pytest.mark.behaviour(
    "merge fields have types; a deleted one is gone from every member", "mautic#13406 (F24)"
)
def test_merge_fields_are_listed_and_can_go(service):
    service.state.add_merge_field(service.news, "ADDRESS", "address")
    fields = service.get(f"/lists/{service.news}/merge-fields").json["merge_fields"]
    assert [(one["merge_id"], one["tag"], one["type"]) for one in fields] == [
        (1, "FNAME", "text"),
        (2, "LNAME", "text"),
        (3, "ADDRESS", "address"),
    ]
    path = f"/lists/{service.news}/members/{hash_of('ada')}"
    assert service.call("PATCH", path, {"merge_fields": {"ADDRESS": {"zip": "75001"}}}).status == 200
    assert service.get(f"{path}?fields=merge_fields.ADDRESS.zip").json == {
        "merge_fields": {"ADDRESS": {"zip": "75001"}}
    }
    service.state.drop_merge_field(service.news, "ADDRESS")
    assert service.get(path).json["merge_fields"] == {"FNAME": "Ada", "LNAME": ""}
    assert service.get(f"/lists/{service.news}/merge-fields/3").status == 404


def test_an_unknown_query_parameter_is_refused(service):
    refused = members(service, "since_last_change=2026-06-05T12:00:00Z")
    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "since_last_change")
