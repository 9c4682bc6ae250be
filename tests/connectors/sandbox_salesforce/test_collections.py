"""Up to 200 records in one request, each with its own outcome."""

from __future__ import annotations

import pytest


def codes(reply):
    return [row["errors"][0]["statusCode"] if row["errors"] else "ok" for row in reply.json]


@pytest.mark.behaviour(
    "a collection answers 200 with mixed rows in order", "'Update Records Using sObject Coll...'"
)
def test_rows_succeed_and_fail_side_by_side(service):
    ada, bob, cyd = (service.ids[name] for name in ("ada", "bob", "cyd"))
    service.delete(f"/sobjects/Contact/{bob}")
    reply = service.update(
        {"id": ada, "Segment__c": "champions"},
        {"id": bob, "Segment__c": "champions"},
        {"id": "003Tn000000ZZZZ", "Segment__c": "champions"},
        {"id": service.ids["lee"], "Segment__c": "champions"},
        {"Segment__c": "champions"},
        {"id": cyd, "Shoe": 1},
        {"id": cyd[:15], "Segment__c": "lost"},
    )
    assert reply.status == 200
    assert codes(reply) == [
        "ok", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "MISSING_ARGUMENT",
        "INVALID_FIELD", "ok",
    ]  # fmt: skip
    assert reply.json[0] == {"id": ada, "success": True, "errors": []}
    assert reply.json[1]["success"] is False
    assert "id" not in reply.json[1]
    assert service.segments() == ["champions", "lost"]


@pytest.mark.behaviour("the log has one line per kind of an accepted request", "reliability 5.1")
def test_the_log_has_ids_and_values_of_accepted_rows(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    service.update({"id": ada, "Segment__c": "x"}, {"id": bob, "Shoe": 1}, {"id": bob, "DoNotCall": False})
    assert [(line["seq"], line["kind"], line["ids"], line["values"]) for line in service.log()] == [
        (1, "label", [ada], [{"Segment__c": "x"}]),
        (2, "could_subscribe", [bob], [{"DoNotCall": "false"}]),
    ]


@pytest.mark.behaviour("a collection takes 200 records", "EXCEEDED_ID_LIMIT as reported publicly")
def test_a_collection_of_201_is_refused(service):
    row = {"id": service.ids["ada"], "Segment__c": "x"}
    assert service.update(*[row] * 200).status == 200
    refused = service.update(*[row] * 201)
    assert (refused.status, refused.code) == (400, "EXCEEDED_ID_LIMIT")
    ids = ",".join([service.ids["ada"]] * 201)
    assert service.delete(f"/composite/sobjects?ids={ids}").code == "EXCEEDED_ID_LIMIT"


@pytest.mark.behaviour("all or none undoes every row", "'ALL_OR_NONE_OPERATION_ROLLED_BACK'")
def test_all_or_none_undoes_every_row(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    rows = ({"id": ada, "Segment__c": "x"}, {"id": ada, "Segment__c": "y"}, {"id": bob, "Shoe": 1})
    reply = service.update(*rows, allOrNone=True)
    assert codes(reply) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK"] * 2 + ["INVALID_FIELD"]
    assert service.segments() == [None, None, None]
    assert service.log() == []
    made = {"attributes": {"type": "Contact"}, "LastName": "New"}
    service.post("/composite/sobjects", {"allOrNone": True, "records": [made, {**made, "Shoe": 1}]})
    assert len(service.segments()) == 3
    assert codes(service.update(*rows[:2], allOrNone=True)) == ["ok", "ok"]


@pytest.mark.behaviour("a body out of form is a 400", "JSON_PARSER_ERROR as reported publicly")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"records": [], "allOrNone": False}, "INVALID_INPUT"),
        ({"allOrNone": False}, "INVALID_INPUT"),
        ({"records": [], "rows": 1}, "JSON_PARSER_ERROR"),
        ({"records": {}}, "JSON_PARSER_ERROR"),
        ({"records": ["x"]}, "JSON_PARSER_ERROR"),
        ({"records": [], "allOrNone": "no"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_body_out_of_form_is_refused(service, body, code):
    refused = service.patch("/composite/sobjects", body)
    assert (refused.status, refused.code) == (400, code)


@pytest.mark.behaviour("each record names its type", "'Update Records Using sObject Collections', guidelines")
def test_a_record_without_a_known_type_is_refused(service):
    rows = [{"id": service.ids["ada"]}, {"attributes": {"type": "Shoe"}, "id": service.ids["ada"]}]
    assert codes(service.patch("/composite/sobjects", {"records": rows})) == ["INVALID_TYPE"] * 2


@pytest.mark.behaviour("types may be mixed in ten chunks", "'Update Records Using sObject Collections'")
def test_eleven_chunks_are_refused(service):
    pair = [
        {"attributes": {"type": "Contact"}, "id": service.ids["ada"], "Segment__c": "x"},
        {"attributes": {"type": "Lead"}, "id": service.ids["lee"], "Segment__c": "x"},
    ]
    assert codes(service.patch("/composite/sobjects", {"records": pair * 5})) == ["ok"] * 10
    refused = service.patch("/composite/sobjects", {"records": pair * 5 + pair[:1]})
    assert (refused.status, refused.code) == (400, "INVALID_OPERATION")


@pytest.mark.behaviour(
    "records are deleted by ids, of any type", "'Delete Records Using sObject Collections'"
)
def test_records_are_deleted_by_ids(service):
    ids = ",".join([service.ids["ada"], service.ids["lee"], service.ids["ada"], "x", "zzzTn0000000001"])
    reply = service.delete(f"/composite/sobjects?ids={ids}&allOrNone=false")
    assert codes(reply) == ["ok", "ok", "ENTITY_IS_DELETED", "MALFORMED_ID", "MALFORMED_ID"]
    assert [(line["kind"], len(line["ids"])) for line in service.log()] == [("erase", 2)]


@pytest.mark.behaviour("members are made and taken off by collections", "crm-apis 1.D, lists")
def test_members_are_made_and_taken_off(service):
    rows = [
        {
            "attributes": {"type": "CampaignMember"},
            "CampaignId": service.ids["spring"],
            "ContactId": service.ids[name],
        }
        for name in ("ada", "bob", "cyd", "cyd")
    ]
    made = service.post("/composite/sobjects", {"records": rows})
    assert codes(made) == ["DUPLICATE_VALUE", "ok", "ok", "DUPLICATE_VALUE"]
    ids = ",".join(row["id"] for row in made.json if row["success"])
    assert codes(service.delete(f"/composite/sobjects?ids={ids}")) == ["ok", "ok"]
    assert [line["kind"] for line in service.log()] == ["label", "label"]
    with_id = [{**rows[1], "id": service.ids["bob"]}]
    assert codes(service.post("/composite/sobjects", {"records": with_id})) == ["INVALID_FIELD"]


@pytest.mark.behaviour(
    "an upsert of records makes the unknown ones", "'Upsert Records Using sObject Collections'"
)
def test_an_upsert_of_records_is_logged_as_what_could_create(service):
    rows = [
        {"attributes": {"type": "Contact"}, "Loyalty__c": "L0", "Segment__c": "x"},
        {"attributes": {"type": "Contact"}, "Loyalty__c": "L9", "LastName": "New"},
        {"attributes": {"type": "Contact"}, "LastName": "New"},
        {"attributes": {"type": "Contact"}, "Loyalty__c": "L0", "id": service.ids["ada"]},
        {"attributes": {"type": "Lead"}, "Loyalty__c": "L0"},
    ]
    reply = service.patch("/composite/sobjects/Contact/Loyalty__c", {"records": rows})
    assert codes(reply) == ["ok", "ok", "MISSING_ARGUMENT", "INVALID_FIELD", "INVALID_TYPE"]
    assert [row.get("created") for row in reply.json[:2]] == [False, True]
    assert [line["kind"] for line in service.log()] == ["could_create"]
    assert service.patch("/composite/sobjects/Contact/Email", {"records": rows}).status == 404


@pytest.mark.behaviour(
    "records are read by ids, null where there is none", "'Get Records Using sObject Coll...'"
)
def test_records_are_read_by_ids(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    service.update({"id": bob, "Segment__c": "lost"})
    wanted = {"ids": [bob, "003Tn000000ZZZZ", ada[:15]], "fields": ["Id", "segment__c"]}
    found = service.post("/composite/sobjects/Contact", wanted)
    assert [row and (row["Id"], row["Segment__c"]) for row in found.json] == [
        (bob, "lost"), None, (ada, None),
    ]  # fmt: skip
    assert service.get(f"/composite/sobjects/Contact?ids={ada}&fields=Id").json[0]["Id"] == ada
    refused = service.post("/composite/sobjects/Contact", {"ids": [ada], "fields": ["Shoe"]})
    assert refused.code == "INVALID_FIELD"
    many = {"ids": [ada] * 2001, "fields": ["Id"]}
    assert service.post("/composite/sobjects/Contact", many).code == "EXCEEDED_ID_LIMIT"


@pytest.mark.behaviour("a converted lead is read-only", "CANNOT_UPDATE_CONVERTED_LEAD, 'Status Codes'")
def test_a_converted_lead_is_not_changed(service):
    service.state.tables["Lead"].rows[service.ids["lee"]].values["IsConverted"] = True
    reply = service.update({"id": service.ids["lee"], "Segment__c": "x"}, kind="Lead")
    assert codes(reply) == ["CANNOT_UPDATE_CONVERTED_LEAD"]
