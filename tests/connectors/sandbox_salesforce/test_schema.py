"""Objects and fields: what describe tells, what an org may lack, what field security hides."""

from __future__ import annotations

import pytest

from consentric_sandbox.salesforce.shipped_objects import FEATURES
from consentric_sandbox.salesforce.state import SalesforceState

from .conftest import START


def described(service, entity="Contact"):
    return {one["name"]: one for one in service.get(f"/sobjects/{entity}/describe").json["fields"]}


@pytest.mark.behaviour(
    "describe tells fields with their types and rights", "'sObject Describe', REST API guide"
)
def test_describe_tells_fields(service):
    fields = described(service)
    told = ("type", "soapType", "length", "custom", "createable", "updateable", "nillable", "referenceTo")
    rows = {
        "Id": ("id", "tns:ID", 18, False, False, False, False, []),
        "LastName": ("string", "xsd:string", 80, False, True, True, False, []),
        "AccountId": ("reference", "tns:ID", 18, False, True, True, True, ["Account"]),
        "DoNotCall": ("boolean", "xsd:boolean", 0, False, True, True, False, []),
        "SystemModstamp": ("datetime", "xsd:dateTime", 0, False, False, False, True, []),
        "Segment__c": ("string", "xsd:string", 20, True, True, True, True, []),
    }
    for name, row in rows.items():
        assert tuple(fields[name][one] for one in told) == row, name
    assert fields["AccountId"]["relationshipName"] == "Account"
    assert fields["Loyalty__c"]["externalId"] is True
    assert fields["Description"]["filterable"] is False
    service.state.add_field("Contact", "Note__c", help="ours")
    assert [described(service)[name]["inlineHelpText"] for name in ("Note__c", "Email")] == ["ours", None]
    assert [one["value"] for one in fields["Tags__c"]["picklistValues"]] == ["champions", "lost", "new"]


@pytest.mark.behaviour("every object of the contract is there", "crm-apis 1.B, 1.C")
def test_every_object_is_listed_with_its_prefix(service):
    told = service.get("/sobjects").json
    prefixes = {one["name"]: one["keyPrefix"] for one in told["sobjects"]}
    known = {
        "Account": "001", "Contact": "003", "Lead": "00Q", "Opportunity": "006", "Order": "801",
        "OpportunityContactRole": "00K", "Task": "00T", "Event": "00U", "EmailMessage": "02s",
        "Campaign": "701", "CampaignMember": "00v", "Individual": "0PK", "Organization": "00D",
    }  # fmt: skip
    assert known.items() <= prefixes.items()
    assert {"ContactPointTypeConsent", "CommSubscriptionConsent", "DataUsePurpose"} <= prefixes.keys()
    assert len(set(prefixes.values())) == len(prefixes)
    assert told["maxBatchSize"] == 200
    one = service.get("/sobjects/contact").json["objectDescribe"]
    assert (one["name"], one["keyPrefix"]) == ("Contact", "003")


@pytest.mark.behaviour(
    "an org without privacy settings has no Individual", "crm-apis 1.C; Individual, API 42+"
)
def test_an_org_may_lack_individual(service):
    assert "IndividualId" in described(service)
    service.state.set_feature("individuals", is_on=False)
    for entity in ("Individual", "ContactPointTypeConsent", "CommSubscriptionConsent", "DataUsePurpose"):
        assert service.get(f"/sobjects/{entity}/describe").code == "NOT_FOUND"
        assert service.query(f"SELECT Id FROM {entity}").code == "INVALID_TYPE"
    assert "IndividualId" not in described(service)
    assert service.query("SELECT IndividualId FROM Contact").code == "INVALID_FIELD"


@pytest.mark.behaviour("field security hides fields everywhere", "crm-apis 1.B, intersect with describe()")
def test_a_hidden_field_does_not_exist(service):
    service.state.hide_field("Contact", "Segment__c")
    assert "Segment__c" not in described(service)
    assert service.query("SELECT Segment__c FROM Contact").code == "INVALID_FIELD"
    assert "Segment__c" not in service.get(f"/sobjects/Contact/{service.ids['ada']}").json
    outcome = service.update({"id": service.ids["ada"], "Segment__c": "x"}).json[0]
    assert outcome["errors"][0]["message"] == "No such column 'Segment__c' on sobject of type Contact"
    service.state.show_all()
    assert "Segment__c" in described(service)


@pytest.mark.behaviour("a field may be read-only for the user", "'Field-Level Security'")
def test_a_protected_field_is_read_but_not_written(service):
    service.state.protect_field("Contact", "Segment__c")
    assert described(service)["Segment__c"]["updateable"] is False
    outcome = service.update({"id": service.ids["ada"], "Segment__c": "x"}).json[0]
    assert outcome["errors"][0]["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert outcome["errors"][0]["fields"] == ["Segment__c"]


@pytest.mark.behaviour("an object without permission does not exist", "'Object Permissions'")
def test_a_hidden_object_does_not_exist(service):
    service.state.hide_object("Task")
    assert service.query("SELECT Id FROM Task").code == "INVALID_TYPE"
    assert service.get("/sobjects/Task/describe").status == 404


@pytest.mark.behaviour("currencies and person accounts are features", "crm-apis 1.B")
def test_features_bring_their_fields(service):
    assert "CurrencyIsoCode" not in described(service, "Opportunity")
    assert "PersonEmail" not in described(service, "Account")
    for feature in FEATURES:
        service.state.set_feature(feature, is_on=True)
    assert "CurrencyIsoCode" in described(service, "Opportunity")
    assert "MailingCountryCode" in described(service)
    account, contact = service.state.add_person_account(
        {"FirstName": "Pia", "LastName": "Roth", "Email": "pia@example.com", "HasOptedOutOfEmail": True},
        created_at=START,
    )
    soql = (
        "SELECT Name, IsPersonAccount, PersonContactId, PersonEmail, PersonHasOptedOutOfEmail FROM Account"
        f" WHERE Id = '{account}'"
    )
    row = service.query(soql).json["records"][0]
    assert list(row.values())[1:] == ["Pia Roth", True, contact, "pia@example.com", True]
    row = service.query(f"SELECT AccountId, IsPersonAccount FROM Contact WHERE Id = '{contact}'").json
    assert (row["records"][0]["AccountId"], row["records"][0]["IsPersonAccount"]) == (account, True)


def test_the_builder_refuses_what_no_org_has():
    state = SalesforceState()
    for fields in ({"Shoe": 1}, {"Id": "003"}, {"Name": "x"}, {"CreatedDate": START}):
        with pytest.raises(ValueError, match="no field named"):
            state.add_contact(fields, created_at=START)
    with pytest.raises(ValueError, match="no place in a record"):
        state.add_contact({"LastName": ["x"]}, created_at=START)
    with pytest.raises(ValueError, match="ends in __c"):
        state.add_field("Contact", "Segment")
    with pytest.raises(ValueError, match="exists"):
        state.add_field("Contact", "X__c") or state.add_field("Contact", "x__c")
    with pytest.raises(ValueError, match="no feature named"):
        state.set_feature("sharing", is_on=True)
    with pytest.raises(ValueError, match="no field named"):
        state.hide_field("Contact", "Shoe")


def test_the_builder_is_quick():
    state = SalesforceState()
    for number in range(20_000):
        state.add_contact({"LastName": "L", "Email": f"{number}@example.com"}, created_at=START)
    assert len(state.tables["Contact"].rows) == 20_000
