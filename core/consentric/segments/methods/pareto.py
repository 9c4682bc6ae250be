"""Pareto: who brings most of the revenue, in classes A, B and C by its cumulated share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from consentric.segments.explanation import Details, Input, Limit, NearestChange
from consentric.segments.score_maps import Usual
from consentric.segments.settings import ParetoSettings
from consentric.warehouse import lookups
from consentric.warehouse.lookups import Others

from .method import Case, Method

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables

CLASSES = ("a", "b", "c")
_USUAL: tuple[Usual, ...] = (
    ("a", "A : l'essentiel du chiffre d'affaires", "A: most of the revenue", ("a",)),
    ("b", "B : le complément", "B: the next part", ("b",)),
    ("c", "C : le reste", "C: the rest", ("c",)),
)


class Pareto(Method):
    """Classes people with orders by the share of revenue that those bring who spent more than they."""

    name = "pareto"
    all_cells = CLASSES
    usual = _USUAL

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person with orders: subject, cell."""
        from .pareto_scores import score

        return score(tables, segment_set)

    def explain(self, case: Case) -> Details:
        """What the person spent, what those spent who spent more, and where the classes end."""
        spent = case.measures["spent_minor"]
        assert isinstance(spent, int)
        others = lookups.others_of(case.connection, case.segment_set.population, case.subject, "spent_minor")
        above, total = others.revenue_above(spent), others.revenue_above(0) + max(spent, 0)
        settings = case.segment_set.settings.pareto
        ends = ((CLASSES[0], settings.a_percent), (CLASSES[1], settings.b_percent))
        return Details(
            inputs=(
                Input(name="spent_minor", value=spent),
                Input(name="revenue_above_minor", value=above),
                Input(name="revenue_minor", value=total),
            ),
            limits=tuple(
                Limit(name=name, input="revenue_above_minor", value=-(-total * percent // 100))
                for name, percent in ends
            ),
            nearest=_nearest(case, others, spent),
        )


def class_of(spent: int, *, above: int, total: int, settings: ParetoSettings) -> str:
    """The class of somebody who spent so much, while those who spent more brought `above` of `total`.

    >>> class_of(100, above=0, total=100, settings=ParetoSettings())
    'a'
    """
    if spent <= 0:
        return CLASSES[2]
    reached = (above * 100 >= total * percent for percent in (settings.a_percent, settings.b_percent))
    return CLASSES[sum(reached)]


def _nearest(case: Case, others: Others, spent: int) -> tuple[NearestChange, ...]:
    """The least amount more and the least amount less that end in another segment."""
    settings = case.segment_set.settings.pareto

    def class_at(value: int) -> str:
        above, total = others.revenue_above(value), others.revenue_above(0) + max(value, 0)
        return class_of(value, above=above, total=total, settings=settings)

    now = class_at(spent)
    highest = max(*others.values[-1:].tolist(), spent, 0) + 1
    tries = [
        _least(class_at, spent, highest, CLASSES[place]) for place in reversed(range(CLASSES.index(now)))
    ]
    lower = [_most(class_at, spent, name) for name in CLASSES[CLASSES.index(now) + 1 :]]
    changes = []
    for values in (tries, lower):
        for value in values:
            segment = case.segment_of(class_at(value))
            if segment != case.score.segment:
                changes.append(NearestChange(input="spent_minor", now=spent, then=value, segment=segment))
                break
    return tuple(sorted(changes, key=lambda change: _distance(change, spent)))


def _distance(change: NearestChange, spent: int) -> int:
    assert isinstance(change.then, int)
    return abs(change.then - spent)


def _least(class_at: Callable[[int], str], low: int, high: int, wanted: str) -> int:
    """The least amount above `low` that is at least of a class; `high` is of the best."""
    while high - low > 1:
        middle = (low + high) // 2
        if class_at(middle) <= wanted:
            high = middle
        else:
            low = middle
    return high


def _most(class_at: Callable[[int], str], high: int, wanted: str) -> int:
    """The most below `high` that is of a class or a worse one; nothing spent is of the worst."""
    low = min(high, 1) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if class_at(middle) >= wanted:
            low = middle
        else:
            high = middle
    return low
