"""Writing records: values, batches, creation, erasure; and the log of accepted writes."""

from __future__ import annotations

import pytest

NEWEST, V3 = "/crm/objects/2026-09", "/crm/v3/objects"
UPDATE = f"{NEWEST}/contacts/batch/update"


def rows(*changes):
    return {"inputs": [{"id": id, "properties": properties} for id, properties in changes]}


@pytest.mark.behaviour("any write moves lastmodifieddate", "HubSpot 'Search the CRM'; airbyte echo reports")
def test_a_batch_update_changes_values_and_the_modification_time(service):
    service.clocks.move(30)
    reply = service.post(UPDATE, rows(("101", {"x_rfm": "champions"}), ("102", {"x_rfm": "lost"})))
    assert (reply.status, reply.ids) == (200, ["101", "102"])
    found = service.get(f"{NEWEST}/contacts/101?properties=x_rfm").json["properties"]
    assert found["x_rfm"] == "champions"
    assert found["lastmodifieddate"] == "2026-06-15T12:00:30.000Z"


@pytest.mark.behaviour(
    "`a;b` replaces, `;a` appends, empty clears", "HubSpot 'Properties', multiple checkboxes"
)
def test_checkbox_values_replace_append_and_clear(service):
    def value_after(text):
        service.post(UPDATE, rows(("101", {"x_rfm": text})))
        return service.get(f"{NEWEST}/contacts/101?properties=x_rfm").json["properties"]["x_rfm"]

    assert value_after("champions") == "champions"
    assert value_after(";lost") == "champions;lost"
    assert value_after("lost") == "lost"
    assert value_after("") is None


@pytest.mark.behaviour("an unknown property rejects the write", "HubSpot error PROPERTY_DOESNT_EXIST")
def test_an_unknown_property_rejects_the_whole_batch(service):
    reply = service.post(UPDATE, rows(("101", {"x_rfm": "lost"}), ("102", {"x_nothing": "1"})))
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
    assert reply.json["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert service.get(f"{NEWEST}/contacts/101?properties=x_rfm").json["properties"]["x_rfm"] is None
    assert service.log() == []


@pytest.mark.behaviour("an unknown option rejects the write", "HubSpot error INVALID_OPTION")
def test_an_unknown_option_is_refused(service):
    reply = service.post(UPDATE, rows(("101", {"x_rfm": "heroes"})))
    assert reply.status == 400
    assert [error["code"] for error in reply.json["errors"]] == ["INVALID_OPTION"]


@pytest.mark.behaviour("trace ids make failures single", "HubSpot 'Error handling', multi-status errors")
@pytest.mark.parametrize(("family", "status"), [(V3, 207), (NEWEST, 200)])
def test_with_trace_ids_only_the_bad_row_fails(service, family, status):
    body = rows(("101", {"x_rfm": "lost"}), ("102", {"x_rfm": "heroes"}))
    for row in body["inputs"]:
        row["objectWriteTraceId"] = f"t{row['id']}"
    reply = service.post(f"{family}/contacts/batch/update", body)
    assert (reply.status, reply.ids, reply.json["numErrors"]) == (status, ["101"], 1)
    assert reply.json["errors"][0]["context"] == {"ids": ["102"], "objectWriteTraceId": ["t102"]}


@pytest.mark.behaviour("a record that is gone fails alone", "OpenAPI Contacts v3 207, 2026-09 200")
@pytest.mark.parametrize(("family", "status"), [(V3, 207), (NEWEST, 200)])
def test_a_missing_record_fails_alone(service, family, status):
    body = rows(("101", {"x_rfm": "lost"}), ("999", {"x_rfm": "lost"}))
    reply = service.post(f"{family}/contacts/batch/update", body)
    assert (reply.status, reply.ids) == (status, ["101"])
    assert reply.json["errors"][0]["context"] == {"ids": ["999"]}


@pytest.mark.behaviour("duplicate ids in a batch are refused", "HubSpot community reports; memory")
def test_duplicate_ids_are_refused(service):
    reply = service.post(UPDATE, rows(("101", {"x_rfm": "lost"}), ("101", {"x_rfm": "champions"})))
    assert reply.status == 400
    assert "Duplicate IDs" in reply.json["message"]


@pytest.mark.behaviour("a batch takes 100 rows", "OpenAPI Contacts, batch/update")
def test_a_batch_update_of_101_is_refused(service):
    reply = service.post(UPDATE, rows(*((str(number), {}) for number in range(101))))
    assert reply.status == 400


@pytest.mark.behaviour("an empty batch is refused", "OpenAPI Contacts, inputs")
def test_an_empty_batch_is_refused(service):
    assert service.post(UPDATE, {"inputs": []}).status == 400


@pytest.mark.behaviour(
    "unknown JSON fields are refused", "HubSpot 'Invalid input JSON ... Unrecognized field'"
)
def test_an_unknown_field_is_refused(service):
    body = rows(("101", {"x_rfm": "lost"}))
    assert service.post(UPDATE, {**body, "mode": "fast"}).status == 400
    body["inputs"][0]["note"] = "x"
    reply = service.post(UPDATE, body)
    assert reply.status == 400
    assert 'Unrecognized field "note"' in reply.json["message"]


@pytest.mark.behaviour("read-only properties are refused", "OpenAPI Properties, modificationMetadata")
def test_a_read_only_property_is_refused(service):
    for name in ("hs_email_optout", "hs_email_optout_501", "lastmodifieddate", "hs_object_id"):
        reply = service.post(UPDATE, rows(("101", {name: "true"})))
        assert reply.json["errors"][0]["code"] == "READ_ONLY_VALUE"


@pytest.mark.behaviour("values are checked by type", "OpenAPI Properties, types")
@pytest.mark.parametrize(
    ("value", "stored"),
    [("2026-06-15", "2026-06-15"), ("1781481600000", "2026-06-15"), ("1781481600001", None), ("soon", None)],
)
def test_a_day_is_midnight_or_refused(service, value, stored):
    reply = service.post(UPDATE, rows(("101", {"x_since": value})))
    assert reply.status == (200 if stored else 400)
    assert service.get(f"{NEWEST}/contacts/101?properties=x_since").json["properties"]["x_since"] == stored


@pytest.mark.behaviour("hs_object_id is no idProperty", "segmentio/action-destinations #3957")
def test_hs_object_id_is_refused_as_id_property(service):
    body = {"inputs": [{"id": "101", "idProperty": "hs_object_id", "properties": {}}]}
    reply = service.post(UPDATE, body)
    assert reply.status == 400
    assert "non-unique" in reply.json["message"]


@pytest.mark.behaviour("creating a taken address is a 409", "HubSpot error CONFLICT, 'Existing ID'")
def test_creation_is_logged_and_a_taken_address_conflicts(service):
    made = service.post(f"{NEWEST}/contacts", {"properties": {"email": "dan@example.com"}})
    again = service.post(f"{NEWEST}/contacts", {"properties": {"email": "Dan@example.com"}})
    assert (made.status, made.json["id"]) == (201, "106")
    assert (again.status, again.json["category"]) == (409, "CONFLICT")
    assert again.json["message"] == "Contact already exists. Existing ID: 106"
    assert [(line["kind"], line["ids"]) for line in service.log()] == [("could_create", ["106"])]


@pytest.mark.behaviour("upsert creates what it does not find", "OpenAPI Contacts, batch/upsert `new`")
def test_an_upsert_could_create_even_when_it_only_updates(service):
    body = {
        "inputs": [
            {"id": "ada@example.com", "idProperty": "email", "properties": {"city": "Ulm"}},
            {"id": "eve@example.com", "idProperty": "email", "properties": {"city": "Bonn"}},
        ]
    }
    reply = service.post(f"{NEWEST}/contacts/batch/upsert", body)
    assert [(row["id"], row["new"]) for row in reply.json["results"]] == [("101", False), ("106", True)]
    assert service.log()[0]["kind"] == "could_create"


@pytest.mark.behaviour("gdpr-delete erases and blocks the address", "OpenAPI Contacts, gdpr-delete")
def test_an_erased_address_cannot_come_back(service):
    gone = service.post(
        f"{NEWEST}/contacts/gdpr-delete", {"objectId": "bob@example.com", "idProperty": "email"}
    )
    assert gone.status == 204
    assert service.get(f"{NEWEST}/contacts/102").status == 404
    assert service.get(f"{NEWEST}/contacts?archived=true").ids == []
    back = service.post(f"{NEWEST}/contacts", {"properties": {"email": "bob@example.com"}})
    assert back.status == 400
    unknown = {"objectId": "zoe@example.com", "idProperty": "email"}
    assert service.post(f"{V3}/contacts/gdpr-delete", unknown).status == 204
    assert service.post(f"{V3}/contacts", {"properties": {"email": "zoe@example.com"}}).status == 400
    assert [line["kind"] for line in service.log()] == ["erase", "erase"]


@pytest.mark.behaviour("archive is the recycling bin", "HubSpot 'Contacts', batch/archive: 204")
def test_a_batch_archive_bins_records(service):
    reply = service.post(f"{NEWEST}/contacts/batch/archive", {"inputs": [{"id": "101"}, {"id": "103"}]})
    assert reply.status == 204
    assert service.get(f"{NEWEST}/contacts").ids == ["102"]


def test_the_log_has_one_line_per_accepted_write(service):
    service.post(UPDATE, rows(("101", {"x_rfm": "lost"}), ("102", {"x_rfm": "champions"})))
    service.post(UPDATE, rows(("101", {"x_nothing": "1"})))
    service.get(f"{NEWEST}/contacts")
    assert service.log() == [
        {
            "seq": 1,
            "at": "2026-06-15T12:00:00.000Z",
            "operation": "contacts.batch_update",
            "kind": "label",
            "ids": ["101", "102"],
            "values": [{"x_rfm": "lost"}, {"x_rfm": "champions"}],
        }
    ]
    assert service.portal.requests == {"contacts.batch_update": 2, "contacts.list": 1}
