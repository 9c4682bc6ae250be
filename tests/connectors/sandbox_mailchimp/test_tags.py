"""Tags of a member: written as a set of changes, told page by page; what the log says of it."""

from __future__ import annotations

import pytest

from .conftest import hash_of


@pytest.mark.behaviour("tags are written with 204 and no body", "crm-apis 3.D.1")
def test_a_tag_write_answers_204_without_body(service):
    reply = service.tag("bob", "VIP")
    assert (reply.status, reply.data) == (204, b"")
    assert service.tags_of("bob") == ["VIP"]


@pytest.mark.behaviour("a tag nobody used is made", "crm-apis 3.D.1: creates missing tags")
def test_an_unknown_tag_is_made_and_the_log_says_so(service):
    service.tag("bob", "RFM: Champions")
    found = service.get(f"/lists/{service.news}/tag-search?name=rfm").json
    assert [one["name"] for one in found["tags"]] == ["RFM: Champions"]
    assert [line["values"] for line in service.log("provision")] == [[{"tag": "RFM: Champions"}]]


@pytest.mark.behaviour("writing a tag again changes nothing", "crm-apis 3.D.1: idempotent")
def test_a_tag_written_twice_is_there_once(service):
    service.tag("bob", "A")
    before = service.get(f"/lists/{service.news}/members/{hash_of('bob')}").json["last_changed"]
    service.clock.move(hours=1)
    assert service.tag("bob", "A").status == 204
    assert service.tags_of("bob") == ["A"]
    assert service.get(f"/lists/{service.news}/members/{hash_of('bob')}").json["last_changed"] == before
    assert len(service.log("label")) == 2, "the log counts what was sent"


def test_an_inactive_tag_is_taken_away_and_an_unknown_one_is_not_made(service):
    assert service.tag("ada", "VIP", "Never seen", status="inactive").status == 204
    assert service.tags_of("ada") == []
    assert service.log("provision") == []


def test_other_tags_stay(service):
    service.tag("ada", "New")
    assert service.tags_of("ada") == ["VIP", "New"]


@pytest.mark.behaviour("is_syncing keeps tag automations from firing", "crm-apis 3.D.1")
def test_the_log_tells_whether_automations_would_fire(service):
    service.tag("bob", "A", is_syncing=True)
    service.tag("bob", "B", "C")
    member = f"{service.news}/{hash_of('bob')}"
    assert [(line["ids"], line["values"]) for line in service.log("label")] == [
        ([member], [{"tag": "A", "status": "active", "is_syncing": "true"}]),
        (
            [member, member],
            [
                {"tag": "B", "status": "active", "is_syncing": "false"},
                {"tag": "C", "status": "active", "is_syncing": "false"},
            ],
        ),
    ]


@pytest.mark.behaviour("a member shows at most 50 tags inline", "crm-apis 3.D.1")
def test_the_51st_tag_is_told_by_the_tags_end_point_only(service):
    service.tag("bob", *(f"T{number:02}" for number in range(51)))
    member = service.get(f"/lists/{service.news}/members/{hash_of('bob')}").json
    assert (len(member["tags"]), member["tags_count"]) == (50, 51)
    assert len(service.tags_of("bob")) == 51
    page = service.get(f"/lists/{service.news}/members/{hash_of('bob')}/tags?count=10&offset=50").json
    assert ([one["name"] for one in page["tags"]], page["total_items"]) == (["T50"], 51)


@pytest.mark.behaviour("a tag of somebody who is no member is 404", "crm-apis 3.D: 404, count as skipped")
def test_nobody_is_created_by_a_tag(service):
    reply = service.tag("nobody", "VIP")
    assert (reply.status, reply.title) == (404, "Resource Not Found")
    assert service.log() == []


@pytest.mark.behaviour("an unknown field of a body is refused", "reliability 5.1")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tags": [], "status": "subscribed"}, "status"),
        ({"tags": [{"name": "A", "status": "active", "colour": 1}]}, "tags.0.colour"),
        ({"tags": [{"name": "A", "status": "on"}]}, "tags.0.status"),
        ({"tags": [{"name": "A"}]}, "tags.0.status"),
        ({"tags": {"name": "A", "status": "active"}}, "tags"),
        ({"tags": [{"name": "", "status": "active"}]}, "tags.0.name"),
        ({}, "tags"),
    ],
)
def test_a_wrong_body_is_refused_and_says_where(service, body, field):
    reply = service.post(f"/lists/{service.news}/members/{hash_of('bob')}/tags", body)
    assert (reply.status, reply.title) == (400, "Invalid Resource")
    assert [error["field"] for error in reply.json["errors"]] == [field]
    assert service.log() == []
