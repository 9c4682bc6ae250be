"""Whether a rule holds for one person's inputs, clause by clause."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from consentric.warehouse.lookups import Value

from .explanation import Inputs
from .rule_names import MEASURES
from .rule_tree import (
    And,
    Attribute,
    Clause,
    Comparison,
    Constant,
    Flag,
    Member,
    Node,
    Not,
    Operand,
    Or,
    Within,
)

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a rule may look at: measures by column, attributes with all their values, the run's day."""

    measures: Inputs
    attributes: Mapping[str, tuple[str, ...]]
    as_of_day: date


def holds(node: Node, person: Person) -> bool:
    """Whether the rule holds; a missing value makes its clause false."""
    match node:
        case And():
            return all(holds(part, person) for part in node.parts)
        case Or():
            return any(holds(part, person) for part in node.parts)
        case Not():
            return not holds(node.part, person)
        case _:
            return clause_holds(node, person)


def clause_holds(clause: Clause, person: Person) -> bool:
    """Whether one clause holds."""
    match clause:
        case Comparison(left=Attribute() as attribute):
            return _listed(attribute, [clause.right], clause.operator == "!=", person)
        case Member(operand=Attribute() as attribute):
            return _listed(attribute, clause.values, clause.negated, person)
        case Comparison():
            left, right = value_of(clause.left, person), value_of(clause.right, person)
            return left is not None and right is not None and _OPERATORS[clause.operator](left, right)
        case Member():
            value = value_of(clause.operand, person)
            return value is not None and (value in [v.value for v in clause.values]) != clause.negated
        case Within():
            day = value_of(clause.measure, person)
            return isinstance(day, date) and (person.as_of_day - day).days <= clause.days
        case Flag():
            return value_of(clause.measure, person) is True


def value_of(operand: Operand, person: Person) -> Value | str:
    """The value of a constant or a measure, its factor applied; None when the person has none."""
    if isinstance(operand, Constant):
        return operand.value
    assert not isinstance(operand, Attribute)
    value = person.measures[MEASURES[operand.name].column]
    if operand.factor != 1 and isinstance(value, int):
        return value * operand.factor
    return value


def _listed(attribute: Attribute, wanted: Sequence[Operand], negated: bool, person: Person) -> bool:
    values = person.attributes.get(attribute.name, ())
    found = any(value in [w.value for w in wanted if isinstance(w, Constant)] for value in values)
    return bool(values) and found != negated
