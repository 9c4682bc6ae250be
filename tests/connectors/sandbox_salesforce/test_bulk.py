"""Jobs of Bulk API 2.0: queries and changes of many records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .conftest import START

SOQL = "SELECT Id, Email FROM Contact ORDER BY Email"
CLOSE = {"state": "UploadComplete"}


def ask(service, soql=SOQL, **more):
    return service.post("/jobs/query", {"operation": "query", "query": soql} | more)


def finished(service, soql=SOQL, **more):
    """The path of a query job that is done."""
    path = f"/jobs/query/{ask(service, soql, **more).json['id']}"
    assert [service.get(path).json["state"] for _ in range(2)] == ["InProgress", "JobComplete"]
    return path


def ingest(service, text, operation="update", entity="Contact", **more):
    """The path of a job that holds these rows and is closed."""
    body = {"object": entity, "operation": operation, "contentType": "CSV"} | more
    path = f"/jobs/ingest/{service.post('/jobs/ingest', body).json['id']}"
    upload(service, path, text)
    assert service.patch(path, CLOSE).json["state"] == "UploadComplete"
    return path


def upload(service, path, text):
    headers = {"Content-Type": "text/csv"}
    return service.call("PUT", f"{path}/batches", data=text.encode(), headers=headers)


def done(service, path):
    service.get(path)
    return service.get(path).json


def outcome(service, path):
    """Rows that succeeded, failed and were not come to, without their headers."""
    done(service, path)
    names = ("successfulResults", "failedResults", "unprocessedrecords")
    return [service.get(f"{path}/{name}").cells[1:] for name in names]


@pytest.mark.behaviour(
    "a query job goes from UploadComplete to JobComplete", "'Query Jobs', Bulk API 2.0 guide"
)
def test_a_query_job_has_the_vendors_fields_and_states(service):
    made = ask(service)
    job = made.json
    assert made.status == 200
    assert job | {"id": ""} == {
        "id": "",
        "operation": "query",
        "object": "Contact",
        "createdById": "005Tn0000000001IAA",
        "createdDate": "2026-06-15T12:00:00.000+0000",
        "systemModstamp": "2026-06-15T12:00:00.000+0000",
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 64.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert job["id"].startswith("750")
    path = f"/jobs/query/{job['id']}"
    assert service.get(f"{path}/results").status == 204
    assert service.get(path).json["state"] == "InProgress"
    told = service.get(path).json
    assert (told["state"], told["numberRecordsProcessed"], told["retries"]) == ("JobComplete", 3, 0)


@pytest.mark.behaviour("results come in pages, the last says null", "'Get Results for a Query Job'")
def test_pages_of_results_end_with_the_text_null(service):
    path = f"{finished(service)}/results"
    first = service.get(f"{path}?maxRecords=2")
    assert first.headers["Content-Type"] == "text/csv"
    assert (first.headers["Sforce-NumberOfRecords"], first.headers["Sforce-Locator"]) == ("2", "Mg")
    assert first.cells[0] == ["Id", "Email"]
    last = service.get(f"{path}?maxRecords=2&locator=Mg")
    assert (last.headers["Sforce-NumberOfRecords"], last.headers["Sforce-Locator"]) == ("1", "null")
    assert last.cells == [["Id", "Email"], [service.ids["cyd"], "cyd@example.com"]]
    whole = service.get(path)
    assert (len(whole.cells), whole.headers["Sforce-Locator"]) == (4, "null")
    for wrong in ("locator=null", "locator=OTk", "locator=!", "maxRecords=0"):
        assert service.get(f"{path}?{wrong}").status == 400


@pytest.mark.behaviour("every cell is quoted, empty is null", "tap-salesforce; Bulk API 2.0 walkthrough")
def test_cells_are_quoted_and_typed_as_text(service):
    ada = service.ids["ada"]
    service.update({"id": ada, "Title": 'Dr "A",\nx'})
    soql = f"SELECT Title, DoNotCall, Birthdate, CreatedDate, Account.Name FROM Contact WHERE Id = '{ada}'"
    assert service.get(f"{finished(service, soql)}/results").text == (
        '"Title","DoNotCall","Birthdate","CreatedDate","Account.Name"\n'
        '"Dr ""A"",\nx","false","","2026-06-05T12:00:00.000Z","Acme"\n'
    )
    path = finished(service, "SELECT Amount FROM Opportunity", columnDelimiter="TAB", lineEnding="CRLF")
    assert service.get(f"{path}/results").text == '"Amount"\r\n"99.5"\r\n'


@pytest.mark.behaviour(
    "bulk refuses compound fields and some objects", "airbyte source-salesforce, error handler"
)
@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id, MailingAddress FROM Contact", "API_ERROR"),
        ("SELECT COUNT() FROM Contact", "API_ERROR"),
        ("SELECT Id FROM Contact OFFSET 5", "API_ERROR"),
        ("SELECT Id FROM TaskStatus", "INVALIDENTITY"),
        ("SELECT Id FROM OrderStatus", "INVALIDENTITY"),
        ("SELECT Shoe FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Shoe", "INVALID_TYPE"),
        ("SELECT", "MALFORMED_QUERY"),
    ],
)
def test_a_query_that_bulk_cannot_run_is_refused_at_once(service, soql, code):
    refused = ask(service, soql)
    assert (refused.status, refused.code) == (400, code)
    if code == "INVALIDENTITY":
        assert refused.json[0]["message"].endswith("is not supported by the Bulk API.")
        assert service.query(soql).status == 200


@pytest.mark.behaviour("queryAll jobs find deleted and archived rows", "'Create a Query Job'")
def test_a_query_all_job_finds_deleted_rows(service):
    service.delete(f"/sobjects/Contact/{service.ids['ada']}")
    counts = [
        len(service.get(f"{finished(service, soql, operation=operation)}/results").cells) - 1
        for soql in (SOQL, "SELECT Id FROM Task")
        for operation in ("query", "queryAll")
    ]
    assert counts == [2, 3, 1, 2]


@pytest.mark.behaviour(
    "results belong to the version that made the job", "'Get Results for a Query Job', 409"
)
def test_another_version_conflicts(service):
    path = finished(service)
    assert service.get(f"/services/data/v59.0{path}/results").status == 409


@pytest.mark.behaviour("a session may end in the middle of a bulk job", "tap-salesforce PR #222; crm-apis 4")
def test_a_session_that_ends_mid_bulk_goes_on_with_a_new_token(service):
    path = f"{finished(service)}/results"
    service.clock.move(hours=3)
    assert service.get(path).code == "INVALID_SESSION_ID"
    service.login()
    assert len(service.get(path).cells) == 4


@pytest.mark.behaviour("a query job may be aborted and deleted", "'Abort a Query Job', 'Delete a Query Job'")
def test_a_query_job_is_aborted_and_deleted(service):
    path = f"/jobs/query/{ask(service).json['id']}"
    assert service.delete(path).code == "INVALIDJOBSTATE"
    assert service.patch(path, CLOSE).code == "INVALIDJOBSTATE"
    assert service.patch(path, {"state": "Aborted"}).json["state"] == "Aborted"
    assert service.patch(path, {"state": "Aborted"}).code == "INVALIDJOBSTATE"
    assert service.get(path).json["state"] == "Aborted"
    assert (service.delete(path).status, service.get(path).status) == (204, 404)


@pytest.mark.behaviour("a job out of form is refused", "'Create a Job', Bulk API 2.0 guide")
def test_a_job_out_of_form_is_refused(service):
    for body in (
        {"object": "Shoe", "operation": "update"},
        {"object": "Contact", "operation": "merge"},
        {"object": "Contact", "operation": "upsert"},
        {"object": "Contact", "operation": "update", "contentType": "JSON"},
        {"object": "Contact", "operation": "update", "columnDelimiter": "X"},
    ):
        assert service.post("/jobs/ingest", body).code == "INVALIDJOB"
    assert service.post("/jobs/ingest", {"object": "Contact", "shoe": 1}).code == "JSON_PARSER_ERROR"
    assert ask(service, operation="delete").code == "INVALIDJOB"
    key = {"object": "Contact", "operation": "upsert", "externalIdFieldName": "Email"}
    assert service.post("/jobs/ingest", key).status == 404


@pytest.mark.behaviour(
    "an ingest job tells rows that succeeded and failed", "'Get Job Failed Record Results'"
)
def test_an_ingest_job_tells_what_came_of_each_row(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    text = f'Id,Segment__c\n{ada},champions\n{bob},"{"x" * 21}"\n003Tn000000ZZZZ,lost\n'
    path = ingest(service, text)
    assert service.segments() == [None, None, None]
    told = done(service, path)
    assert (told["state"], told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (
        "JobComplete",
        3,
        2,
    )
    assert service.get(f"{path}/successfulResults").text == (
        f'"sf__Id","sf__Created","Id","Segment__c"\n"{ada}","false","{ada}","champions"\n'
    )
    failed = service.get(f"{path}/failedResults").cells
    assert failed[0] == ["sf__Id", "sf__Error", "Id", "Segment__c"]
    assert [row[1].partition(":")[0] for row in failed[1:]] == [
        "STRING_TOO_LONG", "INVALID_CROSS_REFERENCE_KEY",
    ]  # fmt: skip
    assert failed[2][1] == "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"
    assert service.get(f"{path}/unprocessedrecords/").cells == [["Id", "Segment__c"]]
    assert service.segments() == ["champions", None, None]
    assert [(line["operation"], line["kind"], line["ids"]) for line in service.log()] == [
        ("bulk_ingest.update", "label", [ada])
    ]


@pytest.mark.behaviour("an empty cell is left alone, #N/A clears it", "'Valid CSV Record Rows' ")
def test_empty_cells_are_left_alone(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    service.update({"id": ada, "Segment__c": "old"}, {"id": bob, "Segment__c": "old"})
    succeeded, failed, _ = outcome(
        service, ingest(service, f"Id,Segment__c,DoNotCall\n{ada},,True\n{bob},#N/A,0\n{bob},,maybe\n")
    )
    assert (len(succeeded), len(failed)) == (2, 1)
    assert service.segments()[:2] == ["old", None]
    kinds = {line["kind"]: line["ids"] for line in service.log()[1:]}
    assert kinds == {"unsubscribe": [ada], "could_subscribe": [bob]}


@pytest.mark.behaviour("a file that does not fit fails the job", "InvalidBatch as reported publicly")
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Id,Shoe\n003,1\n", "InvalidBatch : Field name not found : Shoe"),
        ("Segment__c\nx\n", "InvalidBatch : Field name not found : Id"),
        (
            "Id,Segment__c\r\n003,x\r\n",
            "LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
    ],
)
def test_a_file_that_does_not_fit_fails_the_job(service, text, error):
    path = ingest(service, text)
    told = done(service, path)
    assert (told["state"], told["errorMessage"]) == ("Failed", error)
    assert len(service.get(f"{path}/unprocessedrecords").cells) == 2


@pytest.mark.behaviour("rows are uploaded once", "'Found multiple contents for job' as reported publicly")
def test_rows_are_uploaded_once(service):
    body = {"object": "Contact", "operation": "update"}
    path = f"/jobs/ingest/{service.post('/jobs/ingest', body).json['id']}"
    assert service.get(path).json["state"] == "Open"
    assert service.patch(path, CLOSE).code == "INVALIDJOBSTATE"
    assert upload(service, path, "Id\n").status == 201
    assert upload(service, path, "Id\n").code == "INVALIDBATCH"
    assert service.call("PUT", f"{path}/batches", body={}).status == 415
    assert service.patch(path, CLOSE).status == 200
    assert upload(service, path, "Id\n").code == "INVALIDJOBSTATE"
    assert service.get("/jobs/ingest/750").status == 404
    assert service.get(path.replace("ingest", "query")).status == 404


@pytest.mark.behaviour("an aborted job leaves its rows unprocessed", "'Get Job Unprocessed Record Results'")
def test_an_aborted_job_leaves_its_rows(service):
    path = ingest(service, f"Id,Segment__c\n{service.ids['ada']},x\n")
    assert service.patch(path, {"state": "Aborted"}).json["state"] == "Aborted"
    assert outcome(service, path) == [[], [], [[service.ids["ada"], "x"]]]
    assert service.segments() == [None, None, None]
    assert service.delete(path).status == 204


@pytest.mark.behaviour("a job is done though nobody asks", "segmentio action-destinations #1529")
def test_a_job_is_done_though_nobody_asks(service):
    ingest(service, f"Id,Segment__c\n{service.ids['ada']},x\n")
    service.clock.move(seconds=29)
    service.get("/limits")
    assert service.segments()[0] is None
    service.clock.move(seconds=1)
    service.get("/limits")
    assert service.segments()[0] == "x"


@pytest.mark.behaviour("jobs insert, upsert and delete", "'Create a Job', operations")
def test_jobs_make_and_delete_records(service):
    spring, bob = service.ids["spring"], service.ids["bob"]
    members = f"CampaignId,ContactId\n{spring},{bob}\n{spring},{bob}\n"
    made, refused, _ = outcome(service, ingest(service, members, "insert", "CampaignMember"))
    assert (made[0][1], refused[0][1]) == ("true", "DUPLICATE_VALUE:Already a campaign member.:--")
    upserts = "Loyalty__c,LastName\nL0,Lang\nL9,New\n"
    made, _, _ = outcome(service, ingest(service, upserts, "upsert", externalIdFieldName="loyalty__c"))
    assert [row[1] for row in made] == ["false", "true"]
    by_id = f"Id,LastName\n{bob},Lang\n,New\n"
    made, _, _ = outcome(service, ingest(service, by_id, "upsert", externalIdFieldName="Id"))
    assert [row[1] for row in made] == ["false", "true"]
    gone, _, _ = outcome(service, ingest(service, f"Id\n{bob}\n", "delete"))
    assert [row[0] for row in gone] == [bob]
    assert [line["kind"] for line in service.log()] == [
        "label", "could_create", "other", "could_create", "erase",
    ]  # fmt: skip


@pytest.mark.behaviour("a hard delete needs its permission and skips the bin", "crm-apis 1.F")
def test_a_hard_delete_skips_the_bin(service):
    body = {"object": "Contact", "operation": "hardDelete"}
    assert service.post("/jobs/ingest", body).code == "FEATURENOTENABLED"
    service.state.account.can_hard_delete = True
    outcome(service, ingest(service, f"Id\n{service.ids['ada']}\n", "hardDelete"))
    assert service.query("SELECT COUNT() FROM Contact", "/queryAll").json["totalSize"] == 2
    assert service.log()[-1]["kind"] == "erase"


@pytest.mark.behaviour("results are kept for seven days", "Bulk API 2.0 'Limits and Allocations'")
def test_results_are_kept_for_seven_days(service):
    path = finished(service)
    service.clock.move(days=6, hours=23)
    service.login()
    assert service.get(path).status == 200
    service.clock.move(hours=2)
    service.login()
    assert service.get(path).status == 404


@pytest.mark.behaviour("limits tell the jobs left", "crm-apis 1.A, sf.limits()")
def test_limits_tell_the_jobs_left(service):
    ask(service)
    service.state.add_contact({"LastName": "x"}, created_at=START - timedelta(days=1))
    told = service.get("/limits").json
    assert told["DailyBulkV2QueryJobs"] == {"Max": 10000, "Remaining": 9999}
    assert told["DailyBulkApiBatches"] == {"Max": 15000, "Remaining": 15000}
