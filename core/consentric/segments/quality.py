"""What a set of segments is worth: figures for each segment and for the set, read from the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import duckdb

from consentric.warehouse import figures, lookups, quality, results
from consentric.warehouse.quality import Rhythm, Totals

from .gates import Finding, counted_segments, findings_of
from .methods.lifecycle import cadence_used
from .quality_settings import QualitySettings
from .sets import SegmentSet
from .settings import MethodName
from .silhouette import SAMPLE, silhouette
from .spread import Spread, spreads

OVERLAPS = 5
"""Pairs that are shown, the largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentQuality:
    """One segment; what cannot be divided is None. Amounts are minor units, shares are of one."""

    key: str
    people: int
    buyers: int
    people_before: int | None
    """In the run before; None when there was none."""
    revenue_share: float | None
    """Of what everybody in the population of the set spent."""
    arpu_minor: int | None
    """Average revenue per person."""
    aov_minor: int | None
    """Average order value."""
    orders_per_buyer: float | None
    churn: float | None
    """Share of the buyers whose last order is longer ago than their own rhythm allows."""
    value_minor: int | None
    """Mean revenue expected of a person; None without a set that expects any."""
    engagement: float | None
    """Points earned of the points expected; None without a set of engagement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """People of one segment who are in a segment of another set."""

    segment: str
    other: str
    """As `SET.KEY`."""
    people: int
    jaccard: float
    """Those in both, of those in either (Jaccard 1901)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuality:
    """One set with its segments."""

    set: str
    run: str
    run_before: str | None
    as_of_day: date
    population: int
    outside: int
    """People of the population who are in no segment."""
    counted_segments: int
    """Without suspects and prospects."""
    segments: tuple[SegmentQuality, ...]
    spreads: tuple[Spread, ...]
    silhouette: float | None
    sampled: int
    """People the silhouette was worked out for."""
    overlaps: tuple[Overlap, ...]
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        plain = asdict(self)
        plain["as_of_day"] = self.as_of_day.isoformat()
        for shown, one in zip(plain["spreads"], self.spreads, strict=True):
            shown.update(
                within=round(one.within, 4),
                between=round(one.between, 4),
                eta_squared=round(float(one.eta_squared), 4),
            )
        return plain


def quality_of(
    connection: duckdb.DuckDBPyConnection,
    chosen: SegmentSet,
    sets: Sequence[SegmentSet],
    settings: QualitySettings,
) -> SetQuality | None:
    """The figures of one set; None when no run computed it. Needs no key.

    Args:
        connection: Of the warehouse, or of what was published of it.
        sets: All of the configuration, for those that expect value and measure engagement.
        settings: Limits of sets that say nothing else.
    """
    runs = figures.segment_runs(connection)
    if not runs or chosen.name not in results.computed_sets(connection):
        return None
    before = runs[-2].run if len(runs) > 1 else None
    population = results.population_size(connection, chosen.population)
    segments = _segments(connection, chosen, sets, before)
    sample = quality.buyers_of(connection, chosen.name, at_most=SAMPLE)
    return SetQuality(
        set=chosen.name,
        run=runs[-1].run,
        run_before=before,
        as_of_day=runs[-1].day,
        population=population,
        outside=population - sum(one.people for one in segments),
        counted_segments=len(counted_segments(chosen)),
        segments=segments,
        spreads=spreads(quality.sums_of(connection, chosen.name)),
        silhouette=_rounded(silhouette(sample)) if sample else None,
        sampled=len(sample),
        overlaps=_overlaps(connection, chosen.name),
        findings=findings_of(connection, chosen, settings),
    )


def _segments(
    connection: duckdb.DuckDBPyConnection, chosen: SegmentSet, sets: Sequence[SegmentSet], before: str | None
) -> tuple[SegmentQuality, ...]:
    value_set, engagement_set = _first_with(sets, "clv"), _first_with(sets, "engagement")
    totals = quality.totals_of(
        connection,
        chosen.name,
        _rhythm(connection, chosen),
        value_set=value_set,
        engagement_set=engagement_set,
    )
    sizes = figures.sizes_at(connection, chosen.name, [] if before is None else [before])
    revenue = quality.revenue_of(connection, chosen.population)
    return tuple(
        _segment(
            segment.key,
            totals.get(segment.key, _NOBODY),
            None if before is None else sizes.get((before, segment.key), 0),
            revenue,
        )
        for segment in chosen.segments
    )


_NOBODY = Totals(
    people=0,
    buyers=0,
    orders=0,
    spent_minor=0,
    inactive=0,
    valued=0,
    value_minor=0,
    points=0,
    expected=0,
)


def _segment(key: str, totals: Totals, before: int | None, revenue: int) -> SegmentQuality:
    return SegmentQuality(
        key=key,
        people=totals.people,
        buyers=totals.buyers,
        people_before=before,
        revenue_share=_share(totals.spent_minor, revenue),
        arpu_minor=_mean(totals.spent_minor, totals.people),
        aov_minor=_mean(totals.spent_minor, totals.orders),
        orders_per_buyer=_share(totals.orders, totals.buyers),
        churn=_share(totals.inactive, totals.buyers),
        value_minor=_mean(totals.value_minor, totals.valued),
        engagement=_share(totals.points, totals.expected),
    )


def _rhythm(connection: duckdb.DuckDBPyConnection, chosen: SegmentSet) -> Rhythm:
    """The limits of the life cycle, as an explanation of this set uses them."""
    settings = chosen.settings.lifecycle
    usual = lookups.usual_cadence_of(connection, chosen.population)
    return Rhythm(
        usual_cadence=cadence_used(None, usual, settings),
        inactive_after=settings.inactive_after,
        new_for_days=settings.new_for_days,
    )


def _first_with(sets: Sequence[SegmentSet], method: MethodName) -> str | None:
    return next((one.name for one in sets if one.settings.method == method), None)


def _overlaps(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[Overlap, ...]:
    sizes = quality.sizes_of_all(connection)
    found = [
        Overlap(
            segment=own,
            other=f"{other_set}.{other}",
            people=people,
            jaccard=_jaccard(people, sizes, (name, own), (other_set, other)),
        )
        for (own, other_set, other), people in quality.shared_with(connection, name).items()
    ]
    ordered = sorted(found, key=lambda one: (-one.jaccard, -one.people, one.segment, one.other))
    return tuple(ordered[:OVERLAPS])


def _jaccard(
    people: int, sizes: Mapping[tuple[str, str], int], one: tuple[str, str], other: tuple[str, str]
) -> float:
    return round(people / (sizes[one] + sizes[other] - people), 4)


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole > 0 else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _mean(total: int, count: int) -> int | None:
    return round(Fraction(total, count)) if count else None
