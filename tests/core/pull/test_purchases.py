"""What the pull makes of orders and refunds: their sign, and the key under which they meet."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consentric import Activity, RecordRef
from consentric.pull.activities import known_activities, write_warehouse

KNOWN, NOBODY = RecordRef(object="contact", id="1"), RecordRef(object="Opportunity", id="2")


def activity(kind: str, key: str, amount: str | None, record: RecordRef = KNOWN, **more: Any) -> Activity:
    worth = None if amount is None else Decimal(amount)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    return Activity(record=record, key=key, kind=kind, at=at, amount=worth, **more)  # type: ignore[arg-type]


def written(*activities: Activity) -> tuple[list[dict[str, Any]], Counter[str]]:
    """The rows that reach the warehouse, and the counts of the report; a key is what is hashed."""
    rows: list[dict[str, Any]] = []
    found = {"1": b"r" * 16}
    stores: Any = SimpleNamespace(
        vault=SimpleNamespace(
            find=lambda _account, kind, _part, ids: {
                id: found[id] for id in ids if kind == "contact" and id in found
            }
        ),
        pseudonyms=SimpleNamespace(source_key=lambda account, key: f"{account}/{key}".encode()),
        warehouse=SimpleNamespace(put_activities=lambda table: rows.extend(table.to_pylist())),
    )
    rules: Any = SimpleNamespace(
        connection="crm", counts_purchases=True, zone=ZoneInfo("UTC"), reporting_currency="EUR"
    )
    report: Any = SimpleNamespace(counts=Counter())
    write_warehouse(known_activities(activities, stores, rules, report), stores, rules)
    return rows, report.counts


@pytest.mark.parametrize(
    ("kind", "amount", "expected"),
    [
        ("order", "10", ("order", 1000)),
        ("order", "-10", ("refund", -1000)),
        ("refund", "10", ("refund", -1000)),
        ("refund", "-10", ("refund", -1000)),
        ("order", None, ("order", None)),
    ],
)
def test_an_order_below_zero_is_a_refund_and_a_refund_lies_below_zero(
    kind: str, amount: str | None, expected: tuple[str, int | None]
) -> None:
    ((row,), _) = written(activity(kind, "k", amount))

    assert (row["kind"], row["amount_minor"]) == expected


def test_a_refund_without_a_number_meets_its_order_under_the_key_of_the_order() -> None:
    rows, _ = written(
        activity("order", "order:7", "10"),
        activity("refund", "order:7:refund", "-10", refund_of="order:7"),
        activity("order", "order:8", "10", order_number="A1"),
        activity("visit", "visit:9", None),
    )

    of_seven = b"crm/order:7".hex()
    assert [row["order_number"] for row in rows] == [of_seven, of_seven, b"/A1".hex(), None]


def test_a_purchase_of_nobody_is_counted_and_not_kept() -> None:
    rows, counts = written(activity("order", "k", "10", record=NOBODY))

    assert rows == []
    assert counts["unknown_record"] == 1
