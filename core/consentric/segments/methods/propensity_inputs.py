"""What the chance of an order is read from: measures as steps, that grow about as their logarithm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from consentric.segments.decay import MILLION
from consentric.segments.statistics.likelihood import Integers
from consentric.warehouse.histories import Column

_DAYS = (1, 3, 7, 14, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730, 1095, 1460)
_COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 30, 50, 100)
_MONEY = (1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 200_000)
_POINTS = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One measure and where its steps begin."""

    column: str
    limits: tuple[int, ...]
    unit: Literal["plain", "money", "millionths"] = "plain"

    def limits_in(self, money_factor: int) -> tuple[int, ...]:
        """The limits in the unit of the measure."""
        factor = {"plain": 1, "money": money_factor, "millionths": MILLION}[self.unit]
        return tuple(limit * factor for limit in self.limits)


STEPS = (
    Step(column="days_since_last_order", limits=_DAYS),
    Step(column="days_since_first_order", limits=_DAYS),
    Step(column="orders", limits=_COUNTS),
    Step(column="spent_minor", limits=_MONEY, unit="money"),
    Step(column="categories", limits=_COUNTS),
    Step(column="sends_year", limits=_COUNTS),
    Step(column="answers_year", limits=_COUNTS),
    Step(column="days_since_last_act", limits=_DAYS),
    Step(column="intent", limits=_POINTS, unit="millionths"),
)
COLUMNS = tuple(step.column for step in STEPS)


def steps_of(measures: Mapping[str, Column], money_factor: int) -> Integers:
    """One row per person, one column per measure: how many limits it reached.

    >>> measures = {step.column: np.array([0, 2]) for step in STEPS}
    >>> steps_of(measures, money_factor=100)[1].tolist()
    [1, 1, 2, 0, 2, 2, 2, 1, 0]
    """
    columns = [
        np.searchsorted(limits, measures[step.column], side="right")
        for step, limits in zip(STEPS, _limits_in(money_factor), strict=True)
    ]
    return np.column_stack(columns).astype(np.int64)


@cache
def _limits_in(money_factor: int) -> tuple[Column, ...]:
    return tuple(np.array(step.limits_in(money_factor)) for step in STEPS)
