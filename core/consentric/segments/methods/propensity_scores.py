"""Propensity as an expression: steps times points, summed in whole numbers, and the chance looked up."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, IntegerScalar, Table

from consentric.segments.decay import MILLION
from consentric.segments.division import quotient
from consentric.segments.sets import SegmentSet
from consentric.segments.tables import Tables

from .fit_expressions import fitted
from .propensity import CELLS
from .propensity_inputs import STEPS
from .propensity_model import FINENESS, FURTHEST


def score(tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
    """One row per person with orders: subject, probability (millionths), cell."""
    people = tables.population.filter(tables.population.purpose == segment_set.population)
    buyers = tables.measure.semi_join(people, "subject").filter(tables.measure.orders > 0)
    summed = buyers.select("subject", log_odds=_log_odds(tables, segment_set.name, buyers, money_factor))
    bounded = ibis.greatest(ibis.least(summed.log_odds, FURTHEST), -FURTHEST)
    placed = summed.select("subject", place=quotient(bounded + FURTHEST, ibis.literal(FINENESS, "int64")))
    fit = tables.fit.filter(tables.fit.set == segment_set.name, tables.fit.name == "chance")
    chances = fit.select("place", probability=fit.value.cast("int64"))
    found = placed.inner_join(chances, "place").select("subject", "probability")
    limits = segment_set.settings.propensity.limits_percent
    bands = zip(reversed(limits), reversed(CELLS), strict=False)
    cell = ibis.cases(
        *((found.probability * 100 >= limit * MILLION, band) for limit, band in bands), else_=CELLS[0]
    )
    return found.mutate(cell=cell)


def _log_odds(tables: Tables, name: str, buyers: Table, money_factor: int) -> IntegerColumn | IntegerScalar:
    total: IntegerColumn | IntegerScalar = fitted(tables, name, "base")
    for place, step in enumerate(STEPS):
        reached: IntegerColumn | IntegerScalar = ibis.literal(0, "int64")
        value = buyers[step.column].coalesce(0)
        for limit in step.limits_in(money_factor):
            reached = reached + (value >= limit).cast("int64")
        total = (
            total + reached * fitted(tables, name, "weight", place) - fitted(tables, name, "centre", place)
        )
    return total
