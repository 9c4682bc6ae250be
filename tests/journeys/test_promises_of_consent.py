"""What consentric promises of a person's no, and of not knowing, each promise in one short journey."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consentric.sdk.errors import GuardError, RemoteError

from .shop import (
    A_CHAMPION,
    CAMILLE,
    CAMILLE_AT_WORK,
    EVERYBODY,
    LABELLED_OTHERS,
    NEVER_ASKED,
    SEGMENT_OF_PLACE,
    UNSUBSCRIBED,
    buy,
    contact_of,
    subscribe,
    type_in,
    unsubscribe,
)
from .world import World


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
    assert world.written_since(before) == [("contacts.batch_update", [decided]), ("lists.add", [decided])]


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
    owned = {one.label: (one.segment, one.previous) for one in world.owned() if one.rref == world.rref(buyer)}
    assert owned["field:rfm5"] == ("loyal", "at_risk")
    assert [write for write in world.written_since(before) if CAMILLE in write[1]] == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]


def test_a_rule_that_would_take_every_label_waits_while_a_no_is_carried_out(world: World) -> None:
    world.min_grade = "A"  # nobody confirmed the form
    at, before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    for _ in range(2):
        done = world.sync()
        assert done.exit_code == 5
        assert "removals" in [reason.code for reason in done.plans[0].brake]
    assert world.written_since(before) == [
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
    written = world.written_since(before)
    assert written[0] == ("contacts.batch_update", gone)
    assert {operation for operation, _ in written[1:]} == {"lists.remove"}
    assert sorted(contact for _, contacts in written[1:] for contact in contacts) == gone


def test_a_no_on_one_of_two_records_takes_the_label_off_both(world: World) -> None:
    at, before = world.advance(days=1), world.last_write()
    with world.crm() as state:
        unsubscribe(state, CAMILLE_AT_WORK, at=at)
    assert world.sync().exit_code == 0
    assert world.segments() == world.members() == LABELLED_OTHERS
    assert world.written_since(before) == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]


def test_who_objects_leaves_the_computation_too(world: World) -> None:
    pid, sid = world.pid(world.rref(CAMILLE)), world.sid(world.rref(CAMILLE))
    world.advance(days=1)
    before = world.last_write()
    world.object_to_marketing(sid)
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
    assert world.written_since(before) == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]


def test_an_objection_between_plan_and_apply_counts(world: World) -> None:
    contact, at, before = contact_of(NEVER_ASKED), world.advance(days=1), world.last_write()
    with world.crm() as state:
        subscribe(state, contact, at=at)
    world.pull()
    plan = world.plan()
    assert plan.enter == 1
    world.object_to_marketing(world.sid(world.rref(contact)))
    assert world.apply(plan.plan).withheld["OBJECTED_MARKETING"] == 1
    assert world.writes(since=before) == []


def test_a_property_that_vanished_is_named_and_a_no_is_carried_out_all_the_same(world: World) -> None:
    at, before = world.advance(hours=25), world.last_write()
    with world.crm() as state:
        del state.properties["contacts"]["loyalty_number"]
        unsubscribe(state, A_CHAMPION, at=at)
    done = world.sync()
    assert done.exit_code == 3
    assert 'the property "loyalty_number" of contacts is gone' in done.pulls[0].streams[0].reason
    assert world.written_since(before) == [
        ("contacts.batch_update", [A_CHAMPION]),
        ("lists.remove", [A_CHAMPION]),
    ]


def test_while_consent_cannot_be_read_every_label_stays_as_it_is(world: World) -> None:
    before, lost = world.last_write(), world.revoke("communication_preferences")
    at = world.advance(hours=25)
    with world.crm() as state:
        subscribe(state, contact_of(NEVER_ASKED), at=at)
    done = world.sync()
    assert done.exit_code == 3
    # The statuses of whoever was touched could not be read, so nothing can be said of anybody.
    assert done.plans[0].withheld == {"SOURCE_STALE": 29, "CONSENT_WITHDRAWN": 1, "SUPPRESSED": 1}
    assert world.writes(since=before) == []
    world.grant(lost)
    assert world.sync().exit_code == 0
    assert world.written_since(before) == [
        ("contacts.batch_update", [contact_of(NEVER_ASKED)]),
        ("lists.add", [contact_of(NEVER_ASKED)]),
    ]


def test_consent_that_cannot_be_read_again_before_writing_holds_the_label_back(world: World) -> None:
    at = world.advance(days=1)
    with world.crm() as state:
        subscribe(state, contact_of(NEVER_ASKED), at=at)
    world.pull()
    plan = world.plan()
    assert plan.enter == 1
    at, before, lost = (
        world.advance(minutes=10),
        world.last_write(),
        world.revoke("communication_preferences"),
    )
    with world.crm() as state:
        type_in(state, A_CHAMPION, {"age_band": "40-49"}, at=at)
    assert world.apply(plan.plan).withheld == {
        "CONSENT_NOT_READ": 1,
        "CONSENT_WITHDRAWN": 1,
        "SUPPRESSED": 1,
    }
    assert world.writes(since=before) == []
    world.grant(lost)
    assert world.sync().writes == 1


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
    assert {contact for _, contacts in world.written_since(before) for contact in contacts} == {survivor}
    rest = {contact: one for contact, one in EVERYBODY.items() if contact not in (champion, dormant)}
    assert world.segments() == world.members() == rest
    assert len(world.owned()) == 2 * len(rest)


def test_of_a_first_read_that_broke_off_nothing_is_computed(world: World) -> None:
    at, before = world.advance(days=1), world.last_write()
    (world.workspace / "analytics" / "analytics.duckdb").unlink()
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    lost = world.revoke("crm.objects.orders")

    with pytest.raises(RemoteError):
        world.sync()
    with pytest.raises(GuardError) as refused:
        world.segment()
    assert refused.value.code == "CS515"
    assert refused.value.message == 'a first read never came to its end: "orders" of connection "hubspot"'
    assert world.writes(since=before) == []

    world.grant(lost)
    done = world.sync()
    assert done.exit_code == 0
    assert world.written_since(before) == [
        ("contacts.batch_update", [A_CHAMPION]),
        ("lists.remove", [A_CHAMPION]),
    ]
    assert sorted(world.memberships().values()) == sorted(SEGMENT_OF_PLACE)
