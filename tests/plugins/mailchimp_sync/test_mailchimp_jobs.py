"""Batches as jobs: waiting, results, what was forgotten, and what each refusal means for its change."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import Any

import pytest

from consentric import Accepted, Change, Outcome, RemoteError, RemoteKind
from consentric_mailchimp_sync.results import outcomes

from .conftest import CHAMPIONS, NAMES, RFM


def changes(writing: Any) -> list[Change]:
    return [
        Change(op=op, record=writing.ref(name), verb="add", target=CHAMPIONS)
        for op, name in enumerate(NAMES, start=11)
    ]


def hand_over(writer: Any, writing: Any) -> str:
    (accepted,) = writer.apply([RFM], changes(writing))
    assert isinstance(accepted, Accepted)
    return accepted.job


def fault(writing: Any, kind: str, **match: Any) -> None:
    writing.account._desks[0].account.faults.add(kind, **match)


def brief(found: Any) -> list[tuple[int, str, str]]:
    return sorted((one.op, one.state, one.vendor_code) for one in found)


def test_a_job_is_waited_for_with_growing_pauses_and_gives_one_outcome_per_change(
    ready: Any, writing: Any
) -> None:
    job = hand_over(ready, writing)
    writing.account.waits.seconds.clear()

    found = list(ready.collect(job))

    assert brief(found) == [(op, "done", "") for op in (11, 12, 13, 14)]
    waited = writing.account.waits.seconds
    assert waited == sorted(waited)
    assert 0 < sum(waited) < 10


def test_a_job_can_be_collected_by_a_later_run(ready: Any, writing: Any) -> None:
    job = hand_over(ready, writing)

    assert brief(writing.writer().collect(job)) == [(op, "done", "") for op in (11, 12, 13, 14)]
    assert brief(ready.collect(job)) == [(op, "done", "") for op in (11, 12, 13, 14)]


def test_a_job_that_does_not_end_gives_nothing_yet(ready: Any, writing: Any) -> None:
    fault(writing, "job-stuck", endpoint="batches.create")
    job = hand_over(ready, writing)

    assert list(ready.collect(job)) == []
    assert 300 <= sum(writing.account.waits.seconds) < 320


def test_a_job_that_was_forgotten_leaves_its_changes_in_doubt(ready: Any, writing: Any) -> None:
    fault(writing, "job-lost", endpoint="batches.create")
    job = hand_over(ready, writing)

    assert brief(ready.collect(job)) == [(11, "ambiguous", "no_results")]


def test_results_are_asked_for_without_credentials_and_again_under_a_new_address(
    ready: Any, writing: Any
) -> None:
    job = hand_over(ready, writing)
    fault(writing, "403-scope-lost", endpoint="batches.archive", nth=1)

    found = list(ready.collect(job))

    archives = [one for one in writing.account.asked if "batch-results" in one.path]
    assert len(archives) == 2
    assert all("authorization" not in one.headers for one in archives)
    assert brief(found) == [(op, "done", "") for op in (11, 12, 13, 14)]


def test_results_that_stay_closed_leave_the_changes_in_doubt(ready: Any, writing: Any) -> None:
    job = hand_over(ready, writing)
    fault(writing, "403-scope-lost", endpoint="batches.archive")

    assert brief(ready.collect(job)) == [(11, "ambiguous", "no_results")]


def test_a_lost_answer_is_ambiguous_and_not_sent_again(ready: Any, writing: Any) -> None:
    fault(writing, "reset-after-apply", endpoint="batches.create")

    with pytest.raises(RemoteError) as raised:
        list(ready.apply([RFM], changes(writing)))

    assert raised.value.kind is RemoteKind.AMBIGUOUS
    assert len(writing.batches()) == 1


def test_operations_that_the_vendor_refuses_inside_a_batch_are_told_apart(ready: Any, writing: Any) -> None:
    job = hand_over(ready, writing)
    fault(writing, "500", endpoint="in_batch.members.tag", nth=1)
    fault(writing, "429-no-hint", endpoint="in_batch.members.tag", nth=2)
    fault(writing, "403-scope-lost", endpoint="in_batch.members.tag", nth=3)

    found = [(one.state, one.message) for one in ready.collect(job)]

    assert sorted(found) == [
        ("ambiguous", "500 Internal Server Error"),
        ("done", ""),
        ("retry", "403 Forbidden"),
        ("retry", "429"),
    ]


def archive(*parts: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as files:
        files.addfile(_folder())
        for number, part in enumerate(parts):
            entry = tarfile.TarInfo(f"./{number}.json")
            entry.size = len(part)
            files.addfile(entry, io.BytesIO(part))
    return packed.getvalue()


def _folder() -> tarfile.TarInfo:
    entry = tarfile.TarInfo("./")
    entry.type = tarfile.DIRTYPE
    return entry


def answer(op: object, status: int, title: str = "", **more: Any) -> dict[str, Any]:
    response = json.dumps({"title": title, "detail": "ada@example.org"}) if title else ""
    return {"operation_id": str(op), "status_code": status, "response": response, **more}


def test_every_status_of_an_operation_has_its_outcome() -> None:
    rows = [
        answer(1, 204),
        answer(2, 404, "Resource Not Found"),
        answer(3, 400, "Member In Compliance State"),
        answer(4, 400, "ada@example.org is not welcome"),
        answer(5, 429, "Too Many Requests"),
        answer(6, 403),
        answer(7, 500, "Internal Server Error"),
        answer(8, 405, "Method Not Allowed"),
    ]

    found = list(outcomes(archive(b"", json.dumps(rows[:4]).encode(), json.dumps(rows[4:]).encode())))

    assert [(one.op, one.state, one.vendor_code) for one in found] == [
        (1, "done", ""),
        (2, "gone", "Resource Not Found"),
        (3, "rejected", "Member In Compliance State"),
        (4, "rejected", "400"),
        (5, "retry", "Too Many Requests"),
        (6, "retry", "403"),
        (7, "ambiguous", "Internal Server Error"),
        (8, "rejected", "Method Not Allowed"),
    ]
    assert not any("ada" in one.message + one.vendor_code for one in found)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"<html>",
        gzip.compress(b"no tar", mtime=0),
        archive(json.dumps([answer(1, 204)]).encode())[:-20],
        archive(b"{cut"),
        archive(b"\xff\xfe"),
    ],
)
def test_an_archive_that_cannot_be_read_to_its_end_proves_nothing(packed: bytes) -> None:
    assert list(outcomes(packed)) == []


def test_answers_that_name_no_change_of_ours_are_passed_over() -> None:
    rows = [answer("", 204), answer("x", 204), {"operation_id": "3"}, "text", answer(4, 204)]

    assert list(outcomes(archive(json.dumps(rows).encode()))) == [Outcome(op=4, state="done")]
