"""Engagement as an expression: points and what is expected, in millionths, and the band."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, IntegerScalar, Table

from consentric.segments.decay import EXPECTED, MILLION, decay_rows
from consentric.segments.population import records_of
from consentric.segments.sets import SegmentSet
from consentric.segments.tables import Tables

from .engagement import bands


def score(tables: Tables, segment_set: SegmentSet) -> Table:
    """One row per person of the population: subject, points and expected (millionths), band 0 to 4, cell."""
    settings = segment_set.settings.engagement
    people = tables.population.filter(tables.population.purpose == segment_set.population).select("subject")
    joined = people.left_join(_points(tables, people, segment_set), "subject")
    at_least = settings.expected_at_least * MILLION
    summed = joined.select(
        "subject",
        points=joined.points.coalesce(0),
        expected=ibis.greatest(joined.expected.coalesce(0), at_least),
    )
    band: IntegerColumn | IntegerScalar = ibis.literal(0, "int64")
    for limit in settings.limits_percent:
        band = band + (summed.points * 100 >= summed.expected * limit).cast("int64")
    banded = summed.mutate(band=band)
    if settings.lowest_band == "bounce":
        banded = _lowest_for_a_no(tables, banded)
    cell = ibis.cases(*((banded.band == number, cell) for number, cell in enumerate(bands(settings))))
    return banded.mutate(cell=cell)


def _lowest_for_a_no(tables: Tables, banded: Table) -> Table:
    """The same, where few points alone are band 1, and band 0 is for a bounce or an unsubscription."""
    asked = tables.measure.select("subject", "bounces", "unsubscribed")
    joined = banded.left_join(asked, "subject").drop("subject_right")
    is_few, is_no = joined.band <= 1, (joined.bounces > 0) | joined.unsubscribed
    band = ibis.ifelse(is_few, ibis.ifelse(is_no, 0, 1), joined.band).cast("int64")
    return joined.mutate(band=band).drop("bounces", "unsubscribed")


def _points(tables: Tables, people: Table, segment_set: SegmentSet) -> Table:
    """One row per person with acts that still count: subject, points, expected."""
    name = segment_set.name
    kinds = {row[1] for row in decay_rows(segment_set.settings.engagement)}
    as_of_day = tables.run_context.as_of_day.as_scalar()
    activity = tables.activity
    acts = activity.filter(
        activity.kind.isin(sorted(kinds)), ~activity.machine, activity.day <= as_of_day
    ).select("record", "kind", age=as_of_day.delta(activity.day, unit="day"))
    worth = (
        acts.inner_join(tables.decay.filter(tables.decay.set == name), ["kind", "age"])
        .inner_join(records_of(tables, people), "record")
        .select("subject", "channel", "points", "cap")
    )
    per_channel = worth.group_by("subject", "channel").agg(
        earned=ibis.least(worth.points.sum(), worth.cap.max())
    )
    is_expected = per_channel.channel == EXPECTED
    return per_channel.group_by("subject").agg(
        points=per_channel.earned.sum(where=~is_expected).cast("int64"),
        expected=per_channel.earned.sum(where=is_expected).cast("int64"),
    )
