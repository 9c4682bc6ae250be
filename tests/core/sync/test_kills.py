"""Killed at any commit or request, once or twice: the CRM converges and nothing is doubled."""

from __future__ import annotations

import shutil
from copy import deepcopy

import pytest

from consentric.sdk.errors import GuardError
from consentric.sync.apply import STALE, resumable_plans

from .conftest import Killed, World, make_world

CHANGES = {1: "champions", 2: None, 6: "loyal"}
DENIED = {5: ("OBJECTED", "remove")}
AT_SEND = {4: ("CONSENT_WITHDRAWN", "remove"), 3: ("SOURCE_STALE", "hold")}
"""4 is to move and withdraws after the plan; 3 is to move and is held."""

GOLDEN = {
    "fields": {
        ("crm-1", "field:rfm5"): "champions",
        ("crm-3", "field:rfm5"): "loyal",
        ("crm-6", "field:rfm5"): "loyal",
    },
    "lists": {"list:rfm5.champions": ["crm-1"]},
}


def killer(world: World, at: int):
    """Counts the points; raises at the given one, once."""
    points: list[str] = []

    def reach(label: str) -> None:
        points.append(label)
        if len(points) == at:
            raise Killed(label)

    world.store.kill_point = reach
    return points


@pytest.fixture(scope="module")
def day_one(tmp_path_factory):
    """A workspace and a CRM after the first apply; copied, so that each trial begins there."""
    folder = tmp_path_factory.mktemp("day-one")
    world = make_world(folder)
    world.sync()
    world.store.close()
    return folder, world.crm


@pytest.fixture
def prepared(day_one, tmp_path):
    """Labels stand; then people changed, one objects, and two answers of the gate change after the plan."""
    made: list[World] = []

    def prepare() -> World:
        if made:
            made[-1].store.close()
        folder = tmp_path / str(len(made))
        folder.mkdir()
        shutil.copy(day_one[0] / "control.sqlite", folder / "control.sqlite")
        made.append(changed_world(folder, deepcopy(day_one[1])))
        return made[-1]

    yield prepare
    made[-1].store.close()


def changed_world(folder, crm) -> World:
    world = make_world(folder)
    world.crm = world.writer.crm = crm
    world.segments.update(CHANGES)
    world.segments.update({3: "champions", 4: "loyal"})
    world.denied.update(DENIED)
    world.reopen()
    return world


def night(world: World) -> None:
    """What `sync` does: resume what was left, read labels, plan, apply."""
    world.denied_at_send = dict(AT_SEND)
    for plan in resumable_plans(world.store, "prod"):
        world.apply(plan)
    world.read_labels()
    world.apply(world.plan().plan)


def recover_and_check(world: World) -> None:
    world.reopen()
    assert world.store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    night(world)
    picture = world.crm.picture()
    # The held move keeps its old label: neither added, nor moved, nor removed.
    assert picture["fields"] == GOLDEN["fields"]
    assert picture["lists"] == {"list:rfm5.champions": ["crm-1"], "list:rfm5.loyal": ["crm-3", "crm-6"]}
    open_ops = world.store.connection.execute(
        "SELECT count(*) FROM op JOIN plan ON plan.id = op.plan"
        " WHERE op.state = 'sent' OR (op.state = 'pending' AND plan.state <> 'sealed')"
    ).fetchone()
    assert open_ops == (0,)
    assert resumable_plans(world.store, "prod") == []
    writes = len(world.crm.writes)
    world.reopen()
    night(world)
    assert len(world.crm.writes) == writes
    assert world.crm.picture() == picture


def count_points(world: World) -> int:
    points = killer(world, at=0)
    night(world)
    return len(points)


def run_until_killed(world: World, at: int) -> bool:
    killer(world, at)
    try:
        night(world)
    except Killed:
        return True
    return False


def test_clean_run_is_the_golden_one(prepared):
    recover_and_check(prepared())


def test_kill_at_every_point_converges_without_doubles(prepared):
    total = count_points(prepared())
    assert total > 40
    for at in range(1, total + 1):
        world = prepared()
        assert run_until_killed(world, at)
        recover_and_check(world)
        assert len(world.crm.writes) == len(set(world.crm.writes)), at


@pytest.mark.parametrize("fault", ["before", "after", "half answered"])
def test_kill_at_every_point_of_a_run_with_lost_answers_converges(prepared, fault):
    for at in range(1, 60, 3):
        world = prepared()
        world.writer.faults = [None, fault, None, fault]
        run_until_killed(world, at)
        recover_and_check(world)
        assert len(world.crm.writes) == len(set(world.crm.writes)), at


def test_recovery_that_is_killed_too_converges(prepared):
    for first in range(6, 50, 7):
        for second in range(2, 30, 5):
            world = prepared()
            run_until_killed(world, first)
            world.reopen()
            run_until_killed(world, second)
            recover_and_check(world)


def test_kill_while_the_request_is_in_flight_is_settled_by_reading_back(prepared):
    world = prepared()
    world.writer.faults = [None, None, "kill"]
    with pytest.raises(Killed):
        night(world)
    recover_and_check(world)
    assert len(world.crm.writes) == len(set(world.crm.writes))


def test_kill_while_the_first_plan_is_applied_needs_no_second_approval(tmp_path):
    world = make_world(tmp_path)
    plan = world.plan()
    killer(world, at=12)
    with pytest.raises(Killed):
        world.apply(plan.plan)
    world.reopen()
    [left] = resumable_plans(world.store, "prod")
    report = world.apply(left)
    assert (report.enter, report.total, report.exit_code) == (5, 6, 0)
    assert len(world.crm.writes) == 10


def test_what_was_in_flight_is_read_back_before_anything_else_is_sent(prepared):
    world = prepared()
    world.writer.faults = [None, "kill"]
    with pytest.raises(Killed):
        night(world)
    world.reopen()
    asked: list[str] = []
    reads, writes = world.writer.current, world.writer.apply
    world.writer.current = lambda *given: (asked.append("read"), reads(*given))[1]
    world.writer.apply = lambda *given: (asked.append("write"), writes(*given))[1]
    [left] = resumable_plans(world.store, "prod")
    world.apply(left)
    assert asked[:2] == ["read", "write"]


def test_half_applied_plan_that_became_stale_is_replaced_by_the_next_one(prepared):
    world = prepared()
    world.writer.faults = [None, "kill"]
    with pytest.raises(Killed):
        night(world)
    world.reopen()
    world.settings = world.settings.model_copy(update={"automations": "fire"})
    [left] = resumable_plans(world.store, "prod")
    with pytest.raises(GuardError) as caught:
        world.apply(left)
    assert caught.value.code == STALE
    world.plan()
    assert resumable_plans(world.store, "prod") == []
    recover_and_check(world)
    assert len(world.crm.writes) == len(set(world.crm.writes))
