"""RFM by rank: worked by hand, and laws that hold for every table."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise, product

import duckdb
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from consentric.segments.assembly import usual_segments
from consentric.segments.methods.registry import METHODS
from consentric.segments.methods.rfm_scores import score_of
from consentric.segments.scales import Fifths
from consentric.segments.score_maps import MAPS
from consentric.segments.settings import RfmSettings, SegmentSetSettings

from .people import Town

RFM = SegmentSetSettings(name="rfm5", purpose="segmentation", method="rfm")
ENGINE = duckdb.connect()
VALUES = st.lists(st.integers(-50, 50), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def ranking() -> str:
    people = ibis.table({"number": "int64", "value": "int64"}, name="people")
    return str(
        ibis.to_sql(people.select("number", score=score_of(people.value, Fifths(5))), dialect="duckdb")
    )


def scores(ranking: str, values: list[int]) -> list[int]:
    ENGINE.execute("CREATE OR REPLACE TABLE people (number BIGINT, value BIGINT)")
    ENGINE.execute(
        "INSERT INTO people SELECT unnest(?::BIGINT[]), unnest(?::BIGINT[])",
        [list(range(len(values))), values],
    )
    return [score for _, score in sorted(ENGINE.execute(ranking).fetchall())]


def test_ten_people_by_hand(town: Town) -> None:
    for number in range(10):
        town.add(f"p{number}")
        # p0 bought longest ago and least, p9 today and most; p0 to p4 once, the others twice.
        town.order(f"p{number}", 90 - 10 * number, 100 + number)
        if number >= 5:
            town.order(f"p{number}", 200, 100)

    town.run(RFM)

    found = town.rows(
        """SELECT r_score, f_score, m_score, cell FROM score JOIN subject USING (subject) ORDER BY pid"""
    )
    assert found == [
        (1, 1, 1, "hibernating"),
        (1, 1, 1, "hibernating"),
        (2, 1, 2, "hibernating"),
        (2, 1, 2, "hibernating"),
        (3, 1, 3, "about_to_sleep"),
        (3, 3, 3, "need_attention"),
        (4, 3, 4, "potential_loyalists"),
        (4, 3, 4, "potential_loyalists"),
        (5, 3, 5, "potential_loyalists"),
        (5, 3, 5, "potential_loyalists"),
    ]


def test_limits_of_your_own_score_each_person_alone(town: Town) -> None:
    limits = RfmSettings(
        scoring="fixed",
        recency_limits=(30, 90, 180, 365),
        frequency_limits=(2, 3, 5, 8),
        monetary_limits=(50, 100, 250, 500),
    )
    fixed = SegmentSetSettings(name="fixed", purpose="segmentation", method="rfm", rfm=limits)
    for name, age, times, each in (
        ("ann", 30, 1, 4_999),  # 5, 1, 1: within 30 days, one order, 49.99
        ("bob", 31, 2, 2_500),  # 4, 2, 2: 50.00 exactly
        ("cid", 181, 5, 5_000),  # 2, 4, 4: 250.00
        ("dee", 366, 8, 6_250),  # 1, 5, 5: 500.00
    ):
        town.add(name)
        for order in range(times):
            town.order(name, age + order, each)

    report = town.run(fixed).sets[0]

    assert town.rows(
        "SELECT pid[4:], r_score, f_score, m_score, cell FROM score JOIN subject USING (subject) ORDER BY 1"
    ) == [
        ("ann", 5, 1, 1, "new"),
        ("bob", 4, 2, 2, "potential_loyalists"),
        ("cid", 2, 4, 4, "at_risk"),
        ("dee", 1, 5, 5, "cant_lose"),
    ]
    assert report.notes[0] == "recency: nobody scores 3 by your limits"


def test_frequency_and_amount_on_one_axis_are_their_mean_rounded_up(town: Town) -> None:
    mean = SegmentSetSettings(name="mean", purpose="segmentation", method="rfm", rfm=RfmSettings(map="r_fm"))
    for number in range(5):  # scores R 1 to 5; F 1, 1, 1, 1, 5; M 5, 4, 3, 2, 1
        town.add(f"p{number}")
        town.order(f"p{number}", 50 - 10 * number, 900 - 100 * number)
    town.order("p4", 60, -400)

    town.run(mean)

    # FM: (1 + 5) / 2 = 3, 2.5 up to 3, 2, 1.5 up to 2, (5 + 1) / 2 = 3.
    assert town.rows("SELECT cell FROM score JOIN subject USING (subject) ORDER BY pid") == [
        ("at_risk",), ("need_attention",), ("need_attention",), ("potential_loyalists",), ("loyal",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scoring": "fixed"}, 'map "rf" has 5 classes, so frequency_limits needs 4 limits'),
        ({"recency_limits": (30, 60)}, 'recency_limits has no meaning with scoring "rank"'),
        ({"scoring": "thirds", "recency_limits": (365, 180)}, "recency_limits must increase"),
        ({"scoring": "thirds", "map": "rf"}, 'map "rf" has 5 classes, so recency_limits needs 4 limits'),
    ],
)
def test_limits_that_do_not_fit_the_map_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        RfmSettings.model_validate(given)


def test_people_without_orders_get_no_score_and_no_segment(town: Town) -> None:
    town.add("buyer", "looker")
    town.order("buyer", 1)
    town.act("looker", "visit", 1)

    report = town.run(RFM).sets[0]

    assert town.segments("rfm5") == {"buyer": "at_risk"}
    assert report.population == 2
    assert sum(report.sizes.values()) == 1
    assert report.notes[0] == "1 people without an order have no score"


def test_if_all_are_equal_everybody_scores_three_and_the_report_says_so(town: Town) -> None:
    town.add("ann", "bob")
    for name in ("ann", "bob"):
        town.order(name, 5, 100)

    report = town.run(RFM).sets[0]

    assert town.rows("SELECT DISTINCT r_score, f_score, m_score FROM score") == [(3, 3, 3)]
    assert report.notes == (
        "recency: everybody has the same value, so everybody scores 3",
        "frequency: everybody has the same value, so everybody scores 3",
        "monetary: everybody has the same value, so everybody scores 3",
    )


def test_a_class_that_stays_empty_is_reported(town: Town) -> None:
    for number in range(10):
        town.add(f"p{number}")
        town.order(f"p{number}", number, number)
    town.order("p0", 1)

    notes = town.run(RFM).sets[0].notes

    assert notes == (
        "frequency: so many people share a value that nobody scores 2, 3, 4;"
        ' fixed limits would tell them apart (scoring = "fixed")',
    )


def test_the_grid_shares_out_all_cells() -> None:
    found = Counter(MAPS["rf"].cell(r=r, f=f, m=1) for r, f in product(range(1, 6), repeat=2))

    assert sum(found.values()) == 25
    assert found == {
        "hibernating": 4,
        "at_risk": 4,
        "cant_lose": 2,
        "about_to_sleep": 2,
        "need_attention": 1,
        "loyal": 4,
        "promising": 1,
        "new": 1,
        "potential_loyalists": 4,
        "champions": 2,
    }


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_usual_segments_name_each_cell_once(method: str) -> None:
    settings = SegmentSetSettings.model_validate({"name": "any", "purpose": "p", "method": method})
    named = [cell for segment in usual_segments(settings) for cell in segment.cells]
    assert settings.method is not None
    assert sorted(named) == sorted(METHODS[settings.method].cells(settings))


@settings(max_examples=60, deadline=None)
@given(values=VALUES, factor=st.integers(1, 1000), shift=st.integers(-10_000, 10_000))
def test_another_unit_changes_no_score(ranking: str, values: list[int], factor: int, shift: int) -> None:
    assert scores(ranking, values) == scores(ranking, [value * factor + shift for value in values])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), values=VALUES)
def test_the_order_of_rows_changes_no_score(ranking: str, data: st.DataObject, values: list[int]) -> None:
    places = data.draw(st.permutations(range(len(values))))
    straight, shuffled = scores(ranking, values), scores(ranking, [values[place] for place in places])
    assert shuffled == [straight[place] for place in places]


@settings(max_examples=60, deadline=None)
@given(values=VALUES)
def test_ties_share_a_score_and_better_values_never_score_less(ranking: str, values: list[int]) -> None:
    found = sorted(zip(values, scores(ranking, values), strict=True))
    for (low, low_score), (high, high_score) in pairwise(found):
        assert low_score <= high_score
        assert low != high or low_score == high_score


@settings(max_examples=60, deadline=None)
@given(values=VALUES)
def test_the_engine_scores_as_the_definition_says(ranking: str, values: list[int]) -> None:
    expected = [
        Fifths(5).score(
            worse=sum(other < value for other in values),
            equal=values.count(value) - 1,
            others=len(values) - 1,
        )
        for value in values
    ]
    assert scores(ranking, values) == expected
