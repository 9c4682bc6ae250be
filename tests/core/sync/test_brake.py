"""The mass-change brake: each limit of it trips, none trips for a person's own no."""

from __future__ import annotations

from collections import Counter

import pytest

from consentric.sync.brake import History, brake_reasons
from consentric.sync.report import Tally
from consentric.sync.settings import BrakeSettings

USUAL = History(moves=[10] * 14, population=1000)


def tally(*, owned=1000, after=1000, **counts) -> Tally:
    moves = counts.pop("moves", 0)
    made = Tally(**counts)
    made.owned = Counter({"rfm5.loyal": owned})
    made.after = Counter({"rfm5.loyal": after})
    made.moves = Counter({("rfm5", "loyal", "champions"): moves}) if moves else Counter()
    return made


def codes(made, history=USUAL, **settings):
    reasons = brake_reasons(made, history, BrakeSettings(**settings), has_changes=True)
    return [reason.code for reason in reasons]


def test_quiet_plan_trips_nothing():
    assert codes(tally(moves=20, removals=100, after=900)) == []


def test_first_apply_always_trips():
    assert codes(tally(owned=0), History()) == ["first_apply"]


def test_after_one_record_went_in_a_part_the_first_whole_plan_says_so():
    [reason] = brake_reasons(tally(owned=0), History(in_parts=1), BrakeSettings(), has_changes=True)
    assert reason.sentence == "first whole plan; 1 record went as a part"


def test_plan_without_changes_needs_no_brake():
    assert brake_reasons(tally(), History(), BrakeSettings(), has_changes=False) == ()


@pytest.mark.parametrize(
    ("owned", "removals", "trips"), [(1000, 100, False), (1000, 101, True), (40, 25, False), (40, 26, True)]
)
def test_removals_over_25_and_over_a_tenth_trip(owned, removals, trips):
    history = History(moves=[10], population=owned)
    made = tally(owned=owned, after=owned, removals=removals)
    assert codes(made, history) == (["removals"] if trips else [])


@pytest.mark.parametrize(
    ("moves", "expected"), [(100, []), (101, ["moves_unusual"]), (301, ["moves", "moves_unusual"])]
)
def test_moves_over_a_third_or_ten_times_the_median_trip(moves, expected):
    assert codes(tally(moves=moves)) == expected


def test_few_moves_are_never_unusual():
    calm = History(moves=[0] * 14, population=1000)
    assert codes(tally(moves=25), calm) == []
    assert codes(tally(moves=26), calm) == ["moves_unusual"]


def test_moves_by_a_changed_rule_over_a_twentieth_trip():
    assert codes(tally(moves=51, rule_moves=50)) == []
    assert codes(tally(moves=51, rule_moves=51)) == ["rule_moves"]


def test_segment_emptied_by_other_than_a_no_trips():
    made = tally()
    made.owned["rfm5.champions"] = 2
    made.emptying = {"rfm5.champions"}
    assert codes(made) == ["emptied"]
    made.emptying = set()
    assert codes(made) == []


def test_population_that_fell_by_more_than_a_fifth_trips():
    assert codes(tally(after=800)) == []
    assert codes(tally(after=799)) == ["population"]


def test_sixteen_hundred_who_said_no_trip_nothing():
    history = History(moves=[10] * 14, population=80_000)
    assert codes(tally(owned=80_000, after=78_400, denials=1600), history) == []
    assert codes(tally(owned=80_000, after=0, denials=80_000), history) == []


def test_configuration_that_forbids_the_destination_trips():
    made = tally()
    made.refused["LIA_MISSING"] = 3
    assert codes(made) == ["refused"]
