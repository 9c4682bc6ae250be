"""What a deal or an order is worth: won deals at their close date, orders and what was paid back of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from consentric.sdk.records import Activity, RecordRef

from .activities import Source
from .values import amount, instant, is_true

_CANCELLED = frozenset({"cancelled", "canceled", "voided"})
_UNPAID = frozenset({"pending", "unpaid", "authorized"})
"""Words of `hs_payment_status` alone: a delivery that is pending says nothing about the money."""
_REFUNDED = frozenset({"refunded", "returned"})
_ORDER_STATES = ("hs_fulfillment_status", "hs_external_order_status", "hs_payment_status")

Properties = Mapping[str, str | None]


def deals(order_number: str | None) -> Source:
    """Deals: a purchase once closed won, at the close date."""

    def shape(number: str, properties: Properties, record: RecordRef) -> tuple[Activity, ...]:
        at = instant(properties.get("closedate"))
        is_won = is_true(properties.get("hs_is_closed_won"))
        if at is None:
            return _gone(f"deal:{number}", record, instant(properties.get("hs_lastmodifieddate")))
        worth = amount(properties.get("amount"))
        return (
            Activity(
                record=record,
                key=f"deal:{number}",
                kind="refund" if worth is not None and worth < 0 else "order",
                at=at,
                amount=worth,
                currency=properties.get("deal_currency_code"),
                order_number=_order_number(properties, order_number),
                is_cancelled=not is_won,
            ),
        )

    return Source(
        object_type="deals",
        required=("amount", "closedate", "hs_is_closed_won"),
        optional=("deal_currency_code",),
        configured=(order_number,) if order_number else (),
        keys=lambda number: (f"deal:{number}",),
        shape=shape,
    )


def orders(order_number: str | None) -> Source:
    """Orders at the date of the shop; a refund is an activity of its own, beside its order."""
    return Source(
        object_type="orders",
        required=("hs_total_price",),
        optional=(
            "hs_currency_code",
            "hs_external_created_date",
            "hs_createdate",
            "hs_cancelled_date",
            "hs_external_cancel_date",
            "hs_refund_amount",
            *_ORDER_STATES,
        ),
        configured=(order_number,) if order_number else (),
        keys=lambda number: (f"order:{number}", f"order:{number}:refund"),
        shape=lambda number, properties, record: _order(number, properties, record, order_number),
    )


def _order(
    number: str, properties: Properties, record: RecordRef, order_number: str | None
) -> tuple[Activity, ...]:
    at = instant(properties.get("hs_external_created_date") or properties.get("hs_createdate"))
    key = f"order:{number}"
    if at is None:
        return _gone(key, record, instant(properties.get("hs_lastmodifieddate")))
    states = {(properties.get(name) or "").strip().lower() for name in _ORDER_STATES}
    worth = amount(properties.get("hs_total_price"))
    order = Activity(
        record=record,
        key=key,
        kind="refund" if worth is not None and worth < 0 else "order",
        at=at,
        amount=worth,
        currency=properties.get("hs_currency_code"),
        order_number=_order_number(properties, order_number),
        is_cancelled=bool(states & _CANCELLED)
        or (properties.get("hs_payment_status") or "").strip().lower() in _UNPAID
        or bool(properties.get("hs_cancelled_date") or properties.get("hs_external_cancel_date")),
    )
    paid_back = _paid_back(properties, worth, is_refunded=bool(states & _REFUNDED))
    if paid_back is None or order.kind == "refund":
        return (order,)
    return (order, replace(order, key=f"{key}:refund", kind="refund", amount=-paid_back, refund_of=key))


def _paid_back(properties: Properties, worth: Decimal | None, *, is_refunded: bool) -> Decimal | None:
    told = amount(properties.get("hs_refund_amount"))
    if told:
        return abs(told)
    return worth if is_refunded and worth else None


def _order_number(properties: Properties, name: str | None) -> str | None:
    return (properties.get(name) or None) if name else None


def _gone(key: str, record: RecordRef, at: datetime | None) -> tuple[Activity, ...]:
    """Without a date there is no purchase; one that was counted before leaves."""
    if at is None:
        return ()
    return (Activity(record=record, key=key, kind="order", at=at, is_cancelled=True),)
