"""What consentric promises, each promise in one short journey against the pretend CRM."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from consentric.sdk.errors import ConsentricError
from consentric_privacy.ledger import NewObjection
from consentric_sandbox.hubspot.object_store import iso

from .world import (
    BOUNCED,
    CAMILLE,
    CAMILLE_AT_WORK,
    LABELLED_OTHERS,
    NEVER_ASKED,
    SEGMENT_OF_PLACE,
    UNSUBSCRIBED,
    WRITING,
    World,
    buy,
    contact_of,
    subscribe,
    type_in,
    unsubscribe,
)

EVERYBODY = {**LABELLED_OTHERS, CAMILLE: "champions", CAMILLE_AT_WORK: "champions"}
A_CHAMPION = contact_of(29)


class Killed(BaseException):
    """The process ended here."""


def written_since(world: World, line: int) -> list[tuple[str, list[int]]]:
    """Accepted writes after a line of the CRM's log: operation and contacts."""
    return [
        (entry["operation"], sorted(int(number) for number in entry["ids"]))
        for entry in world.writes(since=line)
    ]


def written_twice(world: World) -> list[tuple[str, str]]:
    """Changes that the CRM accepted more than once: operation and contact."""
    accepted = Counter(
        (entry["operation"], number)
        for entry in world.writes()
        if entry["kind"] == "label"
        for number in entry["ids"]
    )
    return [change for change, times in accepted.items() if times > 1]


def code_of_refusal(world: World, plan: str) -> tuple[str, int]:
    with pytest.raises(ConsentricError) as refused:
        world.apply(plan)
    return refused.value.code, refused.value.exit_code


def test_a_second_sync_writes_nothing(world: World) -> None:
    before = world.last_write()
    world.advance(days=1)
    done = world.sync()
    assert (done.exit_code, done.applies) == (0, [])
    assert world.writes(since=before) == []
    assert world.requests().keys() & WRITING == set()


def test_the_warehouse_can_be_deleted(world: World) -> None:
    shown, owned, segments, before = world.fields(), world.owned(), world.memberships(), world.last_write()
    world.advance(days=1)
    (world.workspace / "analytics" / "analytics.duckdb").unlink()
    assert world.sync().exit_code == 0
    assert (world.fields(), world.owned(), world.memberships()) == (shown, owned, segments)
    assert world.writes(since=before) == []
    assert world.requests().keys() & WRITING == set()


def test_a_label_that_somebody_changed_in_the_crm_is_kept_and_reported(world: World) -> None:
    at, before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        type_in(state, A_CHAMPION, {"consentric_rfm5": "loyal"}, at=at)
        [champions] = [one for one in state.lists.values() if one.name == "consentric_rfm5: champions"]
        del champions.members[CAMILLE]
    done = world.sync()
    assert done.exit_code == 0
    assert done.plans[0].withheld["CHANGED_BY_HAND"] == 2
    assert world.writes(since=before) == []
    assert world.segments() == {**EVERYBODY, A_CHAMPION: "loyal"}
    assert CAMILLE not in world.members()


def test_whom_somebody_put_into_our_list_stays_there(world: World) -> None:
    world.advance(days=1)
    with world.crm() as state:
        [champions] = [one for one in state.lists.values() if one.name == "consentric_rfm5: champions"]
        champions.members[contact_of(BOUNCED)] = iso(world.now)
        unsubscribe(state, A_CHAMPION, at=world.now)
    before = world.last_write()
    assert world.sync().exit_code == 0
    assert written_since(world, before) == [
        ("contacts.batch_update", [A_CHAMPION]),
        ("lists.remove", [A_CHAMPION]),
    ]
    assert world.members()[contact_of(BOUNCED)] == "champions"


def test_who_unsubscribes_between_plan_and_apply_gets_no_label(world: World) -> None:
    at, before = world.advance(days=1), world.last_write()
    undecided, decided = contact_of(UNSUBSCRIBED), contact_of(NEVER_ASKED)
    with world.crm() as state:
        subscribe(state, undecided, at=at)
        subscribe(state, decided, at=at)
    world.pull()
    plan = world.plan()
    assert plan.enter == 2
    at = world.advance(minutes=10)
    with world.crm() as state:
        unsubscribe(state, undecided, at=at)
    applied = world.apply(plan.plan)
    assert (applied.enter, applied.withheld) == (1, {"SUPPRESSED": 1, "CONSENT_WITHDRAWN": 1})
    assert written_since(world, before) == [("contacts.batch_update", [decided]), ("lists.add", [decided])]


def test_a_purchase_moves_people_and_a_no_said_meanwhile_takes_the_label_off(world: World) -> None:
    """With a fourth order, place 17 leaves seven people with four, whom 17 of 30 are below: F 3 for all.

    Being the latest buyer it also pushes places 18 and 24 down into the next worse fifth.
    """
    buyer, at = contact_of(17), world.advance(days=1)
    with world.crm() as state:
        buy(state, buyer, at=at - timedelta(hours=12))
    world.pull()
    world.segment()
    plan = world.plan()
    assert (plan.move, plan.enter, plan.leave, plan.brake) == (6, 0, 0, ())
    at, before = world.advance(minutes=10), world.last_write()
    with world.crm() as state:
        unsubscribe(state, CAMILLE_AT_WORK, at=at)
    applied = world.apply(plan.plan)
    assert (applied.exit_code, applied.move, applied.leave) == (0, 4, 2)
    moved = {
        contact_of(13): ("at_risk", "loyal", "2026-11-16"),
        contact_of(17): ("loyal", "at_risk", "2026-11-16"),
        contact_of(18): ("at_risk", "loyal", "2026-11-16"),
        contact_of(24): ("loyal", "champions", "2026-11-16"),
    }
    stayed = {contact: (segment, "", "2026-11-15") for contact, segment in LABELLED_OTHERS.items()}
    assert world.fields() == {**stayed, **moved}
    assert world.members() == world.segments()
    assert [write for write in written_since(world, before) if CAMILLE in write[1]] == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]


def test_an_altered_plan_is_refused(approved_world: World) -> None:
    world, plan = approved_world, approved_world.latest_plan()
    with world.opened() as workspace:
        workspace.control.connection.execute("UPDATE op SET new = 'champions' WHERE new = 'dormant'")
    assert code_of_refusal(world, plan) == ("CS533", 5)
    assert world.writes() == []


def test_a_plan_is_refused_when_labels_changed_since(world: World) -> None:
    at = world.advance(days=1)
    with world.crm() as state:
        subscribe(state, contact_of(NEVER_ASKED), at=at)
    world.pull()
    plan = world.plan()
    at, before = world.advance(minutes=10), world.last_write()
    with world.crm() as state:
        type_in(state, A_CHAMPION, {"consentric_rfm5": ""}, at=at)
    world.pull()
    assert code_of_refusal(world, plan.plan) == ("CS531", 5)
    assert world.writes(since=before) == []


def test_a_plan_is_applied_once(world: World) -> None:
    before = world.last_write()
    assert code_of_refusal(world, world.latest_plan()) == ("CS532", 5)
    assert world.writes(since=before) == []


def test_the_first_apply_waits_for_an_approval_however_often_a_timer_comes(new_world: World) -> None:
    world = new_world
    for _ in range(2):
        done = world.sync()
        assert (done.exit_code, done.applies) == (5, [])
        assert [reason.code for reason in done.plans[0].brake] == ["first_apply"]
        world.advance(days=1)
    assert world.writes() == []
    assert code_of_refusal(world, world.latest_plan()) == ("CS534", 5)
    world.approve(world.latest_plan())
    assert world.apply(world.latest_plan()).exit_code == 0
    assert world.segments() == world.members() == EVERYBODY


def test_a_rule_that_would_take_every_label_waits_while_a_no_is_carried_out(world: World) -> None:
    world.min_grade = "A"  # nobody confirmed the form
    at, before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    for _ in range(2):
        done = world.sync()
        assert done.exit_code == 5
        assert "removals" in [reason.code for reason in done.plans[0].brake]
    assert written_since(world, before) == [
        ("contacts.batch_update", [A_CHAMPION]),
        ("lists.remove", [A_CHAMPION]),
    ]
    world.approve(world.latest_plan())
    assert world.apply(world.latest_plan()).leave == 27
    assert world.fields() == {}
    assert world.members() == {}


def test_twenty_withdrawals_take_twenty_labels_and_nobody_elses(world: World) -> None:
    at, before = world.advance(days=1), world.last_write()
    gone = sorted(LABELLED_OTHERS)[:20]
    with world.crm() as state:
        for contact in gone:
            unsubscribe(state, contact, at=at)
    done = world.sync()
    assert (done.exit_code, done.plans[0].brake) == (0, ())
    rest = {contact: segment for contact, segment in EVERYBODY.items() if contact not in gone}
    assert len(rest) == 8
    assert world.segments() == world.members() == rest
    written = written_since(world, before)
    assert written[0] == ("contacts.batch_update", gone)
    assert {operation for operation, _ in written[1:]} == {"lists.remove"}
    assert sorted(contact for _, contacts in written[1:] for contact in contacts) == gone


def test_a_no_on_one_of_two_records_takes_the_label_off_both(world: World) -> None:
    at, before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        unsubscribe(state, CAMILLE_AT_WORK, at=at)
    assert world.sync().exit_code == 0
    assert world.segments() == world.members() == LABELLED_OTHERS
    assert written_since(world, before) == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]


@pytest.mark.parametrize(
    ("point", "time"),
    [
        ("after provision", 2),
        ("before request", 1),
        ("after request", 1),
        ("after request", 4),
        ("before commit", 12),
    ],
)
def test_a_killed_apply_is_finished_by_the_next_sync(approved_world: World, point: str, time: int) -> None:
    world, passed = approved_world, 0

    def kill(reached: str) -> None:
        nonlocal passed
        passed += reached == point
        if passed == time:
            raise Killed

    with pytest.raises(Killed):
        world.apply(world.latest_plan(), kill_point=kill)
    assert world.sync().exit_code == 0
    assert world.segments() == world.members() == EVERYBODY
    assert len(world.owned()) == 2 * len(EVERYBODY)
    assert written_twice(world) == []
    before = world.last_write()
    assert world.sync().exit_code == 0
    assert world.writes(since=before) == []


def test_an_answer_that_never_came_is_settled_by_reading_back(approved_world: World) -> None:
    world = approved_world
    world.break_crm(
        {"kind": "reset-after-apply", "match": {"endpoint": "contacts.batch_update", "nth": 1}},
        {"kind": "truncated-body", "match": {"endpoint": "lists.add", "nth": 2}},
        {"kind": "reset-before-apply", "match": {"endpoint": "lists.add", "nth": 3}},
    )
    applied = world.apply(world.latest_plan())
    assert (applied.exit_code, applied.enter, applied.verified) == (0, 28, 56)
    assert world.segments() == world.members() == EVERYBODY
    assert written_twice(world) == []


def test_who_objects_leaves_the_computation_too(world: World) -> None:
    pid, sid = world.pid(world.rref(CAMILLE)), world.sid(world.rref(CAMILLE))
    at, before = world.advance(days=1), world.last_write()
    with world.opened() as workspace:
        workspace.ledger.record_objections(sid, [NewObjection(kind="21.2", channel="operator")], at=at)
    done = world.sync()
    assert done.exit_code == 0
    assert done.segments is not None
    assert done.segments.sets[0].population == 30
    memberships = world.memberships()
    assert pid not in memberships
    # One buyer fewer moves some F scores from 5 to 4, which stays within each of these segments.
    assert sorted([*memberships.values(), "champions"]) == sorted(SEGMENT_OF_PLACE)
    assert set(world.verdicts(pid).values()) == {"OBJECTED_MARKETING"}
    assert world.segments() == world.members() == LABELLED_OTHERS
    assert written_since(world, before) == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]


def test_a_property_that_vanished_is_named_and_a_no_is_carried_out_all_the_same(world: World) -> None:
    at, before = world.advance(hours=25), world.last_write()
    with world.crm() as state:
        del state.properties["contacts"]["loyalty_number"]
        unsubscribe(state, A_CHAMPION, at=at)
    done = world.sync()
    assert done.exit_code == 3
    assert 'the property "loyalty_number" of contacts is gone' in done.pulls[0].streams[0].reason
    assert written_since(world, before) == [
        ("contacts.batch_update", [A_CHAMPION]),
        ("lists.remove", [A_CHAMPION]),
    ]


def test_while_consent_cannot_be_read_every_label_stays_as_it_is(world: World) -> None:
    before = world.last_write()
    with world.crm() as state:
        scopes = state.account.scopes
        lost = [scope for scope in scopes if scope.startswith("communication_preferences")]
        state.account.scopes = [scope for scope in scopes if scope not in lost]
    at = world.advance(hours=25)
    with world.crm() as state:
        subscribe(state, contact_of(NEVER_ASKED), at=at)
    done = world.sync()
    assert done.exit_code == 3
    # The statuses of whoever was touched could not be read, so nothing can be said of anybody.
    assert done.plans[0].withheld == {"SOURCE_STALE": 29, "CONSENT_WITHDRAWN": 1, "SUPPRESSED": 1}
    assert world.writes(since=before) == []
    with world.crm() as state:
        state.account.scopes = [*state.account.scopes, *lost]
    assert world.sync().exit_code == 0
    assert written_since(world, before) == [
        ("contacts.batch_update", [contact_of(NEVER_ASKED)]),
        ("lists.add", [contact_of(NEVER_ASKED)]),
    ]


def test_after_a_merge_that_dropped_nothing_what_somebody_takes_away_stays_away(world: World) -> None:
    world.advance(days=1)
    survivor = world.merge(CAMILLE, CAMILLE_AT_WORK)
    before = world.last_write()
    assert world.sync().exit_code == 0
    assert len(world.owned()) == 2 * (len(EVERYBODY) - 1)
    world.advance(days=1)
    with world.crm() as state:
        for one in state.lists.values():
            one.members.pop(survivor, None)
    done = world.sync()
    assert done.plans[0].withheld["CHANGED_BY_HAND"] == 1
    assert world.writes(since=before) == []


def test_two_people_who_become_one_lose_every_label_by_one_no(world: World) -> None:
    """The CRM keeps the primary's value, and both lists; which contact that was it does not say."""
    at = world.advance(days=1)
    champion, dormant = A_CHAMPION, contact_of(0)
    survivor = world.merge(champion, dormant)
    with world.crm() as state:
        record = state.objects["contacts"].live[survivor]
        record.properties["hs_merged_object_ids"] = f"{dormant};{champion}"
        unsubscribe(state, survivor, at=at)
    assert world.segments()[survivor] == "champions"
    before = world.last_write()
    # One buyer fewer moves eleven others: that waits for an approval, the no does not.
    assert world.sync().exit_code == 5
    assert {contact for _, contacts in written_since(world, before) for contact in contacts} == {survivor}
    rest = {contact: one for contact, one in EVERYBODY.items() if contact not in (champion, dormant)}
    assert world.segments() == world.members() == rest
    assert len(world.owned()) == 2 * len(rest)


def test_a_contact_deleted_in_the_crm_is_let_go(world: World) -> None:
    at, before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        contacts = state.objects["contacts"]
        contacts.archive(contacts.live[A_CHAMPION], iso(at))
        for one in state.lists.values():
            one.members.pop(A_CHAMPION, None)
    for _ in range(2):
        done = world.sync()
        assert (done.exit_code, done.plans[0].total) == (0, 30)
        world.advance(days=1)
    assert world.writes(since=before) == []
    assert world.segments() == {contact: one for contact, one in EVERYBODY.items() if contact != A_CHAMPION}
