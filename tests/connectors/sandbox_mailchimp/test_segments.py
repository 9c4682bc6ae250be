"""Static segments: what a tag is as well, filled by address."""

from __future__ import annotations

import pytest


def path(service, id=""):
    return f"/lists/{service.news}/segments" + (f"/{id}" if id else "")


def vip(service):
    return service.get(path(service)).json["segments"][0]["id"]


@pytest.mark.behaviour("a tag is a static segment", "crm-apis 3.D.2")
def test_a_tag_is_listed_as_static_segment(service):
    found = service.get(path(service) + "?type=static").json
    assert [(one["name"], one["type"], one["member_count"]) for one in found["segments"]] == [
        ("VIP", "static", 1)
    ]
    assert service.get(path(service) + "?type=saved").json["segments"] == []


def test_a_segment_is_made_and_is_a_tag_of_its_members(service):
    body = {"name": "Lost", "static_segment": ["Bob@example.com", "stranger@example.com"]}
    made = service.post(path(service), body)
    assert (made.status, made.json["member_count"]) == (200, 1)
    assert service.tags_of("bob") == ["Lost"]
    again = service.post(path(service), body)
    assert (again.status, again.json["detail"]) == (400, "Sorry, that tag already exists.")
    assert [line["kind"] for line in service.log()] == ["provision", "label"]


@pytest.mark.behaviour("members are added and removed by address; strangers are reported", "crm-apis 3.D.2")
def test_a_change_tells_who_was_added_removed_and_unknown(service):
    body = {
        "members_to_add": ["bob@example.com", "stranger@example.com"],
        "members_to_remove": ["ada@example.com", "archived@example.com"],
    }
    reply = service.post(path(service, vip(service)), body)
    found = reply.json
    assert reply.status == 200
    assert [one["email_address"] for one in found["members_added"]] == ["bob@example.com"]
    assert [one["email_address"] for one in found["members_removed"]] == ["ada@example.com"]
    assert (found["total_added"], found["total_removed"], found["error_count"]) == (1, 1, 2)
    assert found["errors"][0]["email_addresses"] == ["stranger@example.com", "archived@example.com"]
    assert (service.tags_of("ada"), service.tags_of("bob")) == ([], ["VIP"])


def test_a_repeated_change_adds_nobody(service):
    reply = service.post(path(service, vip(service)), {"members_to_add": ["ada@example.com"]}).json
    assert (reply["total_added"], reply["error_count"]) == (0, 0)


@pytest.mark.behaviour("a change has at most 500 addresses a side", "crm-apis 3.D.2: 400 Invalid Resource")
@pytest.mark.parametrize("side", ["members_to_add", "members_to_remove"])
def test_a_change_of_501_addresses_is_refused(service, side):
    addresses = [f"n{number}@example.com" for number in range(501)]
    reply = service.post(path(service, vip(service)), {side: addresses})
    assert (reply.status, reply.title) == (400, "Invalid Resource")
    assert "at most 500 items" in reply.json["errors"][0]["message"]
    assert service.post(path(service, vip(service)), {side: addresses[:500]}).status == 200


def test_an_update_renames_and_replaces(service):
    reply = service.call(
        "PATCH", path(service, vip(service)), {"name": "Gold", "static_segment": ["bob@example.com"]}
    )
    assert reply.json["name"] == "Gold"
    assert (service.tags_of("ada"), service.tags_of("bob")) == ([], ["Gold"])


@pytest.mark.behaviour(
    "a segment shows subscribers unless others are included, and no contact ids",
    "Marketing API: include_unsubscribed; answer of segments/{id}/members",
)
def test_members_of_a_segment_are_subscribers_only(service):
    service.tag("unsubscribed", "VIP")
    found = service.get(path(service, vip(service)) + "/members")
    assert found.names == ["ada"]
    assert "contact_id" not in found.json["members"][0]
    all_of_them = service.get(path(service, vip(service)) + "/members?include_unsubscribed=true")
    assert all_of_them.names == ["ada", "unsubscribed"]
    assert service.get(path(service, vip(service))).json["member_count"] == 1


def test_a_member_leaves_a_segment_and_a_segment_goes(service):
    id = vip(service)
    assert service.call("DELETE", path(service, id) + "/members/ada@example.com").status == 204
    assert service.call("DELETE", path(service, id) + "/members/ada@example.com").status == 404
    service.tag("bob", "VIP")
    assert service.call("DELETE", path(service, id)).status == 204
    assert service.tags_of("bob") == []
    assert service.get(path(service, id)).status == 404
