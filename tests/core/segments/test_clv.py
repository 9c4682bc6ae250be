"""Lifetime value: the engine has the models' numbers, kept estimates move nobody, explanations replay."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from consentric.control.fits import Fit
from consentric.sdk.errors import ConfigError
from consentric.segments.assembly import assemble
from consentric.segments.compiler import compile_sets
from consentric.segments.explain import explain
from consentric.segments.explanation import SetExplanation
from consentric.segments.methods.clv import CELLS, PARAMETERS
from consentric.segments.methods.clv_explanation import cells_of
from consentric.segments.methods.clv_outlook import model_of, order_minor, outlook, value_minor
from consentric.segments.settings import ClvSettings, SegmentSetSettings
from consentric.segments.statistics.bg_nbd import BgNbd
from consentric.warehouse import histories, lookups
from consentric.warehouse.histories import Columns

from .people import NOW, TODAY, Town
from .shoppers import shop

CLV = SegmentSetSettings(name="ahead", purpose="segmentation", method="clv")
PEOPLE = 600


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    return {}


@pytest.fixture(scope="module")
def mall(tmp_path_factory: pytest.TempPathFactory, fits: dict[str, Fit]) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("mall"))
    shop(town, PEOPLE, seed=4)
    town.add("ann", "bob")
    town.order("bob", 200)
    town.order("bob", 100, -500)  # given back, they count for nothing
    town.run(CLV, fits=fits)
    yield town
    town.warehouse.close()


def told(town: Town, name: str, settings: SegmentSetSettings = CLV) -> SetExplanation:
    (one,) = explain(town.warehouse, assemble([settings], []), f"p1.{name}")
    return one


def values(explanation: SetExplanation) -> dict[str, int]:
    found = {}
    for given in explanation.inputs:
        assert isinstance(given.value, int)
        found[given.name] = given.value
    return found


def one_history(inputs: dict[str, int], *, days: int | None = None) -> Columns:
    """What the model reads from an explanation, with another number of days since the last order."""
    span, repeat_days = inputs["days_since_first_order"], inputs["repeat_days"]
    last = inputs["days_first_to_last_order"]
    if days is not None:
        span, last = (span, span - days) if repeat_days else (days, 0)
    row = {"repeat_days": repeat_days, "repeat_span": last, "span": span}
    return {name: np.array([value]) for name, value in row.items()}


def model(inputs: dict[str, int]) -> BgNbd:
    return model_of({name: (inputs[f"parameter {name}"] / 1_000_000,) for name in PARAMETERS})


def replayed(inputs: dict[str, int], *, days: int | None = None, spent: int | None = None) -> tuple[int, ...]:
    """Chance, orders and revenue from what an explanation says alone."""
    found = outlook(model(inputs), one_history(inputs, days=days), horizon_days=365)
    amount = inputs["repeat_minor"] if spent is None else spent
    p, q, v = (inputs[f"parameter {name}"] for name in ("p", "q", "v"))
    order = order_minor(p, q, v, repeat_days=inputs["repeat_days"], repeat_minor=amount)
    orders = int(found["expected_orders"][0])
    return int(found["p_alive"][0]), orders, value_minor(order, orders)


def test_every_buyer_is_in_one_cell_and_whoever_never_bought_in_none(mall: Town) -> None:
    rows = mall.rows("SELECT cell, count(*), min(p_alive), max(p_alive) FROM score GROUP BY cell")

    assert sum(count for _, count, _, _ in rows) == PEOPLE + 1
    assert {cell for cell, *_ in rows} == set(CELLS)
    for cell, _, least, most in rows:
        assert {"gone": 0, "fading": 200_000}.get(cell, 500_000) <= least
        assert most < {"gone": 200_000, "fading": 500_000}.get(cell, 1_000_001)
    assert "ann" not in mall.cells("ahead")


def test_what_an_explanation_says_gives_the_same_integers_and_its_change_flips_the_segment(
    mall: Town,
) -> None:
    changes = 0
    for name in ["bob", *(f"p{number}" for number in range(0, PEOPLE, 10))]:
        explanation = told(mall, name)
        inputs = values(explanation)
        subject = lookups.subject_of(mall.warehouse.connection, f"p1.{name}")
        assert subject is not None
        others = lookups.values_of_others(mall.warehouse.connection, "ahead", subject)

        alive, orders, revenue = replayed(inputs)

        assert (alive, orders, revenue) == (
            inputs["p_alive"],
            inputs["expected_orders"],
            inputs["value_minor"],
        )
        assert cells_of(np.array([alive]), np.array([revenue]), others, ClvSettings()) == [explanation.cell]
        for change in explanation.nearest:
            assert isinstance(change.then, int)
            which = {"days_since_last_order": "days", "repeat_minor": "spent"}[change.input]
            alive, orders, revenue = replayed(inputs, **{which: change.then})
            (cell,) = cells_of(np.array([alive]), np.array([revenue]), others, ClvSettings())
            assert cell == change.segment != explanation.segment
            changes += 1
    assert changes > 60


def test_the_engine_agrees_that_the_change_flips_the_segment(mall: Town) -> None:
    connection = mall.warehouse.connection
    select = compile_sets(assemble([CLV], []), attributes=(), reporting_currency="EUR").scores["ahead"]
    explanations = {f"p{number}": told(mall, f"p{number}") for number in range(0, 120, 8)}
    flipped = []
    for name, explanation in explanations.items():
        subject = lookups.subject_of(connection, f"p1.{name}")
        for change in explanation.nearest:
            assert isinstance(change.then, int)
            connection.execute("BEGIN")
            if change.input == "days_since_last_order":
                inputs = values(explanation)
                asked = one_history(inputs, days=change.then)
                histories.set_outlook(connection, "ahead", outlook(model(inputs), asked, horizon_days=365))
                if inputs["repeat_days"] == 0:
                    connection.execute(
                        "UPDATE measure SET days_since_first_order = ? WHERE subject = ?",
                        [change.then, subject],
                    )
            connection.execute(
                f"UPDATE measure SET {change.input} = ? WHERE subject = ?", [change.then, subject]
            )
            [(cell,)] = set(
                connection.execute(f"SELECT segment FROM ({select}) WHERE subject = {subject}").fetchall()
            )
            connection.execute("ROLLBACK")
            assert cell == change.segment != explanation.segment
            flipped.append(change.input)
    assert set(flipped) == {"days_since_last_order", "repeat_minor"}


def test_the_same_data_twice_and_a_new_warehouse_move_nobody(
    mall: Town, fits: dict[str, Fit], tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = dict(fits)
    report = mall.run(CLV, fits=fits).sets[0]
    again = Town(tmp_path_factory.mktemp("again"))
    shop(again, PEOPLE, seed=4)
    again.add("ann", "bob")
    again.order("bob", 200)
    again.order("bob", 100, -500)
    # Other people's estimates, kept: what decides is the fit, not the data that it is asked on.
    again.run(CLV, fits=fits)

    assert (report.entered, report.moved, report.left) == (0, 0, 0)
    assert fits == first
    assert again.segments("ahead") == mall.segments("ahead")
    again.warehouse.close()


def test_parameters_are_estimated_anew_when_due_and_not_for_another_time_ahead(
    mall: Town, fits: dict[str, Fit]
) -> None:
    kept = dict(fits)
    longer = CLV.model_copy(update={"clv": ClvSettings(horizon_days=30)})

    mall.run(CLV, fits=kept, as_of_day=TODAY + timedelta(days=29), now=NOW)
    assert kept == fits
    mall.run(longer, fits=kept)
    assert kept == fits
    mall.run(CLV, fits=kept, as_of_day=TODAY + timedelta(days=30), now=NOW)
    assert kept["ahead"].fitted_on == TODAY + timedelta(days=30)
    assert kept["ahead"].values != fits["ahead"].values
    mall.run(CLV, fits=fits)


def test_a_longer_time_ahead_brings_more(mall: Town, fits: dict[str, Fit]) -> None:
    year = mall.rows("SELECT sum(value_minor)::BIGINT, sum(expected_orders)::BIGINT FROM score")[0]
    month = CLV.model_copy(update={"clv": ClvSettings(horizon_days=30)})
    mall.run(month, fits=dict(fits))
    fewer = mall.rows("SELECT sum(value_minor)::BIGINT, sum(expected_orders)::BIGINT FROM score")[0]
    mall.run(CLV, fits=fits)

    assert all(0.05 * long < short < 0.2 * long for short, long in zip(fewer, year, strict=True))


def test_fewer_than_500_buyers_are_refused_with_what_works_instead(town: Town) -> None:
    shop(town, 499, seed=1)
    with pytest.raises(ConfigError) as caught:
        town.run(CLV)
    assert caught.value.code == "CS244"
    assert caught.value.message == (
        'segment set "ahead": method "clv" needs 500 people with orders; there are 499'
    )
    assert caught.value.hint == "rfm, pareto and lifecycle work with any number of orders"
    assert town.rows("SELECT count(*) FROM segment_run") == [(0,)]


def test_half_a_year_of_orders_and_somebody_who_came_three_times_are_asked_for(town: Town) -> None:
    names = [f"p{number}" for number in range(500)]
    town.add(*names)
    for number, name in enumerate(names):
        town.order(name, 179, 1000 + number)
        town.order(name, number % 100, 1000 + 2 * number)
    with pytest.raises(
        ConfigError, match="needs 180 days of orders; the first is of 2026-01-02, 179 days ago"
    ):
        town.run(CLV)
    town.add("eve")
    town.order("eve", 180)
    with pytest.raises(ConfigError, match="needs somebody with orders on 3 days or more; there is nobody"):
        town.run(CLV)
    town.order("eve", 90)
    town.order("eve", 10)
    assert town.run(CLV).sets[0].entered == 501


def test_without_scipy_the_sentence_names_the_command(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(town, 510, seed=1)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ConfigError) as caught:
        town.run(CLV)
    assert caught.value.code == "CS245"
    assert "pip install 'consentric[predictive]'" in caught.value.hint
