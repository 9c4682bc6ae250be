"""Search: operators, order, pages that lie, the ceiling and the index that lags."""

from __future__ import annotations

from datetime import timedelta

import pytest

PATH = "/crm/objects/2026-09/contacts/search"
UPDATE = "/crm/objects/2026-09/contacts/batch/update"


def filters(*conditions, **more):
    rows = []
    for name, operator, *value in conditions:
        row = {"propertyName": name, "operator": operator}
        if value and isinstance(value[0], list):
            row["values"] = value[0]
        elif value:
            row["value"] = value[0]
            if len(value) > 1:
                row["highValue"] = value[1]
        rows.append(row)
    return {"filterGroups": [{"filters": rows}], **more}


def add(service, count):
    for number in range(count):
        service.state.add_contact(
            {"email": f"n{number}@example.com"}, created_at=service.clocks.now + timedelta(seconds=number)
        )


@pytest.mark.behaviour("operators of search", "HubSpot 'Search the CRM', filter operators")
@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (("firstname", "EQ", "ADA"), ["101"]),
        (("firstname", "NEQ", "Ada"), ["102", "103"]),
        (("firstname", "IN", ["ada", "cyd"]), ["101", "103"]),
        (("firstname", "NOT_IN", ["ada"]), ["102", "103"]),
        (("x_rfm", "HAS_PROPERTY"), ["103"]),
        (("x_rfm", "NOT_HAS_PROPERTY"), ["101", "102"]),
        (("email", "CONTAINS_TOKEN", "b*"), ["102"]),
        (("email", "NOT_CONTAINS_TOKEN", "example.com"), []),
        (("createdate", "GTE", "1780660860000"), ["102", "103"]),
        (("createdate", "GT", "1780660860000"), ["103"]),
        (("createdate", "LT", "2026-06-05T12:01:00Z"), ["101"]),
        (("createdate", "LTE", "1780660860000"), ["101", "102"]),
        (("createdate", "BETWEEN", "1780660800000", "1780660860000"), ["101", "102"]),
        (("x_rfm", "IN", ["lost"]), ["103"]),
    ],
)
def test_operators(service, condition, ids):
    service.state.objects["contacts"].live[103].properties["x_rfm"] = "champions;lost"
    assert service.post(PATH, filters(condition)).ids == ids


@pytest.mark.behaviour("filters of a group are and, groups are or", "HubSpot 'Search the CRM', filterGroups")
def test_groups_are_alternatives(service):
    body = {
        "filterGroups": [
            {"filters": [{"propertyName": "firstname", "operator": "EQ", "value": "ada"}]},
            {
                "filters": [
                    {"propertyName": "firstname", "operator": "EQ", "value": "bob"},
                    {"propertyName": "email", "operator": "EQ", "value": "nobody@example.com"},
                ]
            },
        ]
    }
    reply = service.post(PATH, body)
    assert (reply.ids, reply.json["total"]) == (["101"], 1)


@pytest.mark.behaviour("increments sort by modification time", "HubSpot 'Search the CRM', sorts")
def test_the_increment_comes_in_the_order_of_change(service):
    service.clocks.move(60)
    service.post(UPDATE, {"inputs": [{"id": "101", "properties": {"city": "Ulm"}}]})
    sort = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
    since = "1780660860000"
    assert service.post(PATH, filters(("lastmodifieddate", "GTE", since), sorts=sort)).ids == [
        "102",
        "103",
        "101",
    ]
    sort[0]["direction"] = "DESCENDING"
    assert service.post(PATH, filters(("lastmodifieddate", "GTE", since), sorts=sort)).ids == [
        "101",
        "103",
        "102",
    ]


@pytest.mark.behaviour("hs_object_id is compared as text", "airbyte test_crm_search_pagination_boundaries.py")
def test_record_numbers_sort_as_texts(service):
    service.state.add_contact({"email": "old@example.com"}, created_at=service.clocks.now, id=99)
    service.state.add_contact({"email": "new@example.com"}, created_at=service.clocks.now, id=1000)
    sort = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    assert service.post(PATH, {"sorts": sort}).ids == ["1000", "101", "102", "103", "99"]
    body = filters(("hs_object_id", "GT", "1000"), sorts=sort)
    assert service.post(PATH, body).ids == ["101", "102", "103", "99"]


@pytest.mark.behaviour("search pages hold at most 200", "HubSpot 'Search the CRM', limits")
def test_a_search_page_of_201_is_refused(service):
    assert service.post(PATH, {"limit": 200}).status == 200
    assert service.post(PATH, {"limit": 201}).status == 400


@pytest.mark.behaviour("a search ends at 10,000 results", "HubSpot 'Search the CRM', limits; F05")
def test_the_ten_thousandth_result_is_the_last(service):
    service.portal.limiter.lift()
    add(service, 10_200)
    reply = service.post(PATH, {"limit": 200, "after": "9800"})
    assert (reply.json["total"], len(reply.json["results"]), reply.after) == (10_203, 200, "10000")
    assert service.post(PATH, {"limit": 200, "after": "10000"}).status == 400
    assert service.post(PATH, {"limit": 100, "after": "9901"}).status == 400


@pytest.mark.behaviour("5 groups, 6 filters each, 18 in all, one sort", "HubSpot 'Search the CRM', limits")
def test_too_many_filters_or_sorts_are_refused(service):
    one = {"propertyName": "city", "operator": "HAS_PROPERTY"}

    def status(*sizes, **more):
        service.clocks.move(1)
        body = {"filterGroups": [{"filters": [one] * size} for size in sizes], **more}
        return service.post(PATH, body).status

    assert status(6, 6, 6) == 200
    assert status(7) == 400
    assert status(6, 6, 6, 1) == 400
    assert status(1, 1, 1, 1, 1) == 200
    assert status(1, 1, 1, 1, 1, 1) == 400
    assert status(1, sorts=["email", "city"]) == 400
    assert status(1, query="x" * 3001) == 400


@pytest.mark.behaviour("a search knows its fields and properties", "HubSpot 'Search the CRM'")
def test_unknown_fields_properties_and_operators_are_refused(service):
    assert service.post(PATH, {"archived": True}).status == 400
    assert service.post(PATH, filters(("no_such", "EQ", "1"))).status == 400
    assert service.post(PATH, filters(("email", "LIKE", "a"))).status == 400
    assert service.post(PATH, filters(("createdate", "GTE", "yesterday"))).status == 400


@pytest.mark.behaviour("search never shows archived records", "HubSpot 'Search the CRM'")
def test_archived_records_are_not_found(service):
    service.call("DELETE", "/crm/objects/2026-09/contacts/102")
    assert service.post(PATH, {}).ids == ["101", "103"]


@pytest.mark.behaviour("a short page may go on", "airbyte test_crm_search_pagination_boundaries.py")
def test_short_and_empty_pages_carry_a_cursor_and_lose_nothing(service):
    service.portal.faults.add("short-page", nth=1, args={"size": 1})
    service.portal.faults.add("empty-page", nth=2)
    first = service.post(PATH, {"limit": 2})
    assert (first.ids, first.after) == (["101"], "1")
    second = service.post(PATH, {"limit": 2, "after": first.after})
    assert (second.ids, second.after) == ([], "01")
    third = service.post(PATH, {"limit": 2, "after": second.after})
    assert (third.ids, third.after) == (["102", "103"], None)


@pytest.mark.behaviour("the index lags behind writes", "HubSpot 'Search the CRM': a few moments; F06")
def test_a_lagging_index_shows_old_values_until_its_time(service):
    service.portal.index.lag = timedelta(seconds=20)
    service.post(UPDATE, {"inputs": [{"id": "101", "properties": {"city": "Ulm"}}]})
    service.post("/crm/objects/2026-09/contacts", {"properties": {"email": "dan@example.com"}})
    assert service.post(PATH, filters(("city", "EQ", "Ulm"))).ids == []
    assert service.post(PATH, {}).ids == ["101", "102", "103"]
    assert (
        service.get("/crm/objects/2026-09/contacts/101?properties=city").json["properties"]["city"] == "Ulm"
    )
    service.clocks.move(20)
    assert service.post(PATH, filters(("city", "EQ", "Ulm"))).ids == ["101"]
    assert service.post(PATH, {}).ids == ["101", "102", "103", "106"]


def test_an_index_lag_may_last_for_some_requests(service):
    service.portal.faults.add("index-lag", endpoint="contacts.batch_update", args={"requests": 2})
    service.post(UPDATE, {"inputs": [{"id": "101", "properties": {"city": "Ulm"}}]})
    found = [service.post(PATH, filters(("city", "EQ", "Ulm"))).ids for _ in range(3)]
    assert found == [[], [], ["101"]]


def test_a_page_found_again_sees_what_was_written_between(service):
    first = service.post(PATH, {"limit": 2})
    service.call("DELETE", "/crm/objects/2026-09/contacts/101")
    assert first.ids == ["101", "102"]
    assert service.post(PATH, {"limit": 2}).ids == ["102", "103"]


def test_text_is_searched_in_names_and_addresses(service):
    assert service.post(PATH, {"query": "BOB"}).ids == ["102"]
