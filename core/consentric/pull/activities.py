"""A page of activities, from CRM records to rows under a record number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from consentric.sdk.records import Activity
from consentric.warehouse.money import minor_units
from consentric_privacy.ledger import SubjectFacts

from .report import StreamReport
from .stores import Rules, Stores, known_records

PURCHASES = frozenset({"order", "refund"})
ACTS_OF_THE_PERSON = frozenset({"order", "click", "reply", "form", "visit", "redemption", "cart", "search"})
"""Kinds that count as contact from the person; an open of an e-mail is none (it may be a machine)."""

Known = Sequence[tuple[Activity, bytes]]


def known_activities(
    activities: Sequence[Activity], stores: Stores, rules: Rules, report: StreamReport
) -> Known:
    """The activities that count, each with the rref of its record; the others are counted by reason."""
    live = [a for a in activities if not a.is_cancelled]
    counted = [_signed(a) for a in live if rules.counts_purchases or a.kind not in PURCHASES]
    report.counts["other_source"] += len(live) - len(counted)
    rrefs = known_records(stores.vault, rules.connection, (activity.record for activity in counted))
    known = [(a, rref) for a in counted if (rref := rrefs.get(a.record)) is not None]
    report.counts["unknown_record"] += len(counted) - len(known)
    # Of one that stands twice in a page the last is stored, and one is counted.
    report.counts["activities"] += len({activity.key for activity, _ in known})
    return known


def write_facts(known: Known, stores: Stores) -> None:
    """Tells the ledger when a person last acted and first bought; the caller holds the transaction."""
    acts = [(a, rref) for a, rref in known if a.kind in ACTS_OF_THE_PERSON and not a.machine]
    subjects = stores.vault.subject_of({rref for _, rref in acts})
    last: dict[bytes, datetime] = {}
    first_order: dict[bytes, datetime] = {}
    for activity, rref in acts:
        sid = subjects[rref]
        last[sid] = max(activity.at, last.get(sid, activity.at))
        if activity.kind == "order":
            first_order[sid] = min(activity.at, first_order.get(sid, activity.at))
    stores.ledger.record_facts(
        [
            SubjectFacts(
                sid=sid,
                last_contact_on=at.date(),
                customer_since=first_order[sid].date() if sid in first_order else None,
            )
            for sid, at in last.items()
        ]
    )


def remove_cancelled(activities: Sequence[Activity], stores: Stores, rules: Rules) -> None:
    """Takes out what turned out not to count, by its key: a deleted deal no longer says whose it was.

    Of an activity that stands twice in a page the later state counts.
    """
    key = stores.pseudonyms.source_key
    latest = {activity.key: activity for activity in activities}
    cancelled = [key(rules.connection, a.key) for a in latest.values() if a.is_cancelled]
    if cancelled:
        stores.warehouse.remove_activities(cancelled)


def write_warehouse(known: Known, stores: Stores, rules: Rules) -> None:
    """Writes activity rows."""
    key = stores.pseudonyms.source_key
    live = [(a, rref, key(rules.connection, a.key)) for a, rref in known]
    if not live:
        return
    stores.warehouse.put_activities(
        pa.table(
            {
                "rref": pa.array([rref for _, rref, _ in live], pa.binary()),
                "kind": pa.array([a.kind for a, _, _ in live], pa.string()),
                "day": pa.array([a.at.astimezone(rules.zone).date() for a, _, _ in live], pa.date32()),
                "amount_minor": pa.array([_amount(a, rules) for a, _, _ in live], pa.int64()),
                "currency": pa.array([_currency(a, rules) for a, _, _ in live], pa.string()),
                "campaign": pa.array([a.campaign for a, _, _ in live], pa.string()),
                "category": pa.array([a.category for a, _, _ in live], pa.string()),
                "machine": pa.array([a.machine for a, _, _ in live], pa.bool_()),
                "source_key": pa.array([source_key for _, _, source_key in live], pa.binary()),
                "order_number": pa.array([_order_key(a, stores, rules) for a, _, _ in live], pa.string()),
            }
        )
    )


def _signed(activity: Activity) -> Activity:
    """An order below zero is a refund, and a refund lies below zero, however the source writes it."""
    if activity.amount is None or activity.kind not in PURCHASES:
        return activity
    if activity.kind == "order":
        return replace(activity, kind="refund") if activity.amount < 0 else activity
    return replace(activity, amount=-abs(activity.amount))


def _order_key(activity: Activity, stores: Stores, rules: Rules) -> str | None:
    """The order number as a keyed hash, the same in every account: an order number leads to its buyer.

    Without a number, a refund and its order meet under the key of the order in their account.
    """
    if activity.order_number is not None:
        return stores.pseudonyms.source_key("", activity.order_number).hex()
    if activity.kind not in PURCHASES:
        return None
    return stores.pseudonyms.source_key(rules.connection, activity.refund_of or activity.key).hex()


def _currency(activity: Activity, rules: Rules) -> str | None:
    return None if activity.amount is None else activity.currency or rules.reporting_currency


def _amount(activity: Activity, rules: Rules) -> int | None:
    if activity.amount is None:
        return None
    return minor_units(activity.amount, activity.currency or rules.reporting_currency)
