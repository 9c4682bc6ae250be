"""Pareto: who brings most of the revenue, in classes A, B and C by its cumulated share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consentric.segments.explanation import Details, Input, Limit, NearestChange
from consentric.segments.score_maps import Usual
from consentric.segments.settings import ParetoSettings, SegmentSetSettings
from consentric.warehouse import lookups

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

    def cells(self, settings: SegmentSetSettings) -> tuple[str, ...]:
        """The three classes."""
        return CLASSES

    def usual_segments(self, settings: SegmentSetSettings) -> tuple[Usual, ...]:
        """One for each class."""
        return _USUAL

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person with orders: subject, cell."""
        from .pareto_scores import score

        return score(tables, segment_set)

    def explain(self, case: Case) -> Details:
        """What the person spent, what those spent who spent more, and where the classes end."""
        spent = case.measures["spent_minor"]
        assert isinstance(spent, int)
        above, others = lookups.revenue_of_others(
            case.connection, case.segment_set.population, case.subject, spent
        )
        total = others + max(spent, 0)
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
            nearest=_nearest(case, spent),
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


def _nearest(case: Case, spent: int) -> tuple[NearestChange, ...]:
    """The least amount more and the least amount less that end in another segment."""
    now = _class_at(case, spent)
    highest = max(lookups.highest_spent(case.connection, case.segment_set.population), spent) + 1
    tries = [_least(case, spent, highest, CLASSES[place]) for place in reversed(range(CLASSES.index(now)))]
    lower = [_most(case, spent, name) for name in CLASSES[CLASSES.index(now) + 1 :]]
    changes = []
    for values in (tries, lower):
        for value in values:
            segment = case.segment_of(_class_at(case, value))
            if segment != case.score.segment:
                changes.append(NearestChange(input="spent_minor", now=spent, then=value, segment=segment))
                break
    return tuple(sorted(changes, key=lambda change: _distance(change, spent)))


def _distance(change: NearestChange, spent: int) -> int:
    assert isinstance(change.then, int)
    return abs(change.then - spent)


def _class_at(case: Case, spent: int) -> str:
    """The class with this amount, everybody else's as it is."""
    population = case.segment_set.population
    above, others = lookups.revenue_of_others(case.connection, population, case.subject, spent)
    settings = case.segment_set.settings.pareto
    return class_of(spent, above=above, total=others + max(spent, 0), settings=settings)


def _least(case: Case, low: int, high: int, wanted: str) -> int:
    """The least amount above `low` that is at least of a class; `high` is of the best."""
    while high - low > 1:
        middle = (low + high) // 2
        if _class_at(case, middle) <= wanted:
            high = middle
        else:
            low = middle
    return high


def _most(case: Case, high: int, wanted: str) -> int:
    """The most below `high` that is of a class or a worse one; nothing spent is of the worst."""
    low = min(high, 1) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if _class_at(case, middle) >= wanted:
            low = middle
        else:
            high = middle
    return low
