"""What the figures of a benchmark say, and which goals they miss."""

from __future__ import annotations

import pytest
from benchmarks.figures import Cost, World, as_json, growth, missed, table


def world(contacts: int, *, pull: float, sync: float = 1.2, memory: float = 300, writes: int = 0) -> World:
    """A world whose stages took these CPU seconds; one of them is spent on starting."""
    cpu = {"start": 1.0, "pull": pull, "sync": sync}
    stages = {
        name: Cost(records=contacts, cpu=seconds, wall=2 * seconds, memory=memory, calls=7)
        for name, seconds in cpu.items()
    }
    return World(contacts=contacts, stages=stages, second_run_writes=writes)


def test_growth_is_cpu_a_contact_without_the_start() -> None:
    # 10 s for 1,000 contacts and 50 s for 4,000: 10 ms and 12.5 ms each.
    assert growth(world(1000, pull=11.0), world(4000, pull=51.0)) == {"pull": 1.25}


def test_a_stage_under_a_second_is_not_compared() -> None:
    assert "sync" not in growth(world(1000, pull=11.0, sync=1.9), world(4000, pull=51.0, sync=40.0))


def test_everything_in_order_misses_nothing() -> None:
    assert missed(world(1000, pull=11.0), world(4000, pull=51.9, memory=400)) == []


@pytest.mark.parametrize(
    ("quarter", "whole", "sentence"),
    [
        (
            world(1000, pull=11.0),
            world(4000, pull=53.0),
            "pull: CPU time a contact grew by 1.30, the goal is under 1.3",
        ),
        (
            world(1000, pull=11.0),
            world(4000, pull=41.0, memory=401),
            "pull took 401 MB, the goal is 400",
        ),
        (
            world(1000, pull=11.0),
            world(4000, pull=41.0, writes=3),
            "the second run of 4000 contacts wrote 3 records, the goal is 0",
        ),
        (
            world(1000, pull=11.0, writes=1),
            world(4000, pull=41.0),
            "the second run of 1000 contacts wrote 1 records, the goal is 0",
        ),
    ],
)
def test_a_missed_goal_is_named(quarter: World, whole: World, sentence: str) -> None:
    assert missed(quarter, whole) == [sentence]


def test_the_table_shows_the_whole_world_and_its_growth() -> None:
    lines = list(table(world(1000, pull=11.0), world(4000, pull=51.0)))
    assert lines[0] == "4,000 contacts, growth against 1,000"
    assert lines[4].split() == ["pull", "39", "51.0", "102.0", "300", "7", "1.25"]
    assert lines[5].split()[-1] == "-"


def test_the_json_line_holds_both_worlds() -> None:
    found = as_json(world(1000, pull=11.0), world(4000, pull=51.0), "a machine")
    assert found["growth"] == {"pull": 1.25}
    assert found["whole"]["stages"]["pull"]["cpu"] == 51.0
    assert (found["quarter"]["contacts"], found["missed"]) == (1000, [])
