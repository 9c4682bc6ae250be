"""One row per person with all measures: materialised once, then scored from."""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanColumn, Column, IntegerColumn, NumericColumn, Table

from .decay import INTENT
from .population import records_of
from .purchases import counted_orders, purchases
from .tables import Tables

_NOT_AN_ACT = ("send", "bounce", "unsubscribe")
_YEAR_DAYS = 365


def measures(tables: Tables, *, several_sources: bool = True) -> Table:
    """The row of table `measure` for everybody in `population`, in that table's columns and order."""
    people = tables.population.select("subject").distinct()
    bought = purchases(tables, people, several_sources=several_sources)
    contacts = _contacts(tables, people)
    as_of_day = tables.run_context.as_of_day.as_scalar()
    joined = people.left_join(bought, "subject").drop("subject_right")
    joined = joined.left_join(contacts, "subject").drop("subject_right")
    joined = joined.left_join(_categories(tables, people), "subject").drop("subject_right")
    return joined.select(
        "subject",
        orders=joined.orders.coalesce(0),
        spent_minor=joined.spent_minor.coalesce(0),
        unpriced=joined.unpriced.coalesce(0),
        first_order="first_order",
        last_order="last_order",
        days_since_first_order=as_of_day.delta(joined.first_order, unit="day"),
        days_since_last_order=as_of_day.delta(joined.last_order, unit="day"),
        own_cadence="own_cadence",
        order_days=joined.order_days.coalesce(0),
        repeat_minor=joined.repeat_minor.coalesce(0),
        categories=joined.categories.coalesce(0),
        sends=joined.sends.coalesce(0),
        sends_year=joined.sends_year.coalesce(0),
        answers_year=joined.answers_year.coalesce(0),
        last_send="last_send",
        last_open="last_open",
        last_click="last_click",
        last_visit="last_visit",
        last_form="last_form",
        last_reply="last_reply",
        last_act="last_act",
        days_since_last_act=as_of_day.delta(joined.last_act, unit="day"),
        unsubscribed=joined.unsubscribed.coalesce(False),
        aov_minor=_whole(joined.spent_minor, joined.orders),
        redemptions=joined.redemptions.coalesce(0),
        redeemed_percent=_whole(joined.redeemed_days * 100, joined.order_days),
        intent=joined.intent.coalesce(0),
        bounces=joined.bounces.coalesce(0),
    )


def usual_cadence(tables: Tables, purpose: str) -> Table:
    """One row for the purpose: purpose, days (median of the own cadences, half up), people who have one."""
    own = tables.measure.semi_join(
        tables.population.filter(tables.population.purpose == purpose), "subject"
    ).filter(ibis._.own_cadence.notnull())
    summed = own.agg(days=own.own_cadence.median().ceil().cast("int64"), people=own.count())
    return summed.select(purpose=ibis.literal(purpose), days=summed.days, people=summed.people)


def _contacts(tables: Tables, people: Table) -> Table:
    """One row per subject with activities: how often we wrote, and when it last did what."""
    as_of_day = tables.run_context.as_of_day.as_scalar()
    activity = tables.activity
    # The few points of intent are joined here: a join of people more, and the memory promised is not enough.
    points = tables.decay.filter(tables.decay.set == INTENT).select("kind", "age", "points")
    acts = (
        activity.filter(activity.day <= as_of_day)
        .mutate(age=as_of_day.delta(activity.day, unit="day"))
        .inner_join(records_of(tables, people), "record")
        .left_join(points, ["kind", "age"])
        .select("subject", "kind", "day", "machine", "points")
    )
    in_year = acts.day > as_of_day - ibis.interval(days=_YEAR_DAYS)
    by_person = ~acts.machine
    is_send = acts.kind == "send"

    def last(kind: str) -> Column:
        return acts.day.max(where=_both(acts.kind == kind, by_person))

    # Counted, not summed: a sum of integers is kept in 16 bytes, and wide groups spill.
    return acts.group_by("subject").agg(
        sends=acts.count(where=is_send),
        sends_year=acts.count(where=_both(is_send, in_year)),
        answers_year=acts.count(where=_both(acts.kind.isin(["click", "open", "reply"]), by_person, in_year)),
        last_send=acts.day.max(where=is_send),
        last_open=last("open"),
        last_click=last("click"),
        last_visit=last("visit"),
        last_form=last("form"),
        last_reply=last("reply"),
        last_act=acts.day.max(where=_both(acts.kind.notin(_NOT_AN_ACT), by_person)),
        unsubscribed=(acts.kind == "unsubscribe").any(),
        redemptions=acts.count(where=acts.kind == "redemption"),
        bounces=acts.count(where=acts.kind == "bounce"),
        intent=acts.points.sum(where=by_person).cast("int64"),
    )


def _categories(tables: Tables, people: Table) -> Table:
    """One row per subject whose orders name a category: subject, categories (how many)."""
    orders = counted_orders(tables).semi_join(people, "subject")
    named = orders.filter(orders.category.notnull()).select("subject", "category").distinct()
    return named.group_by("subject").agg(categories=named.count())


def _whole(amount: IntegerColumn, number: IntegerColumn) -> NumericColumn:
    """The quotient without its fraction, None when divided by none.

    `//` compiles to a floor of a float division; after the remainder is taken off, the division is exact.
    """
    divisor = number.nullif(0)
    return ((amount - amount % divisor) / divisor).round().cast("int64")


def _both(first: BooleanColumn, *others: BooleanColumn) -> BooleanColumn:
    for other in others:
        first = first & other
    return first
