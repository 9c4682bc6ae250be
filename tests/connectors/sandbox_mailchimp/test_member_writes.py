"""Writes of members: what the vendor accepts, what it refuses, and how the log names what they could do."""

from __future__ import annotations

import pytest

from .conftest import hash_of


def member(service, name, audience=None):
    return service.get(f"/lists/{audience or service.news}/members/{hash_of(name)}")


def send(service, method, name, body):
    return service.call(method, f"/lists/{service.news}/members/{hash_of(name)}", body)


def create(service, name, status="subscribed", **more):
    body = {"email_address": f"{name}@example.com", "status": status, **more}
    return service.post(f"/lists/{service.news}/members", body)


def kinds(service):
    return [(line["operation"], line["kind"]) for line in service.log()]


def test_a_new_member_is_created_and_logged_for_what_it_could_do(service):
    made = create(service, "new", tags=["VIP"], merge_fields={"FNAME": "New"})
    silent = create(service, "quiet", status="transactional")
    assert (made.status, made.json["status"], made.json["id"]) == (200, "subscribed", hash_of("new"))
    assert (made.json["full_name"], [one["name"] for one in made.json["tags"]]) == ("New", ["VIP"])
    assert made.json["timestamp_opt"] == "2026-06-15T12:00:00+00:00"
    assert silent.json["timestamp_opt"] == ""
    assert kinds(service) == [("members.create", "could_subscribe"), ("members.create", "could_create")]


@pytest.mark.behaviour("a member who is there cannot be created again", "crm-apis 3.D: Member Exists")
def test_a_known_member_is_refused(service):
    reply = create(service, "ada")
    assert (reply.status, reply.title) == (400, "Member Exists")
    assert service.log() == []


@pytest.mark.behaviour(
    "PUT creates who is missing and may subscribe", "crm-apis 3.D: never PUT status_if_new"
)
def test_put_creates_with_status_if_new(service):
    body = {"email_address": "new@example.com", "status_if_new": "subscribed"}
    assert send(service, "PUT", "new", body).json["status"] == "subscribed"
    body = {"email_address": "unsubscribed@example.com", "status_if_new": "subscribed"}
    assert send(service, "PUT", "unsubscribed", body).json["status"] == "unsubscribed"
    body = {"email_address": "ada@example.com", "status_if_new": "unsubscribed"}
    assert send(service, "PUT", "ada", body).json["status"] == "subscribed"
    assert kinds(service) == [
        ("members.put", "could_subscribe"),
        ("members.put", "could_subscribe"),
        ("members.put", "could_create"),
    ]


@pytest.mark.behaviour(
    "a write with a status turns archived people into subscribers", "mailchimp/mc-woocommerce#591 (F31)"
)
def test_an_archived_member_is_subscribed_again(service):
    assert send(service, "PATCH", "archived", {"status": "subscribed"}).json["status"] == "subscribed"
    assert kinds(service) == [("members.update", "could_subscribe")]


def test_post_takes_an_archived_member_back(service):
    assert create(service, "archived").json["status"] == "subscribed"


@pytest.mark.behaviour(
    "who left by themselves cannot be subscribed", "pmpro-mailchimp#152; jethro-pmm#656 (F33)"
)
@pytest.mark.parametrize("name", ["unsubscribed", "cleaned"])
def test_a_member_in_compliance_state_is_refused(service, name):
    body = {"email_address": f"{name}@example.com", "status_if_new": "subscribed", "status": "subscribed"}
    for reply in (
        send(service, "PATCH", name, {"status": "subscribed"}),
        send(service, "PUT", name, body),
    ):
        assert (reply.status, reply.title) == (400, "Member In Compliance State")
        assert f"{name}@example.com" in reply.json["detail"], "the vendor quotes the address"
    assert member(service, name).json["status"] == name
    assert service.log() == []


def test_pending_asks_them_again(service):
    assert send(service, "PATCH", "unsubscribed", {"status": "pending"}).json["status"] == "pending"


@pytest.mark.behaviour("PATCH writes neither archived nor transactional", "Marketing API 3.0.90: status")
def test_archived_and_transactional_cannot_be_written(service):
    for status in ("archived", "transactional"):
        reply = send(service, "PATCH", "ada", {"status": status})
        assert (reply.status, reply.json["errors"][0]["field"]) == (400, "status")
    written = [
        send(service, "PATCH", "ada", {"status": status}).json["status"]
        for status in ("unsubscribed", "cleaned", "pending", "subscribed")
    ]
    assert written == ["unsubscribed", "cleaned", "pending", "subscribed"]


def test_an_opt_out_is_logged_as_one(service):
    found = send(service, "PATCH", "ada", {"status": "unsubscribed"}).json
    assert found["unsubscribe_reason"] == "N/A (Unsubscribed by an admin)"
    assert kinds(service) == [("members.update", "unsubscribe")]


def test_fields_and_permissions_are_changed(service):
    body = {
        "merge_fields": {"LNAME": "Byron"},
        "marketing_permissions": [{"marketing_permission_id": "bb22", "enabled": True}],
    }
    service.clock.move(hours=1)
    found = send(service, "PATCH", "ada", body).json
    assert found["full_name"] == "Ada Byron"
    assert [one["enabled"] for one in found["marketing_permissions"]] == [True, True]
    assert found["last_changed"] == "2026-06-15T13:00:00+00:00"
    assert kinds(service) == [("members.update", "could_subscribe")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tags": ["VIP"]}, "tags"),
        ({"merge_fields": {"SHOE": "42"}}, "merge_fields.SHOE"),
        (
            {"marketing_permissions": [{"marketing_permission_id": "zz", "enabled": True}]},
            "marketing_permissions.0.marketing_permission_id",
        ),
        ({"vip": "yes"}, "vip"),
        ({"email_address": "nobody"}, "email_address"),
    ],
)
def test_an_unknown_field_of_a_member_is_refused(service, body, field):
    reply = send(service, "PATCH", "ada", body)
    assert (reply.status, reply.json["errors"][0]["field"]) == (400, field)


@pytest.mark.behaviour(
    "a new address changes the number; unique_email_id and contact_id stay", "crm-apis 3.F"
)
def test_a_member_with_a_new_address_has_a_new_number(service):
    before = member(service, "ada").json
    after = send(service, "PATCH", "ada", {"email_address": "ada.new@example.com"}).json
    assert after["id"] == hash_of("ada.new")
    assert [after[name] for name in ("contact_id", "unique_email_id")] == [
        before[name] for name in ("contact_id", "unique_email_id")
    ]
    assert member(service, "ada").status == 404
    assert after["tags_count"] == 1
    assert send(service, "PATCH", "bob", {"email_address": "cyd@example.com"}).title == "Member Exists"


@pytest.mark.behaviour("DELETE archives and erases nothing", "crm-apis 3.F")
def test_a_deleted_member_is_archived(service):
    assert send(service, "DELETE", "ada", None).status == 204
    found = member(service, "ada").json
    assert (found["status"], found["tags_count"]) == ("archived", 1)
    assert send(service, "DELETE", "ada", None).status == 405
    assert kinds(service) == [("members.archive", "other")]


@pytest.mark.behaviour("delete-permanent erases, and the address cannot come back", "crm-apis 3.F")
def test_a_forgotten_member_cannot_be_imported(service):
    path = f"/lists/{service.news}/members/{hash_of('ada')}/actions/delete-permanent"
    assert service.post(path, None).status == 204
    assert member(service, "ada").status == 404
    put = {"email_address": "ada@example.com", "status_if_new": "transactional"}
    for reply in (create(service, "ada"), send(service, "PUT", "ada", put)):
        assert (reply.status, reply.title) == (400, "Forgotten Email Not Subscribed")
    assert member(service, "ada", service.partners).status == 200, "the other audience knows nothing of it"
    sent = service.get("/reports/c000000001/sent-to").json["sent_to"]
    assert [one["email_address"] for one in sent] == ["bob@example.com", "cyd@example.com"]
    assert kinds(service) == [("members.forget", "erase")]


@pytest.mark.behaviour("a bulk write answers 200 with an outcome per row", "crm-apis 3.D.3")
def test_a_bulk_write_tells_each_row(service):
    rows = [
        {"email_address": "new@example.com", "status": "subscribed"},
        {"email_address": "ada@example.com", "status": "subscribed"},
        {"email_address": "unsubscribed@example.com", "status": "subscribed"},
    ]
    reply = service.post(f"/lists/{service.news}", {"members": rows, "update_existing": True})
    counts = [reply.json[name] for name in ("total_created", "total_updated", "error_count")]
    assert (reply.status, counts) == (200, [1, 1, 1])
    assert "compliance state" in reply.json["errors"][0]["error"]
    again = service.post(f"/lists/{service.news}", {"members": rows[1:2]}).json
    assert again["errors"][0]["error_code"] == "ERROR_CONTACT_EXISTS"
    assert kinds(service) == [("lists.batch", "could_subscribe")] * 2


@pytest.mark.behaviour("a bulk write has at most 500 members", "crm-apis 3.D.3")
def test_a_bulk_write_of_501_is_refused(service):
    rows = [{"email_address": f"n{number}@example.com", "status": "pending"} for number in range(501)]
    assert service.post(f"/lists/{service.news}", {"members": rows}).status == 400
    assert service.post(f"/lists/{service.news}", {"members": rows[:500]}).json["total_created"] == 500
