"""Logistic regression on whole numbers: standardised, with an L2 penalty, and how well it tells apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .likelihood import Floats, Integers, minimum

_PENALTY = 1.0
"""On the sum of squares of the standardised weights, against the sum of the losses: as good as none from a
few thousand people on, and what keeps a weight finite below."""
_BITS = 6
"""Room of one input in the key of a row: each is below 64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """Log-odds are `base` plus `weights` times what an input has more than its `centre`."""

    base: float
    weights: Floats
    centre: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Distinct rows of inputs, with how many people have them and how many of these did it."""

    inputs: Integers
    """One row for each, one column an input, each below 64."""
    people: Integers
    did: Integers


def grouped(inputs: Integers, did: Integers) -> Outcomes:
    """Equal rows as one, in an order that the values alone decide; nothing is lost.

    >>> counted = grouped(np.array([[2, 1], [0, 1], [2, 1]]), np.array([1, 0, 0]))
    >>> counted.inputs.tolist(), counted.people.tolist(), counted.did.tolist()
    ([[0, 1], [2, 1]], [1, 2], [0, 1])
    """
    places = np.arange(inputs.shape[1])[::-1] * _BITS
    distinct, place = np.unique((inputs << places).sum(axis=1), return_inverse=True)
    return Outcomes(
        inputs=(distinct[:, np.newaxis] >> places) & (2**_BITS - 1),
        people=np.bincount(place, minlength=len(distinct)),
        did=np.bincount(place[did > 0], minlength=len(distinct)),
    )


def fitted(outcomes: Outcomes) -> Logistic:
    """The model under which the outcomes are likeliest, less the penalty; an input without spread weighs 0.

    Raises:
        ConfigError: scipy is not installed.
        GuardError: No estimate was found.
    """
    people, did = outcomes.people.astype(np.float64), outcomes.did.astype(np.float64)
    total = people.sum()
    columns = outcomes.inputs.astype(np.float64).T
    centre = (columns * people).sum(axis=1) / total
    spread = np.sqrt((np.square(columns - centre[:, np.newaxis]) * people).sum(axis=1) / total)
    has_spread = spread > 0
    scale = np.where(has_spread, spread, 1.0)
    standard = (columns - centre[:, np.newaxis]) / scale[:, np.newaxis]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights = parameters[1:]
        odds = parameters[0] + (standard * weights[:, np.newaxis]).sum(axis=0)
        # log(1 + e^odds), without e^odds where it is large.
        either = np.maximum(odds, 0) + np.log1p(np.exp(-np.abs(odds)))
        value = (people * either).sum() - (did * odds).sum() + _PENALTY / 2 * np.square(weights).sum()
        missed = people / (1 + np.exp(-odds)) - did
        gradient = np.append(missed.sum(), (standard * missed).sum(axis=1) + _PENALTY * weights)
        return float(value / total), gradient / total

    rate = did.sum() / total
    start = [float(np.log(rate / (1 - rate))), *([0.0] * len(columns))]
    found = minimum(loss, start, [(-50.0, 50.0)] * len(start))
    return Logistic(base=float(found[0]), weights=np.where(has_spread, found[1:] / scale, 0.0), centre=centre)


def auc(scores: Integers, outcomes: Outcomes) -> tuple[int, int]:
    """The chance that of two people the one who did it has the higher score, as a fraction; ties count half.

    >>> one = Outcomes(inputs=np.zeros((3, 1), int), people=np.array([2, 2, 2]), did=np.array([0, 1, 2]))
    >>> auc(np.array([1, 2, 3]), one)
    (17, 18)
    """
    _, place = np.unique(scores, return_inverse=True)
    did = np.bincount(place, outcomes.did).astype(np.int64)
    others = np.bincount(place, outcomes.people - outcomes.did).astype(np.int64)
    below = np.cumsum(others) - others
    return int((did * (2 * below + others)).sum()), 2 * int(did.sum()) * int(others.sum())
