"""Engagement on small tables worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from consentric.segments.decay import decay_rows
from consentric.segments.settings import ChannelSettings, EngagementSettings, SegmentSetSettings

from .people import Town

SCORE = "SELECT points, expected, band FROM score ORDER BY subject"


def engaged(**options: Any) -> SegmentSetSettings:
    return SegmentSetSettings(
        name="heat", purpose="segmentation", method="engagement", engagement=EngagementSettings(**options)
    )


def test_points_halve_with_each_half_life(town: Town) -> None:
    town.add("ann")
    town.act("ann", "click", 0, 30, 60)  # 10 + 5 + 2.5
    town.act("ann", "visit", 30)  # 1.5

    town.run(engaged())

    # expected: the least, 10 points; 19 points are 190 percent: past 25, 50 and 100
    assert town.rows(SCORE) == [(19_000_000, 10_000_000, 3)]


def test_linear_points_are_half_after_one_half_life_and_none_after_two(town: Town) -> None:
    town.add("ann", "bob")
    town.act("ann", "click", 30)
    town.act("bob", "click", 60)

    town.run(engaged(decay="linear"))

    assert town.rows(SCORE) == [(5_000_000, 10_000_000, 2), (0, 10_000_000, 0)]


def test_a_channel_brings_no_more_than_its_cap(town: Town) -> None:
    channels = {
        "email": ChannelSettings(weights={"click": 10, "reply": 20}, cap=25),
        "web": ChannelSettings(weights={"visit": 3}),
    }
    town.add("ann")
    town.act("ann", "click", 0, 0)
    town.act("ann", "reply", 0)
    town.act("ann", "visit", 0)

    town.run(engaged(channels=channels))

    assert town.rows(SCORE) == [(28_000_000, 10_000_000, 4)]


def test_more_is_expected_of_somebody_who_is_written_to_more_often(town: Town) -> None:
    town.add("daily", "seldom")
    town.act("daily", "send", *[0] * 40)
    town.act("seldom", "send", 0)
    for name in ("daily", "seldom"):
        town.act(name, "click", 0)

    town.run(engaged())

    # 10 points are 25 percent of 40 expected, and 100 percent of the least
    assert town.rows(SCORE) == [(10_000_000, 40_000_000, 1), (10_000_000, 10_000_000, 3)]


def test_opens_and_machines_bring_nothing_and_silence_costs_nothing(town: Town) -> None:
    town.add("opens", "machine", "silent")
    town.act("opens", "open", 0, 1, 2)
    town.act("machine", "click", 0, machine=True)
    town.act("silent", "send", 0)

    town.run(engaged())

    assert town.cells("heat") == {"machine": "band_0", "opens": "band_0", "silent": "band_0"}
    assert [points for points, _, _ in town.rows(SCORE)] == [0, 0, 0]


@pytest.mark.parametrize(("visits", "band"), [(8, 0), (9, 1), (17, 2), (34, 3), (67, 4)])
def test_a_band_starts_at_its_limit(town: Town, visits: int, band: int) -> None:
    # 3 points a visit against 100 expected; bands from 25, 50, 100 and 200 percent
    town.add("ann")
    town.act("ann", "visit", *[0] * visits)

    town.run(
        engaged(expected_at_least=100, channels={"web": ChannelSettings(weights={"visit": 3}, cap=1000)})
    )

    assert town.rows("SELECT band FROM score") == [(band,)]


def test_the_decay_table_is_whole_numbers_and_ends_where_nothing_is_left() -> None:
    settings = EngagementSettings(
        channels={"web": ChannelSettings(weights={"visit": 3}, half_life_days=1)}, expected_per_send=0
    )
    rows = list(decay_rows(settings))

    assert rows[:3] == [
        ("web", "visit", 0, 3_000_000, 200_000_000),
        ("web", "visit", 1, 1_500_000, 200_000_000),
        ("web", "visit", 2, 750_000, 200_000_000),
    ]
    assert rows[-1][2:4] == (22, 1)


def test_an_act_that_counts_in_two_channels_is_refused() -> None:
    channel = ChannelSettings(weights={"click": 1})
    with pytest.raises(ValueError, match="in two: click"):
        EngagementSettings(channels={"a": channel, "b": channel})
