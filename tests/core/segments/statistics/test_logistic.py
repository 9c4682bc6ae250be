"""The logistic model: what a table of two by two says, and how well scores tell people apart."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from consentric.segments.statistics.logistic import Outcomes, auc, fitted, grouped


def test_one_input_of_two_values_gives_the_log_odds_of_each() -> None:
    outcomes = Outcomes(
        inputs=np.array([[1], [3]]), people=np.array([50_000, 50_000]), did=np.array([5_000, 25_000])
    )

    model = fitted(outcomes)

    low, high = (model.base + model.weights[0] * (value - model.centre[0]) for value in (1, 3))
    assert (low, high) == pytest.approx((log(1 / 9), 0.0), abs=1e-3)
    assert model.centre.tolist() == [2.0]


def test_an_input_that_is_the_same_for_all_weighs_nothing() -> None:
    outcomes = Outcomes(
        inputs=np.array([[1, 7], [3, 7]]), people=np.array([100, 100]), did=np.array([10, 60])
    )
    assert fitted(outcomes).weights.tolist()[1] == 0.0


def test_equal_people_count_as_often_as_there_are_in_any_order() -> None:
    chance = np.random.default_rng(8)
    inputs = chance.integers(0, 4, (300, 3))
    did = (chance.random(300) < 0.2 + 0.2 * inputs[:, 0]).astype(np.int64)
    shuffled = chance.permutation(300)

    first, second = grouped(inputs, did), grouped(inputs[shuffled], did[shuffled])

    assert (first.people.sum(), first.did.sum()) == (300, did.sum())
    assert len(first.people) == len(np.unique(inputs, axis=0))
    assert fitted(first).weights.tolist() == fitted(second).weights.tolist()


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    chance = np.random.default_rng(4)
    inputs, people = np.arange(40).reshape(40, 1), chance.integers(1, 5, 40)
    outcomes = Outcomes(inputs=inputs, people=people, did=chance.integers(0, people + 1))
    scores = chance.integers(0, 10, 40)
    did = np.repeat(scores, outcomes.did)
    others = np.repeat(scores, people - outcomes.did)

    above, below = auc(scores, outcomes)

    pairs = [2 if one > other else 1 if one == other else 0 for one in did for other in others]
    assert (above, below) == (sum(pairs), 2 * len(pairs))
