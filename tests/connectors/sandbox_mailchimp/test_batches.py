"""Batches: taken in, run step by step and in no order, fetched from a signed address."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from consentric_sandbox.mailchimp.records import Batch

from .conftest import hash_of


def operation(service, name, *, tag="A", status="active", id=None, **more):
    body = json.dumps({"tags": [{"name": tag, "status": status}], "is_syncing": True})
    path = f"/lists/{service.news}/members/{hash_of(name)}/tags"
    return {"method": "POST", "path": path, "body": body, "operation_id": id or name, **more}


def start(service, *operations):
    return service.post("/batches", {"operations": list(operations)})


def finished(service, id):
    for _ in range(4):
        reply = service.get(f"/batches/{id}")
    assert reply.json["status"] == "finished"
    return reply.json


def fetch(service, url):
    """Every file of the archive; the request brings no credentials."""
    reply = service.call("GET", url, authorization="")
    assert reply.status == 200
    with tarfile.open(fileobj=io.BytesIO(reply.data), mode="r:gz") as archive:
        return [archive.extractfile(one).read() for one in archive if one.isfile()]


def results(service, url):
    rows = [row for content in fetch(service, url) if content for row in json.loads(content)]
    return {row["operation_id"]: row for row in rows}


@pytest.mark.behaviour("a batch goes pending, preprocessing, started, finalizing, finished", "crm-apis 3.D.4")
def test_a_batch_moves_one_step_with_each_poll(service):
    reply = start(service, operation(service, "ada"), operation(service, "bob"))
    id, seen = reply.json["id"], [(reply.json["status"], reply.json["finished_operations"])]
    for _ in range(5):
        found = service.get(f"/batches/{id}").json
        seen.append((found["status"], found["finished_operations"]))
    assert reply.status == 200
    assert seen == [
        ("pending", 0),
        ("preprocessing", 0),
        ("started", 1),
        ("finalizing", 2),
        ("finished", 2),
        ("finished", 2),
    ]
    assert (service.tags_of("ada"), service.tags_of("bob")) == (["VIP", "A"], ["A"])


@pytest.mark.behaviour("a batch nobody asks about runs all the same", "guide 'Run Async Requests'")
def test_other_requests_move_it_too(service):
    start(service, operation(service, "bob"))
    assert service.tags_of("bob") == []
    service.get("/ping")
    assert service.tags_of("bob") == ["A"]


@pytest.mark.behaviour(
    "operations have outcomes of their own and no order", "crm-apis 3.D.4: by operation_id, not ordered"
)
def test_each_operation_has_its_own_outcome(service):
    wrong = operation(service, "cyd") | {"body": "{"}
    reply = start(service, operation(service, "ada"), operation(service, "nobody"), wrong)
    found = finished(service, reply.json["id"])
    counts = [found[f"{name}_operations"] for name in ("total", "finished", "errored")]
    rows = results(service, found["response_body_url"])
    assert counts == [3, 3, 2]
    assert list(rows) == ["nobody", "ada", "cyd"], "not as they were sent"
    assert {id: row["status_code"] for id, row in rows.items()} == {"ada": 204, "nobody": 404, "cyd": 400}
    assert rows["ada"]["response"] == ""
    assert json.loads(rows["nobody"]["response"])["title"] == "Resource Not Found"


@pytest.mark.behaviour(
    "a batch is accepted though every operation fails", "mailchimp/APIv3-examples#26 (F21)"
)
def test_a_batch_of_failures_is_accepted(service):
    reply = start(service, operation(service, "nobody"))
    assert reply.status == 200
    found = finished(service, reply.json["id"])
    assert (found["errored_operations"], service.log("label")) == (1, [])


@pytest.mark.behaviour("the archive holds an empty file", "tap-mailchimp: skips empty files (crm-apis 4)")
def test_the_first_file_of_an_archive_is_empty(service):
    found = finished(service, start(service, operation(service, "ada")).json["id"])
    files = fetch(service, found["response_body_url"])
    assert files[0] == b""
    assert len(files) == 2


def test_a_long_batch_has_several_files(service):
    operations = [operation(service, "ada", id=str(number)) for number in range(501)]
    found = finished(service, start(service, *operations).json["id"])
    assert [len(json.loads(part)) for part in fetch(service, found["response_body_url"])[1:]] == [250, 250, 1]


@pytest.mark.behaviour("the results' address takes no credentials", "crm-apis 3.D.4: fetched without them")
def test_credentials_sent_to_the_archive_are_refused(service):
    found = finished(service, start(service, operation(service, "ada")).json["id"])
    reply = service.call("GET", found["response_body_url"])
    assert (reply.status, b"Only one auth mechanism" in reply.data) == (400, True)


@pytest.mark.behaviour("the results' address is good for ten minutes", "crm-apis 3.D.4: about 10 min")
def test_an_old_address_is_refused_and_a_fresh_one_works(service):
    id = start(service, operation(service, "ada")).json["id"]
    url = finished(service, id)["response_body_url"]
    service.clock.move(seconds=601)
    assert service.call("GET", url, authorization="").status == 403
    assert fetch(service, service.get(f"/batches/{id}").json["response_body_url"])


def test_an_address_with_another_signature_is_refused(service):
    url = finished(service, start(service, operation(service, "ada")).json["id"])["response_body_url"]
    assert service.call("GET", url[:-4] + "0000", authorization="").status == 403
    assert service.call("GET", url.partition("?")[0], authorization="").status == 403


@pytest.mark.behaviour("a batch has at most 1,000 operations", "crm-apis 3.D.4")
def test_a_batch_of_1001_is_refused(service):
    operations = [operation(service, "ada", id=str(number)) for number in range(1001)]
    reply = start(service, *operations)
    assert (reply.status, reply.title) == (400, "Invalid Resource")
    assert start(service, *operations[:1000]).status == 200


@pytest.mark.behaviour("a user has at most 500 pending batches", "release note of 16 November 2021: 429")
def test_the_501st_pending_batch_is_refused(service):
    for number in range(499):
        id = f"b{number}"
        service.state.batches[id] = Batch(id=id, submitted_at="", is_stuck=True)
    service.account.faults.add("job-stuck", endpoint="batches.create")
    replies = [start(service, operation(service, "ada")) for _ in range(2)]
    assert [one.status for one in replies] == [200, 429]


def test_operations_are_checked_for_their_form_only(service):
    for wrong in ({"method": "SEND", "path": "/ping"}, {"path": "/ping"}, {"method": "GET", "path": 1}):
        assert start(service, wrong).status == 400
    assert start(service).status == 400
    assert start(service, operation(service, "ada", colour="red")).json["errors"][0]["field"] == (
        "operations.0.colour"
    )


def test_a_batch_may_read(service):
    path = f"/lists/{service.news}/members"
    params = {"count": 1, "fields": "members.id,total_items"}
    reply = start(service, {"method": "GET", "path": path, "params": params, "operation_id": "r"})
    rows = results(service, finished(service, reply.json["id"])["response_body_url"])
    assert json.loads(rows["r"]["response"]) == {"members": [{"id": hash_of("ada")}], "total_items": 7}


def test_batches_are_listed_and_deleted(service):
    first = start(service, operation(service, "ada")).json["id"]
    second = start(service, operation(service, "bob")).json["id"]
    assert [one["id"] for one in service.get("/batches").json["batches"]] == [second, first]
    assert service.call("DELETE", f"/batches/{second}").status == 204
    assert service.get(f"/batches/{second}").status == 404
    finished(service, first)
    assert service.tags_of("bob") == [], "what waited was not carried out"


def test_the_log_has_the_batch_and_each_of_its_writes(service):
    id = start(service, operation(service, "ada"), operation(service, "bob")).json["id"]
    finished(service, id)
    assert [(line["operation"], line["kind"]) for line in service.log()] == [
        ("batches.create", "other"),
        ("members.tag", "provision"),
        ("members.tag", "label"),
        ("members.tag", "label"),
    ]


@pytest.mark.behaviour("a batch may never end", "segmentio/action-destinations#1529 (F20)")
def test_a_stuck_batch_stays_where_it_is(service):
    service.account.faults.add("job-stuck", endpoint="batches.create")
    id = start(service, operation(service, "bob")).json["id"]
    assert {service.get(f"/batches/{id}").json["status"] for _ in range(8)} == {"pending"}
    assert service.tags_of("bob") == []


@pytest.mark.behaviour("a batch's number may be forgotten later", "tap-mailchimp: a batch id later 404s")
def test_a_lost_batch_was_carried_out(service):
    service.account.faults.add("job-lost", endpoint="batches.create")
    id = start(service, operation(service, "bob")).json["id"]
    assert [service.get(f"/batches/{id}").status for _ in range(4)] == [404] * 4
    assert service.tags_of("bob") == ["A"]


def test_an_operation_can_fail_for_reasons_of_the_vendor(service):
    service.account.faults.add("500", endpoint="in_batch.members.tag", nth=1)
    reply = start(service, operation(service, "ada"), operation(service, "bob"))
    rows = results(service, finished(service, reply.json["id"])["response_body_url"])
    assert {id: row["status_code"] for id, row in rows.items()} == {"bob": 500, "ada": 204}


def test_a_lost_answer_leaves_the_batch_running(service):
    service.account.faults.add("reset-after-apply", endpoint="batches.create")
    with pytest.raises(Exception, match=r"reset|aborted|closed"):
        start(service, operation(service, "bob"))
    for _ in range(3):
        service.get("/ping")
    assert service.tags_of("bob") == ["A"]
    assert service.get("/batches").json["total_items"] == 1
