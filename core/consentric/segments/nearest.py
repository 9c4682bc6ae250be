"""The smallest change of one input that would end in another segment, for each way of making segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

import duckdb

from consentric.warehouse import lookups

from .explanation import NearestChange
from .maps import BANDS, SCORES, rf_cell
from .replay import Inputs, Value, band_of, limits_of, people_worse, rank_score, stage_of
from .rule_names import DAYS_SINCE, MEASURES
from .rule_tree import Clause, Comparison, Flag, Measure, Member, Node, Within, clauses
from .rule_truth import Person, holds, value_of
from .sets import SegmentSet

_MOST = 2


def of_rfm(
    connection: duckdb.DuckDBPyConnection,
    segment_set: SegmentSet,
    subject: int,
    measures: Inputs,
    score: lookups.ScoreRow,
) -> tuple[NearestChange, ...]:
    """The nearest change of recency and of frequency; the amount has no place in the grid."""
    assert score.r_score is not None
    assert score.f_score is not None
    r_score, f_score = score.r_score, score.f_score
    cells: tuple[tuple[lookups.RankedMeasure, int, Callable[[int], str]], ...] = (
        ("days_since_last_order", r_score, lambda other: rf_cell(other, f_score)),
        ("orders", f_score, lambda other: rf_cell(r_score, other)),
    )
    found: list[NearestChange] = []
    for measure, current, cell_of in cells:
        now = measures[measure]
        assert isinstance(now, int)
        changes = []
        for value, other in _other_scores(connection, segment_set.purpose, subject, measure, current):
            segment = _segment_of_cell(segment_set, cell_of(other))
            if segment != score.segment:
                changes.append(NearestChange(input=measure, now=now, then=value, segment=segment))
        found += _nearest(changes)[:1]
    return tuple(found)


def of_lifecycle(segment_set: SegmentSet, measures: Inputs) -> tuple[NearestChange, ...]:
    """The nearest change of the number of orders and of the days since the last and first order."""
    settings = segment_set.settings.lifecycle
    here = _segment_of_cell(segment_set, stage_of(measures, settings))
    cadence = measures["own_cadence"]
    assert isinstance(cadence, int)
    limits = (cadence * settings.inactive_after, cadence * settings.lost_after)
    tries = {
        "orders": [0, 1, 2, 3],
        "days_since_last_order": [0, *limits, *(limit + 1 for limit in limits)],
        "days_since_first_order": [0, settings.new_for_days, settings.new_for_days + 1],
    }
    changes = []
    for name, values in tries.items():
        now = measures[name]
        for value in values:
            changed = _with_orders(measures, name, value)
            if value == now or changed is None:
                continue
            segment = _segment_of_cell(segment_set, stage_of(changed, settings))
            if segment != here:
                changes.append(NearestChange(input=name, now=now, then=value, segment=segment))
    return _nearest(changes)[:_MOST]


def of_engagement(segment_set: SegmentSet, points: int, expected: int) -> tuple[NearestChange, ...]:
    """The nearest number of points in another segment, above and below."""
    settings = segment_set.settings.engagement
    here = _segment_of_cell(segment_set, BANDS[band_of(points, expected, settings)])
    changes = []
    for limit in limits_of(expected, settings):
        for value in (limit, limit - 1):
            segment = _segment_of_cell(segment_set, BANDS[band_of(value, expected, settings)])
            if segment != here:
                changes.append(NearestChange(input="points", now=points, then=value, segment=segment))
    return _nearest(changes)[:_MOST]


def of_rules(rules: Sequence[tuple[str, Node | None]], person: Person) -> tuple[NearestChange, ...]:
    """The nearest change of one measure at a limit that some clause sets; attributes are not changed."""
    here = _first(rules, person)
    changes = []
    for _, rule in rules:
        for clause in clauses(rule) if rule is not None else ():
            for name, value in _limit_values(clause, person):
                column = MEASURES[name].column
                now = person.measures[column]
                segment = _first(rules, _with_measure(person, column, value))
                if segment != here and value != now:
                    changes.append(NearestChange(input=name, now=now, then=value, segment=segment))
    return _nearest(changes)[:_MOST]


def _other_scores(
    connection: duckdb.DuckDBPyConnection,
    purpose: str,
    subject: int,
    measure: lookups.RankedMeasure,
    current: int,
) -> Iterator[tuple[int, int]]:
    """Values next to each other score, with the score they give; days are 0 or more, orders 1 or more."""
    others = lookups.standing(connection, purpose, subject, measure, 0).others
    days = measure == "days_since_last_order"
    for target in (score for score in range(1, SCORES + 1) if score != current):
        # Better than the one who must be worse; or level with the one who must not be.
        place = people_worse(target if target > current else target + 1, others=others) - 1
        neighbour = lookups.value_at(connection, purpose, subject, measure, place) if place >= 0 else None
        if neighbour is None:
            continue
        value = neighbour + 1 if target > current else neighbour
        if value > 0 if days else value < 1:
            continue
        there = lookups.standing(connection, purpose, subject, measure, value)
        score = rank_score(worse=there.worse, equal=there.equal, others=there.others)
        yield (-value if days else value), score


def _with_orders(measures: Inputs, name: str, value: int) -> dict[str, Value] | None:
    """The measures with one changed, or None when no history of orders could look like that."""
    changed = {**measures, name: value}
    if measures["orders"] == 1 and name != "orders":
        return {**changed, "days_since_first_order": value, "days_since_last_order": value}
    orders, first, last = (
        changed[key] for key in ("orders", "days_since_first_order", "days_since_last_order")
    )
    if name == "orders" and measures["orders"] == 0 and value == 1:
        return {**changed, "days_since_first_order": 0, "days_since_last_order": 0}
    if not (isinstance(orders, int) and isinstance(first, int) and isinstance(last, int)):
        return None
    if orders == 0 or last > first or (orders == 1 and last != first):
        return None
    return changed


def _limit_values(clause: Clause, person: Person) -> Iterator[tuple[str, Value]]:
    """Values of a clause's measure right at, below and above its limit."""
    match clause:
        case Within():
            edge = person.as_of_day - timedelta(days=clause.days)
            yield from ((clause.measure.name, edge - timedelta(days=step)) for step in (0, 1))
        case Flag():
            yield clause.measure.name, value_of(clause.measure, person) is not True
        case Member(operand=Measure() as measure):
            values = [constant.value for constant in clause.values]
            yield from _around(measure, [value for value in values if not isinstance(value, str)])
        case Comparison(left=Measure() as left):
            yield from _around(left, [value_of(clause.right, person)])
            if isinstance(clause.right, Measure):
                yield from _around(clause.right, [value_of(left, person)])
        case _:
            pass


def _around(measure: Measure, limits: Iterable[Value | str]) -> Iterator[tuple[str, Value]]:
    for limit in limits:
        if isinstance(limit, int):
            middle = limit // measure.factor
            yield from ((measure.name, middle + step) for step in (-1, 0, 1) if middle + step >= 0)
        elif limit is not None and not isinstance(limit, str):
            yield from ((measure.name, limit + timedelta(days=step)) for step in (-1, 0, 1))


def _with_measure(person: Person, column: str, value: Value) -> Person:
    """The person with one measure changed, and the one that says the same in another way with it."""
    measures = {**person.measures, column: value}
    for days, day in DAYS_SINCE.items():
        if column == days and isinstance(value, int):
            measures[day] = person.as_of_day - timedelta(days=value)
        elif column == day and value is not None and not isinstance(value, int):
            measures[days] = (person.as_of_day - value).days
    return Person(measures=measures, attributes=person.attributes, as_of_day=person.as_of_day)


def _first(rules: Sequence[tuple[str, Node | None]], person: Person) -> str | None:
    return next((key for key, rule in rules if rule is None or holds(rule, person)), None)


def _segment_of_cell(segment_set: SegmentSet, cell: str) -> str | None:
    return next((segment.key for segment in segment_set.segments if cell in segment.cells), None)


def _nearest(changes: Iterable[NearestChange]) -> tuple[NearestChange, ...]:
    """The nearest change of each input, the smallest share of its value first."""
    best: dict[str, tuple[tuple[float, float], NearestChange]] = {}
    for change in changes:
        distance = _distance(change.now, change.then)
        if change.input not in best or distance < best[change.input][0]:
            best[change.input] = (distance, change)
    return tuple(change for _, change in sorted(best.values(), key=lambda pair: pair[0]))


def _distance(now: Value, then: Value) -> tuple[float, float]:
    """The change as a share of the value, then as it is: from 0 every share is 1."""
    if isinstance(now, bool) or isinstance(then, bool) or now is None or then is None:
        return 1.0, 0.0
    if isinstance(now, int) and isinstance(then, int):
        step = abs(then - now)
        return step / max(abs(now), abs(then), 1), step
    assert not isinstance(now, int)
    assert not isinstance(then, int)
    days = abs((then - now).days)
    return days / 365, days
