"""The typed tree of a rule: what the parser makes, the compiler compiles and the explanation walks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from .rule_names import Kind

Operator = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the rule; money is in minor units."""

    kind: Kind
    value: int | str | date


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure, taken `factor` times; a date or a flag always once."""

    name: str
    kind: Kind
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the person's records; a person may have several values."""

    name: str
    kind: Kind = "text"


Operand = Constant | Measure | Attribute


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands of one kind; false when a value is missing. An attribute stands on the left."""

    left: Operand
    operator: Operator
    right: Operand
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Within:
    """A day at most so many days before the run's day; false when there is no such day."""

    measure: Measure
    days: int
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """A value among those listed; with `negated`, a value that is there and not among them."""

    operand: Measure | Attribute
    values: tuple[Constant, ...]
    negated: bool
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Flag:
    """A measure that is true or false by itself."""

    measure: Measure
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is false."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """True when all parts are."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any part is."""

    parts: tuple[Node, ...]


Clause = Comparison | Within | Member | Flag
Node = Clause | Not | And | Or


def clauses(node: Node) -> Iterator[Clause]:
    """The clauses of a rule from left to right."""
    if isinstance(node, (And, Or)):
        for part in node.parts:
            yield from clauses(part)
    elif isinstance(node, Not):
        yield from clauses(node.part)
    else:
        yield node


def operands(clause: Clause) -> tuple[Operand, ...]:
    """The operands of a clause, constants included."""
    match clause:
        case Comparison():
            return (clause.left, clause.right)
        case Member():
            return (clause.operand, *clause.values)
        case Within() | Flag():
            return (clause.measure,)
