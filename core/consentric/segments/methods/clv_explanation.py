"""One person's lifetime value, from its history to its cell, and the nearest history in another segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from consentric.segments.decay import MILLION
from consentric.segments.division import rounded
from consentric.segments.explanation import Details, Input, Limit, NearestChange
from consentric.segments.nearest import MOST, nearest_of
from consentric.segments.scales import Fifths
from consentric.segments.settings import ClvSettings
from consentric.warehouse import lookups
from consentric.warehouse.histories import Column

from .clv import CELLS, PARAMETERS
from .clv_outlook import model_of, order_minor, outlook, value_minor
from .method import Case

_SCALE = Fifths(5)
_LONGEST_DAYS = 3650
_MOST_SPENT = 10**12


def details(case: Case) -> Details:
    """From days and amounts to the revenue expected, where the cells begin, and the nearest changes."""
    history = _History.of(case)
    fit = {
        name: numbers[0] for name, numbers in lookups.fit_of(case.connection, case.segment_set.name).items()
    }
    alive, expected, value = case.score.p_alive, case.score.expected_orders, case.score.value_minor
    assert alive is not None and expected is not None and value is not None  # noqa: PT018 - columns of one row
    others = lookups.values_of_others(case.connection, case.segment_set.name, case.subject)
    usual = _order(fit, _History(repeat_days=0, repeat_span=0, span=0, repeat_minor=0))
    return Details(
        inputs=(
            Input(name="repeat_days", value=history.repeat_days),
            Input(name="days_first_to_last_order", value=history.repeat_span),
            Input(name="days_since_first_order", value=history.span),
            Input(name="repeat_minor", value=history.repeat_minor),
            *(Input(name=f"parameter {name}", value=fit[name]) for name in PARAMETERS),
            Input(name="usual_order_minor", value=usual),
            Input(name="expected_order_minor", value=_order(fit, history)),
            Input(name="p_alive", value=alive),
            Input(name="expected_orders", value=expected),
            Input(name="usual_value_minor", value=rounded(int(others.sum()) + value, len(others) + 1)),
            Input(name="value_minor", value=value),
        ),
        limits=tuple(_limits(case.segment_set.settings.clv, others)),
        nearest=_nearest(case, history, fit, others),
    )


def cells_of(alive: Column, values: Column, others: Column, settings: ClvSettings) -> list[str]:
    """The cell of each pair of a chance (millionths) and a value, among the sorted values of the others."""
    worse = np.searchsorted(others, values, side="left")
    equal = np.searchsorted(others, values, side="right") - worse
    found = []
    for chance, below, same in zip(alive.tolist(), worse.tolist(), equal.tolist(), strict=True):
        if chance * 100 < settings.gone_below_percent * MILLION:
            found.append(CELLS[4])
        elif chance * 100 < settings.fading_below_percent * MILLION:
            found.append(CELLS[3])
        else:
            score = _SCALE.score(worse=below, equal=same, others=len(others))
            found.append(CELLS[0] if score == 5 else CELLS[1] if score >= 3 else CELLS[2])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    repeat_days: int
    repeat_span: int
    span: int
    repeat_minor: int

    @classmethod
    def of(cls, case: Case) -> _History:
        """As the expression reads it from the measures."""
        names = ("order_days", "days_since_first_order", "days_since_last_order", "repeat_minor")
        days, first, last, spent = (case.measures[name] for name in names)
        assert isinstance(days, int) and isinstance(first, int)  # noqa: PT018 - columns of one row
        assert isinstance(last, int) and isinstance(spent, int)  # noqa: PT018 - columns of one row
        return cls(repeat_days=days - 1, repeat_span=first - last, span=first, repeat_minor=spent)


def _order(fit: Mapping[str, int], history: _History) -> int:
    return order_minor(
        fit["p"], fit["q"], fit["v"], repeat_days=history.repeat_days, repeat_minor=history.repeat_minor
    )


def _limits(settings: ClvSettings, others: Column) -> Iterator[Limit]:
    yield Limit(name="gone", input="p_alive", value=settings.gone_below_percent * MILLION // 100)
    yield Limit(name="fading", input="p_alive", value=settings.fading_below_percent * MILLION // 100)
    for name, score in ((CELLS[1], 3), (CELLS[0], 5)):
        worse = _SCALE.least_worse(score, len(others) + 1)
        if 0 < worse <= len(others):
            yield Limit(name=name, input="value_minor", value=int(others[worse - 1]) + 1)


def _nearest(
    case: Case, history: _History, fit: Mapping[str, int], others: Column
) -> tuple[NearestChange, ...]:
    """The nearest day of the last order, and the nearest amount of repeat orders, in another segment."""
    changes = [*_other_days(case, history, fit, others)]
    if history.repeat_days:
        changes += _other_amounts(case, history, fit, others)
    return nearest_of(changes)[:MOST]


def _other_days(
    case: Case, history: _History, fit: Mapping[str, int], others: Column
) -> Iterator[NearestChange]:
    """Days since the last order: of somebody with one order these are those since the first, too."""
    settings = case.segment_set.settings.clv
    is_repeating = history.repeat_days > 0
    # As many days before the last order as there were orders, at the least.
    days = np.arange((history.span - history.repeat_days if is_repeating else _LONGEST_DAYS) + 1)
    asked = {
        "repeat_days": np.full(len(days), history.repeat_days),
        "repeat_span": history.span - days if is_repeating else np.zeros(len(days), dtype=np.int64),
        "span": np.full(len(days), history.span) if is_repeating else days,
    }
    parameters = {name: (number / MILLION,) for name, number in fit.items()}
    found = outlook(model_of(parameters), asked, horizon_days=settings.horizon_days)
    order = _order(fit, history)
    values = np.array([value_minor(order, orders) for orders in found["expected_orders"].tolist()])
    cells = cells_of(found["p_alive"], values, others, settings)
    now = history.span - history.repeat_span
    segments = [(abs(day - now), day, case.segment_of(cell)) for day, cell in enumerate(cells)]
    elsewhere = [one for one in segments if one[2] != case.score.segment]
    if elsewhere:
        _, then, segment = min(elsewhere)
        yield NearestChange(input="days_since_last_order", now=now, then=then, segment=segment)


def _other_amounts(
    case: Case, history: _History, fit: Mapping[str, int], others: Column
) -> Iterator[NearestChange]:
    settings = case.segment_set.settings.clv
    alive, expected = case.score.p_alive, case.score.expected_orders
    assert alive is not None and expected is not None  # noqa: PT018 - columns of one row

    def value_with(spent: int) -> int:
        order = order_minor(fit["p"], fit["q"], fit["v"], repeat_days=history.repeat_days, repeat_minor=spent)
        return value_minor(order, expected)

    def cell_with(spent: int) -> str:
        return cells_of(np.array([alive]), np.array([value_with(spent)]), others, settings)[0]

    for limit in {one.value for one in _limits(settings, others) if one.input == "value_minor"}:
        # The least amount that reaches the limit, and the most that does not.
        low, high = -1, _MOST_SPENT
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if value_with(middle) >= limit else (middle, high)
        for then in (high, low):
            if 0 <= then < _MOST_SPENT:
                segment = case.segment_of(cell_with(then))
                if segment != case.score.segment:
                    yield NearestChange(
                        input="repeat_minor", now=history.repeat_minor, then=then, segment=segment
                    )
