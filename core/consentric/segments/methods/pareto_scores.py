"""Pareto as an expression: revenue of those who spent more, in whole minor units."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from consentric.segments.sets import SegmentSet
from consentric.segments.tables import Tables

from .pareto import CLASSES


def score(tables: Tables, segment_set: SegmentSet) -> Table:
    """One row per person with orders: subject, cell.

    People with one amount stand together, so ties share a class and the order of rows changes nothing.
    """
    settings = segment_set.settings.pareto
    people = tables.population.filter(tables.population.purpose == segment_set.population)
    spent = tables.measure.select("subject", "orders", "spent_minor")
    buyers = spent.filter(spent.orders > 0).semi_join(people, "subject")
    per_amount = buyers.group_by("spent_minor").agg(people=buyers.count())
    revenue = ibis.ifelse(per_amount.spent_minor > 0, per_amount.spent_minor * per_amount.people, 0)
    # A total of ten million people in the smallest currency times a hundred still fits 64 bits.
    summed = per_amount.mutate(revenue=revenue)
    summed = summed.mutate(
        total=summed.revenue.sum().over(ibis.window()).cast("int64"),
        to_here=summed.revenue.sum()
        .over(ibis.cumulative_window(order_by=summed.spent_minor.desc()))
        .cast("int64"),
    )
    above = summed.to_here - summed.revenue
    classed = summed.select(
        "spent_minor",
        cell=ibis.cases(
            (summed.spent_minor <= 0, CLASSES[2]),
            (above * 100 < summed.total * settings.a_percent, CLASSES[0]),
            (above * 100 < summed.total * settings.b_percent, CLASSES[1]),
            else_=CLASSES[2],
        ),
    )
    return buyers.inner_join(classed, "spent_minor").select("subject", "cell")
