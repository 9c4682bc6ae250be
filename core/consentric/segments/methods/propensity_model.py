"""The chance of an order as a table of points: estimated on one stretch of days, tried on the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np

from consentric.sdk.errors import ConfigError
from consentric.segments.decay import MILLION
from consentric.segments.division import rounded
from consentric.segments.statistics import logistic
from consentric.segments.statistics.likelihood import Floats, Integers
from consentric.segments.statistics.logistic import Outcomes
from consentric.warehouse import histories
from consentric.warehouse.histories import Columns
from consentric.warehouse.money import exponent_of

from .fitting import Values, too_little
from .method import Preparation
from .propensity_inputs import COLUMNS, steps_of

FURTHEST = 12 * MILLION
"""Log-odds beyond are taken for this: 6 in a million."""
FINENESS = 1000
"""Chances are listed for every thousandth of log-odds."""
LEAST_PEOPLE = 500
LEAST_BUYERS = 50
LEAST_AUC_PERCENT = 55
_WORKS = "rfm, lifecycle and engagement work with any number of people"
_TODAY = "SELECT * FROM measure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Log-odds in millionths: the base, and for each input a weight a step less what the mean person has."""

    base: int
    weights: tuple[int, ...]
    centres: tuple[int, ...]

    @classmethod
    def of(cls, fit: Mapping[str, tuple[float, ...]]) -> Points:
        """From kept values, or from the rows of table `fit`."""
        weights, centres = (tuple(int(number) for number in fit[name]) for name in ("weight", "centre"))
        return cls(base=int(fit["base"][0]), weights=weights, centres=centres)

    def contributions(self, steps: Integers) -> Integers:
        """What each input of each person adds; with the base they add up to the log-odds."""
        return np.asarray(steps * np.array(self.weights) - np.array(self.centres), dtype=np.int64)

    def log_odds(self, steps: Integers) -> Integers:
        """One number per person."""
        return np.asarray(self.base + self.contributions(steps).sum(axis=1))


@cache
def chances() -> Floats:
    """The chance, in millionths, at each place: thousandths of log-odds from the lowest on."""
    places = np.arange(2 * FURTHEST // FINENESS + 1)
    return np.asarray(np.rint(MILLION / (1 + np.exp((FURTHEST - places * FINENESS) / MILLION))))


def probabilities(log_odds: Integers) -> Integers:
    """The chance of an order for each number of log-odds, both in millionths."""
    from_lowest = np.clip(log_odds, -FURTHEST, FURTHEST) + FURTHEST
    return np.asarray(chances()[(2 * from_lowest + FINENESS) // (2 * FINENESS)].astype(np.int64))


def estimated(given: Preparation) -> Values:
    """Points of the newest stretch of days, and how those of the one before did on it.

    Raises:
        ConfigError: There are too few people or orders, or the inputs say too little.
    """
    days = given.segment_set.settings.propensity.horizon_days
    middle, start = given.as_of_day - timedelta(days=days), given.as_of_day - timedelta(days=2 * days)
    money_factor = 10 ** exponent_of(given.reporting_currency)
    today = _measures(given, _TODAY, given.as_of_day)
    newer = _measures(given, given.measures, middle)
    older = _measures(given, given.measures, start)
    before = logistic.grouped(steps_of(older, money_factor), _bought(older, newer, start))
    after = logistic.grouped(steps_of(newer, money_factor), _bought(newer, today, middle))
    for outcomes, day in ((before, start), (after, middle)):
        _require_enough(given, outcomes, day, days)
    tried = _tried(_points(before), after)
    if tried["auc"] * 100 < LEAST_AUC_PERCENT * MILLION:
        raise _says_too_little(given, tried["auc"])
    points = _points(after)
    return {
        "base": (points.base,),
        "weight": points.weights,
        "centre": points.centres,
        "fitted_on": (given.as_of_day.toordinal(),),
        **{name: (value,) for name, value in tried.items()},
    }


def _measures(given: Preparation, select: str, day: date) -> Columns:
    return histories.measures_on(given.connection, select, day, given.segment_set.population, columns=COLUMNS)


def _bought(people: Columns, later: Columns, day: date) -> Integers:
    """Whether each of these people, as they were on a day, had an order after it as seen later: 0 or 1."""
    after = later["last_order"] > (day - date(1970, 1, 1)).days
    return np.isin(people["subject"], later["subject"][after]).astype(np.int64)


def _require_enough(given: Preparation, outcomes: Outcomes, day: date, days: int) -> None:
    people, bought = int(outcomes.people.sum()), int(outcomes.did.sum())
    if people < LEAST_PEOPLE:
        missing = f"{LEAST_PEOPLE} people with an order until {day}; there are {people}"
        raise too_little(given, missing=missing, works=_WORKS)
    if not LEAST_BUYERS <= bought <= people - LEAST_BUYERS:
        missing = (
            f"{LEAST_BUYERS} people who bought in the {days} days after {day}, and as many who did not;"
            f" of {people} {bought} did"
        )
        raise too_little(given, missing=missing, works=_WORKS)


def _points(outcomes: Outcomes) -> Points:
    model = logistic.fitted(outcomes)
    return Points(
        base=round(model.base * MILLION),
        weights=tuple(round(float(weight) * MILLION) for weight in model.weights),
        centres=tuple(round(float(centre) * MILLION) for centre in model.weights * model.centre),
    )


def _tried(points: Points, outcomes: Outcomes) -> dict[str, int]:
    """How points did on days they had not seen; in millionths, but for the number of people."""
    log_odds = points.log_odds(outcomes.inputs)
    above, below = logistic.auc(log_odds, outcomes)
    chance = probabilities(log_odds) / MILLION
    others = outcomes.people - outcomes.did
    missed = (outcomes.did * np.square(1 - chance) + others * np.square(chance)).sum()
    people, did = int(outcomes.people.sum()), int(outcomes.did.sum())
    return {
        "auc": rounded(above * MILLION, below),
        "brier": round(float(missed) / people * MILLION),
        "base_rate": rounded(did * MILLION, people),
        "expected_rate": round(float((outcomes.people * chance).sum()) / people * MILLION),
        "people": people,
    }


def _says_too_little(given: Preparation, auc: int) -> ConfigError:
    missing = (
        "inputs that say who buys: on days that it had not seen, the model puts the buyer before the other in"
        f" {auc / MILLION:.0%} of pairs, where chance does in 50%; at least {LEAST_AUC_PERCENT}% are asked"
    )
    return too_little(given, missing=missing, works=_WORKS)
