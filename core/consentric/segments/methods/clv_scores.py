"""Lifetime value as an expression: what is expected is looked up, revenue multiplied in whole numbers."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, Table

from consentric.segments.decay import MILLION
from consentric.segments.division import quotient
from consentric.segments.scales import Fifths
from consentric.segments.sets import SegmentSet
from consentric.segments.tables import Tables

from .clv import CELLS
from .fit_expressions import fitted
from .rfm_scores import score_of


def score(tables: Tables, segment_set: SegmentSet) -> Table:
    """One row per person with orders: subject, p_alive, expected_orders (millionths), value_minor, cell."""
    settings = segment_set.settings.clv
    people = tables.population.filter(tables.population.purpose == segment_set.population)
    buyers = tables.measure.semi_join(people, "subject").filter(tables.measure.orders > 0)
    known = buyers.select(
        "subject",
        repeat_days=buyers.order_days - 1,
        repeat_span=buyers.days_since_first_order - buyers.days_since_last_order,
        span=buyers.days_since_first_order,
        spent_minor=ibis.greatest(buyers.repeat_minor, 0),
    )
    expected = tables.outlook.filter(tables.outlook.set == segment_set.name)
    joined = known.inner_join(expected, ["repeat_days", "repeat_span", "span"])
    valued = joined.mutate(value_minor=_value(tables, segment_set.name, joined))
    standing = score_of(valued.value_minor, Fifths(5))
    cell = ibis.cases(
        (valued.p_alive * 100 < settings.gone_below_percent * MILLION, CELLS[4]),
        (valued.p_alive * 100 < settings.fading_below_percent * MILLION, CELLS[3]),
        (standing == 5, CELLS[0]),
        (standing >= 3, CELLS[1]),
        else_=CELLS[2],
    )
    return valued.select("subject", "p_alive", "expected_orders", "value_minor", cell=cell)


def _value(tables: Tables, name: str, known: Table) -> IntegerColumn:
    """Orders expected times what an order is expected to bring, by the formulas of `clv_outlook`."""
    p, q, v = (fitted(tables, name, parameter) for parameter in ("p", "q", "v"))
    wide = "decimal(38, 0)"
    spent = (v + known.spent_minor * MILLION).cast(wide)
    order = quotient(p.cast(wide) * spent, (p * known.repeat_days + q - MILLION).cast(wide) * MILLION)
    return quotient(order.cast(wide) * known.expected_orders.cast(wide), ibis.literal(MILLION).cast(wide))
