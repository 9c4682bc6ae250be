"""BG/NBD: how often people buy and when they stop (Fader, Hardie and Lee 2005), by maximum likelihood.

A person buys at a rate of their own (gamma distributed) and after each purchase may be gone for good, with a
chance of their own (beta distributed). All that the model knows of a person are the number of repeat
purchases `x`, the time of the last one `t_x`, and the time watched `t`, both since the first purchase.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from .likelihood import Floats, Integers, minimum, special, to_millionths

_BOUNDS = (np.log(1e-4), np.log(1e6))


@dataclass(frozen=True, slots=True, kw_only=True)
class BgNbd:
    """The four parameters; `alpha` is in the unit of time of the data."""

    r: float
    alpha: float
    a: float
    b: float

    def p_alive(self, x: Integers, t_x: Floats, t: Floats) -> Floats:
        """The chance that each person still buys; 1 for somebody without a repeat purchase."""
        still = 1 / (1 + self._odds_gone(x, t_x, t))
        return np.asarray(np.where(x > 0, still, 1.0), dtype=np.float64)

    def expected_purchases(self, horizon: float, x: Integers, t_x: Floats, t: Floats) -> Floats:
        """Purchases expected of each person in the time ahead.

        Equation 10 of the paper, after Euler's transformation of its hypergeometric function: then no
        argument grows with x. The function does not depend on t_x, so each (x, t) is computed once.
        """
        pairs, place = np.unique(np.column_stack([x.astype(np.float64), t]), axis=0, return_inverse=True)
        base = self._base(horizon, pairs[:, 0], pairs[:, 1])[place.reshape(-1)]
        return np.maximum(base * self.p_alive(x, t_x, t), 0.0)

    def _base(self, horizon: float, x: Floats, t: Floats) -> Floats:
        """The same of somebody who is known to still buy."""
        # At a = 1 and at c = 0 the formula is 0 / 0; a millionth beside it the limit is right to six digits.
        a = self.a if abs(self.a - 1) > 1e-9 else 1 + 1e-6
        c = a + self.b + x - 1
        c = np.where(np.abs(c) > 1e-9, c, 1e-6)
        z = horizon / (self.alpha + t + horizon)
        series = special().hyp2f1(a + self.b - 1 - self.r, a - 1, c, z)
        return np.asarray(c / (a - 1) * (1 - (1 - z) ** (a - 1) * series), dtype=np.float64)

    def _odds_gone(self, x: Integers, t_x: Floats, t: Floats) -> Floats:
        repeats = np.maximum(x, 1)
        ratio = np.log(self.alpha + t) - np.log(self.alpha + t_x)
        # Beyond e^700 a float ends, and nobody is alive.
        logarithm = np.log(self.a) - np.log(self.b + repeats - 1) + (self.r + repeats) * ratio
        return np.asarray(np.exp(np.minimum(logarithm, 700.0)), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """Distinct histories and how many people have each."""

    x: Integers
    t_x: Floats
    t: Floats
    people: Integers


def grouped(x: npt.ArrayLike, t_x: npt.ArrayLike, t: npt.ArrayLike) -> Histories:
    """Equal histories as one row with a number of people; nothing is lost.

    >>> grouped([1, 0, 1], [2.0, 0.0, 2.0], [5.0, 5.0, 5.0]).people.tolist()
    [1, 2]
    """
    repeats = np.asarray(x, dtype=np.int64)
    last, last_place = np.unique(np.asarray(t_x, dtype=np.float64), return_inverse=True)
    span, span_place = np.unique(np.asarray(t, dtype=np.float64), return_inverse=True)
    key = (repeats * len(last) + last_place) * len(span) + span_place
    distinct, people = np.unique(key, return_counts=True)
    rest, place = np.divmod(distinct, len(span))
    own, last_own = np.divmod(rest, len(last))
    return Histories(x=own, t_x=last[last_own], t=span[place], people=people.astype(np.int64))


def fitted(histories: Histories) -> BgNbd:
    """The parameters under which these histories are likeliest, in whole millionths.

    Raises:
        ConfigError: scipy is not installed.
        GuardError: No estimate was found.
    """
    likelihood = _Likelihood(histories)
    start = np.log([0.5, max(float(np.median(histories.t)) / 2, 1e-3), 1.0, 2.0])
    found = minimum(likelihood.negative_mean, start.tolist(), [_BOUNDS] * 4)
    r, alpha, a, b = (to_millionths(value) for value in np.exp(found))
    return BgNbd(r=r, alpha=alpha, a=a, b=b)


def log_likelihood(model: BgNbd, histories: Histories) -> float:
    """The logarithm of how likely the histories are under the model."""
    logarithms = np.log([getattr(model, field.name) for field in fields(BgNbd)])
    likelihood = _Likelihood(histories)
    return -likelihood.negative_mean(logarithms)[0] * likelihood.total


class _Likelihood:
    """Section 5 of the paper, equation 6, summed over people; parameters come as logarithms.

    What depends on x, t or t_x alone is computed once for each distinct value, so that one evaluation costs a
    single exponential for each distinct history with a repeat purchase.
    """

    def __init__(self, histories: Histories) -> None:
        weight = histories.people.astype(np.float64)
        self.total = float(weight.sum())
        self._x, x_place = np.unique(histories.x, return_inverse=True)
        self._t, t_place = np.unique(histories.t, return_inverse=True)
        self._people_of_x = np.bincount(x_place, weight)
        self._people_of_t = np.bincount(t_place, weight)
        self._repeats_of_t = np.bincount(t_place, weight * histories.x)
        again = histories.x > 0
        self._weight = weight[again]
        self._x_place, self._t_place = x_place[again], t_place[again]
        self._t_x, self._t_x_place = np.unique(histories.t_x[again], return_inverse=True)

    def negative_mean(self, logarithms: Floats) -> tuple[float, Floats]:
        """Minus the mean log-likelihood of a person, and its gradient by the logarithms of r, alpha, a, b."""
        r, alpha, a, b = (float(value) for value in np.exp(logarithms))
        functions = special()
        x = self._x.astype(np.float64)
        log_t, log_t_x = np.log(alpha + self._t), np.log(alpha + self._t_x)
        # Of those who bought again: the weight of "gone after the last purchase" against "still there".
        last = np.log(a) - np.log(b + np.maximum(x, 1) - 1)
        ratio = log_t[self._t_place] - log_t_x[self._t_x_place]
        odds = last[self._x_place] + (r + x)[self._x_place] * ratio
        gone = self._weight / (1 + np.exp(-odds))
        gone_of_x = np.bincount(self._x_place, gone, len(x))
        # log(1 + e^odds), without e^odds where it is large.
        either = np.maximum(odds, 0) + np.log1p(np.exp(-np.abs(odds)))
        exposure = r * self._people_of_t + self._repeats_of_t
        value = (
            (self._people_of_x * self._of_x(functions.gammaln, r, a, b)).sum()
            + self.total * r * np.log(alpha)
            - (exposure * log_t).sum()
            + (self._weight * either).sum()
        )
        slower = (1 / (alpha + self._t))[self._t_place] - (1 / (alpha + self._t_x))[self._t_x_place]
        digamma = functions.digamma
        by_r = (
            (self._people_of_x * (digamma(r + x) - digamma(r))).sum()
            + self.total * np.log(alpha)
            - (self._people_of_t * log_t).sum()
            + (gone * ratio).sum()
        )
        by_alpha = (
            self.total * r / alpha
            - (exposure / (alpha + self._t)).sum()
            + (gone * (r + x)[self._x_place] * slower).sum()
        )
        joint = digamma(a + b) - digamma(a + b + x)
        by_a = (self._people_of_x * joint).sum() + gone.sum() / a
        by_b = (self._people_of_x * (joint + digamma(b + x) - digamma(b))).sum() - (
            gone_of_x / (b + np.maximum(x, 1) - 1)
        ).sum()
        gradient = np.array([by_r * r, by_alpha * alpha, by_a * a, by_b * b])
        return -float(value) / self.total, -gradient / self.total

    def _of_x(self, gammaln: Callable[..., Floats], r: float, a: float, b: float) -> Floats:
        x = self._x
        bought = gammaln(r + x) - gammaln(r)
        return bought + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
