"""Gamma-Gamma: what a person spends on an average order (Fader and Hardie 2013), by maximum likelihood.

It takes for granted that what people spend on an order has nothing to do with how often they buy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .likelihood import Floats, Integers, minimum, special, to_millionths

_BOUNDS = (np.log(1e-4), np.log(1e6))


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaGamma:
    """The three parameters; `v` is in the unit of money of the data."""

    p: float
    q: float
    v: float


def fitted(x: Integers, mean: Floats) -> GammaGamma:
    """The parameters under which these means of `x` amounts are likeliest, in whole millionths.

    Args:
        x: Amounts of each person, at least 1.
        mean: Their mean, above 0.

    Raises:
        ConfigError: scipy is not installed.
        GuardError: No estimate was found.
    """
    # In units of the usual amount, so that one start serves every currency.
    unit = float(np.median(mean))
    found = minimum(Likelihood(x, mean / unit).negative_mean, [0.0, np.log(2.0), 0.0], [_BOUNDS] * 3)
    p, q, v = (float(value) for value in np.exp(found))
    return GammaGamma(p=to_millionths(p), q=to_millionths(q), v=to_millionths(v * unit))


class Likelihood:
    """Equation 1a of the note, summed over people; parameters come as logarithms."""

    def __init__(self, x: Integers, mean: Floats) -> None:
        self._x, self._place = np.unique(x, return_inverse=True)
        self._people_of_x = np.bincount(self._place).astype(np.float64)
        self._repeats = x.astype(np.float64)
        self._sum = self._repeats * mean
        self._log_mean, self._log_sum = float(np.log(mean).sum()), np.log(self._sum)

    def negative_mean(self, logarithms: Floats) -> tuple[float, Floats]:
        """Minus the mean log-likelihood of a person, and its gradient by the logarithms of p, q and v."""
        p, q, v = (float(value) for value in np.exp(logarithms))
        functions = special()
        gammaln, digamma = functions.gammaln, functions.digamma
        people, count = float(len(self._repeats)), self._x.astype(np.float64)
        both = np.log(self._sum + v)
        value = (
            (self._people_of_x * (gammaln(p * count + q) - gammaln(p * count))).sum()
            + people * (q * np.log(v) - gammaln(q))
            - self._log_mean
            + (p * self._repeats * self._log_sum).sum()
            - ((p * self._repeats + q) * both).sum()
        )
        # px ln(x) + (px - 1) ln(mean) is px ln(x * mean) - ln(mean).
        by_p = (self._people_of_x * count * (digamma(p * count + q) - digamma(p * count))).sum() + (
            self._repeats * (self._log_sum - both)
        ).sum()
        by_q = (
            (self._people_of_x * digamma(p * count + q)).sum()
            + people * (np.log(v) - digamma(q))
            - both.sum()
        )
        by_v = people * q / v - ((p * self._repeats + q) / (self._sum + v)).sum()
        return -float(value) / people, -np.array([by_p * p, by_q * q, by_v * v]) / people
