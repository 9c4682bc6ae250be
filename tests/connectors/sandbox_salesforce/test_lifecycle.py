"""What people do inside the org: merges, conversions, the recycle bin."""

from __future__ import annotations

import pytest

from consentric_sandbox.salesforce import lifecycle

ALL = "/queryAll"


def masters(service, entity="Contact"):
    """Deleted records and who they were merged into, as queryAll shows them."""
    soql = f"SELECT Id, MasterRecordId FROM {entity} WHERE IsDeleted = true ORDER BY Id"
    return {row["Id"]: row["MasterRecordId"] for row in service.query(soql, ALL).json["records"]}


def links(service, entity, field):
    records = service.query(f"SELECT {field}, SystemModstamp FROM {entity} ORDER BY Id").json["records"]
    return [(row[field], row["SystemModstamp"][11:16]) for row in records]


@pytest.mark.behaviour(
    "a merged loser names its master, in queryAll only", "crm-apis 1.F; fivetran dbt_hubspot"
)
def test_a_loser_names_its_master(service):
    ada, bob, cyd = (service.ids[name] for name in ("ada", "bob", "cyd"))
    service.clock.move(hours=1)
    lifecycle.merge(service.state, "Contact", bob, [ada, cyd], at=service.clock())
    assert masters(service) == {ada: bob, cyd: bob}
    assert service.query("SELECT Id FROM Contact").ids == [bob]
    outcome = service.update({"id": ada, "Segment__c": "x"}).json[0]
    assert outcome["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"
    winner = service.get(f"/sobjects/Contact/{bob}").json
    assert winner["SystemModstamp"] == "2026-06-15T13:00:00.000+0000"


@pytest.mark.behaviour("children of a loser hang on the winner", "crm-apis 1.F, 'Merging Records'")
def test_children_hang_on_the_winner(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    service.clock.move(hours=1)
    lifecycle.merge(service.state, "Contact", bob, [ada], at=service.clock())
    for entity, field in (
        ("OpportunityContactRole", "ContactId"),
        ("Order", "BillToContactId"),
        ("Task", "WhoId"),
    ):
        assert links(service, entity, field) == [(bob, "13:00")]
    assert links(service, "CampaignMember", "ContactId") == [(bob, "13:00"), (None, "12:00")]
    row = service.query("SELECT LastModifiedDate FROM Task").json["records"][0]
    assert row["LastModifiedDate"] == "2026-06-05T12:00:00.000+0000"


@pytest.mark.behaviour(
    "of two memberships that meet the winner's stays", "'Merging Records', campaign history"
)
def test_of_two_memberships_one_stays(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    service.state.add_member(service.ids["spring"], bob, created_at=service.clock())
    lifecycle.merge(service.state, "Contact", bob, [ada], at=service.clock())
    assert [id for id, _ in links(service, "CampaignMember", "ContactId")] == [None, bob]


@pytest.mark.behaviour("merges make chains", "crm-apis 1.F, chains of MasterRecordId")
def test_merges_make_chains(service):
    ada, bob, cyd = (service.ids[name] for name in ("ada", "bob", "cyd"))
    lifecycle.merge(service.state, "Contact", bob, [ada], at=service.clock())
    lifecycle.merge(service.state, "Contact", cyd, [bob], at=service.clock())
    assert masters(service) == {ada: bob, bob: cyd}
    with pytest.raises(ValueError, match="does not live"):
        lifecycle.merge(service.state, "Contact", ada, [cyd], at=service.clock())
    with pytest.raises(ValueError, match="at most three"):
        lifecycle.merge(service.state, "Contact", cyd, [ada, bob, ada], at=service.clock())


@pytest.mark.behaviour("a converted lead names its contact", "'Converting Leads'; crm-apis 1.F")
def test_a_converted_lead_names_its_contact(service):
    lee = service.ids["lee"]
    service.state.add_task({"WhoId": lee, "Subject": "x"}, created_at=service.clock())
    contact = lifecycle.convert(service.state, lee, at=service.clock())
    soql = "SELECT IsConverted, ConvertedContactId, ConvertedAccountId, ConvertedDate, Status FROM Lead"
    row = service.query(soql).json["records"][0]
    assert (row["IsConverted"], row["ConvertedContactId"], row["ConvertedDate"]) == (
        True, contact, "2026-06-15",
    )  # fmt: skip
    made = service.get(f"/sobjects/Contact/{contact}").json
    assert (made["Email"], made["AccountId"]) == ("lee@example.com", row["ConvertedAccountId"])
    assert service.query(f"SELECT Id FROM Task WHERE WhoId = '{contact}'").json["totalSize"] == 1
    soql = f"SELECT LeadId, LeadOrContactId FROM CampaignMember WHERE ContactId = '{contact}'"
    member = service.query(soql).json["records"][0]
    assert (member["LeadId"], member["LeadOrContactId"]) == (lee, contact)
    with pytest.raises(ValueError, match="is converted"):
        lifecycle.convert(service.state, lee, at=service.clock())


@pytest.mark.behaviour("a lead may be converted into a known contact", "'Converting Leads'")
def test_a_lead_is_converted_into_a_known_contact(service):
    ada = service.ids["ada"]
    assert lifecycle.convert(service.state, service.ids["lee"], at=service.clock(), contact=ada) == ada
    row = service.query("SELECT ConvertedContactId, ConvertedAccountId FROM Lead").json["records"][0]
    assert (row["ConvertedContactId"], row["ConvertedAccountId"]) == (ada, service.ids["acme"])
    assert service.query("SELECT COUNT() FROM CampaignMember").json["totalSize"] == 1


@pytest.mark.behaviour("the recycle bin keeps records for fifteen days", "'Recycle Bin' help page")
def test_the_bin_keeps_records_for_fifteen_days(service):
    ada = service.ids["ada"]
    lifecycle.delete(service.state, "Contact", ada, at=service.clock())
    service.clock.move(days=15)
    service.login()
    assert masters(service) == {ada: None}
    service.clock.move(hours=1)
    assert masters(service) == {}
    outcome = service.update({"id": ada, "Segment__c": "x"}).json[0]
    assert outcome["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"


@pytest.mark.behaviour("a deleted record can come back, a merged one cannot", "'undelete()', SOAP API guide")
def test_a_deleted_record_can_come_back(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    lifecycle.delete(service.state, "Contact", ada, at=service.clock())
    service.clock.move(minutes=1)
    lifecycle.undelete(service.state, "Contact", ada, at=service.clock())
    row = service.get(f"/sobjects/Contact/{ada}").json
    assert (row["IsDeleted"], row["SystemModstamp"]) == (False, "2026-06-15T12:01:00.000+0000")
    lifecycle.merge(service.state, "Contact", bob, [ada], at=service.clock())
    for id in (ada, bob):
        with pytest.raises(ValueError, match="recycle bin"):
            lifecycle.undelete(service.state, "Contact", id, at=service.clock())


@pytest.mark.behaviour("leads and individuals are merged too", "'merge()', SOAP API guide")
def test_leads_and_individuals_are_merged_too(service):
    state, at = service.state, service.clock()
    other = state.add_lead({"LastName": "Lee", "Company": "x"}, created_at=at)
    lifecycle.merge(state, "Lead", other, [service.ids["lee"]], at=at)
    assert masters(service, "Lead") == {service.ids["lee"]: other}
    one, two = (state.add("Individual", {"LastName": "I"}, created_at=at) for _ in range(2))
    person = state.add_contact({"LastName": "x", "IndividualId": one}, created_at=at)
    lifecycle.merge(state, "Individual", two, [one], at=at)
    assert service.get(f"/sobjects/Contact/{person}").json["IndividualId"] == two
