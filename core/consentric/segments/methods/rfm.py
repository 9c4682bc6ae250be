"""RFM by `rank`: how many people are strictly worse decides the score, in integers."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, IntegerScalar, Table

from consentric.segments.maps import RF_GRID, SCORES
from consentric.segments.sets import SegmentSet
from consentric.segments.tables import Tables


def score(tables: Tables, segment_set: SegmentSet) -> Table:
    """One row per person with orders: subject, r_score, f_score, m_score (1 worst, 5 best), cell."""
    people = tables.population.filter(tables.population.purpose == segment_set.purpose)
    measure = tables.measure.semi_join(people, "subject").filter(tables.measure.orders > 0)
    buyers = measure.select(
        "subject", r=-measure.days_since_last_order, f=measure.orders, m=measure.spent_minor
    )
    scored = buyers.select(
        "subject",
        r_score=_rank_score(buyers.r),
        f_score=_rank_score(buyers.f),
        m_score=_rank_score(buyers.m),
    )
    return scored.mutate(cell=_cell(scored))


def _rank_score(value: IntegerColumn) -> IntegerColumn:
    """`1 + (k * w) // n`, with w the number of people strictly worse among n; the middle if all are equal.

    The quotient is counted up, one limit after the other: `//` compiles to a division of floats.
    """
    everybody = value.count().over(ibis.window())
    worse = ibis.rank().over(ibis.window(order_by=value))
    reached: IntegerColumn | IntegerScalar = ibis.literal(1, "int64")
    for step in range(1, SCORES):
        reached = reached + (worse * SCORES >= everybody * step).cast("int64")
    all_equal = value.min().over(ibis.window()) == value.max().over(ibis.window())
    return ibis.ifelse(all_equal, ibis.literal((SCORES + 1) // 2, "int64"), reached)


def _cell(scored: Table) -> ibis.expr.types.StringColumn:
    r, f = scored.r_score, scored.f_score
    return ibis.cases(
        *(
            (r.between(r_low, r_high) & f.between(f_low, f_high), cell)
            for cell, boxes in RF_GRID.items()
            for r_low, r_high, f_low, f_high in boxes
        )
    )
