"""The vendor's community SDK, simple-salesforce 1.12.10, against the sandbox."""

from __future__ import annotations

import csv
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceOperationError,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from .conftest import START, key_pair


class ToSandbox(HTTPAdapter):
    """Sends what is meant for the vendor's login hosts to the sandbox."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def send(self, request, **options):
        request.url = self.base_url + request.url.removeprefix(f"https://{urlsplit(request.url).netloc}")
        return super().send(request, **options)


@pytest.fixture
def anywhere(service):
    service.session.mount("https://", ToSandbox(service.base_url))
    return service.session


@pytest.mark.behaviour("the SDK signs in by JWT", "simple-salesforce 1.12.10, login.py")
def test_the_sdk_signs_in_by_assertion(service, anywhere, time_machine_at_start):
    account = service.state.account
    sdk = Salesforce(
        username=account.username,
        consumer_key=account.consumer_key,
        privatekey=key_pair()[0],
        session=anywhere,
    )
    assert sdk.query("SELECT COUNT() FROM Contact")["totalSize"] == 3
    with (
        pytest.raises(SalesforceAuthenticationFailed) as refused,
        pytest.warns(UserWarning, match="approved"),
    ):
        Salesforce(
            username="x", consumer_key=account.consumer_key, privatekey=key_pair()[0], session=anywhere
        )
    assert refused.value.code == "invalid_grant"


@pytest.fixture
def time_machine_at_start():
    import time_machine

    with time_machine.travel(START, tick=False):
        yield


@pytest.mark.behaviour("the SDK signs in by client credentials", "simple-salesforce 1.12.10, login.py")
def test_the_sdk_signs_in_by_secret_and_again_when_a_session_ends(service, anywhere):
    account = service.state.account
    sdk = Salesforce(
        consumer_key=account.consumer_key,
        consumer_secret=account.consumer_secret,
        domain="acme.my",
        session=anywhere,
    )
    first = sdk.session_id
    service.clock.move(hours=3)
    assert sdk.query("SELECT Id FROM Lead")["totalSize"] == 1
    assert sdk.session_id != first


@pytest.mark.behaviour("the SDK reads all pages", "simple-salesforce 1.12.10, query_all_iter")
def test_the_sdk_reads_all_pages(service, sdk):
    for number in range(2100):
        service.state.add_contact({"LastName": f"M{number}"}, created_at=START)
    assert sum(1 for _ in sdk.query_all_iter("SELECT Id FROM Contact")) == 2103
    assert sdk.api_usage["api-usage"].total == 100_000
    deleted = sdk.query_all("SELECT Id FROM Task", include_deleted=True)
    assert deleted["totalSize"] == 2


@pytest.mark.behaviour("the SDK describes, reads, changes and deletes", "simple-salesforce 1.12.10, SFType")
def test_the_sdk_works_on_one_record(service, sdk):
    ada = service.ids["ada"]
    names = [one["name"] for one in sdk.Contact.describe()["fields"]]
    assert {"Id", "Email", "Segment__c"} <= set(names)
    assert sdk.Contact.get(ada)["Email"] == "ada@example.com"
    assert sdk.Contact.get_by_custom_id("Loyalty__c", "L1")["Id"] == service.ids["bob"]
    assert sdk.Contact.update(ada, {"Segment__c": "x"}) == 204
    assert sdk.Contact.create({"LastName": "New"})["success"] is True
    assert sdk.Contact.upsert("Loyalty__c/L0", {"Segment__c": "y"}) == 200
    assert sdk.Contact.delete(ada) == 204
    service.clock.move(minutes=10)
    span = (START - timedelta(hours=1), START + timedelta(minutes=5))
    assert [one["id"] for one in sdk.Contact.deleted(*span)["deletedRecords"]] == [ada]
    assert len(sdk.Contact.updated(*span)["ids"]) == 1
    assert sdk.is_sandbox() is False


@pytest.mark.behaviour("the SDK sends collections by restful", "crm-apis 1.D, sf.restful")
def test_the_sdk_sends_collections(service, sdk):
    rows = [{"attributes": {"type": "Contact"}, "id": service.ids["ada"], "Segment__c": "x"}]
    body = {"allOrNone": False, "records": rows}
    outcome = sdk.restful("composite/sobjects", method="PATCH", json=body)
    assert outcome == [{"id": service.ids["ada"], "success": True, "errors": []}]
    ids = {"ids": service.ids["ada"]}
    assert sdk.restful("composite/sobjects", params=ids, method="DELETE")[0]["success"] is True


@pytest.mark.behaviour("the SDK queries and changes by bulk2", "simple-salesforce 1.12.10, bulk2.py")
def test_the_sdk_works_by_bulk_jobs(service, sdk):
    soql = "SELECT Id, Email FROM Contact ORDER BY Email"
    pages = list(sdk.bulk2.Contact.query(soql, max_records=2, wait=0))
    assert [len(list(csv.reader(page.splitlines()))) for page in pages] == [3, 2]
    rows = [{"Id": service.ids["ada"], "Segment__c": "x"}, {"Id": "003", "Segment__c": "x"}]
    job = sdk.bulk2.Contact.update(records=rows, wait=0)[0]
    assert (job["numberRecordsFailed"], job["numberRecordsProcessed"]) == (1, 2)
    results = sdk.bulk2.Contact.get_all_ingest_records(job["job_id"])
    assert [len(results[name]) for name in ("successfulRecords", "failedRecords", "unprocessedRecords")] == [
        1, 1, 0,
    ]  # fmt: skip
    service.org.faults.add("job-failed", endpoint="bulk_query.create")
    with pytest.raises(SalesforceOperationError):
        list(sdk.bulk2.Contact.query(soql, wait=0))


@pytest.mark.behaviour("the SDK's exceptions", "simple-salesforce 1.12.10, util.exception_handler")
def test_the_sdk_raises_by_status(service, sdk):
    with pytest.raises(SalesforceMalformedRequest) as malformed:
        sdk.query("SELECT Shoe FROM Contact")
    assert malformed.value.content[0]["errorCode"] == "INVALID_FIELD"
    with pytest.raises(SalesforceResourceNotFound):
        sdk.Individuals.describe()
    service.org.faults.add("403-limit", endpoint="limits", nth=1)
    with pytest.raises(SalesforceRefusedRequest):
        sdk.limits()
    service.org.faults.add("503", endpoint="limits", nth=1, times=1)
    service.org.faults.faults[-1].seen = 0
    with pytest.raises(SalesforceGeneralError):
        sdk.limits()
    service.clock.move(hours=2)
    with pytest.raises((SalesforceExpiredSession, RuntimeError)):
        sdk.limits()
