"""Reading records: pages, single records, batches, merged numbers; on both path families."""

from __future__ import annotations

from datetime import timedelta

import pytest

V3, DATED, NEWEST = "/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09"


@pytest.mark.behaviour("both path families answer alike", "HubSpot 'Migration guide' (legacy to dated)")
@pytest.mark.parametrize("family", [V3, DATED, NEWEST])
def test_a_page_has_the_default_properties_and_texts_only(service, family):
    reply = service.get(f"{family}/contacts?limit=1")
    assert reply.status == 200
    assert reply.json["results"] == [
        {
            "id": "101",
            "properties": {
                "email": "ada@example.com",
                "firstname": "Ada",
                "lastname": None,
                "createdate": "2026-06-05T12:00:00.000Z",
                "hs_object_id": "101",
                "lastmodifieddate": "2026-06-05T12:00:00.000Z",
            },
            "createdAt": "2026-06-05T12:00:00.000Z",
            "updatedAt": "2026-06-05T12:00:00.000Z",
            "archived": False,
        }
    ]
    assert reply.after == "101"


@pytest.mark.behaviour("the last page has no paging", "OpenAPI Contacts, ForwardPaging")
def test_paging_ends_without_a_cursor(service):
    first = service.get(f"{NEWEST}/contacts?limit=2")
    last = service.get(f"{NEWEST}/contacts?limit=2&after={first.after}")
    assert (first.ids, last.ids, last.after) == (["101", "102"], ["103"], None)


@pytest.mark.behaviour("a page holds at most 100 records", "OpenAPI Contacts, limit")
def test_a_page_of_101_is_refused(service):
    assert service.get(f"{NEWEST}/contacts?limit=100").status == 200
    assert service.get(f"{NEWEST}/contacts?limit=101").status == 400


@pytest.mark.behaviour("a page with history holds at most 50", "hubspot-api-python get_all (50 with history)")
def test_a_page_of_51_with_history_is_refused(service):
    assert service.get(f"{NEWEST}/contacts?limit=50&propertiesWithHistory=email").status == 200
    assert service.get(f"{NEWEST}/contacts?limit=51&propertiesWithHistory=email").status == 400


@pytest.mark.behaviour("unknown properties of a read are ignored", "OpenAPI Contacts, parameter properties")
def test_an_unknown_property_is_ignored_and_an_unset_one_is_null(service):
    reply = service.get(f"{NEWEST}/contacts/101?properties=no_such_thing,city")
    assert reply.status == 200
    assert reply.json["properties"]["city"] is None
    assert "no_such_thing" not in reply.json["properties"]


@pytest.mark.behaviour("archived records are a pass of their own", "OpenAPI Contacts, parameter archived")
def test_archived_records_are_listed_apart(service):
    assert service.call("DELETE", f"{NEWEST}/contacts/102").status == 204
    assert service.get(f"{NEWEST}/contacts").ids == ["101", "103"]
    archived = service.get(f"{NEWEST}/contacts?archived=true").json["results"]
    assert [(row["id"], row["archived"], row["archivedAt"]) for row in archived] == [
        ("102", True, "2026-06-15T12:00:00.000Z")
    ]
    assert service.get(f"{NEWEST}/contacts/102").status == 404


@pytest.mark.behaviour("merging makes a new number", "HubSpot 'Updated merge functionality for contacts'")
def test_both_old_numbers_resolve_to_the_survivor(service):
    merged = service.post(f"{NEWEST}/contacts/merge", {"primaryObjectId": "101", "objectIdToMerge": "102"})
    assert merged.status == 200
    assert merged.json["id"] == "106"
    for old in ("101", "102"):
        reply = service.get(f"{NEWEST}/contacts/{old}?properties=email,hs_merged_object_ids")
        assert reply.json["id"] == "106"
        assert reply.json["properties"]["email"] == "ada@example.com"
        assert reply.json["properties"]["hs_merged_object_ids"] == "101;102"
    assert service.get(f"{NEWEST}/contacts").ids == ["103", "106"]
    links = service.post(
        "/crm/associations/2026-09/contacts/deals/batch/read", {"inputs": [{"id": "106"}]}
    ).json
    assert links["results"][0]["to"][0]["toObjectId"] == 104


@pytest.mark.behaviour("hs_calculated_merged_vids misses chains", "fivetran/dbt_hubspot #168")
def test_a_chain_of_merges_stands_in_hs_merged_object_ids_only(service):
    service.post(f"{NEWEST}/contacts/merge", {"primaryObjectId": "101", "objectIdToMerge": "102"})
    service.post(f"{NEWEST}/contacts/merge", {"primaryObjectId": "106", "objectIdToMerge": "103"})
    found = service.get(f"{NEWEST}/contacts/101?properties=hs_merged_object_ids,hs_calculated_merged_vids")
    assert found.json["id"] == "107"
    assert found.json["properties"]["hs_merged_object_ids"] == "101;102;106;103"
    assert found.json["properties"]["hs_calculated_merged_vids"] == "106;103"


@pytest.mark.behaviour("a batch read names what is missing: 207", "OpenAPI Contacts v3, 207")
def test_a_missing_record_makes_a_207_up_to_2026_03(service):
    for family in (V3, DATED):
        reply = service.post(f"{family}/contacts/batch/read", {"inputs": [{"id": "101"}, {"id": "9"}]})
        assert reply.status == 207
        assert reply.ids == ["101"]
        assert reply.json["numErrors"] == 1
        assert reply.json["errors"][0]["category"] == "OBJECT_NOT_FOUND"
        assert reply.json["errors"][0]["context"] == {"ids": ["9"]}


@pytest.mark.behaviour(
    "from 2026-09 partial failure is a 200", "OpenAPI Contacts 2026-09: no 207, errors in 200"
)
def test_a_missing_record_makes_a_200_with_errors_in_2026_09(service):
    reply = service.post(f"{NEWEST}/contacts/batch/read", {"inputs": [{"id": "101"}, {"id": "9"}]})
    assert (reply.status, reply.json["numErrors"]) == (200, 1)


@pytest.mark.behaviour("a batch read takes 100 inputs", "OpenAPI Contacts, batch/read")
def test_a_batch_read_of_101_is_refused(service):
    inputs = [{"id": str(number)} for number in range(1, 102)]
    assert service.post(f"{NEWEST}/contacts/batch/read", {"inputs": inputs[:100]}).status == 200
    assert service.post(f"{NEWEST}/contacts/batch/read", {"inputs": inputs}).status == 400


@pytest.mark.behaviour("a unique property finds records", "OpenAPI Contacts, idProperty")
def test_a_record_is_found_by_a_unique_property_only(service):
    assert service.get(f"{NEWEST}/contacts/ada@example.com?idProperty=email").json["id"] == "101"
    assert service.get(f"{NEWEST}/contacts/L1?idProperty=loyalty").json["id"] == "102"
    refused = service.get(f"{NEWEST}/contacts/Ada?idProperty=firstname")
    assert refused.status == 400
    assert "non-unique" in refused.json["message"]


@pytest.mark.behaviour("history has every former value", "OpenAPI Contacts, propertiesWithHistory")
def test_history_shows_former_values(service):
    service.clocks.move(60)
    service.call("PATCH", f"{NEWEST}/contacts/101", {"properties": {"firstname": "Adele"}})
    found = service.get(f"{NEWEST}/contacts/101?propertiesWithHistory=firstname").json
    assert [row["value"] for row in found["propertiesWithHistory"]["firstname"]] == ["Adele", "Ada"]


@pytest.mark.behaviour("list pages carry associations", "OpenAPI Contacts, parameter associations")
def test_a_page_shows_associations_that_were_asked_for(service):
    row = service.get(f"{NEWEST}/contacts?limit=1&associations=deals").json["results"][0]
    assert row["associations"] == {"deals": {"results": [{"id": "104", "type": "contact_to_deal"}]}}


@pytest.mark.behaviour("types go by plural, singular and id", "HubSpot 'Using object APIs', table of ids")
def test_an_object_type_has_three_names(service):
    for name in ("orders", "order", "0-123"):
        assert service.get(f"{NEWEST}/{name}").ids == ["105"]
    assert service.get(f"{NEWEST}/unicorns").status == 400


@pytest.mark.behaviour("other types use hs_lastmodifieddate", "HubSpot 'Search the CRM'")
def test_orders_name_their_times_with_hs(service):
    shown = service.get(f"{NEWEST}/orders/105?properties=hs_total_price").json["properties"]
    assert shown == {
        "hs_total_price": "20.00",
        "hs_createdate": "2026-06-07T12:00:00.000Z",
        "hs_lastmodifieddate": "2026-06-07T12:00:00.000Z",
        "hs_object_id": "105",
    }


@pytest.mark.behaviour("association lists page inside", "OpenAPI Associations v4, inner paging")
def test_a_long_association_list_goes_on_at_the_inner_cursor(service):
    for number in range(600):
        order = service.state.add_object(
            "orders", {}, created_at=service.clocks.now + timedelta(seconds=number)
        )
        service.state.associate("orders", order, "contacts", 102)
    path = "/crm/associations/2026-09/contacts/orders/batch/read"
    first = service.post(path, {"inputs": [{"id": "102"}]}).json["results"][0]
    assert len(first["to"]) == 500
    assert first["to"][0]["associationTypes"] == [
        {"category": "HUBSPOT_DEFINED", "typeId": 508, "label": None}
    ]
    after = first["paging"]["next"]["after"]
    rest = service.post(path, {"inputs": [{"id": "102", "after": after}]}).json["results"][0]
    assert len(rest["to"]) == 100
    assert "paging" not in rest
    single = service.get("/crm/objects/2026-09/contacts/102/associations/orders?limit=500").json
    assert len(single["results"]) == 500
    assert service.get("/crm/v4/objects/contacts/102/associations/orders?limit=501").status == 400


@pytest.mark.behaviour(
    "records without links are errors", "SDK BatchResponse...WithErrors, NO_ASSOCIATIONS_FOUND"
)
def test_a_record_without_links_is_an_error_row(service):
    body = {"inputs": [{"id": "104"}, {"id": "9"}]}
    old = service.post("/crm/v4/associations/deals/contacts/batch/read", body)
    new = service.post("/crm/associations/2026-09/deals/contacts/batch/read", body)
    assert (old.status, new.status) == (207, 200)
    assert new.json["results"][0]["from"] == {"id": "104"}
    assert new.json["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"


@pytest.mark.behaviour(
    "association batches take 100 inputs", "airbytehq/airbyte #48834 (lower of two reports)"
)
def test_an_association_batch_of_101_is_refused(service):
    body = {"inputs": [{"id": str(number)} for number in range(101)]}
    assert service.post("/crm/associations/2026-09/deals/contacts/batch/read", body).status == 400
