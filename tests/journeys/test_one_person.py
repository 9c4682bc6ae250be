"""One person on the whole way: seen, labelled, moved, merged, gone, back, and out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from consentric.sdk.errors import GuardError, RemoteError

from .shop import (
    CAMILLE,
    CAMILLE_AT_WORK,
    HOME_ADDRESS,
    LABELLED_OTHERS,
    SEGMENT_OF_PLACE,
    WORK_ADDRESS,
    subscribe,
    type_in,
    unsubscribe,
)
from .world import World

NEW_ADDRESS = "camille@ailleurs.example"
LIST = "list:rfm5.champions"
FIELD = "field:rfm5"
ON_16_NOVEMBER = {
    "consentric_rfm5": "champions",
    "consentric_rfm5_previous": "",
    "consentric_rfm5_since": "2026-11-15",
}
CLEARED = dict.fromkeys(ON_16_NOVEMBER, "")


def test_one_person(new_world: World) -> None:
    world = new_world

    # Pulled: two contacts with one loyalty number are two records and one person; nothing is decided yet
    # for the destination but what the gate says.
    assert world.pull().is_whole
    home, work = world.rref(CAMILLE), world.rref(CAMILLE_AT_WORK)
    sid = world.sid(home)
    assert home != work
    assert world.sid(work) == sid
    pid = world.pid(home)
    with world.opened() as workspace:
        assert {record.rref for record in workspace.vault.records_of(sid)} == {home, work}
        assert len(list(workspace.vault.live("hubspot"))) == 31
        assert len(list(workspace.vault.live("shop"))) == 3
        # Thirty customers of whom two are in the till's file as well, and one whom only the till knows.
        assert workspace.people.connection.execute("SELECT count(*) FROM person").fetchone() == (31,)
        assert workspace.warehouse.connection.execute(
            "SELECT count(*) FROM record AS r JOIN subject AS s USING (subject) WHERE s.pid = ?", [pid]
        ).fetchone() == (2,)

    # Allowed: computing rests on the signed assessment, writing on the newsletter form.
    assert world.verdicts(pid) == {
        "segmentation/process": "LEGITIMATE_INTEREST",
        "segmentation/write_back": "LEGITIMATE_INTEREST",
        "email_marketing/write_back": "CONSENT_VALID",
    }

    # Segmented: the second latest of thirty with four orders over both contacts is R 5, F 4.
    assert world.segment().sets[0].population == 31
    memberships = world.memberships()
    assert memberships[pid] == "champions"
    assert sorted(memberships.values()) == sorted(SEGMENT_OF_PLACE)
    assert world.writes() == []

    # Labelled, once somebody has approved the first apply: both records, field and list.
    plan = world.plan()
    assert (plan.enter, plan.total, [one.code for one in plan.brake]) == (28, 31, ["first_apply"])
    with pytest.raises(GuardError) as refused:
        world.apply(plan.plan)
    assert (refused.value.code, refused.value.exit_code) == ("CS534", 5)
    assert world.writes() == []
    world.approve(plan.plan)
    applied = world.apply(plan.plan)
    assert (applied.exit_code, applied.enter, applied.total) == (0, 28, 31)
    others = dict(LABELLED_OTHERS)
    both = {CAMILLE: "champions", CAMILLE_AT_WORK: "champions"}
    assert world.segments() == world.members() == {**others, **both}
    assert world.fields()[CAMILLE] == world.fields()[CAMILLE_AT_WORK] == ("champions", "", "2026-11-15")
    written = [line for line in world.writes() if line["kind"] == "label"]
    assert sorted(line["operation"] for line in written) == ["contacts.batch_update"] + ["lists.add"] * 5
    values = {
        int(number): line["values"][at]
        for line in written
        if line["operation"] == "contacts.batch_update"
        for at, number in enumerate(line["ids"])
    }
    assert values.keys() == {*others, *both}
    assert values[CAMILLE] == values[CAMILLE_AT_WORK] == ON_16_NOVEMBER
    assert labels_of(world, home) == labels_of(world, work) == both_labels("2026-11-15")
    assert len(world.owned()) == len(world.mirror()) == 56

    # Another address in the CRM: the same record, person, pseudonym and label; nothing is written.
    at, written_before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        type_in(state, CAMILLE, {"email": NEW_ADDRESS}, at=at)
    assert world.sync().exit_code == 0
    assert (world.rref(CAMILLE), world.sid(home), world.pid(home)) == (home, sid, pid)
    with world.opened() as workspace:
        assert workspace.vault.carriers("email", HOME_ADDRESS) == []
        assert workspace.vault.carriers("email", NEW_ADDRESS) == [home]
    assert labels_of(world, home) == both_labels("2026-11-15")
    assert world.writes(since=written_before) == []

    # Merged in the CRM, to a new id; the CRM drops the membership of the list on the way.
    world.advance(days=1)
    survivor = world.merge(CAMILLE, CAMILLE_AT_WORK)
    with world.crm() as state:
        for one in state.lists.values():
            one.members.pop(survivor, None)
    written_before = world.last_write()
    assert world.sync().exit_code == 0
    record = world.rref(survivor)
    assert record not in (home, work)
    assert (world.sid(record), world.pid(record)) == (sid, pid)
    with world.opened() as workspace:
        assert [one.rref for one in workspace.vault.records_of(sid)] == [record]
        assert workspace.vault.find("hubspot", "contact", "", [str(CAMILLE), str(CAMILLE_AT_WORK)]) == {}
    assert labels_of(world, home) == labels_of(world, work) == {}
    assert labels_of(world, record) == both_labels("2026-11-15")
    assert len(world.owned()) == len(world.mirror()) == 54
    assert world.memberships() == memberships
    assert changes(world, written_before) == [("lists.add", [survivor], [])]
    assert world.segments() == world.members() == {**others, survivor: "champions"}
    assert written_by_a_sync(world) == []

    # Unsubscribed: the labels go within the same sync; the segment stays, and so does everybody else.
    at, written_before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        unsubscribe(state, survivor, at=at)
    done = world.sync()
    assert done.exit_code == 0
    assert [report.leave for report in done.applies] == [1]
    assert changes(world, written_before) == [
        ("contacts.batch_update", [survivor], [CLEARED]),
        ("lists.remove", [survivor], []),
    ]
    assert labels_of(world, record) == {}
    assert world.segments() == world.members() == others
    assert world.memberships() == memberships
    assert world.verdicts(pid) == {
        "segmentation/process": "LEGITIMATE_INTEREST",
        "segmentation/write_back": "LEGITIMATE_INTEREST",
        "email_marketing/write_back": "CONSENT_WITHDRAWN",
    }
    assert written_by_a_sync(world) == []

    # Back by a confirmed form: the labels return, dated by the day on which they do.
    at, written_before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        subscribe(state, survivor, at=at, confirmed=True)
    world.advance(minutes=1)
    assert world.sync().exit_code == 0
    assert changes(world, written_before) == [
        ("contacts.batch_update", [survivor], [{**ON_16_NOVEMBER, "consentric_rfm5_since": "2026-11-19"}]),
        ("lists.add", [survivor], []),
    ]
    assert labels_of(world, record) == both_labels("2026-11-19")
    assert world.segments() == world.members() == {**others, survivor: "champions"}
    assert world.verdicts(pid)["email_marketing/write_back"] == "CONSENT_VALID"

    # The CRM refuses us for 25 hours: nothing is inferred from what was not read.
    before = everything(world)
    world.break_crm({"kind": "401-for-good"})
    for hours in (1, 24):
        world.advance(hours=hours)
        with pytest.raises(RemoteError) as unread:
            world.sync()
        assert unread.value.exit_code == 4
    with pytest.raises(GuardError):
        world.segment()
    assert everything(world) == before
    world.break_crm()
    assert written_by_a_sync(world) == []
    assert everything(world)[:4] == before[:4]  # what was read last, and when, moves on

    for secret in (HOME_ADDRESS, NEW_ADDRESS, WORK_ADDRESS, "camille"):
        for path in world.workspace.rglob("*"):
            assert path.is_dir() or secret.encode() not in path.read_bytes().lower()


def both_labels(since: str) -> dict[str, tuple[str, str, date]]:
    """What is owned of somebody among the champions: field and list."""
    return {
        FIELD: ("champions", "", date.fromisoformat(since)),
        LIST: ("champions", "", date.fromisoformat(since)),
    }


def labels_of(world: World, rref: bytes) -> dict[str, tuple[str, str, date]]:
    return {one.label: (one.segment, one.previous, one.since) for one in world.owned() if one.rref == rref}


def changes(world: World, since: int) -> list[tuple[str, list[int], Sequence[object]]]:
    """Accepted writes since a line of the log: operation, contacts, and the values of fields."""
    return [
        (
            line["operation"],
            [int(number) for number in line["ids"]],
            line["values"] if line["operation"].startswith("contacts.") else [],
        )
        for line in world.writes(since=since)
    ]


def written_by_a_sync(world: World) -> list[object]:
    """Runs once more; gives what it wrote."""
    before = world.last_write()
    assert world.sync().exit_code == 0
    return list(world.writes(since=before))


def everything(world: World) -> tuple[object, ...]:
    """People, activities, labels and writes; then how far and when sources were read."""
    tables = "person record match_key consent_event consent_flag suppressed objection subject_fact decision"
    with world.opened() as workspace:
        people = [
            workspace.people.connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in tables.split()
        ]
        bookmarks = workspace.control.connection.execute(
            "SELECT connection, stream, watermark FROM bookmark ORDER BY 1, 2"
        ).fetchall()
        activities = workspace.warehouse.connection.execute(
            "SELECT * FROM activity ORDER BY source_key"
        ).fetchall()
        reads = workspace.ledger.reads()
    labels = (world.owned(), world.mirror(), world.memberships(), world.fields(), world.members())
    return (people, activities, labels, world.writes(), bookmarks, reads["hubspot"])
