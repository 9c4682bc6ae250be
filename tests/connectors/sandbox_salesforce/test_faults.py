"""The fault script: what each kind does to a request, and to the org."""

from __future__ import annotations

import json

import pytest
import requests

from consentric_sandbox.faults import FaultScript
from consentric_sandbox.salesforce.org import FAULT_FILE, FAULTS, Org

from .test_bulk import CLOSE, SOQL, ask, done, ingest, outcome


def fault(service, kind, **match):
    return service.org.faults.add(kind, **match)


def change(service, **options):
    """Labels ada and bob in one request."""
    rows = [
        {"attributes": {"type": "Contact"}, "id": service.ids[name], "Segment__c": "x"}
        for name in ("ada", "bob")
    ]
    return service.patch("/composite/sobjects", {"records": rows}, **options)


@pytest.mark.parametrize(
    ("kind", "status", "applied"),
    [
        ("429-no-hint", 429, 0),
        ("500", 500, 0),
        ("502-html", 502, 0),
        ("503", 503, 0),
        ("html-page", 200, 0),
        ("401-expired", 401, 0),
        ("401-for-good", 401, 0),
        ("403-limit", 403, 0),
        ("403-scope-lost", 403, 0),
        ("200-no-op", 200, 0),
        ("207-partial", 200, 1),
        ("lock-row", 200, 1),
        ("latency", 200, 2),
    ],
)
def test_a_fault_gives_its_status_and_applies_or_not(service, kind, status, applied):
    fault(service, kind, endpoint="collections.update", nth=1, args={"seconds": 0})
    assert change(service).status == status
    assert service.segments().count("x") == applied


@pytest.mark.parametrize(
    ("kind", "applied"), [("reset-before-apply", 0), ("reset-after-apply", 2), ("truncated-body", 2)]
)
def test_a_broken_connection_applies_before_or_after(service, kind, applied):
    fault(service, kind, endpoint="collections.update")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        change(service)
    assert service.segments().count("x") == applied


def test_an_answer_may_come_too_late_or_broken(service):
    fault(service, "timeout-after-apply", endpoint="collections.update", nth=1)
    with pytest.raises(requests.ReadTimeout):
        change(service, timeout=0.2)
    assert service.segments().count("x") == 2
    fault(service, "invalid-json", endpoint="limits", nth=1)
    with pytest.raises(json.JSONDecodeError):
        service.get("/limits")


@pytest.mark.behaviour("two flavours of REQUEST_LIMIT_EXCEEDED", "crm-apis 1.D, 1.E")
def test_both_flavours_of_the_request_limit(service):
    fault(service, "403-limit", nth=1)
    fault(service, "403-limit", nth=2, args={"limit": "daily"})
    slow, spent = service.get("/limits").json[0], service.get("/limits").json[0]
    assert slow["errorCode"] == spent["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert slow["message"] == "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    assert spent["message"] == "TotalRequests Limit exceeded."
    assert service.get("/limits").status == 200


@pytest.mark.behaviour("a row is locked once, then written", "declarative-lookup-rollup-summaries #450")
def test_a_locked_row_is_written_the_second_time(service):
    fault(service, "lock-row", endpoint="collections.update", nth=1, args={"rows": [1]})
    first = change(service).json
    assert [row["success"] for row in first] == [True, False]
    assert first[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert first[1]["errors"][0]["message"].startswith("unable to obtain exclusive access to this record")
    assert [row["success"] for row in change(service).json] == [True, True]
    fault(service, "lock-row", endpoint="Contact.update", nth=1)
    single = service.patch(f"/sobjects/Contact/{service.ids['ada']}", {"Segment__c": "y"})
    assert (single.status, single.code) == (400, "UNABLE_TO_LOCK_ROW")
    assert service.segments() == ["x", "x", None]


def test_rows_of_a_bulk_job_are_locked(service):
    fault(service, "lock-row", endpoint="bulk_ingest.close", args={"rows": [0]})
    ada, bob = service.ids["ada"], service.ids["bob"]
    succeeded, failed, _ = outcome(service, ingest(service, f"Id,Segment__c\n{ada},x\n{bob},x\n"))
    assert [row[0] for row in succeeded] == [bob]
    assert failed[0][1].startswith("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access")


def test_a_session_ends_under_the_client(service):
    fault(service, "401-expired", nth=1)
    assert [service.get("/limits").status for _ in range(2)] == [401, 401]
    service.login()
    assert service.get("/limits").status == 200
    fault(service, "401-for-good", endpoint="limits", nth=1)
    assert service.get("/limits").status == 401
    service.login()
    assert service.get("/limits").code == "INVALID_SESSION_ID"
    service.org.faults.clear()
    assert service.get("/limits").status == 200


def test_429_comes_with_seconds_or_a_date(service):
    fault(service, "429-seconds", nth=1, args={"seconds": 7})
    fault(service, "429-date", nth=2, args={"seconds": 60})
    assert service.get("/limits").headers["Retry-After"] == "7"
    assert service.get("/limits").headers["Retry-After"] == "Mon, 15 Jun 2026 12:01:00 GMT"


def test_a_record_is_merged_under_the_client(service):
    ada = service.ids["ada"]
    fault(service, "404-merged-id", endpoint="collections.update", nth=1)
    outcome = service.update({"id": ada, "Segment__c": "x"}, {"id": service.ids["bob"], "Segment__c": "x"})
    assert [row["success"] for row in outcome.json] == [False, True]
    assert outcome.json[0]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"
    winner = service.state.tables["Contact"].rows[ada].values["MasterRecordId"]
    assert [(line["kind"], line["ids"]) for line in service.log()] == [
        ("merge", [winner, ada]), ("label", [service.ids["bob"]]),
    ]  # fmt: skip
    fault(service, "404-merged-id", endpoint="Lead.get", nth=1)
    assert service.get(f"/sobjects/Lead/{service.ids['lee']}").status == 404
    fault(service, "404-merged-id", endpoint="limits", nth=1)
    assert service.get("/limits").status == 200


@pytest.mark.behaviour("a page may be shorter than asked", "'Query Options Header': no guarantee of the size")
def test_a_page_may_be_shorter_than_asked(service):
    fault(service, "short-page", endpoint="query.Contact", nth=1, args={"size": 1})
    fault(service, "short-page", endpoint="query_more.Contact", nth=1, args={"size": 1})
    first = service.query("SELECT Id FROM Contact")
    second = service.get(first.json["nextRecordsUrl"])
    third = service.get(second.json["nextRecordsUrl"])
    assert (len(first.ids), len(second.ids), len(third.ids), third.json["done"]) == (1, 1, 1, True)
    path = f"/jobs/query/{ask(service).json['id']}"
    done(service, path)
    fault(service, "short-page", endpoint="bulk_query.results", nth=1)
    short = service.get(f"{path}/results?maxRecords=2")
    assert (len(short.cells) - 1, short.headers["Sforce-Locator"]) == (1, "MQ")


@pytest.mark.behaviour("a bulk job may never end", "simple-salesforce #482; jsforce #298")
def test_a_job_may_be_stuck_or_slow(service):
    fault(service, "job-stuck", endpoint="bulk_query.create", nth=1)
    stuck, slow = ask(service).json["id"], ask(service).json["id"]
    service.clock.move(hours=1)
    assert [service.get(f"/jobs/query/{stuck}").json["state"] for _ in range(4)] == ["InProgress"] * 4
    assert service.get(f"/jobs/query/{slow}").json["state"] == "JobComplete"


def test_a_job_may_be_lost_with_or_without_its_rows(service):
    for applied in (False, True):
        args = {"applied": applied}
        fault(service, "job-lost", endpoint="bulk_ingest.close", nth=1, times=1, args=args)
        path = ingest(service, f"Id,Segment__c\n{service.ids['ada']},x\n")
        assert service.get(path).status == 404
        assert service.segments()[0] == ("x" if applied else None)
        service.org.faults.clear()
    fault(service, "job-lost", endpoint="bulk_query.create")
    assert service.get(f"/jobs/query/{ask(service).json['id']}").status == 404


@pytest.mark.behaviour("a failed job leaves rows unprocessed", "'Get Job Unprocessed Record Results'")
def test_a_failed_job_leaves_rows_unprocessed(service):
    fault(service, "job-failed", endpoint="bulk_ingest.close", args={"after": 1})
    ada, bob = service.ids["ada"], service.ids["bob"]
    path = ingest(service, f"Id,Segment__c\n{ada},x\n{bob},x\n")
    succeeded, failed, rest = outcome(service, path)
    assert ([row[0] for row in succeeded], failed, rest) == ([ada], [], [[bob, "x"]])
    assert service.get(path).json["state"] == "Failed"
    assert service.segments() == ["x", None, None]
    fault(service, "job-failed", endpoint="bulk_query.create")
    told = done(service, f"/jobs/query/{ask(service, SOQL).json['id']}")
    assert (told["state"], told["errorMessage"].partition(":")[0]) == ("Failed", "InternalServerError")
    assert service.patch(path, CLOSE).code == "INVALIDJOBSTATE"


def test_a_script_is_read_from_the_folder(service, tmp_path):
    script = {"faults": [{"match": {"endpoint": "query.*", "nth": 2}, "kind": "500"}]}
    (tmp_path / FAULT_FILE).write_text(json.dumps(script))
    again = Org.open(tmp_path, clock=service.clock)
    again.log.close()
    due = [again.faults.due(name) for name in ("query.Contact", "limits", "query.Lead")]
    assert [one and one.kind for one in due] == [None, None, "500"]


def test_kinds_of_other_vendors_are_refused():
    assert len(FAULTS) == 25
    with pytest.raises(ValueError, match="plays no '423'"):
        FaultScript(kinds=FAULTS).add("423")
