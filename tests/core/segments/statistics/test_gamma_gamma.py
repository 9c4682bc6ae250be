"""Gamma-Gamma: the published figures of CDNOW, and its own gradient."""

from __future__ import annotations

import numpy as np
import pytest
from lifetimes import GammaGammaFitter
from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

from consentric.segments.methods.clv_outlook import order_minor
from consentric.segments.statistics.gamma_gamma import Likelihood, fitted
from consentric.segments.statistics.likelihood import Floats, Integers


def amounts() -> tuple[Integers, Floats]:
    """Number and mean of the repeat purchases of CDNOW."""
    table = load_cdnow_summary_data_with_monetary_value()
    table = table[table["frequency"] > 0]
    return table["frequency"].to_numpy(), table["monetary_value"].to_numpy()


@pytest.mark.golden
def test_cdnow_has_the_published_parameters() -> None:
    model = fitted(*amounts())
    assert [round(value, 3) for value in (model.p, model.q, model.v)] == [6.249, 3.745, 15.448]


def test_another_currency_unit_changes_the_unit_alone() -> None:
    count, mean = amounts()
    dollars, cents = fitted(count, mean), fitted(count, mean * 100)
    assert (cents.p, cents.q) == pytest.approx((dollars.p, dollars.q), abs=2e-5)
    assert cents.v == pytest.approx(dollars.v * 100, rel=1e-5)


def test_an_order_is_expected_to_bring_what_another_implementation_says() -> None:
    count, mean = amounts()
    other = GammaGammaFitter()
    other.params_ = {"p": 6.25, "q": 3.75, "v": 1544.8}

    theirs = other.conditional_expected_average_profit(count[:50], mean[:50] * 100)

    ours = [
        order_minor(6_250_000, 3_750_000, 1_544_800_000, repeat_days=x, repeat_minor=round(x * m * 100))
        for x, m in zip(count[:50].tolist(), mean[:50].tolist(), strict=True)
    ]
    assert ours == pytest.approx(np.asarray(theirs), abs=0.6)


@pytest.mark.parametrize("parameters", [(3.0, 2.0, 9.0), (0.5, 7.0, 30.0)])
def test_the_gradient_is_that_of_finite_differences(parameters: tuple[float, ...]) -> None:
    likelihood = Likelihood(*amounts())
    at, step = np.log(np.array(parameters)), 1e-6

    _, gradient = likelihood.negative_mean(at)

    by_differences = [
        (likelihood.negative_mean(at + side)[0] - likelihood.negative_mean(at - side)[0]) / (2 * step)
        for side in np.eye(3) * step
    ]
    assert gradient == pytest.approx(np.array(by_differences), abs=1e-7)


def test_made_up_amounts_give_back_the_usual_order_and_its_spread() -> None:
    chance = np.random.default_rng(3)
    count = chance.integers(1, 12, 20_000)
    scale = chance.gamma(4.0, 1 / 1500.0, 20_000)
    mean = chance.gamma(6.0 * count) / scale / count

    model = fitted(count, mean)

    # p and v can hardly be told apart; the usual order of p v / (q - 1) is known well.
    assert (model.q, model.p * model.v / (model.q - 1)) == pytest.approx((4.0, 3000.0), rel=0.04)
