"""What a purchase is: one order number once, net of refunds, in the reporting currency."""

from __future__ import annotations

import ibis
from ibis.expr.types import Column, Table

from .population import records_of
from .tables import Tables

_BILLION = 1_000_000_000
_TWO_TO_32 = 2**32


def purchases(tables: Tables, people: Table, *, several_sources: bool = True) -> Table:
    """One row per subject with orders or refunds.

    Args:
        tables: Of the warehouse.
        people: Whose orders count: subject.
        several_sources: Whether an order number may be known to more than one source.

    Columns: subject; orders (fully refunded ones left out); first_order, last_order (days); spent_minor (net
    of refunds, reporting currency); unpriced (rows left out of it for want of a rate); own_cadence (median
    gap between days with an order, half a day counts as a whole one; for people with three such days);
    order_days (days with an order); repeat_minor (spent on orders of all such days but the first);
    redeemed_days (days with an order on which the person redeemed something).
    """
    rows = _counted(tables, people)
    # Two sources are compared by sorting all rows by a text; most configurations have one.
    orders = _orders(_once(rows) if several_sources else rows)
    days = _days(tables, orders)
    has_order = days.orders > 0
    # Days on which nothing counts are a row of their own, beside the others: one sort serves all sums.
    before = days.day.lag().over(ibis.window(group_by=[days.subject, has_order], order_by=days.day))
    gaps = days.mutate(has_order=has_order, gap=has_order.ifelse(days.day.delta(before, unit="day"), None))
    has_cadence = gaps.gap.count() >= 2
    return gaps.group_by("subject").agg(
        orders=gaps.orders.sum().cast("int64"),
        first_order=gaps.day.min(where=gaps.has_order),
        last_order=gaps.day.max(where=gaps.has_order),
        spent_minor=gaps.spent_minor.sum().cast("int64"),
        unpriced=gaps.unpriced.sum().cast("int64"),
        own_cadence=has_cadence.ifelse(gaps.gap.median().ceil().cast("int64"), None),
        order_days=gaps.count(where=gaps.has_order),
        repeat_minor=gaps.counted_minor.sum(where=gaps.gap.notnull()).cast("int64"),
        redeemed_days=gaps.has_redemption.count(where=gaps.has_order),
    )


def counted_orders(tables: Tables) -> Table:
    """One row per order of a source that counts, refunded or not, up to the run's day.

    Columns: subject, account, category (often empty).
    """
    as_of_day = tables.run_context.as_of_day.as_scalar()
    activity = tables.activity
    orders = activity.filter(activity.kind == "order", activity.day <= as_of_day)
    return (
        orders.inner_join(tables.record.select("record", "subject", "account"), "record")
        .semi_join(tables.purchase_source, "account")
        .select("subject", "account", "category")
    )


def _counted(tables: Tables, people: Table) -> Table:
    """Order and refund rows up to the run's day, of every source."""
    as_of_day = tables.run_context.as_of_day.as_scalar()
    activity = tables.activity
    rows = activity.filter(activity.kind.isin(["order", "refund"]), activity.day <= as_of_day)
    buyers = records_of(tables, people).inner_join(tables.purchase_source, "account")
    rows = rows.inner_join(buyers, "record")
    rate = tables.rate
    return rows.left_join(
        rate,
        [rows.currency == rate.currency, rows.day >= rate.first_day, rows.day <= rate.last_day],
    ).select(
        "subject",
        "kind",
        "day",
        "amount_minor",
        "currency",
        "priority",
        spent_minor=_converted(rows.amount_minor, rate.rate_e9),
        is_unpriced=rows.amount_minor.notnull() & rate.rate_e9.isnull(),
        # The prefix keeps a number from meeting a key that happens to be spelled alike.
        order=ibis.ifelse(
            rows.order_number.notnull(), "n" + rows.order_number, "k" + rows.source_key.cast("string")
        ),
    )


def _once(rows: Table) -> Table:
    """The rows of the first source that knows an order number, whomever the others ascribe it to.

    Orders and refunds apart: a refund that only a later source knows still counts, and lowers what the
    buyer spent whom the first source names.
    """
    # One partition for all: sorting is what costs. Priority and subject travel in one number.
    by_order, is_order = ibis.window(group_by=rows.order), rows.kind == "order"
    first_buyer = rows.priority.cast("int64") * _TWO_TO_32 + rows.subject
    ranked = rows.mutate(
        best_order=rows.priority.min(where=is_order).over(by_order),
        best_refund=rows.priority.min(where=~is_order).over(by_order),
        buyer=first_buyer.min(where=is_order).over(by_order) % _TWO_TO_32,
    )
    best = ibis.ifelse(ranked.kind == "order", ranked.best_order, ranked.best_refund)
    kept = ranked.filter(ranked.priority == best)
    is_others_refund = (kept.kind == "refund") & (kept.priority != kept.best_order)
    return kept.mutate(subject=ibis.ifelse(is_others_refund, kept.buyer.cast("int32"), kept.subject))


def _converted(amount_minor: Column, rate_e9: Column) -> Column:
    """Amount times rate, half away from zero, without a float that would differ between engines.

    `//` compiles to a floor of a float division; after the remainder is taken off, the division is exact.
    """
    product = amount_minor.abs().cast("decimal(38, 0)") * rate_e9.cast("decimal(38, 0)") + _BILLION // 2
    whole = ((product - product % _BILLION) / _BILLION).round().cast("int64")
    converted = ibis.ifelse(amount_minor < 0, -whole, whole)
    return ibis.ifelse(rate_e9 == _BILLION, amount_minor, converted)


def _orders(rows: Table) -> Table:
    """One row per order: counts is false for a refund alone and for an order refunded in full."""
    is_order, is_refund = rows.kind == "order", rows.kind == "refund"
    summed = rows.group_by("subject", "order").agg(
        day=rows.day.min(where=is_order),
        has_refund=is_refund.any(),
        raw_minor=rows.amount_minor.sum().cast("int64"),
        first_currency=rows.currency.min(),
        last_currency=rows.currency.max(),
        spent_minor=rows.spent_minor.sum().coalesce(0).cast("int64"),
        unpriced=rows.count(where=rows.is_unpriced),
    )
    # In one currency its own amounts say it best: the rates of two days would leave a few cents.
    is_mixed = (summed.first_currency != summed.last_currency).coalesce(False)
    net_minor = ibis.ifelse(is_mixed, summed.spent_minor, summed.raw_minor).coalesce(0)
    can_tell = ~is_mixed | (summed.unpriced == 0)
    is_refunded = summed.has_refund & can_tell & (net_minor <= 0)
    return summed.select(
        "subject", "day", "spent_minor", "unpriced", counts=summed.day.notnull() & ~is_refunded
    )


def _days(tables: Tables, orders: Table) -> Table:
    """One row per subject and day, of several orders as of one, or a basket split in three would make a
    cadence of zero; the day of refunds without an order is empty.
    """
    days = orders.group_by("subject", "day").agg(
        orders=orders.count(where=orders.counts),
        spent_minor=orders.spent_minor.sum().cast("int64"),
        counted_minor=orders.spent_minor.sum(where=orders.counts).cast("int64"),
        unpriced=orders.unpriced.sum().cast("int64"),
    )
    return days.left_join(_redemption_days(tables), ["subject", "day"]).select(
        "subject", "day", "orders", "spent_minor", "counted_minor", "unpriced", "has_redemption"
    )


def _redemption_days(tables: Tables) -> Table:
    """Subject, day, has_redemption: by day, because few sources name the order of a coupon."""
    activity, as_of_day = tables.activity, tables.run_context.as_of_day.as_scalar()
    redemptions = activity.filter(activity.kind == "redemption", activity.day <= as_of_day)
    return (
        redemptions.inner_join(tables.record.select("record", "subject"), "record")
        .select("subject", "day")
        .distinct()
        .mutate(has_redemption=True)
    )
