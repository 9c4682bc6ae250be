"""The warehouse's tables as Ibis sees them: unbound, so that an expression is only ever compiled."""

from __future__ import annotations

from dataclasses import dataclass, field

import ibis
from ibis.expr.types import Table

COLUMNS: dict[str, dict[str, str]] = {
    "record": {
        "record": "int32",
        "subject": "int32",
        "account": "string",
        "live": "boolean",
    },
    "attribute": {"record": "int32", "name": "string", "value": "string"},
    "activity": {
        "record": "int32",
        "kind": "string",
        "day": "date",
        "amount_minor": "int64",
        "currency": "string",
        "category": "string",
        "machine": "boolean",
        "source_key": "uuid",
        "order_number": "string",
    },
    "permission": {
        "subject": "int32",
        "purpose": "string",
        "channel": "string",
        "action": "string",
        "verdict": "string",
        "valid_until": "timestamp",
    },
    "run_context": {"as_of": "timestamp", "as_of_day": "date"},
    "purchase_source": {"account": "string", "priority": "int32"},
    "rate": {"currency": "string", "first_day": "date", "last_day": "date", "rate_e9": "int64"},
    "population": {"purpose": "string", "subject": "int32"},
    "measure": {
        "subject": "int32",
        "orders": "int64",
        "spent_minor": "int64",
        "unpriced": "int64",
        "first_order": "date",
        "last_order": "date",
        "days_since_first_order": "int64",
        "days_since_last_order": "int64",
        "own_cadence": "int64",
        "order_days": "int64",
        "repeat_minor": "int64",
        "categories": "int64",
        "sends": "int64",
        "sends_year": "int64",
        "answers_year": "int64",
        "last_send": "date",
        "last_open": "date",
        "last_click": "date",
        "last_visit": "date",
        "last_form": "date",
        "last_reply": "date",
        "last_act": "date",
        "days_since_last_act": "int64",
        "unsubscribed": "boolean",
        "aov_minor": "int64",
        "redemptions": "int64",
        "redeemed_percent": "int64",
        "intent": "int64",
        "bounces": "int64",
    },
    "usual_cadence": {"purpose": "string", "days": "int64", "people": "int64"},
    "decay": {
        "set": "string",
        "channel": "string",
        "kind": "string",
        "age": "int64",
        "points": "int64",
        "cap": "int64",
    },
    "outlook": {
        "set": "string",
        "repeat_days": "int64",
        "repeat_span": "int64",
        "span": "int64",
        "p_alive": "int64",
        "expected_orders": "int64",
    },
    "score": {"set": "string", "subject": "int32", "segment": "string"},
    "fit": {"set": "string", "name": "string", "place": "int64", "value": "float64"},
}


def _table(name: str) -> Table:
    return ibis.table(COLUMNS[name], name=name)


@dataclass(frozen=True, kw_only=True)
class Tables:
    """One unbound table per attribute, with the columns that expressions use."""

    record: Table = field(default_factory=lambda: _table("record"))
    attribute: Table = field(default_factory=lambda: _table("attribute"))
    activity: Table = field(default_factory=lambda: _table("activity"))
    permission: Table = field(default_factory=lambda: _table("permission"))
    run_context: Table = field(default_factory=lambda: _table("run_context"))
    purchase_source: Table = field(default_factory=lambda: _table("purchase_source"))
    rate: Table = field(default_factory=lambda: _table("rate"))
    population: Table = field(default_factory=lambda: _table("population"))
    measure: Table = field(default_factory=lambda: _table("measure"))
    usual_cadence: Table = field(default_factory=lambda: _table("usual_cadence"))
    decay: Table = field(default_factory=lambda: _table("decay"))
    outlook: Table = field(default_factory=lambda: _table("outlook"))
    score: Table = field(default_factory=lambda: _table("score"))
    fit: Table = field(default_factory=lambda: _table("fit"))
