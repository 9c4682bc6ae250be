"""Engagement on small tables worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from consentric.segments.assembly import assemble
from consentric.segments.checks import validate_sets
from consentric.segments.decay import decay_rows
from consentric.segments.explain import explain
from consentric.segments.explanation import NearestChange
from consentric.segments.methods.engagement import band_of
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


def test_as_hubspot_points_fall_by_steps_and_sends_do_not_count(town: Town) -> None:
    town.add("ann", "bob")
    town.act("ann", "form", 89, 90, 180)  # 30 + 15 + 0: half after three months, nothing after six
    town.act("ann", "visit", 0, 1)  # 3 + 3
    town.act("ann", "send", *[0] * 40)
    town.act("bob", "form", 0, 1, 2, 3)  # 120

    town.run(engaged(preset="hubspot_linear", step_percent=50, step_months=3))

    # of 100 points: 51 are past 25 and 50, 120 past all
    assert town.rows(SCORE) == [(51_000_000, 100_000_000, 2), (120_000_000, 100_000_000, 4)]


def test_as_hubspot_a_quarter_is_lost_each_month_unless_told_otherwise() -> None:
    settings = EngagementSettings.model_validate(
        {"preset": "hubspot_linear", "channels": {"web": {"weights": {"visit": 2}}}}
    )
    worth = {age: points for _, _, age, points, _ in decay_rows(settings)}

    assert [worth[age] for age in (0, 29, 30, 60, 90, 119)] == [
        2_000_000,
        2_000_000,
        1_500_000,
        1_000_000,
        500_000,
        500_000,
    ]
    assert max(worth) == 119


def test_as_mailchimp_counts_stars(town: Town) -> None:
    town.add("new", "dormant", "low", "often", "faithful", "left", "returned", "opens")
    town.act("dormant", "send", *[0] * 30)
    town.act("low", "send", *[0] * 100)  # 100 expected
    town.act("low", "click", 0)  # 10: ten percent
    town.act("often", "click", 0, 90, 90, 180, 180)  # 10 + 2 · 5 + 2 · 2.5 = 25 of at least 50
    town.act("faithful", "click", 0, 0, 0, 0, 0)
    town.act("left", "unsubscribe", 400)
    town.act("returned", "bounce", 20)
    town.act("returned", "click", 0, 0, 0)  # 30 of 50
    town.act("opens", "open", 0, 0, 0)
    stars = SegmentSetSettings.model_validate(
        {
            "name": "heat",
            "purpose": "segmentation",
            "method": "engagement",
            "engagement": {"preset": "mailchimp"},
        }
    )

    report = town.run(stars)

    assert town.cells("heat") == {
        "dormant": "star_2",  # silence is never negative
        "faithful": "star_5",
        "left": "star_1",
        "low": "star_3",
        "new": "star_2",
        "often": "star_4",
        "opens": "star_2",
        "returned": "star_4",  # a bounce is made up for
    }
    assert report.sets[0].sizes == {"star_1": 1, "star_2": 3, "star_3": 1, "star_4": 2, "star_5": 1}
    assert sorted(town.rows("SELECT DISTINCT band FROM score")) == [(0,), (1,), (2,), (3,), (4,)]

    [found] = explain(town.warehouse, assemble([stars], []), "p1.left")
    assert [(one.name, one.value) for one in found.inputs[-2:]] == [("bounces", 0), ("unsubscribed", True)]
    assert [(limit.name, limit.value) for limit in found.limits] == [
        ("star_3", 5_000_000),
        ("star_4", 25_000_000),
        ("star_5", 50_000_000),
    ]
    assert found.nearest == (NearestChange(input="points", now=0, then=5_000_000, segment="star_3"),)


def test_a_setting_of_ones_own_counts_before_that_of_the_preset() -> None:
    settings = EngagementSettings.model_validate({"preset": "mailchimp", "limits_percent": [5, 20, 40, 80]})

    assert settings.limits_percent == (5, 20, 40, 80)
    assert settings.lowest_band == "bounce"
    assert [band_of(points, 100, settings, has_said_no=True) for points in (0, 19, 20)] == [0, 0, 2]
    assert [band_of(points, 100, settings) for points in (0, 19, 20)] == [1, 1, 2]


def test_points_for_opens_need_the_purpose_that_reads_them() -> None:
    counted = engaged(channels={"email": ChannelSettings(weights={"open": 1, "click": 5})})

    [fault] = validate_sets(assemble([counted], []), purposes=["segmentation"])
    assert fault.message == 'opens are worth points, but no purpose "email_tracking" lets them be read'
    assert validate_sets(assemble([counted], []), purposes=["segmentation", "email_tracking"]) == []
    assert validate_sets(assemble([engaged()], []), purposes=["segmentation"]) == []
