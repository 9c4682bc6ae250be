"""How far the segments of a set lie apart in one measure: within, between, and their ratio.

Sums are integers, so eta squared is a fraction and the same on every engine; only what is shown is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import sqrt

from consentric.warehouse.quality import Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One measure over the segments of a set."""

    measure: str
    people: int
    """Those who have a value."""
    within: float
    """Standard deviation of people from the mean of their own segment."""
    between: float
    """Standard deviation of the segments' means from the mean of all, weighted by people."""
    eta_squared: Fraction
    """Share of the differences between people that their segments explain, 0 to 1 (Fisher 1925)."""


def spreads(sums: Mapping[str, Mapping[str, Sums]]) -> tuple[Spread, ...]:
    """One for each measure, in the order given."""
    found = []
    for measure, by_segment in sums.items():
        people = sum(one.people for one in by_segment.values())
        between, whole = _squares(by_segment.values())
        found.append(
            Spread(
                measure=measure,
                people=people,
                within=sqrt((whole - between) / people),
                between=sqrt(between / people),
                eta_squared=_ratio(between, whole),
            )
        )
    return tuple(found)


def most_alike(sums: Mapping[str, Mapping[str, Sums]]) -> tuple[str, str] | None:
    """The two segments that the measures tell apart least; None when fewer than two have anybody."""
    segments = sorted({segment for by_segment in sums.values() for segment in by_segment})
    pairs = list(combinations(segments, 2))
    if not pairs:
        return None
    return min(pairs, key=lambda pair: (_apart(sums, pair), pair))


def _apart(sums: Mapping[str, Mapping[str, Sums]], pair: tuple[str, str]) -> Fraction:
    """The best eta squared of any measure over these two alone."""
    ratios = [
        _ratio(*_squares([by_segment[key] for key in pair]))
        for by_segment in sums.values()
        if all(key in by_segment for key in pair)
    ]
    return max(ratios, default=Fraction(0))


def _squares(sums: Iterable[Sums]) -> tuple[Fraction, Fraction]:
    """Sum of squared distances between the segments, and of all people, from the mean of all."""
    given = list(sums)
    people = sum(one.people for one in given)
    middle = Fraction(sum(one.total for one in given) ** 2, people)
    between = sum((Fraction(one.total**2, one.people) for one in given), Fraction(0)) - middle
    return between, sum(one.squares for one in given) - middle


def _ratio(between: Fraction, whole: Fraction) -> Fraction:
    return between / whole if whole else Fraction(0)
