"""What consentric promises of labels and plans, each promise in one short journey."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consentric.sdk.errors import ConsentricError, GuardError, RemoteError
from consentric_sandbox.hubspot.object_store import iso

from .shop import (
    A_CHAMPION,
    BOUNCED,
    CAMILLE,
    CAMILLE_AT_WORK,
    EVERYBODY,
    NEVER_ASKED,
    SEGMENT_OF_PLACE,
    contact_of,
    subscribe,
    type_in,
    unsubscribe,
)
from .world import WRITING, World


class Killed(BaseException):
    """The process ended here."""


def killed_at(point: str, time: int) -> Callable[[str], None]:
    """Ends the process when it passes a point of the control store for the given time."""
    passed = 0

    def pass_by(reached: str) -> None:
        nonlocal passed
        passed += reached == point
        if passed == time:
            raise Killed

    return pass_by


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
    assert world.written_since(before) == [
        ("contacts.batch_update", [A_CHAMPION]),
        ("lists.remove", [A_CHAMPION]),
    ]
    assert world.members()[contact_of(BOUNCED)] == "champions"


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


@pytest.mark.parametrize(
    ("point", "time"),
    [
        ("after provision", 2),
        ("before request", 1),
        ("after request", 1),
        ("before commit", 12),
    ],
)
def test_a_killed_apply_is_finished_by_the_next_sync(approved_world: World, point: str, time: int) -> None:
    world = approved_world
    with pytest.raises(Killed):
        world.apply(world.latest_plan(), kill_point=killed_at(point, time))
    assert world.sync().exit_code == 0
    assert world.segments() == world.members() == EVERYBODY
    assert len(world.owned()) == 2 * len(EVERYBODY)
    assert world.written_twice() == []


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
    assert world.written_twice() == []


def test_a_new_warehouse_without_purchases_moves_nobody(world: World) -> None:
    shown, before = world.fields(), world.last_write()
    world.advance(days=1)
    (world.workspace / "analytics" / "analytics.duckdb").unlink()
    lost = world.revoke("crm.objects.orders.read")
    with pytest.raises(RemoteError):
        world.sync()
    plan = world.plan()
    assert (plan.ops, plan.withheld["SEGMENTS_NOT_COMPUTED"]) == (0, 28)
    with pytest.raises(GuardError) as refused:
        world.segment()
    assert refused.value.code == "CS515"
    world.grant(lost)
    assert world.sync().exit_code == 0
    assert (world.fields(), world.writes(since=before)) == (shown, [])


@pytest.mark.parametrize("time", [2, 3])
def test_a_killed_pull_is_read_again(new_world: World, time: int) -> None:
    world = new_world
    with pytest.raises(Killed):
        world.sync(kill_point=killed_at("before commit", time))
    done = world.sync()
    assert (done.exit_code, done.plans[0].enter) == (5, 28)
    assert sorted(world.memberships().values()) == sorted(SEGMENT_OF_PLACE)


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


def test_a_plan_is_never_of_rules_that_have_changed(world: World) -> None:
    config = world.workspace / "config.toml"
    another = '[[segment_set]]\nname = "rhythm"\npurpose = "segmentation"\nmethod = "lifecycle"\n'
    config.write_text(f"{config.read_text(encoding='utf-8')}\n{another}", encoding="utf-8")

    with pytest.raises(GuardError) as refused:
        world.plan()
    assert (refused.value.code, refused.value.exit_code) == ("CS516", 5)

    world.segment()
    assert world.plan().unchanged == len(EVERYBODY)
