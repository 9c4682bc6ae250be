"""How a value becomes a score from 1, the worst: by how many people are worse, or by fixed limits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .settings import RfmSettings

if TYPE_CHECKING:
    from consentric.warehouse.lookups import RankedMeasure

MEASURES: tuple[RankedMeasure, ...] = ("days_since_last_order", "orders", "spent_minor")
"""What is scored as recency, frequency and monetary value."""


@dataclass(frozen=True, slots=True)
class Scale(ABC):
    """Turns values into scores; fewer days are better, of everything else more."""

    classes: int


@dataclass(frozen=True, slots=True)
class RankedScale(Scale):
    """Scores by how many of the buyers are strictly worse: ties share a score, another unit changes none."""

    @abstractmethod
    def least_worse(self, score: int, people: int) -> int:
        """How many of so many people must at least be strictly worse for this score."""

    def score(self, *, worse: int, equal: int, others: int) -> int:
        """The score of somebody with so many others strictly worse, and so many equal."""
        people = others + 1
        return 1 + sum(worse >= self.least_worse(step, people) for step in range(2, self.classes + 1))


@dataclass(frozen=True, slots=True)
class Fifths(RankedScale):
    """`1 + k * w // n` for w worse among n; the middle score when all are equal.

    >>> Fifths(5).score(worse=0, equal=0, others=9), Fifths(5).score(worse=9, equal=0, others=9)
    (1, 5)
    >>> Fifths(5).score(worse=0, equal=9, others=9)
    3
    """

    def least_worse(self, score: int, people: int) -> int:
        """Rounded up: the score is reached when k * w >= n * (score - 1)."""
        return -(-(score - 1) * people // self.classes)

    def score(self, *, worse: int, equal: int, others: int) -> int:
        """The score, the middle one when nobody differs."""
        if equal == others:
            return (self.classes + 1) // 2
        return RankedScale.score(self, worse=worse, equal=equal, others=others)


@dataclass(frozen=True, slots=True)
class RightClosed(RankedScale):
    """Quantile bins closed on the right, as `pandas.qcut` and Klaviyo cut thirds; all equal score 1.

    A value lies above the type-7 quantile at p exactly when more than floor((n - 1) * p) values are
    smaller, so no quantile is interpolated and no float compared.

    >>> [RightClosed(3).score(worse=w, equal=0, others=8) for w in range(9)]
    [1, 1, 1, 2, 2, 2, 3, 3, 3]
    """

    def least_worse(self, score: int, people: int) -> int:
        """One more than the rank of the quantile."""
        return (people - 1) * (score - 1) // self.classes + 1


@dataclass(frozen=True, slots=True)
class FixedScale(Scale):
    """Scores by limits that the operator sets."""

    limits: tuple[int, ...]
    """Increasing: a score is one more than the number of limits reached, of days one more than those kept."""
    is_age: bool
    """Whether less is better: a value within a limit keeps it."""

    def score(self, value: int) -> int:
        """The score of a value.

        >>> recency = FixedScale(5, (30, 90, 180, 365), True)
        >>> [recency.score(days) for days in (30, 31, 180, 366)]
        [5, 4, 3, 1]
        >>> FixedScale(3, (2, 5), False).score(2)
        2
        """
        reached = (value <= limit if self.is_age else value >= limit for limit in self.limits)
        return 1 + sum(reached)

    def edges(self) -> list[int]:
        """Values right at each limit and right beyond it."""
        step = 1 if self.is_age else -1
        return [value for limit in self.limits for value in (limit, limit + step)]


def scales(settings: RfmSettings, *, money_factor: int) -> tuple[Scale, Scale, Scale]:
    """The scales of recency, frequency and monetary value.

    Args:
        settings: Of the set.
        money_factor: Minor units of one unit of the reporting currency.
    """
    classes = settings.score_map.classes
    fixed_recency = FixedScale(classes, settings.recency_limits, True)
    match settings.scoring:
        case "rank":
            return Fifths(classes), Fifths(classes), Fifths(classes)
        case "thirds":
            return fixed_recency, RightClosed(classes), RightClosed(classes)
        case _:
            amounts = tuple(limit * money_factor for limit in settings.monetary_limits)
            return (
                fixed_recency,
                FixedScale(classes, settings.frequency_limits, False),
                FixedScale(classes, amounts, False),
            )
