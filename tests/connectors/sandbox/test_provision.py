"""Properties with options and groups, lists and their members."""

from __future__ import annotations

import pytest

PROPERTIES = "/crm/properties/2026-09/contacts"
LISTS = "/crm/lists/2026-09"
NEW = {
    "name": "x_segment",
    "label": "Segment",
    "groupName": "contactinformation",
    "type": "enumeration",
    "fieldType": "checkbox",
    "description": "managed by consentric 00",
    "options": [{"label": "Lost", "value": "lost", "hidden": False, "displayOrder": 0}],
}


def make_list(service, name="x_champions"):
    body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
    return service.post(LISTS, body).json["list"]["listId"]


@pytest.mark.behaviour("a property is created once", "OpenAPI Properties, POST: 201 and 409")
def test_a_property_is_created_once_and_can_be_written(service):
    made = service.post(PROPERTIES, NEW)
    assert made.status == 201
    assert made.json["description"] == "managed by consentric 00"
    assert service.post(PROPERTIES, NEW).status == 409
    body = {"inputs": [{"id": "101", "properties": {"x_segment": "lost"}}]}
    assert service.post("/crm/objects/2026-09/contacts/batch/update", body).status == 200
    assert [line["kind"] for line in service.log()] == ["provision", "label"]


@pytest.mark.behaviour("options are replaced as a whole", "OpenAPI Properties, PATCH options")
def test_new_options_must_come_before_new_values(service):
    service.post(PROPERTIES, NEW)
    change = {"inputs": [{"id": "101", "properties": {"x_segment": "won"}}]}
    assert service.post("/crm/objects/2026-09/contacts/batch/update", change).status == 400
    options = [{"label": "Lost", "value": "lost"}, {"label": "Won", "value": "won"}]
    patched = service.call("PATCH", f"{PROPERTIES}/x_segment", {"options": options})
    assert [option["value"] for option in patched.json["options"]] == ["lost", "won"]
    assert service.post("/crm/objects/2026-09/contacts/batch/update", change).status == 200


@pytest.mark.behaviour("definitions are checked", "OpenAPI Properties, PropertyCreate")
@pytest.mark.parametrize(
    "change",
    [
        {"name": "X-Segment"},
        {"type": "text"},
        {"fieldType": "tags"},
        {"groupName": "nowhere"},
        {"colour": "red"},
        {"options": [{"label": "a", "value": "1"}, {"label": "b", "value": "1"}]},
    ],
)
def test_a_wrong_definition_is_refused(service, change):
    assert service.post(PROPERTIES, NEW | change).status == 400


@pytest.mark.behaviour("HubSpot's own properties cannot be changed", "OpenAPI Properties, readOnlyDefinition")
def test_a_shipped_property_cannot_be_changed(service):
    assert service.call("PATCH", f"{PROPERTIES}/email", {"label": "Mail"}).status == 400
    assert service.call("DELETE", f"{PROPERTIES}/email").status == 400


@pytest.mark.behaviour("options of hs_legal_basis are read live", "HubSpot knowledge base, lawful basis")
@pytest.mark.parametrize("family", ["/crm/v3/properties", "/crm/properties/2026-03"])
def test_definitions_are_listed_with_options(service, family):
    found = {one["name"]: one for one in service.get(f"{family}/contacts").json["results"]}
    assert "Freely given consent from contact" in [one["value"] for one in found["hs_legal_basis"]["options"]]
    assert found["hs_email_optout_501"]["modificationMetadata"]["readOnlyValue"] is True
    assert service.get(f"{family}/contacts/no_such").status == 404


@pytest.mark.behaviour("properties live in groups", "OpenAPI Properties, groups")
def test_a_group_can_be_made_and_used(service):
    group = {"name": "consentric", "label": "consentric"}
    assert service.post(f"{PROPERTIES}/groups", group).status == 201
    assert service.post(f"{PROPERTIES}/groups", group).status == 409
    assert service.get(f"{PROPERTIES}/groups/consentric").json["label"] == "consentric"
    assert service.post(PROPERTIES, NEW | {"groupName": "consentric"}).status == 201


def test_properties_are_read_in_a_batch(service):
    body = {"inputs": [{"name": "x_rfm"}, {"name": "no_such"}]}
    reply = service.post(f"{PROPERTIES}/batch/read", body)
    assert [one["name"] for one in reply.json["results"]] == ["x_rfm"]
    assert reply.json["numErrors"] == 1


def test_an_archived_property_is_gone(service):
    assert service.call("DELETE", f"{PROPERTIES}/x_rfm").status == 204
    assert service.get(f"{PROPERTIES}/x_rfm").status == 404


@pytest.mark.behaviour("a list name is unique, in any case of letters", "OpenAPI Lists, POST and name")
def test_a_list_is_found_by_name(service):
    number = make_list(service)
    assert service.get(f"{LISTS}/object-type-id/0-1/name/X_Champions").json["list"]["listId"] == number
    assert service.get(f"{LISTS}/object-type-id/0-1/name/x_nobody").status == 404
    again = {"name": "X_CHAMPIONS", "objectTypeId": "0-1", "processingType": "MANUAL"}
    assert service.post(LISTS, again).status == 400


@pytest.mark.behaviour(
    "membership writes are sets, with `recordsIdsAdded`", "OpenAPI Lists, MembershipsUpdateResponse"
)
def test_members_are_added_and_removed_as_a_set(service):
    path = f"{LISTS}/{make_list(service)}/memberships"
    added = service.put(f"{path}/add", ["101", "102", "999"])
    assert added.json == {
        "recordsIdsAdded": ["101", "102"],
        "recordIdsRemoved": [],
        "recordIdsMissing": ["999"],
    }
    assert service.put(f"{path}/add", ["101"]).json["recordsIdsAdded"] == []
    both = service.put(
        f"{path}/add-and-remove", {"recordIdsToAdd": ["103"], "recordIdsToRemove": ["101", "101"]}
    )
    assert both.json["recordsIdsAdded"] == ["103"]
    assert both.json["recordIdsRemoved"] == ["101"]
    assert service.put(f"{path}/remove", ["101"]).json["recordIdsRemoved"] == []
    assert [row["recordId"] for row in service.get(path).json["results"]] == ["102", "103"]
    assert [line["kind"] for line in service.log()] == ["provision"] + ["label"] * 4


@pytest.mark.behaviour("membership bodies are bare arrays of texts", "OpenAPI Lists, memberships/add")
@pytest.mark.parametrize("body", [[101], {"recordIds": ["101"]}, ["ada@example.com"]])
def test_a_membership_body_of_another_form_is_refused(service, body):
    assert service.put(f"{LISTS}/{make_list(service)}/memberships/add", body).status == 400


@pytest.mark.behaviour("members come 100 a page, at most 250", "OpenAPI Lists, memberships limit")
def test_members_are_paged_by_number(service):
    path = f"{LISTS}/{make_list(service)}/memberships"
    service.put(f"{path}/add", ["103", "101", "102"])
    first = service.get(f"{path}?limit=2").json
    assert [row["recordId"] for row in first["results"]] == ["101", "102"]
    after = first["paging"]["next"]["after"]
    assert [row["recordId"] for row in service.get(f"{path}?after={after}").json["results"]] == ["103"]
    assert service.get(f"{path}?limit=251").status == 400


@pytest.mark.behaviour("dynamic lists take no members", "OpenAPI Lists, memberships/add")
def test_a_dynamic_list_refuses_members(service):
    body = {"name": "x_dynamic", "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    number = service.post(LISTS, body).json["list"]["listId"]
    assert service.put(f"{LISTS}/{number}/memberships/add", ["101"]).status == 400


@pytest.mark.behaviour("list search: count up to 500, offset up to 10,000", "OpenAPI Lists, search")
def test_lists_are_searched_by_name(service):
    make_list(service)
    make_list(service, "other")
    found = service.post(f"{LISTS}/search", {"query": "CHAMP"}).json
    assert [one["name"] for one in found["lists"]] == ["x_champions"]
    assert (found["total"], found["hasMore"]) == (1, False)
    assert service.post(f"{LISTS}/search", {"count": 501}).status == 400
    assert service.post(f"{LISTS}/search", {"offset": 10_001}).status == 400


@pytest.mark.behaviour("the lists of a record", "HubSpot 'Retrieve lists', records/memberships/batch/read")
def test_the_lists_of_a_record_are_known(service):
    number = make_list(service)
    service.put(f"{LISTS}/{number}/memberships/add", ["101"])
    body = {"inputs": [{"objectTypeId": "0-1", "recordId": id} for id in ("101", "102")]}
    rows = service.post(f"{LISTS}/records/memberships/batch/read", body).json["results"]
    assert [[one["listId"] for one in row["recordListMemberships"]] for row in rows] == [[number], []]
    assert service.get(f"{LISTS}/records/0-1/101/memberships").json["results"][0]["listId"] == number


def test_a_merge_moves_memberships(service):
    path = f"{LISTS}/{make_list(service)}/memberships"
    service.put(f"{path}/add", ["102"])
    merge = {"primaryObjectId": "101", "objectIdToMerge": "102"}
    survivor = service.post("/crm/v3/objects/contacts/merge", merge).json["id"]
    assert [row["recordId"] for row in service.get(path).json["results"]] == [survivor]


def test_a_deleted_list_is_gone(service):
    number = make_list(service)
    assert (
        service.call("PUT", f"{LISTS}/{number}/update-list-name?listName=y").json["updatedList"]["name"]
        == "y"
    )
    assert service.call("DELETE", f"{LISTS}/{number}").status == 204
    assert service.get(f"{LISTS}/{number}").status == 404
