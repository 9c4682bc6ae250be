"""The life cycle as an expression: limits in whole days, by the person's own cadence."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerValue, Table

from consentric.segments.sets import SegmentSet
from consentric.segments.settings import LifecycleSettings
from consentric.segments.tables import Tables


def score(tables: Tables, segment_set: SegmentSet) -> Table:
    """One row per person of the population: subject, cell (the stage)."""
    settings = segment_set.settings.lifecycle
    people = tables.population.filter(tables.population.purpose == segment_set.population)
    m = tables.measure.semi_join(people, "subject")
    cadence = cadence_of(tables, m, segment_set.purpose, settings)
    days = m.days_since_last_order
    inactive = days > cadence * settings.inactive_after
    lost = days > cadence * settings.lost_after
    is_silent = (m.sends_year > 0) & (m.answers_year == 0)
    stage = ibis.cases(
        ((m.orders == 0) & m.last_act.isnull(), "suspect"),
        (m.orders == 0, "prospect"),
        ((m.orders < 3) & (m.days_since_first_order <= settings.new_for_days), "new"),
        (lost | (inactive & (m.unsubscribed | is_silent)), "lost"),
        (inactive, "inactive"),
        else_="active",
    )
    return m.select("subject", cell=stage)


def cadence_of(tables: Tables, measure: Table, purpose: str, settings: LifecycleSettings) -> IntegerValue:
    """The person's own cadence in days, else the median of the others, else the configured one."""
    usual = tables.usual_cadence.filter(tables.usual_cadence.purpose == purpose)
    enough = usual.people >= settings.people_for_cadence
    shared = usual.select(days=ibis.ifelse(enough, usual.days, settings.usual_cadence_days)).days
    return measure.own_cadence.coalesce(shared.as_scalar())
