"""Figures about the quality of segments, worked out by hand on small tables."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

from consentric.segments.assembly import assemble
from consentric.segments.gates import GateRule
from consentric.segments.movement import movement_of
from consentric.segments.quality import Overlap, SetQuality, quality_of
from consentric.segments.quality_settings import QualitySettings
from consentric.segments.settings import LifecycleSettings, SegmentSetSettings, SegmentSettings, Texts
from consentric.segments.silhouette import silhouette
from consentric.segments.spread import spreads
from consentric.warehouse import figures, permissions
from consentric.warehouse.quality import Sums, typical_subject

from .people import NOW, Town

OFTEN = [
    SegmentSettings(set="own", key=key, name=Texts(fr=key, en=key), when=rule, otherwise=rule is None)
    for key, rule in (("often", "orders >= 2"), ("once", "orders = 1"), ("never", None))
]
OWN = SegmentSetSettings(name="own", purpose="segmentation")
CYCLE = SegmentSetSettings(name="cycle", purpose="segmentation", method="lifecycle")


def quality(town: Town, *sets: SegmentSetSettings, **settings: Any) -> SetQuality:
    """Of the first of these sets."""
    assembled = assemble(sets, OFTEN)
    found = quality_of(town.warehouse.connection, assembled[0], assembled, QualitySettings(**settings))
    assert found is not None
    return found


def shop(town: Town) -> None:
    """Ann and Bob bought twice, Cid once, Dan never; Ann alone is late by three times 90 days."""
    town.add("ann", "bob", "cid", "dan")
    for name, age, amount in (
        ("ann", 300, 1000),
        ("ann", 400, 3000),
        ("bob", 10, 1500),
        ("bob", 300, 500),
        ("cid", 20, 2000),
    ):
        town.order(name, age, amount)


def test_figures_of_each_segment_are_those_of_the_hand(town: Town) -> None:
    shop(town)
    town.run(OWN, OFTEN)

    often, once, never = quality(town, OWN).segments

    # 6000 of 8000 minor units; 6000 / 2 people; 6000 / 4 orders; 4 orders / 2 buyers; Ann of Ann and Bob.
    assert (often.people, often.buyers, often.revenue_share) == (2, 2, 0.75)
    assert (often.arpu_minor, often.aov_minor, often.orders_per_buyer, often.churn) == (3000, 1500, 2.0, 0.5)
    assert (once.people, once.revenue_share, once.arpu_minor, once.churn) == (1, 0.25, 2000, 0.0)
    assert (never.people, never.revenue_share, never.arpu_minor) == (1, 0.0, 0)
    assert (never.aov_minor, never.orders_per_buyer, never.churn) == (None, None, None)
    assert (often.value_minor, often.engagement, often.people_before) == (None, None, None)


def test_churn_is_what_the_life_cycle_calls_inactive_or_lost(town: Town) -> None:
    shop(town)
    town.add("eve", "fay")
    town.order("eve", 271)
    town.order("fay", 270)  # 3 x 90 days are not over
    town.run([OWN, CYCLE], OFTEN)

    late = {"inactive", "lost"}
    by_stage = {name for name, stage in town.cells("cycle").items() if stage in late}
    shares = {one.key: (one.buyers, one.churn) for one in quality(town, OWN, CYCLE).segments}

    assert by_stage == {"ann", "eve"}
    assert shares == {"often": (2, 0.5), "once": (3, 0.3333), "never": (0, None)}


def test_engagement_is_points_earned_of_the_points_expected(town: Town) -> None:
    engagement = SegmentSetSettings(name="acts", purpose="segmentation", method="engagement")
    shop(town)
    town.act("dan", "click", 0)
    town.run([OWN, engagement], OFTEN)

    # Dan: one click of today is worth 10, and 10 are expected of everybody.
    assert quality(town, OWN, engagement).segments[2].engagement == 1.0


def test_growth_is_since_the_run_before(town: Town) -> None:
    shop(town)
    town.run(OWN, OFTEN)
    town.order("cid", 1)
    town.run(OWN, OFTEN)

    found = quality(town, OWN)

    assert [(one.key, one.people_before, one.people) for one in found.segments] == [
        ("often", 2, 3),
        ("once", 1, 0),
        ("never", 1, 1),
    ]
    assert (found.population, found.outside, found.counted_segments) == (4, 0, 3)


def test_overlap_is_those_in_both_of_those_in_either(town: Town) -> None:
    shop(town)
    town.run([OWN, CYCLE], OFTEN)

    # Cid bought once, 20 days ago: new, alone in both. Ann and Bob bought twice: lost and active.
    assert quality(town, OWN, CYCLE).overlaps == (
        Overlap(segment="never", other="cycle.suspect", people=1, jaccard=1.0),
        Overlap(segment="once", other="cycle.new", people=1, jaccard=1.0),
        Overlap(segment="often", other="cycle.active", people=1, jaccard=0.5),
        Overlap(segment="often", other="cycle.inactive", people=1, jaccard=0.5),
    )


def test_a_set_that_no_run_computed_has_no_figures(town: Town) -> None:
    shop(town)
    town.run(CYCLE)

    assert quality_of(town.warehouse.connection, assemble([OWN], OFTEN)[0], (), QualitySettings()) is None


def test_spreads_are_those_of_the_hand() -> None:
    # 1, 3 | 5, 7: means 2 and 6 around 4. Between: 4 * 4 = 16, within: 4 * 1 = 4, together 20.
    [spread] = spreads(
        {
            "orders": {
                "few": Sums(people=2, total=4, squares=10),
                "many": Sums(people=2, total=12, squares=74),
            }
        }
    )

    assert spread.eta_squared == Fraction(16, 20)
    assert (spread.people, spread.within, spread.between) == (4, 1.0, 2.0)


def test_a_measure_that_everybody_has_alike_tells_nobody_apart() -> None:
    alike = {"orders": {"a": Sums(people=2, total=2, squares=2), "b": Sums(people=1, total=1, squares=1)}}

    assert spreads(alike)[0].eta_squared == 0


def test_squares_of_large_amounts_do_not_overflow(town: Town) -> None:
    town.add("ann", "bob")
    town.order("ann", 1, 9_000_000_000_000)
    town.order("bob", 1, 9_000_000_000_000)
    town.order("bob", 2, 1)
    town.run(OWN, OFTEN)

    [spent] = [one for one in quality(town, OWN).spreads if one.measure == "spent_minor"]

    assert spent.eta_squared == 1
    assert spent.between == 0.5


def test_the_silhouette_is_one_far_apart_and_none_of_one_segment() -> None:
    twins = [("near", 1, 1, 100), ("near", 1, 1, 100), ("far", 300, 9, 9000), ("far", 300, 9, 9000)]

    assert silhouette(twins) == pytest.approx(1.0)
    assert silhouette([("a", *values) for _, *values in twins]) is None  # type: ignore[misc]
    crossed = [(name, *values) for name, (_, *values) in zip(("a", "b", "a", "b"), twins, strict=True)]
    assert silhouette(crossed) == pytest.approx(-0.5)  # type: ignore[arg-type]


def test_somebody_alone_in_a_segment_counts_as_zero() -> None:
    people = [("near", 1, 1, 100), ("near", 1, 1, 100), ("far", 300, 9, 9000)]

    assert silhouette(people) == pytest.approx(2 / 3)


def test_moves_and_history_are_read_from_the_intervals(town: Town) -> None:
    shop(town)
    town.run(OWN, OFTEN)
    town.order("cid", 1)
    town.run(OWN, OFTEN)
    town.permit("dan", verdict="DENY")
    town.run(OWN, OFTEN)
    first, second, third = figures.segment_runs(town.warehouse.connection)

    def flows(before: figures.SegmentRun, after: figures.SegmentRun) -> dict[Any, int]:
        found = movement_of(
            town.warehouse.connection, "own", before=before, after=after, purposes=["segmentation"], now=NOW
        )
        assert [dict(one.sizes) for one in found.history] == [
            {"often": 2, "once": 1, "never": 1},
            {"often": 3, "never": 1},
            {"often": 3},
        ]
        return dict(found.flows)

    assert flows(first, second) == {("often", "often"): 2, ("once", "often"): 1, ("never", "never"): 1}
    assert flows(second, third) == {("often", "often"): 3, ("never", None): 1}
    assert flows(first, third) == {("often", "often"): 2, ("once", "often"): 1, ("never", None): 1}


def test_permissions_that_end_are_counted_within_30_60_and_90_days(town: Town) -> None:
    shop(town)
    for name, days in (("ann", 30), ("bob", 61), ("cid", 90)):
        town.permit(name, until=NOW + timedelta(days=days))
    town.run(OWN, OFTEN)
    mail = {"purpose": "mail", "channel": "email", "action": "write_back", "reason": "", "effect": None}
    ends = (NOW + timedelta(days=5)).replace(tzinfo=None)
    rows = [{"pid": "p1.ann", **mail, "verdict": "ALLOW", "valid_until": ends}]
    rows.append({"pid": "p1.bob", **mail, "verdict": "DENY", "valid_until": ends})
    town.warehouse.put_permissions(pa.Table.from_pylist(rows, schema=permissions.PERMISSIONS))
    run = figures.segment_runs(town.warehouse.connection)[-1]

    found = movement_of(
        town.warehouse.connection, "own", before=run, after=run, purposes=["mail", "segmentation"], now=NOW
    )

    assert [(one.segment, one.purpose, dict(one.people)) for one in found.endings] == [
        ("often", "mail", {30: 1, 60: 1, 90: 1}),
        ("often", "segmentation", {30: 1, 60: 1, 90: 2}),
        ("once", "segmentation", {30: 0, 60: 0, 90: 1}),
    ]


def test_somebody_typical_is_in_the_middle_by_what_was_spent(town: Town) -> None:
    town.add("ann", "bob", "cid")
    for name, amount in (("ann", 500), ("bob", 90_000), ("cid", 700)):
        town.order(name, 1, amount)
    town.run(OWN, OFTEN)

    subject = typical_subject(town.warehouse.connection, "own", "once")

    assert town.rows(f"SELECT pid FROM subject WHERE subject = {subject}") == [("p1.cid",)]
    assert typical_subject(town.warehouse.connection, "own", "often") is None


def test_every_rule_of_a_gate_has_words_in_both_languages() -> None:
    from typing import get_args

    from consentric.app.render.findings import finding_text
    from consentric.segments.gates import Finding

    for rule in get_args(GateRule):
        finding = Finding(set="own", rule=rule, segments=("a", "b"), found=12, limit=30, measure="orders")
        en, fr = (finding_text(finding, {}, lang) for lang in ("en", "fr"))
        assert en != fr
        assert "{" not in en + fr


def test_somebody_new_is_never_late(town: Town) -> None:
    hasty = LifecycleSettings(usual_cadence_days=10)
    town.add("ann", "bob")
    town.order("ann", 60)  # three times 10 days are over, but new for 60
    town.order("bob", 61)
    town.run(OWN.model_copy(update={"lifecycle": hasty}), OFTEN)

    assert quality(town, OWN.model_copy(update={"lifecycle": hasty})).segments[1].churn == 0.5
