"""The decisions of the methods in plain Python, over one person's inputs: what explanations are made from.

Tests hold them to the compiled expressions; nothing here decides about anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from .maps import SCORES
from .settings import EngagementSettings, LifecycleSettings

Value = int | bool | date | None
Inputs = Mapping[str, Value]


def rank_score(*, worse: int, equal: int, others: int) -> int:
    """The score of somebody with so many others strictly worse, and so many equal.

    >>> rank_score(worse=0, equal=0, others=9), rank_score(worse=9, equal=0, others=9)
    (1, 5)
    >>> rank_score(worse=0, equal=9, others=9)
    3
    """
    if equal == others:
        return (SCORES + 1) // 2
    return 1 + SCORES * worse // (others + 1)


def people_worse(score: int, *, others: int) -> int:
    """How many others must be strictly worse for at least this score."""
    return -(-(score - 1) * (others + 1) // SCORES)


def stage_of(inputs: Inputs, settings: LifecycleSettings) -> str:
    """The stage of the life cycle; `own_cadence` is the cadence as used."""
    orders = _number(inputs["orders"])
    if orders == 0:
        return "suspect" if inputs["last_act"] is None else "prospect"
    if orders < 3 and _number(inputs["days_since_first_order"]) <= settings.new_for_days:
        return "new"
    days, cadence = _number(inputs["days_since_last_order"]), _number(inputs["own_cadence"])
    if days > cadence * settings.lost_after:
        return "lost"
    if days > cadence * settings.inactive_after:
        is_silent = _number(inputs["sends_year"]) > 0 and inputs["answers_year"] == 0
        return "lost" if inputs["unsubscribed"] or is_silent else "inactive"
    return "active"


def band_of(points: int, expected: int, settings: EngagementSettings) -> int:
    """The band of so many points against so many expected."""
    return sum(points * 100 >= expected * limit for limit in settings.limits_percent)


def cadence_used(own: int | None, usual: tuple[int | None, int], settings: LifecycleSettings) -> int:
    """A person's cadence: its own, else the median of the others if enough have one, else the configured."""
    if own is not None:
        return own
    days, people = usual
    return days if days is not None and people >= settings.people_for_cadence else settings.usual_cadence_days


def limits_of(expected: int, settings: EngagementSettings) -> Sequence[int]:
    """The fewest points for bands 1 to 4."""
    return [-(-expected * limit // 100) for limit in settings.limits_percent]


def _number(value: Value) -> int:
    assert isinstance(value, int)
    return value
