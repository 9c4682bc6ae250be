"""RFM as an expression: scores in integers, by rank or by limits, and the cell that the map gives them."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, IntegerScalar, IntegerValue, StringColumn, Table

from consentric.segments.scales import Fifths, FixedScale, RankedScale, Scale, scales
from consentric.segments.score_maps import ScoreMap
from consentric.segments.sets import SegmentSet
from consentric.segments.tables import Tables


def score(tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
    """One row per person with orders: subject, r_score, f_score, m_score (1 worst), cell."""
    settings = segment_set.settings.rfm
    recency, frequency, monetary = scales(settings, money_factor=money_factor)
    people = tables.population.filter(tables.population.purpose == segment_set.population)
    buyers = tables.measure.semi_join(people, "subject").filter(tables.measure.orders > 0)
    scored = buyers.select(
        "subject",
        r_score=score_of(buyers.days_since_last_order, recency, is_age=True),
        f_score=score_of(buyers.orders, frequency),
        m_score=score_of(buyers.spent_minor, monetary),
    )
    return scored.mutate(cell=_cell(scored, settings.score_map))


def score_of(value: IntegerColumn, scale: Scale, *, is_age: bool = False) -> IntegerValue:
    """The score of each value on a scale.

    Scores are counted up, one limit after the other: `//` compiles to a division of floats.
    """
    if isinstance(scale, FixedScale):
        reached: IntegerColumn | IntegerScalar = ibis.literal(1, "int64")
        for limit in scale.limits:
            reached = reached + ((value <= limit) if scale.is_age else (value >= limit)).cast("int64")
        return reached
    assert isinstance(scale, RankedScale)
    return _ranked(-value if is_age else value, scale)


def _ranked(value: IntegerColumn, scale: RankedScale) -> IntegerValue:
    everybody = value.count().over(ibis.window())
    worse = ibis.rank().over(ibis.window(order_by=value))
    classes = scale.classes
    reached: IntegerColumn | IntegerScalar = ibis.literal(1, "int64")
    for step in range(1, classes):
        if isinstance(scale, Fifths):
            is_reached = worse * classes >= everybody * step
        else:  # more than floor((n - 1) * step / classes) are worse
            is_reached = worse * classes > (everybody - 1) * step
        reached = reached + is_reached.cast("int64")
    if not isinstance(scale, Fifths):
        return reached
    all_equal = value.min().over(ibis.window()) == value.max().over(ibis.window())
    return ibis.ifelse(all_equal, ibis.literal((classes + 1) // 2, "int64"), reached)


def _cell(scored: Table, score_map: ScoreMap) -> StringColumn:
    r, f, m = scored.r_score, scored.f_score, scored.m_score
    mean: IntegerColumn | IntegerScalar = ibis.literal(1, "int64")
    for step in range(2, score_map.classes + 1):
        mean = mean + (f + m >= 2 * step - 1).cast("int64")
    digits = {"r": r, "f": f, "m": m, "fm": mean}
    code: IntegerColumn | IntegerScalar = ibis.literal(0, "int64")
    for axis in score_map.axes:
        code = code * 10 + digits[axis]
    return ibis.cases(*((code.isin(score_map.codes(cell)), cell) for cell in score_map.cells))
