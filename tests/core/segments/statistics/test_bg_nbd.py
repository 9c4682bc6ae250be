"""BG/NBD: the published figures of CDNOW, what another implementation finds, and its own gradient."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.customers import Customers, simulated
from lifetimes import BetaGeoFitter
from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

from consentric.segments.statistics import bg_nbd
from consentric.segments.statistics.bg_nbd import BgNbd, Histories, fitted, grouped, log_likelihood


@pytest.fixture(scope="module")
def cdnow() -> Customers:
    table = load_cdnow_summary_data_with_monetary_value()
    return table["frequency"].to_numpy(), table["recency"].to_numpy(), table["T"].to_numpy()


@pytest.mark.golden
def test_cdnow_has_the_published_parameters_and_likelihood(cdnow: Customers) -> None:
    histories = grouped(*cdnow)

    model = fitted(histories)

    assert (histories.people.sum(), len(histories.x)) == (2357, 1016)
    assert [round(value, 4) for value in (model.r, model.alpha, model.a, model.b)] == [
        0.2426,
        4.4135,
        0.7929,
        2.4258,
    ]
    assert round(log_likelihood(model, histories), 3) == -9582.426


@pytest.mark.golden
def test_the_customer_of_the_paper_is_expected_to_buy_so_often(cdnow: Customers) -> None:
    model = fitted(grouped(*cdnow))

    expected = model.expected_purchases(39.0, np.array([2]), np.array([30.43]), np.array([38.86]))

    assert expected.round(4).tolist() == [1.2259]


def test_another_implementation_finds_the_same_on_made_up_customers() -> None:
    x, t_x, t = simulated(3000, seed=5)

    model = fitted(grouped(x, t_x, t))

    other = BetaGeoFitter().fit(x, t_x, t)
    ours = np.array([model.r, model.alpha, model.a, model.b])
    assert ours == pytest.approx(other.params_.to_numpy(), rel=1e-3)
    # With the same parameters, so that only the formulas are compared.
    same = BgNbd(**dict(other.params_))
    assert same.p_alive(x, t_x, t) == pytest.approx(other.conditional_probability_alive(x, t_x, t), abs=1e-9)
    for weeks in (1.0, 52.0, 500.0):
        theirs = other.conditional_expected_number_of_purchases_up_to_time(weeks, x, t_x, t)
        assert same.expected_purchases(weeks, x, t_x, t) == pytest.approx(theirs, rel=1e-7, abs=1e-9)


def test_the_likelihood_found_is_the_highest_around(cdnow: Customers) -> None:
    histories = grouped(*cdnow)
    best = fitted(histories)
    for factor in (0.99, 1.01):
        beside = BgNbd(r=best.r * factor, alpha=best.alpha, a=best.a, b=best.b * factor)
        assert log_likelihood(beside, histories) < log_likelihood(best, histories)


@pytest.mark.parametrize("parameters", [(0.3, 5.0, 0.9, 2.0), (2.0, 1.0, 0.2, 0.7), (0.05, 40.0, 3.0, 9.0)])
def test_the_gradient_is_that_of_finite_differences(parameters: tuple[float, ...]) -> None:
    likelihood = bg_nbd._Likelihood(grouped(*simulated(400, seed=2)))
    at, step = np.log(np.array(parameters)), 1e-6

    _, gradient = likelihood.negative_mean(at)

    by_differences = [
        (likelihood.negative_mean(at + side)[0] - likelihood.negative_mean(at - side)[0]) / (2 * step)
        for side in np.eye(4) * step
    ]
    assert gradient == pytest.approx(np.array(by_differences), abs=1e-7)


def test_grouping_changes_neither_likelihood_nor_number_of_people() -> None:
    x, t_x, t = simulated(500, seed=9)
    alone = Histories(x=x, t_x=t_x, t=t, people=np.ones(500, dtype=np.int64))
    together = grouped(np.tile(x, 3), np.tile(t_x, 3), np.tile(t, 3))
    model = BgNbd(r=0.3, alpha=4.5, a=0.8, b=2.4)

    assert together.people.sum() == 1500
    assert set(together.people.tolist()) >= {3}
    assert log_likelihood(model, together) == pytest.approx(3 * log_likelihood(model, alone), rel=1e-12)


def test_nobody_without_a_repeat_purchase_is_gone_and_long_silence_makes_one_so() -> None:
    model = BgNbd(r=0.24, alpha=4.4, a=0.8, b=2.4)
    x, t_x, t = np.array([0, 5, 5, 400]), np.array([0.0, 50.0, 5.0, 9.0]), np.array([80.0, 52.0, 52.0, 900.0])

    alive = model.p_alive(x, t_x, t)

    assert alive[0] == 1.0
    assert alive[1] > 0.8
    assert alive[2] < 0.01
    assert alive[3] < 1e-300
    assert np.isfinite(model.expected_purchases(52.0, x, t_x, t)).all()


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.4), (0.5, 0.5)])
def test_where_the_formula_is_nought_by_nought_the_limit_stands(a: float, b: float) -> None:
    x, t_x, t = np.array([0, 2]), np.array([0.0, 20.0]), np.array([40.0, 40.0])
    on, beside = BgNbd(r=0.3, alpha=4.0, a=a, b=b), BgNbd(r=0.3, alpha=4.0, a=a + 2e-5, b=b)

    expected = on.expected_purchases(52.0, x, t_x, t)

    assert expected == pytest.approx(beside.expected_purchases(52.0, x, t_x, t), rel=1e-3)
