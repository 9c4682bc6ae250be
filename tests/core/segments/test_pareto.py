"""Pareto: classes by the revenue of those who spent more, worked by hand, and laws for every table."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentric.segments.assembly import assemble
from consentric.segments.explain import explain
from consentric.segments.explanation import Input, Limit, NearestChange
from consentric.segments.methods.pareto import class_of
from consentric.segments.methods.pareto_scores import score
from consentric.segments.sets import SegmentSet
from consentric.segments.settings import ParetoSettings, SegmentSetSettings
from consentric.segments.tables import Tables

from .people import Town

PARETO = SegmentSetSettings(name="abc", purpose="segmentation", method="pareto")
AMOUNTS = st.lists(st.integers(-20, 200), min_size=1, max_size=30)
ENGINE = duckdb.connect()


def spend(town: Town, **amounts: int) -> None:
    for name, amount in amounts.items():
        town.add(name)
        town.order(name, 1, amount)


def test_classes_by_hand(town: Town) -> None:
    # Of 1000: before ann 0, before bob 500, before cid and dee 790, which is below 800.
    spend(town, ann=500, bob=290, cid=70, dee=70, eve=30, fay=40)
    town.add("gil")
    town.run(PARETO)
    # fay 40 stands before eve 30: before fay 930 (below 950), before eve 970.
    assert town.segments("abc") == {"ann": "a", "bob": "a", "cid": "a", "dee": "a", "fay": "b", "eve": "c"}


def test_who_brought_nothing_or_got_more_back_is_in_the_last_class(town: Town) -> None:
    spend(town, ann=100, bob=0)
    town.add("cid")
    town.order("cid", 5, 50)
    town.order("cid", 4, 0)
    town.act("cid", "refund", 3, amount_minor=-80, currency="EUR")
    town.run(PARETO)
    assert town.segments("abc") == {"ann": "a", "bob": "c", "cid": "c"}


def test_an_explanation_says_who_stands_before_and_how_much_is_missing(town: Town) -> None:
    spend(town, ann=500, bob=290, cid=70, dee=70, eve=30, fay=40)
    town.run(PARETO)

    (told,) = explain(town.warehouse, assemble([PARETO], []), "p1.fay")

    assert told.inputs == (
        Input(name="spent_minor", value=40),
        Input(name="revenue_above_minor", value=930),
        Input(name="revenue_minor", value=1000),
    )
    assert told.limits == (
        Limit(name="a", input="revenue_above_minor", value=800),
        Limit(name="b", input="revenue_above_minor", value=950),
    )
    # With 70 she stands level with cid and dee: 790 of 1030 before her. With 30 level with eve: 930 of 990,
    # still B; with 29 eve stands before her: 960 of 989.
    assert told.nearest == (
        NearestChange(input="spent_minor", now=40, then=29, segment="c"),
        NearestChange(input="spent_minor", now=40, then=70, segment="a"),
    )


@pytest.fixture(scope="module")
def classing() -> str:
    one = SegmentSet(settings=PARETO, segments=())
    return str(ibis.to_sql(score(Tables(), one), dialect="duckdb"))


def classes(classing: str, amounts: list[int]) -> list[str]:
    ENGINE.execute("CREATE OR REPLACE TABLE measure (subject INTEGER, orders BIGINT, spent_minor BIGINT)")
    ENGINE.execute("CREATE OR REPLACE TABLE population (purpose VARCHAR, subject INTEGER)")
    numbers = list(range(len(amounts)))
    ENGINE.execute(
        "INSERT INTO measure SELECT unnest(?::INTEGER[]), 1, unnest(?::BIGINT[])", [numbers, amounts]
    )
    ENGINE.execute("INSERT INTO population SELECT 'segmentation', unnest(?::INTEGER[])", [numbers])
    return [cell for _, cell in sorted(ENGINE.execute(classing).fetchall())]


@settings(max_examples=60, deadline=None)
@given(amounts=AMOUNTS, factor=st.integers(1, 1000))
def test_the_engine_classes_as_the_definition_says_in_any_unit(
    classing: str, amounts: list[int], factor: int
) -> None:
    total = sum(max(amount, 0) for amount in amounts)
    expected = [
        class_of(
            amount,
            above=sum(max(other, 0) for other in amounts if other > amount),
            total=total,
            settings=ParetoSettings(),
        )
        for amount in amounts
    ]
    assert classes(classing, [amount * factor for amount in amounts]) == expected
    if total:
        in_a = sum(amount for amount, cell in zip(amounts, expected, strict=True) if cell == "a")
        assert Fraction(in_a, total) >= Fraction(80, 100)
