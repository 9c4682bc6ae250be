"""From segment sets to the SQL that computes them; the only part of a run that needs Ibis."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

import ibis
from ibis.expr.types import StringColumn, Table

from consentric.warehouse.money import exponent_of

from .cache import Compiled
from .checks import parsed_rules
from .engines import Dialect
from .measures import measures, usual_cadence
from .methods.registry import METHODS
from .population import part_of_population, population
from .rule_expressions import rule_scores
from .sets import SegmentSet
from .tables import Tables


def compile_sets(
    sets: Sequence[SegmentSet],
    *,
    attributes: Collection[str],
    reporting_currency: str,
    several_sources: bool = True,
    dialect: Dialect = "duckdb",
) -> Compiled:
    """The statements of a run; they hold no date, no cut point and nothing about a person.

    Args:
        sets: All sets of the run.
        attributes: Names of attributes that rules may use.
        reporting_currency: Of all amounts.
        several_sources: Whether orders of more than one account count.
        dialect: Of the engine that computes.
    """

    def sql(expression: Table) -> str:
        return str(ibis.to_sql(expression, dialect=dialect))

    tables = Tables()
    exponent = exponent_of(reporting_currency)
    purposes = sorted({segment_set.purpose for segment_set in sets})
    return Compiled(
        population={purpose: sql(population(tables, purpose)) for purpose in purposes},
        parts={one.name: sql(part_of_population(tables, one)) for one in sets if one.settings.within},
        measures=_measures(several_sources=several_sources, dialect=dialect),
        past_measures=_measures(several_sources=several_sources, dialect="duckdb"),
        usual_cadence={purpose: sql(usual_cadence(tables, purpose)) for purpose in purposes},
        scores={one.name: sql(_scores(tables, one, attributes, exponent)) for one in sets},
    )


@cache
def _measures(*, several_sources: bool, dialect: Dialect) -> str:
    """The longest statement of all, and the same for every configuration."""
    return str(ibis.to_sql(measures(Tables(), several_sources=several_sources), dialect=dialect))


def _scores(
    tables: Tables, segment_set: SegmentSet, attributes: Collection[str], money_exponent: int
) -> Table:
    method = segment_set.settings.method
    if method is None:
        rules = parsed_rules(segment_set, attributes=attributes, money_exponent=money_exponent)
        return rule_scores(tables, segment_set, rules)
    scored = METHODS[method].score(tables, segment_set, money_factor=10**money_exponent)
    return scored.mutate(segment=_segment_of(scored, segment_set))


def _segment_of(scored: Table, segment_set: SegmentSet) -> StringColumn:
    return ibis.cases(
        *((scored.cell.isin(segment.cells), segment.key) for segment in segment_set.segments if segment.cells)
    )
