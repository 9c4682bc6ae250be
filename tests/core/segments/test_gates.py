"""Gates of quality: segments that serve no campaign are found by counting, and can end the run."""

from __future__ import annotations

from typing import Any

import pytest

from consentric.sdk.errors import GuardError
from consentric.segments.gates import Finding
from consentric.segments.quality_settings import QualitySettings
from consentric.segments.report import SegmentReport
from consentric.segments.settings import SegmentSetSettings, SegmentSettings, Texts

from .people import Town


def by_rules(*rules: tuple[str, str | None], **settings: Any) -> tuple[SegmentSetSettings, list[Any]]:
    chosen = SegmentSetSettings(name="own", purpose="segmentation", allow_other=True, **settings)
    return chosen, [
        SegmentSettings(set="own", key=key, name=Texts(fr=key, en=key), when=rule, otherwise=rule is None)
        for key, rule in rules
    ]


TWO = (("often", "orders >= 2"), ("once", "orders = 1"))
HALVES = by_rules(*TWO)


def found(report: SegmentReport) -> list[tuple[Any, ...]]:
    return [(one.rule, one.segments, one.found, one.limit) for one in report.sets[0].findings]


def four_people(town: Town) -> None:
    """Two who bought once and two who bought twice, each 10.00 and on the same days."""
    town.add("ann", "bob", "cid", "dan")
    for name, ages in (("ann", [4]), ("bob", [8]), ("cid", [4, 90]), ("dan", [8, 90])):
        for age in ages:
            town.order(name, age)


def test_a_set_that_tells_people_apart_has_no_finding(town: Town) -> None:
    four_people(town)

    report = town.run(*HALVES)

    assert report.sets[0].findings == ()
    assert report.stopping == ()


def test_more_than_five_segments_are_too_many(town: Town) -> None:
    four_people(town)

    report = town.run(*HALVES, quality=QualitySettings(most_segments=1))

    assert QualitySettings().most_segments == 5
    assert found(report) == [("too_many", (), 2, 1)]


def test_suspects_and_prospects_are_not_counted_among_the_segments(town: Town) -> None:
    town.add("ann")

    report = town.run(
        SegmentSetSettings(name="cycle", purpose="segmentation", method="lifecycle"),
        quality=QualitySettings(most_segments=4),
    )

    assert found(report) == []


def test_a_rule_that_nobody_meets_and_a_small_segment_are_named(town: Town) -> None:
    four_people(town)
    rules = by_rules(("thrice", "orders = 3"), ("often", "orders = 2"), ("rest", None), min_size=3)

    assert found(town.run(*rules)) == [
        ("nobody", ("thrice",), 0, 3),
        ("too_small", ("often",), 2, 3),
        ("too_small", ("rest",), 2, 3),
    ]


def test_segments_that_explain_a_twentieth_of_every_measure_are_too_alike(town: Town) -> None:
    # Amounts 10, 30 | 20, 40: the means 20 and 30 lie 5 from 25, so 4 * 25 = 100 of 500 is between: 0.2.
    # Days 1, 5 | 2, 6: means 3 and 4, 4 * 0.25 = 1 of 17 is between: 0.058. One order each: nothing.
    people = {"ann": (1, 1000), "bob": (5, 3000), "cid": (2, 2000), "dan": (6, 4000)}
    town.add(*people)
    for name, (age, amount) in people.items():
        town.order(name, age, amount)
        town.describe(name, side="left" if name in ("ann", "bob") else "right")
    rules = by_rules(("left", "side = 'left'"), ("right", "side = 'right'"))

    fine = town.run(*rules, attributes=["side"], quality=QualitySettings(least_eta_percent=20))
    alike = town.run(*rules, attributes=["side"], quality=QualitySettings(least_eta_percent=21))

    assert fine.sets[0].findings == ()
    assert alike.sets[0].findings == (
        Finding(
            set="own",
            rule="too_alike",
            segments=("left", "right"),
            found=200,
            limit=210,
            measure="spent_minor",
        ),
    )


def test_of_three_segments_the_two_most_alike_are_named(town: Town) -> None:
    people = {"a1": 1000, "a2": 9000, "b1": 1100, "b2": 9100, "c1": 2900, "c2": 9900}
    town.add(*people)
    for name, amount in people.items():
        town.order(name, 5, amount)
        town.describe(name, side=name[0])
    rules = by_rules(*((key, f"side = '{key}'") for key in "abc"))

    report = town.run(*rules, attributes=["side"])

    assert [one.segments for one in report.sets[0].findings] == [("a", "b")]


def test_people_outside_of_a_set_are_found_beyond_the_share_that_is_allowed(town: Town) -> None:
    four_people(town)
    rules = [("often", "orders = 2"), ("late", "days_since_last_order > 6")]

    strict = town.run(*by_rules(*rules))
    lenient = town.run(*by_rules(*rules, quality={"most_outside_percent": 25}))

    assert found(strict) == [("outside", (), 1, 0)]
    assert found(lenient) == []


def test_nobody_is_judged_where_nobody_is_allowed(town: Town) -> None:
    town.add("ann", verdict="DENY")

    assert found(town.run(*by_rules(*TWO, min_size=5))) == []


def test_a_set_says_itself_whether_its_gate_stops(town: Town) -> None:
    four_people(town)
    stop, warn = (QualitySettings(gate=gate, most_segments=1) for gate in ("stop", "warn"))

    assert town.run(*HALVES, quality=stop).stopping != ()
    assert town.run(*by_rules(*TWO, quality={"gate": "warn"}), quality=stop).stopping == ()
    assert town.run(*by_rules(*TWO, quality={"gate": "stop"}), quality=warn).stopping != ()
    limits = stop.with_own(QualitySettings(most_segments=9))
    assert (limits.gate, limits.most_segments, limits.least_eta_percent) == ("stop", 9, 10)


def test_a_result_that_is_not_accepted_was_never_there(town: Town) -> None:
    four_people(town)
    town.run(*HALVES)
    before = town.rows("SELECT * FROM membership ORDER BY ALL")
    town.order("ann", 1)

    def refuse(report: SegmentReport) -> None:
        raise GuardError("no")

    with pytest.raises(GuardError):
        town.run(*HALVES, accept=refuse)

    assert town.rows("SELECT * FROM membership ORDER BY ALL") == before
    assert town.rows("SELECT count(*) FROM segment_run") == [(1,)]
