"""An activity that turned out not to count leaves by its key, whoever it belonged to."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from consentric import Activity, RecordRef
from consentric.pull import activities
from consentric.pull.activities import remove_cancelled
from consentric.pull.report import StreamReport

AT = datetime(2026, 6, 1, tzinfo=UTC)


def activity(key: str, *, is_cancelled: bool) -> Activity:
    record = RecordRef(object="deals", id="no contact any more")
    return Activity(record=record, key=key, kind="order", at=AT, is_cancelled=is_cancelled)


def test_the_last_state_of_a_page_decides() -> None:
    removed: list[bytes] = []
    stores: Any = SimpleNamespace(
        pseudonyms=SimpleNamespace(source_key=lambda account, key: f"{account}/{key}".encode()),
        warehouse=SimpleNamespace(remove_activities=removed.extend),
    )
    page = [
        activity("deal:1", is_cancelled=True),
        activity("deal:2", is_cancelled=False),
        activity("deal:2", is_cancelled=True),
        activity("deal:3", is_cancelled=True),
        activity("deal:3", is_cancelled=False),
    ]
    remove_cancelled(page, stores, SimpleNamespace(connection="crm"))  # type: ignore[arg-type]
    assert removed == [b"crm/deal:1", b"crm/deal:2"]


def test_an_order_that_comes_twice_in_a_page_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities, "known_records", lambda _vault, _account, refs: dict.fromkeys(refs, b"r"))
    report = StreamReport(name="orders")
    rules: Any = SimpleNamespace(connection="crm", counts_purchases=True)
    page = [activity(key, is_cancelled=False) for key in ("deal:1", "deal:2", "deal:1")]
    stores: Any = SimpleNamespace(vault=None)
    activities.known_activities(page, stores, rules, report)
    assert report.counts["activities"] == 2
