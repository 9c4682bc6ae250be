"""The names a rule may use: measures with their types, and the attributes that the configuration keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "money", "points", "date", "flag", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureName:
    """One measure as rules see it."""

    column: str
    """Column of table `measure`."""
    kind: Kind
    meaning: str


_ROWS: tuple[tuple[str, str, Kind, str], ...] = (
    ("orders", "orders", "number", "orders, fully refunded ones left out"),
    ("spent", "spent_minor", "money", "sum of orders less refunds, in the reporting currency"),
    ("first_order", "first_order", "date", "day of the first order"),
    ("last_order", "last_order", "date", "day of the last order"),
    ("days_since_first_order", "days_since_first_order", "number", "days since the first order"),
    ("days_since_last_order", "days_since_last_order", "number", "days since the last order"),
    ("own_cadence", "own_cadence", "number", "usual days between this person's orders, else everybody's"),
    ("sends", "sends", "number", "messages sent to this person"),
    ("last_send", "last_send", "date", "day of the last message sent"),
    ("last_open", "last_open", "date", "day of the last open that is not known to be a machine's"),
    ("last_click", "last_click", "date", "day of the last click"),
    ("last_visit", "last_visit", "date", "day of the last visit"),
    ("last_form", "last_form", "date", "day of the last form"),
    ("last_reply", "last_reply", "date", "day of the last reply"),
    ("last_act", "last_act", "date", "day of the last act of any kind by the person"),
    ("days_since_last_act", "days_since_last_act", "number", "days since the last act of any kind"),
    ("unsubscribed", "unsubscribed", "flag", "whether the person ever unsubscribed from messages"),
    ("bounces", "bounces", "number", "messages that came back"),
    ("aov", "aov_minor", "money", "average order value: what was spent by the number of orders"),
    ("redemptions", "redemptions", "number", "coupons and offers redeemed"),
    ("redeemed_percent", "redeemed_percent", "number", "percent of the days with an order that had a coupon"),
    ("categories", "categories", "number", "different categories among the orders"),
    ("intent", "intent", "points", "points for carts, searches and visits of the last days"),
)

MEASURES: dict[str, MeasureName] = {
    name: MeasureName(column=column, kind=kind, meaning=meaning) for name, column, kind, meaning in _ROWS
}

BOUGHT: dict[str, str] = {
    "bought_category": "categories of the orders",
    "bought_from": "connections where the orders were made",
}
"""Names with several values, like attributes, read from the orders that count; with their meaning."""

DAYS_SINCE: dict[str, str] = {
    "days_since_first_order": "first_order",
    "days_since_last_order": "last_order",
    "days_since_last_act": "last_act",
}
"""Measures that say the same in two ways: an age in days and the day itself."""
