"""The parts of an explanation, as data; whoever shows it writes the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from consentric.warehouse.lookups import Value
from consentric.warehouse.results import CutPoint

Inputs = Mapping[str, Value]
"""A person's measures by column, as the engine used them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One value as the engine used it; an attribute with several values has them all."""

    name: str
    value: Value | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score with the values that led to each score in that run."""

    name: str
    measure: str
    value: int
    score: int
    cut_points: tuple[CutPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of this person, in the unit of the input it is compared with."""

    name: str
    input: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseTruth:
    """One clause of a rule, as written, and whether it holds."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTruth:
    """The rule of one segment; the segments after the one that was taken are not asked."""

    segment: str
    holds: bool
    clauses: tuple[ClauseTruth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestChange:
    """The smallest change of one input, all others as they are, that ends in another segment."""

    input: str
    now: Value
    then: Value
    segment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a way of making segments says about one person."""

    inputs: tuple[Input, ...] = ()
    scores: tuple[Score, ...] = ()
    limits: tuple[Limit, ...] = ()
    rules: tuple[RuleTruth, ...] = ()
    nearest: tuple[NearestChange, ...] = ()
    """At most two, the nearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetExplanation(Details):
    """Why one person is in one segment of a set, or in none."""

    set: str
    purpose: str
    method: str | None
    run: str
    as_of_day: date
    is_allowed: bool
    reason: str
    """What the gate said; empty when it never decided about this person."""
    segment: str | None
    previous: str | None
    since: date | None
    within: tuple[str, ...] = ()
    """Segments whose people alone take part; empty: everybody whom the purpose allows."""
    cell: str | None = None
    """Finer place inside the segment, of a set with a method."""
