"""The chance of an order: tried on unseen days, summed from points that an explanation repeats."""

from __future__ import annotations

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
from consentric.segments.methods.propensity import band_of
from consentric.segments.methods.propensity_inputs import COLUMNS, STEPS, steps_of
from consentric.segments.methods.propensity_model import Points, probabilities
from consentric.segments.report import SetReport
from consentric.segments.settings import PropensitySettings, SegmentSetSettings
from consentric.warehouse import lookups

from .people import TODAY, Town
from .shoppers import shop

SOON = SegmentSetSettings(name="soon", purpose="segmentation", method="propensity")
PEOPLE = 1000
LIMITS = (5, 10, 20, 40)


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    return {}


@pytest.fixture(scope="module")
def mall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("mall"))
    shop(town, PEOPLE, seed=4)
    town.add("ann")
    yield town
    town.warehouse.close()


@pytest.fixture(scope="module")
def report(mall: Town, fits: dict[str, Fit]) -> SetReport:
    return mall.run(SOON, fits=fits).sets[0]


def told(town: Town, name: str) -> SetExplanation:
    (one,) = explain(town.warehouse, assemble([SOON], []), f"p1.{name}")
    return one


def values(explanation: SetExplanation) -> dict[str, int]:
    found = {}
    for given in explanation.inputs:
        assert isinstance(given.value, int)
        found[given.name] = given.value
    return found


def test_every_buyer_is_in_the_band_of_the_chance(mall: Town, report: SetReport) -> None:
    assert sum(report.sizes.values()) == PEOPLE
    assert min(report.sizes.values()) > 50
    for cell, least, most in mall.rows(
        "SELECT cell, min(probability), max(probability) FROM score GROUP BY cell"
    ):
        assert band_of(least, LIMITS) == band_of(most, LIMITS) == cell
    assert "ann" not in mall.cells("soon")


def test_the_report_says_how_the_model_did_on_days_it_had_not_seen(
    report: SetReport, fits: dict[str, Fit]
) -> None:
    fit = {name: numbers[0] for name, numbers in fits["soon"].values.items()}

    assert fit["auc"] > 750_000
    assert fit["brier"] < fit["base_rate"] * (1_000_000 - fit["base_rate"]) / 1_000_000
    assert abs(fit["base_rate"] - fit["expected_rate"]) < 40_000
    assert report.notes[-1] == (
        f"tried on the 90 days up to 2026-06-30, which it had not seen: of {fit['people']:.0f} people"
        f" {fit['base_rate'] / 1e6:.1%} bought, {fit['expected_rate'] / 1e6:.1%} were expected;"
        f" AUC {fit['auc'] / 1e6:.2f}, Brier score {fit['brier'] / 1e6:.3f}"
        f" ({fit['base_rate'] / 1e6 * (1 - fit['base_rate'] / 1e6):.3f} if everybody had the same chance)"
    )


def test_the_chance_is_that_of_the_days_it_was_estimated_on(
    mall: Town, report: SetReport, fits: dict[str, Fit]
) -> None:
    """As they were 90 days ago, people with this chance bought about so often."""
    start = TODAY - timedelta(days=90)
    mall.run(SOON, fits=dict(fits), as_of_day=start)
    bought = mall.rows(
        f"""SELECT ntile(4) OVER (ORDER BY probability) AS part, probability,
                   (SELECT count(*) FROM activity JOIN record USING (record)
                    WHERE subject = score.subject AND kind = 'order' AND day > DATE '{start}') > 0
            FROM score"""
    )
    mall.run(SOON, fits=fits)
    for part in range(1, 5):
        chances = [chance / 1e6 for place, chance, _ in bought if place == part]
        happened = [did for place, _, did in bought if place == part]
        assert np.mean(chances) == pytest.approx(np.mean(happened), abs=0.06)


def test_the_contributions_add_up_and_the_stated_change_flips_the_segment(
    mall: Town, report: SetReport
) -> None:
    changes = set()
    points = Points.of(lookups.fit_of(mall.warehouse.connection, "soon"))
    for number in range(0, PEOPLE, 20):
        explanation = told(mall, f"p{number}")
        inputs = values(explanation)
        parts = [inputs["log_odds base"], *(inputs[f"log_odds from {name}"] for name in COLUMNS)]
        assert sum(parts) == inputs["log_odds"]
        assert probabilities(np.array([sum(parts)])).tolist() == [inputs["probability"]]
        assert band_of(inputs["probability"], LIMITS) == explanation.cell
        for change in explanation.nearest:
            changed = {name: np.array([inputs[name]]) for name in COLUMNS}
            changed[change.input] = np.array([change.then])
            chance = probabilities(points.log_odds(steps_of(changed, 100)))
            assert band_of(int(chance[0]), LIMITS) == change.segment != explanation.segment
            changes.add(change.input)
    assert len(changes) >= 3


def test_the_engine_has_the_chance_of_the_points_for_everybody(mall: Town, report: SetReport) -> None:
    connection = mall.warehouse.connection
    points = Points.of(lookups.fit_of(connection, "soon"))
    names = ", ".join(f"coalesce({name}, 0) AS {name}" for name in COLUMNS)
    found = connection.execute(
        f"SELECT {names}, probability FROM score JOIN measure USING (subject) ORDER BY subject"
    ).fetchnumpy()

    chances = probabilities(points.log_odds(steps_of(found, 100)))

    assert chances.tolist() == found["probability"].tolist()


def test_far_out_log_odds_end_in_the_last_chance() -> None:
    assert probabilities(
        np.array([-99_000_000, -12_000_000, 0, 1_000_499, 1_000_500, 99_000_000])
    ).tolist() == [
        6,
        6,
        500_000,
        731_059,
        731_255,
        999_994,
    ]


def test_the_same_data_twice_moves_nobody_and_another_horizon_is_another_model(
    mall: Town, report: SetReport, fits: dict[str, Fit]
) -> None:
    kept = dict(fits)
    again = mall.run(SOON, fits=kept).sets[0]
    assert (again.entered, again.moved, again.left) == (0, 0, 0)
    assert kept == fits
    fresh: dict[str, Fit] = {}
    mall.run(SOON, fits=fresh)
    assert fresh == fits

    month = SOON.model_copy(update={"propensity": PropensitySettings(horizon_days=30)})
    mall.run(month, fits=kept)
    assert kept["soon"].values["base_rate"] < fits["soon"].values["base_rate"]
    mall.run(SOON, fits=fits)


def test_the_run_keeps_its_own_day_after_it_looked_back(mall: Town, report: SetReport) -> None:
    assert mall.rows("SELECT as_of_day FROM run_context") == [(TODAY,)]


def test_too_few_people_and_too_few_orders_are_refused(town: Town) -> None:
    names = [f"p{number}" for number in range(600)]
    town.add(*names)
    for number, name in enumerate(names):
        town.order(name, 400 if number < 499 else 100)
    with pytest.raises(ConfigError) as caught:
        town.run(SOON)
    assert caught.value.code == "CS244"
    assert caught.value.message == (
        'segment set "soon": method "propensity" needs 500 people with an order until 2026-01-01;'
        " there are 499"
    )
    town.order("p599", 300)
    with pytest.raises(ConfigError, match=r"after 2026-01-01, and as many who did not; of 500 1 did"):
        town.run(SOON)


def test_measures_that_do_not_say_who_buys_are_refused(town: Town) -> None:
    names = [f"p{number}" for number in range(1000)]
    town.add(*names)
    chance = np.random.default_rng(6)
    for name in names:
        town.order(name, 400)
        for age in (100, 10):
            if chance.random() < 0.3:
                town.order(name, age)
        # Acts that have nothing to do with it.
        town.act(name, "click", *chance.integers(185, 390, chance.integers(0, 4)).tolist())
    with pytest.raises(ConfigError, match="needs inputs that say who buys") as caught:
        town.run(SOON)
    assert "at least 55% are asked" in caught.value.message
    assert town.rows("SELECT count(*) FROM segment_run") == [(0,)]


def test_every_input_of_the_model_is_a_measure_and_its_limits_increase() -> None:
    select = compile_sets(assemble([SOON], []), attributes=(), reporting_currency="EUR").measures
    for step in STEPS:
        assert f'"{step.column}"' in select
        assert list(step.limits) == sorted(set(step.limits))
        assert len(step.limits) < 64
