"""Pages of `query` and `queryAll`, and what a record looks like."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .conftest import START

IN_ORDER = "SELECT Id FROM Contact ORDER BY SystemModstamp, Id"
SMALL = {"Sforce-Query-Options": "batchSize=200"}


@pytest.fixture
def many(service):
    """450 contacts, the three of the org among them; ids in the order they were made."""
    for number in range(447):
        service.state.add_contact({"LastName": f"M{number}"}, created_at=START + timedelta(seconds=number))
    return list(service.state.tables["Contact"].rows)


@pytest.mark.behaviour("a result comes in pages under a locator", "'Query', REST API guide")
def test_pages_follow_each_other_under_a_locator(service, many):
    first = service.query(IN_ORDER, headers=SMALL)
    assert (first.json["totalSize"], first.json["done"], len(first.ids)) == (450, False, 200)
    assert first.json["nextRecordsUrl"].startswith("/services/data/v64.0/query/01g")
    assert first.json["nextRecordsUrl"].endswith("-200")
    second = service.get(first.json["nextRecordsUrl"], headers=SMALL)
    third = service.get(second.json["nextRecordsUrl"], headers=SMALL)
    assert (third.json["done"], "nextRecordsUrl" in third.json, len(third.ids)) == (True, False, 50)
    assert first.ids + second.ids + third.ids == many


@pytest.mark.behaviour("a page has 2,000 records unless told otherwise", "'Query Options Header'")
def test_a_page_has_two_thousand_records(service):
    for number in range(1998):
        service.state.add_contact({"LastName": f"M{number}"}, created_at=START)
    page = service.query(IN_ORDER)
    assert (len(page.ids), page.json["totalSize"]) == (2000, 2001)
    assert len(service.get(page.json["nextRecordsUrl"]).ids) == 1


@pytest.mark.behaviour("batchSize goes from 200 to 2,000", "'Query Options Header'")
@pytest.mark.parametrize(("size", "status"), [("199", 400), ("200", 200), ("2000", 200), ("2001", 400)])
def test_a_batch_size_must_fit(service, size, status):
    reply = service.query(IN_ORDER, headers={"Sforce-Query-Options": f"batchSize={size}"})
    assert reply.status == status


@pytest.mark.behaviour("an unknown locator is INVALID_QUERY_LOCATOR", "'queryMore()', SOAP API guide")
@pytest.mark.parametrize("locator", ["01gTn0000000009ZZZ-200", "01g", "x-1"])
def test_an_unknown_locator_is_refused(service, locator):
    assert service.get(f"/query/{locator}").code == "INVALID_QUERY_LOCATOR"


@pytest.mark.behaviour("a locator ends where its result ends", "'queryMore()', SOAP API guide")
def test_a_locator_past_the_end_is_refused(service, many):
    url = service.query(IN_ORDER, headers=SMALL).json["nextRecordsUrl"]
    start = url.rpartition("-")[0]
    assert [service.get(f"{start}-{place}").status for place in ("449", "450", "-1", "x")] == [
        200, 400, 400, 400,
    ]  # fmt: skip


@pytest.mark.behaviour("a user holds ten query cursors", "'API Query Cursor Limits'")
def test_the_eleventh_cursor_ends_the_first(service, many):
    urls = [service.query(IN_ORDER, headers=SMALL).json["nextRecordsUrl"] for _ in range(11)]
    assert [service.get(url).status for url in urls] == [400] + [200] * 10


@pytest.mark.behaviour("a session may end between two pages", "crm-apis 4; airbyte #74726")
def test_a_session_that_ends_mid_page_goes_on_with_a_new_token(service, many):
    first = service.query(IN_ORDER, headers=SMALL)
    service.clock.move(hours=2)
    assert service.get(first.json["nextRecordsUrl"]).code == "INVALID_SESSION_ID"
    service.login()
    assert service.get(first.json["nextRecordsUrl"]).ids == many[200:]


@pytest.mark.behaviour("queryAll pages under /query/ and keeps deleted rows", "'queryAll', REST API guide")
def test_query_all_pages_under_query_and_keeps_deleted_rows(service, many):
    service.delete(f"/sobjects/Contact/{many[0]}")
    assert service.query(IN_ORDER).json["totalSize"] == 449
    first = service.query("SELECT Id, IsDeleted FROM Contact ORDER BY Id", "/queryAll", headers=SMALL)
    assert first.json["totalSize"] == 450
    assert first.json["records"][0]["IsDeleted"] is True
    assert "/query/" in first.json["nextRecordsUrl"]
    assert len(service.get(first.json["nextRecordsUrl"]).ids) == 250


@pytest.mark.behaviour("archived tasks and events show in queryAll only", "'queryAll()', SOAP API guide")
def test_archived_activities_show_in_query_all_only(service):
    soql = "SELECT Id, IsArchived FROM Task"
    assert service.query(soql).ids == [service.ids["task"]]
    newest = f"{soql} ORDER BY Id DESC LIMIT 1"
    assert service.query(newest).ids == [service.ids["task"]]
    assert service.query(soql, "/queryAll").ids == [service.ids["task"], service.ids["old task"]]


@pytest.mark.behaviour("a record begins with its attributes", "crm-apis 1, samples")
def test_a_record_has_attributes_and_the_vendors_types(service):
    soql = (
        "SELECT id, name, account.NAME, HasOptedOutOfEmail, Birthdate, CreatedDate FROM contact"
        " WHERE Email = 'ada@example.com'"
    )
    ada, acme = service.ids["ada"], service.ids["acme"]
    assert service.query(soql).json["records"] == [
        {
            "attributes": {"type": "Contact", "url": f"/services/data/v64.0/sobjects/Contact/{ada}"},
            "Id": ada,
            "Name": "Ada Lang0",
            "Account": {
                "attributes": {"type": "Account", "url": f"/services/data/v64.0/sobjects/Account/{acme}"},
                "Name": "Acme",
            },
            "HasOptedOutOfEmail": False,
            "Birthdate": None,
            "CreatedDate": "2026-06-05T12:00:00.000+0000",
        }
    ]


@pytest.mark.behaviour("amounts are numbers, days are texts, stages mean something", "object reference")
def test_a_won_deal_and_its_role(service):
    soql = "SELECT Amount, CloseDate, IsWon, IsClosed FROM Opportunity"
    deal = service.query(soql).json["records"][0]
    assert [deal[name] for name in ("Amount", "CloseDate", "IsWon", "IsClosed")] == [
        99.5, "2026-06-01", True, True,
    ]  # fmt: skip
    soql = "SELECT ContactId, Opportunity.CloseDate, IsPrimary FROM OpportunityContactRole"
    role = service.query(soql).json["records"][0]
    assert (role["ContactId"], role["Opportunity"]["CloseDate"]) == (service.ids["ada"], "2026-06-01")


@pytest.mark.behaviour("a missing parent is null", "'Relationship Queries', SOQL reference")
def test_a_missing_parent_is_null(service):
    service.state.add_contact({"LastName": "Alone"}, created_at=START)
    found = service.query("SELECT Account.Name FROM Contact WHERE LastName = 'Alone'").json["records"]
    assert found[0]["Account"] is None


@pytest.mark.behaviour("a compound address is an object", "'Compound Fields', object reference")
def test_an_address_is_an_object(service):
    service.state.add_contact({"LastName": "Ulm", "MailingCity": "Ulm"}, created_at=START)
    found = service.query("SELECT MailingAddress FROM Contact WHERE LastName = 'Ulm'").json["records"]
    assert found[0]["MailingAddress"]["city"] == "Ulm"


@pytest.mark.behaviour("COUNT() gives the number alone", "'COUNT()', SOQL reference")
def test_count_gives_no_records(service):
    counted = service.query("SELECT COUNT() FROM Contact").json
    assert counted == {"totalSize": 3, "done": True, "records": []}


@pytest.mark.behaviour("a converted lead's opt-out and a member's status are read through", "CampaignMember")
def test_a_member_shows_what_its_person_refused(service):
    service.state.tables["Contact"].rows[service.ids["ada"]].values["HasOptedOutOfEmail"] = True
    soql = "SELECT LeadOrContactId, HasOptedOutOfEmail, HasResponded FROM CampaignMember ORDER BY ContactId"
    rows = service.query(soql).json["records"]
    assert [(row["LeadOrContactId"], row["HasOptedOutOfEmail"], row["HasResponded"]) for row in rows] == [
        (service.ids["lee"], False, False),
        (service.ids["ada"], True, False),
    ]


@pytest.mark.behaviour("the org names itself", "Organization, object reference")
def test_the_org_names_itself(service):
    row = service.query("SELECT Id, Name, IsSandbox FROM Organization LIMIT 1").json["records"][0]
    assert (row["Id"], row["IsSandbox"]) == ("00DTn0000000001MAA", False)
