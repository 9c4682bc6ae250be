"""The quality gates: what makes a set of segments useless for a campaign, found by counting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import duckdb

from consentric.warehouse import results
from consentric.warehouse.quality import sums_of

from .quality_settings import QualitySettings
from .sets import SegmentSet
from .spread import most_alike, spreads

GateRule = Literal["too_many", "too_small", "nobody", "too_alike", "outside"]
NOT_COUNTED = frozenset({"suspect", "prospect"})
"""Cells of people who never bought: they are shown beside the segments of a campaign, not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One limit that a set misses."""

    set: str
    rule: GateRule
    segments: tuple[str, ...] = ()
    """Keys of those concerned: one that is too small, two that are too alike."""
    found: int = 0
    """Segments, people, or eta squared in thousandths."""
    limit: int = 0
    """In the same unit; of `outside` in percent of the people who were scored."""
    measure: str = ""
    """Of `too_alike`: the measure that tells the segments apart best."""
    stops: bool = False
    """Whether the run ends for it."""


def findings_of(
    connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet, settings: QualitySettings
) -> tuple[Finding, ...]:
    """Every limit that a set misses which was just computed; where nobody is scored, nobody is judged.

    Args:
        settings: Of all sets; what the set says itself comes first.
    """
    limits = settings.with_own(segment_set.settings.quality)
    sizes = results.sizes(connection, segment_set.name)
    found = [*_number_of_segments(segment_set, limits)]
    if sum(sizes.values()):
        found += _sizes(segment_set, sizes, limits)
        found += _likeness(connection, segment_set, limits)
        found += _outside(segment_set, sizes, limits)
    return tuple(found)


def counted_segments(segment_set: SegmentSet) -> list[str]:
    """Keys of the segments that a campaign works with: all but suspects and prospects."""
    return [
        segment.key
        for segment in segment_set.segments
        if not (NOT_COUNTED.issuperset(segment.cells) if segment.cells else segment.key in NOT_COUNTED)
    ]


def _number_of_segments(segment_set: SegmentSet, limits: QualitySettings) -> Iterator[Finding]:
    count = len(counted_segments(segment_set))
    if count > limits.most_segments:
        yield _finding(segment_set, limits, "too_many", found=count, limit=limits.most_segments)


def _sizes(
    segment_set: SegmentSet, sizes: Mapping[str | None, int], limits: QualitySettings
) -> Iterator[Finding]:
    least = segment_set.settings.min_size
    for segment in segment_set.segments:
        people = sizes.get(segment.key, 0)
        if not people and segment.when is not None:
            yield _finding(segment_set, limits, "nobody", segment.key, limit=least)
        elif people < least:
            yield _finding(segment_set, limits, "too_small", segment.key, found=people, limit=least)


def _likeness(
    connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet, limits: QualitySettings
) -> Iterator[Finding]:
    sums = sums_of(connection, segment_set.name)
    pair = most_alike(sums)
    if pair is None:
        return
    best = max(spreads(sums), key=lambda one: one.eta_squared)
    if best.eta_squared < Fraction(limits.least_eta_percent, 100):
        yield _finding(
            segment_set,
            limits,
            "too_alike",
            *pair,
            found=int(best.eta_squared * 1000),
            limit=limits.least_eta_percent * 10,
            measure=best.measure,
        )


def _outside(
    segment_set: SegmentSet, sizes: Mapping[str | None, int], limits: QualitySettings
) -> Iterator[Finding]:
    keys = {segment.key for segment in segment_set.segments}
    scored = sum(sizes.values())
    outside = scored - sum(people for key, people in sizes.items() if key in keys)
    if outside * 100 > scored * limits.most_outside_percent:
        yield _finding(segment_set, limits, "outside", found=outside, limit=limits.most_outside_percent)


def _finding(
    segment_set: SegmentSet,
    limits: QualitySettings,
    rule: GateRule,
    *segments: str,
    found: int = 0,
    limit: int = 0,
    measure: str = "",
) -> Finding:
    return Finding(
        set=segment_set.name,
        rule=rule,
        segments=segments,
        found=found,
        limit=limit,
        measure=measure,
        stops=limits.gate == "stop",
    )
