"""Who takes part in a set: people whom its purpose allows, at this run's instant."""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
from ibis.expr.types import Table

from .sets import SegmentSet, by_set
from .tables import Tables


def population(tables: Tables, purpose: str) -> Table:
    """One row per subject with a live record and a valid ALLOW to process: purpose, subject."""
    as_of = tables.run_context.as_of.as_scalar()
    permission = tables.permission
    allowed = permission.filter(
        permission.purpose == purpose,
        permission.channel == "none",
        permission.action == "process",
        permission.verdict == "ALLOW",
        permission.valid_until.isnull() | (permission.valid_until > as_of),
    )
    live = tables.record.filter(tables.record.live)
    return allowed.semi_join(live, "subject").select(purpose=ibis.literal(purpose), subject="subject")


def part_of_population(tables: Tables, segment_set: SegmentSet) -> Table:
    """The same for a set within segments of others: purpose (the population's name), subject."""
    named = by_set(segment_set.settings.within)
    score = tables.score
    wanted = [(score.set == name) & score.segment.isin(keys) for name, keys in named.items()]
    inside = score.filter(reduce(or_, wanted))
    # Whoever is in one of the segments named of each set has as many rows as sets are named.
    found = inside.group_by("subject").agg(sets=inside.count())
    everybody = tables.population.filter(tables.population.purpose == segment_set.purpose)
    people = everybody.semi_join(found.filter(found.sets == len(named)), "subject")
    return people.select(purpose=ibis.literal(segment_set.population), subject="subject")


def records_of(tables: Tables, people: Table) -> Table:
    """One row per record of these people, live or not: record, subject, account.

    Activities are joined with this. Without the distinct, which changes nothing, DuckDB 2.0 joins all
    activities first and then builds a table of them for the people: a third more time, and it spills.
    """
    return tables.record.semi_join(people, "subject").select("record", "subject", "account").distinct()
