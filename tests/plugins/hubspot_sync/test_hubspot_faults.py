"""When HubSpot misbehaves, no change is called done that is not, and none is sent twice."""

from __future__ import annotations

import json
from datetime import date

import pytest

from consentric import Change, RecordRef, RemoteError, RemoteKind
from consentric.testing.writer_suite import FIELD, GOLD, LABELS

from .test_hubspot_conformance import connected


def change(op, id, verb="set", target=FIELD, new="gold"):
    record = RecordRef(object="contact", id=id)
    return Change(op=op, record=record, verb=verb, target=target, new=new, since=date(2026, 6, 15))


def written(folder):
    """Label writes that the portal accepted."""
    lines = (folder / "hubspot.writes.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["kind"] == "label"]


def run(folder, faults, action, version="2026-09"):
    """What the action gives for a provisioned writer under this fault script."""
    (folder / "faults.json").write_text(json.dumps({"seed": 1, "faults": faults}))
    with connected(folder, version) as (writer, client, ids):
        for provision in writer.prepare([LABELS]):
            writer.provision([LABELS], provision.target)
        return action(writer, client, ids)


def states(writer, changes):
    return {outcome.op: outcome.state for outcome in writer.apply([LABELS], changes)}


def shown(writer, id, target):
    found = writer.current([LABELS], [RecordRef(object="contact", id=id)])
    return [one.value for one in found if one.target == target]


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_a_value_hubspot_does_not_know_is_refused_alone_in_one_call(tmp_path, version):
    def action(writer, client, ids):
        return states(writer, [change(1, ids[0]), change(2, ids[1], new="platinum"), change(3, ids[2])])

    assert run(tmp_path, [], action, version) == {1: "done", 2: "rejected", 3: "done"}
    assert len(written(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["reset-after-apply", "truncated-body", "invalid-json"])
@pytest.mark.parametrize(
    ("endpoint", "verb", "target", "value"),
    [("contacts.batch_update", "set", FIELD, "gold"), ("lists.add", "add", GOLD, "member")],
)
def test_a_lost_answer_is_ambiguous_sent_once_and_told_by_the_read_back(
    tmp_path, kind, endpoint, verb, target, value
):
    def action(writer, client, ids):
        with pytest.raises(RemoteError) as raised:
            states(writer, [change(1, ids[0], verb, target)])
        return raised.value.kind, shown(writer, ids[0], target)

    found = run(tmp_path, [{"match": {"endpoint": endpoint}, "kind": kind, "args": {}}], action)

    assert found == (RemoteKind.AMBIGUOUS, [value])
    assert len(written(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["429-seconds", "423", "477"])
def test_a_batch_that_was_turned_away_is_asked_again_by_the_transport(tmp_path, kind):
    fault = {"match": {"endpoint": "contacts.batch_update", "times": 1}, "kind": kind, "args": {}}

    assert run(tmp_path, [fault], lambda writer, _, ids: states(writer, [change(1, ids[0])])) == {1: "done"}
    assert len(written(tmp_path)) == 1


def test_rows_that_fail_inside_a_207_are_not_done(tmp_path):
    fault = {"match": {"endpoint": "contacts.batch_update", "times": 1}, "kind": "207-partial", "args": {}}

    found = run(
        tmp_path, [fault], lambda writer, _, ids: states(writer, [change(n, ids[n]) for n in range(4)])
    )

    failed = {op for op, state in found.items() if state != "done"}
    assert failed
    assert len(written(tmp_path)[0]["ids"]) == 4 - len(failed)


def test_success_without_effect_is_seen_by_the_read_back(tmp_path):
    fault = {"match": {"endpoint": "contacts.batch_update", "times": 1}, "kind": "200-no-op", "args": {}}

    def action(writer, client, ids):
        return states(writer, [change(1, ids[0])]), shown(writer, ids[0], FIELD)

    assert run(tmp_path, [fault], action) == ({1: "done"}, [""])


def test_short_and_empty_pages_end_no_enumeration(tmp_path):
    faults = [
        {"match": {"endpoint": "contacts.list", "nth": 1}, "kind": "short-page", "args": {}},
        {"match": {"endpoint": "contacts.list", "nth": 2}, "kind": "empty-page", "args": {}},
        {"match": {"endpoint": "lists.members", "nth": 1}, "kind": "empty-page", "args": {}},
    ]

    def action(writer, client, ids):
        states(writer, [change(n, id) for n, id in enumerate(ids)])
        states(writer, [change(n, id, "add", GOLD) for n, id in enumerate(ids)])
        return len(list(writer.labelled([LABELS])))

    assert run(tmp_path, faults, action) == 8
