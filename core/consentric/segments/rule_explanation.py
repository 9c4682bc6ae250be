"""Explains a person in a set of rules: every clause asked, the values it looked at, the nearest change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from consentric.warehouse import lookups
from consentric.warehouse.lookups import Value

from .explanation import ClauseTruth, Details, Input, NearestChange, RuleTruth
from .methods.method import Case
from .nearest import MOST, nearest_of
from .rule_names import DAYS_SINCE, MEASURES
from .rule_tree import Attribute, Clause, Comparison, Flag, Measure, Member, Node, Within, clauses, operands
from .rule_truth import Person, clause_holds, holds, value_of

Rules = Sequence[tuple[str, Node | None]]
"""Segment keys with their rules in order; None takes the rest."""


def explain_rules(case: Case, rules: Rules) -> Details:
    """The rules up to the one that holds, clause by clause."""
    person = Person(
        measures=case.measures,
        attributes={
            **lookups.attributes_of(case.connection, case.subject),
            **lookups.bought_of(case.connection, case.subject),
        },
        as_of_day=case.as_of_day,
    )
    asked = []
    for key, rule in rules:
        truths = (
            ()
            if rule is None
            else tuple(
                ClauseTruth(text=clause.text, holds=clause_holds(clause, person)) for clause in clauses(rule)
            )
        )
        asked.append(RuleTruth(segment=key, holds=rule is None or holds(rule, person), clauses=truths))
        if asked[-1].holds:
            break
    return Details(inputs=_inputs_of(rules, person), rules=tuple(asked), nearest=_nearest(rules, person))


def _inputs_of(rules: Rules, person: Person) -> tuple[Input, ...]:
    """Every measure and attribute that a rule of the set looks at, once."""
    found: dict[str, Input] = {}
    for _, rule in rules:
        for clause in clauses(rule) if rule is not None else ():
            for operand in operands(clause):
                match operand:
                    case Measure():
                        value = person.measures[MEASURES[operand.name].column]
                        found.setdefault(operand.name, Input(name=operand.name, value=value))
                    case Attribute():
                        values = person.attributes.get(operand.name, ())
                        found.setdefault(operand.name, Input(name=operand.name, value=values))
                    case _:
                        pass
    return tuple(found.values())


def _nearest(rules: Rules, person: Person) -> tuple[NearestChange, ...]:
    """The nearest change of one measure at a limit that some clause sets; attributes are not changed."""
    here = first_that_holds(rules, person)
    changes = []
    for _, rule in rules:
        for clause in clauses(rule) if rule is not None else ():
            for name, value in _limit_values(clause, person):
                column = MEASURES[name].column
                now = person.measures[column]
                segment = first_that_holds(rules, with_measure(person, column, value))
                if segment != here and value != now:
                    changes.append(NearestChange(input=name, now=now, then=value, segment=segment))
    return nearest_of(changes)[:MOST]


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


def with_measure(person: Person, column: str, value: Value) -> Person:
    """The person with one measure changed, and the one that says the same in another way with it."""
    measures = {**person.measures, column: value}
    for days, day in DAYS_SINCE.items():
        if column == days and isinstance(value, int):
            measures[day] = person.as_of_day - timedelta(days=value)
        elif column == day and value is not None and not isinstance(value, int):
            measures[days] = (person.as_of_day - value).days
    return Person(measures=measures, attributes=person.attributes, as_of_day=person.as_of_day)


def first_that_holds(rules: Rules, person: Person) -> str | None:
    """The segment that takes the person, None when no rule does."""
    return next((key for key, rule in rules if rule is None or holds(rule, person)), None)
