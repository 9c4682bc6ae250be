"""Rules as Ibis expressions: the first segment whose rule holds wins."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from .methods.lifecycle_scores import cadence_of
from .purchases import counted_orders
from .rule_names import BOUGHT, MEASURES
from .rule_tree import (
    And,
    Attribute,
    Clause,
    Comparison,
    Constant,
    Flag,
    Measure,
    Member,
    Node,
    Not,
    Or,
    Within,
)
from .rule_tree import clauses as clauses_of
from .sets import SegmentSet
from .tables import Tables

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}

Rules = Sequence[tuple[str, Node | None]]
"""Segment keys with their rules in order; None for the one that takes the rest."""


def rule_scores(tables: Tables, segment_set: SegmentSet, rules: Rules) -> Table:
    """One row per person of the population: subject, segment (empty when no rule holds)."""
    people = tables.population.filter(tables.population.purpose == segment_set.population)
    measure = tables.measure.semi_join(people, "subject")
    measure = measure.mutate(
        own_cadence=cadence_of(tables, measure, segment_set.purpose, segment_set.settings.lifecycle)
    )
    attribute_clauses = _attribute_clauses(rules)
    if attribute_clauses:
        values = _attribute_values(tables, attribute_clauses)
        measure = measure.left_join(values, "subject").drop("subject_right")
    truth = _Truth(tables, measure, attribute_clauses)
    cases = [(truth.of(rule), key) for key, rule in rules if rule is not None]
    rest = next((key for key, rule in rules if rule is None), None)
    if not cases:
        return measure.select("subject", segment=ibis.literal(rest, "string"))
    segment = ibis.cases(*cases, else_=ibis.literal(rest, "string"))
    return measure.select("subject", segment=segment)


def _attribute_clauses(rules: Rules) -> dict[Clause, str]:
    """Clauses over attributes, each once, with the column that holds its truth."""
    found: dict[Clause, str] = {}
    for _, rule in rules:
        for clause in clauses_of(rule) if rule is not None else ():
            if _attribute_of(clause) is not None:
                found.setdefault(clause, f"holds_{len(found)}")
    return found


def _attribute_of(clause: Clause) -> Attribute | None:
    operand = clause.left if isinstance(clause, Comparison) else None
    if isinstance(clause, Member):
        operand = clause.operand
    return operand if isinstance(operand, Attribute) else None


def _attribute_values(tables: Tables, columns: dict[Clause, str]) -> Table:
    """One row per person with attributes: the truth of each clause over the values of all live records."""
    values = _values(tables, {one.name for one in map(_attribute_of, columns) if one is not None})
    truths = {}
    for clause, column in columns.items():
        attribute = _attribute_of(clause)
        assert attribute is not None
        wanted, negated = _wanted(clause)
        named = values.name == attribute.name
        # `!=` and `not in` ask for a value that is there, and for none of those listed.
        any_listed = (named & values.value.isin(wanted)).any()
        truths[column] = (named.any() & ~any_listed) if negated else any_listed
    return values.group_by("subject").agg(**truths)


def _values(tables: Tables, names: set[str]) -> Table:
    """Subject, name and value: attributes of live records, and what the orders say where a rule asks that."""
    record = tables.record.filter(tables.record.live).select("record", "subject")
    values = tables.attribute.inner_join(record, "record").select("subject", "name", "value")
    columns = {"bought_category": "category", "bought_from": "account"}
    orders = counted_orders(tables)
    for name in sorted(names & set(BOUGHT)):
        told = orders.select("subject", name=ibis.literal(name), value=orders[columns[name]]).distinct()
        # A field of the same name gives way, as it does to a measure.
        values = values.filter(values.name != name).union(told.filter(told.value.notnull()))
    return values


def _wanted(clause: Clause) -> tuple[list[str], bool]:
    if isinstance(clause, Member):
        return [str(value.value) for value in clause.values], clause.negated
    assert isinstance(clause, Comparison)
    assert isinstance(clause.right, Constant)
    return [str(clause.right.value)], clause.operator == "!="


@dataclass(frozen=True, slots=True)
class _Truth:
    """Turns a tree over one table of measures into a boolean that is never NULL."""

    tables: Tables
    measure: Table
    columns: dict[Clause, str] = field(default_factory=dict)

    def of(self, node: Node) -> BooleanValue:
        match node:
            case And():
                return reduce(operators.and_, [self.of(part) for part in node.parts])
            case Or():
                return reduce(operators.or_, [self.of(part) for part in node.parts])
            case Not():
                return ~self.of(node.part)
            case _:
                return self._clause(node).coalesce(False)

    def _clause(self, clause: Clause) -> BooleanValue:
        if clause in self.columns:
            return self.measure[self.columns[clause]]
        match clause:
            case Comparison():
                return _OPERATORS[clause.operator](self._value(clause.left), self._value(clause.right))
            case Within():
                as_of_day = self.tables.run_context.as_of_day.as_scalar()
                return as_of_day.delta(self._value(clause.measure), unit="day") <= clause.days
            case Member():
                value = self._value(clause.operand)
                listed = value.isin([self._value(constant) for constant in clause.values])
                return ~listed if clause.negated else listed
            case Flag():
                return self._value(clause.measure)

    def _value(self, operand: Constant | Measure | Attribute) -> Value:
        if isinstance(operand, Constant):
            return ibis.literal(operand.value, "date" if operand.kind == "date" else "int64")
        assert isinstance(operand, Measure)
        column = self.measure[MEASURES[operand.name].column]
        return column if operand.factor == 1 else column * operand.factor
