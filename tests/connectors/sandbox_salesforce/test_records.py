"""One record at a time, and what the log of writes says of each kind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .conftest import START


@pytest.mark.behaviour("a record is read by id, whole or in part", "'sObject Rows', REST API guide")
def test_a_record_is_read_by_id(service):
    ada = service.ids["ada"]
    whole = service.get(f"/sobjects/Contact/{ada[:15]}").json
    assert (whole["Id"], whole["Email"], whole["IsDeleted"]) == (ada, "ada@example.com", False)
    part = service.get(f"/sobjects/Contact/{ada}?fields=email,Name").json
    assert list(part) == ["attributes", "Email", "Name"]
    assert service.get(f"/sobjects/Contact/{ada}?fields=Shoe").code == "INVALID_FIELD"


@pytest.mark.behaviour("a missing record is a 404", "'sObject Rows', REST API guide")
def test_a_missing_record_is_not_found(service):
    for path in ("/sobjects/Contact/003Tn000000ZZZZ", "/sobjects/Contact/x", "/sobjects/Shoe/x"):
        missing = service.get(path)
        assert (missing.status, missing.code) == (404, "NOT_FOUND")
        assert service.patch(path, {}).status == 404
        assert service.delete(path).status == 404


@pytest.mark.behaviour("a change answers 204 and moves both stamps", "'sObject Rows', REST API guide")
def test_a_change_moves_the_stamps_even_of_the_same_value(service):
    ada = f"/sobjects/Contact/{service.ids['ada']}"
    service.clock.move(minutes=5)
    changed = service.patch(ada, {"FirstName": "Ada"})
    assert (changed.status, changed.text) == (204, "")
    row = service.get(ada).json
    assert row["SystemModstamp"] == row["LastModifiedDate"] == "2026-06-15T12:05:00.000+0000"


@pytest.mark.behaviour("a deleted record is gone, writes say so", "ENTITY_IS_DELETED, 'Status Codes'")
def test_a_deleted_record_is_gone(service):
    ada = f"/sobjects/Contact/{service.ids['ada']}"
    assert service.delete(ada).status == 204
    assert service.get(ada).status == 404
    for again in (service.delete(ada), service.patch(ada, {})):
        assert (again.status, again.code) == (404, "ENTITY_IS_DELETED")


@pytest.mark.behaviour("links end with a deleted contact", "'Deleting Contacts' help page")
def test_links_end_with_a_deleted_contact(service):
    service.delete(f"/sobjects/Contact/{service.ids['ada']}")
    counts = [
        service.query(f"SELECT COUNT() FROM {name}").json["totalSize"]
        for name in ("OpportunityContactRole", "CampaignMember", "Opportunity")
    ]
    assert counts == [0, 1, 1]


@pytest.mark.behaviour("a record is made by POST", "'sObject Basic Information', REST API guide")
def test_a_made_record_is_logged_as_what_could_create(service):
    made = service.post("/sobjects/Contact", {"LastName": "New", "Email": "new@example.com"})
    assert (made.status, made.json["success"], made.json["errors"]) == (201, True, [])
    assert made.json["id"].startswith("003")
    line = service.log()[-1]
    assert (line["kind"], line["operation"], line["ids"]) == (
        "could_create", "Contact.create", [made.json["id"]],
    )  # fmt: skip
    missing = service.post("/sobjects/Contact", {"FirstName": "No"})
    assert (missing.status, missing.code) == (400, "REQUIRED_FIELD_MISSING")
    assert missing.json[0]["fields"] == ["LastName"]


@pytest.mark.behaviour("an upsert by external id changes or makes", "'sObject Rows by External ID'")
def test_an_upsert_changes_or_makes(service):
    found = service.patch("/sobjects/Contact/Loyalty__c/l0", {"Segment__c": "x"})
    assert (found.status, found.json["created"], found.json["id"]) == (200, False, service.ids["ada"])
    made = service.patch("/sobjects/Contact/Loyalty__c/L9", {"LastName": "Nine"})
    assert (made.status, made.json["created"]) == (201, True)
    assert service.get("/sobjects/Contact/Loyalty__c/L9").json["Id"] == made.json["id"]
    assert [line["kind"] for line in service.log()] == ["could_create", "could_create"]
    assert service.get("/sobjects/Contact/Loyalty__c/L8").status == 404
    assert service.patch("/sobjects/Contact/Email/x", {}).status == 404


@pytest.mark.behaviour("values must fit their field", "'Status Codes' of the SOAP API guide")
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Segment__c": "x" * 21}, "STRING_TOO_LONG"),
        ({"Email": "ada"}, "INVALID_EMAIL_ADDRESS"),
        ({"Tags__c": "champions;gold"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"AccountId": "x"}, "MALFORMED_ID"),
        ({"Birthdate": "12.6.1980"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"DoNotCall": "yes"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"LastName": 5}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"LastName": ""}, "REQUIRED_FIELD_MISSING"),
        ({"Loyalty__c": "L1"}, "DUPLICATE_VALUE"),
        ({"Name": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Id": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Shoe": 44}, "INVALID_FIELD"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(service, values, code):
    refused = service.patch(f"/sobjects/Contact/{service.ids['ada']}", values)
    assert (refused.status, refused.code) == (400, code)
    assert service.log() == []


@pytest.mark.behaviour("values are kept in the vendor's form", "object reference, field types")
def test_values_are_kept_in_the_vendors_form(service):
    ada = f"/sobjects/Contact/{service.ids['ada']}"
    sent = {
        "Tags__c": "new;champions;new",
        "EmailBouncedDate": "2026-06-01T02:00:00+02:00",
        "accountid": service.ids["acme"][:15],
        "Segment__c": None,
        "DoNotCall": True,
    }
    assert service.patch(ada, sent).status == 204
    row = service.get(ada).json
    names = ("Tags__c", "EmailBouncedDate", "AccountId", "Segment__c", "DoNotCall")
    assert [row[name] for name in names] == [
        "champions;new", "2026-06-01T00:00:00.000+0000", service.ids["acme"], None, True,
    ]  # fmt: skip


@pytest.mark.behaviour("a member is made once per campaign", "CampaignMember; 'Already a campaign member'")
def test_a_second_membership_is_a_duplicate(service):
    link = {"CampaignId": service.ids["spring"], "ContactId": service.ids["bob"]}
    made = service.post("/sobjects/CampaignMember", link)
    assert made.status == 201
    again = service.post("/sobjects/CampaignMember", link)
    assert (again.status, again.code, again.json[0]["message"]) == (
        400, "DUPLICATE_VALUE", "Already a campaign member.",
    )  # fmt: skip
    member = f"/sobjects/CampaignMember/{made.json['id']}"
    moved = service.patch(member, {"ContactId": service.ids["cyd"]})
    assert moved.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert service.patch(member, {"Status": "Responded"}).status == 204
    row = service.get(member).json
    assert (row["HasResponded"], row["FirstRespondedDate"]) == (True, "2026-06-15")
    assert service.delete(member).status == 204
    assert service.post("/sobjects/CampaignMember", link).status == 201
    assert [line["kind"] for line in service.log()] == ["label"] * 4


@pytest.mark.behaviour("a membership links what lives", "INVALID_CROSS_REFERENCE_KEY, 'Status Codes'")
def test_a_membership_needs_one_living_person_and_campaign(service):
    spring, ada = service.ids["spring"], service.ids["ada"]
    for link in (
        {"CampaignId": spring},
        {"CampaignId": spring, "ContactId": ada, "LeadId": service.ids["lee"]},
        {"ContactId": ada},
    ):
        assert service.post("/sobjects/CampaignMember", link).code == "REQUIRED_FIELD_MISSING"
    gone = {"CampaignId": spring, "ContactId": "003Tn000000ZZZZ"}
    assert service.post("/sobjects/CampaignMember", gone).code == "INVALID_CROSS_REFERENCE_KEY"


@pytest.mark.behaviour("the log tells writes apart by what they mean", "architecture: no writer subscribes")
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"Segment__c": "x"}, "label"),
        ({"Segment__c": None}, "label"),
        ({"FirstName": "x"}, "other"),
        ({"Segment__c": "x", "FirstName": "x"}, "other"),
        ({"HasOptedOutOfEmail": True}, "unsubscribe"),
        ({"DoNotCall": True, "Segment__c": "x"}, "unsubscribe"),
        ({"HasOptedOutOfEmail": False}, "could_subscribe"),
        ({"HasOptedOutOfFax": False, "DoNotCall": True}, "could_subscribe"),
        ({"DoNotCall": False, "Segment__c": "x"}, "could_subscribe"),
    ],
)
def test_the_log_tells_writes_apart(service, values, kind):
    assert service.patch(f"/sobjects/Contact/{service.ids['ada']}", values).status == 204
    assert [line["kind"] for line in service.log()] == [kind]


@pytest.mark.behaviour("a new consent could subscribe", "ContactPointTypeConsent, object reference")
def test_a_new_consent_is_logged_by_what_it_says(service):
    individual = service.post("/sobjects/Individual", {"LastName": "I"}).json["id"]
    consent = {
        "Name": "c",
        "PartyId": individual,
        "ContactPointType": "Email",
        "CaptureContactPointType": "Web",
        "CaptureDate": "2026-06-01T00:00:00Z",
        "CaptureSource": "form",
    }
    for status, expected in (("OptIn", 201), ("OptOut", 201), ("Maybe", 400)):
        body = consent | {"PrivacyConsentStatus": status}
        assert service.post("/sobjects/ContactPointTypeConsent", body).status == expected
    assert service.patch(f"/sobjects/Individual/{individual}", {"HasOptedOutSolicit": False}).status == 204
    assert [line["kind"] for line in service.log()] == [
        "could_create", "could_subscribe", "unsubscribe", "could_subscribe",
    ]  # fmt: skip


@pytest.mark.behaviour("deleted records are told for fifteen days", "'sObject Get Deleted'; getDeleted()")
def test_deleted_records_are_told(service):
    service.clock.move(seconds=30)
    service.delete(f"/sobjects/Contact/{service.ids['ada']}")
    service.clock.move(minutes=10)
    span = {"start": "2026-06-15T12:00:59+00:00", "end": "2026-06-15T12:09:59Z"}
    told = service.get("/sobjects/Contact/deleted/", params=span).json
    assert told == {
        "deletedRecords": [{"id": service.ids["ada"], "deletedDate": "2026-06-15T12:00:30.000+0000"}],
        "earliestDateAvailable": "2026-05-31T12:10:30.000+0000",
        "latestDateCovered": "2026-06-15T12:09:00.000+0000",
    }
    later = span | {"start": "2026-06-15T12:01:00Z"}
    assert service.get("/sobjects/Contact/deleted", params=later).json["deletedRecords"] == []


@pytest.mark.behaviour("changed records are told by their ids", "'sObject Get Updated'; getUpdated()")
def test_changed_records_are_told(service):
    service.update({"id": service.ids["bob"], "Segment__c": "x"})
    service.clock.move(minutes=10)
    span = {"start": "2026-06-15T12:00:00Z", "end": "2026-06-15T12:10:00Z"}
    told = service.get("/sobjects/Contact/updated/", params=span).json
    assert told == {"ids": [service.ids["bob"]], "latestDateCovered": "2026-06-15T12:10:00.000+0000"}


@pytest.mark.behaviour("a bad span is INVALID_REPLICATION_DATE", "getDeleted(), 'API Faults'")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(minutes=-1), timedelta(minutes=-2)),
        (timedelta(days=-16), timedelta(0)),
    ],
)
def test_a_bad_span_is_refused(service, start, end):
    span = {"start": (START + start).isoformat(), "end": (START + end).isoformat()}
    for path in ("/sobjects/Contact/deleted", "/sobjects/Contact/updated"):
        assert service.get(path, params=span).code == "INVALID_REPLICATION_DATE"
    naive = {"start": "2026-06-15T00:00:00", "end": "x"}
    assert service.get("/sobjects/Contact/deleted", params=naive).code == "INVALID_REPLICATION_DATE"
