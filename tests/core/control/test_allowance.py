"""The day's calls are counted over all runs and begin anew at midnight UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from consentric.control.allowance import DailyAllowance
from consentric.control.store import ControlStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC)


def test_allowance_is_shared_by_runs_and_ends_at_the_limit(tmp_path):
    first = ControlStore.open(tmp_path / "control.sqlite")
    assert DailyAllowance(first).take("hubspot", 20, limit=50, at=NOON) == 20
    first.close()
    second = ControlStore.open(tmp_path / "control.sqlite")
    allowance = DailyAllowance(second)
    assert allowance.take("hubspot", 20, limit=50, at=NOON) == 20
    assert allowance.take("hubspot", 20, limit=50, at=NOON) == 10
    assert allowance.take("hubspot", 20, limit=50, at=NOON) == 0
    assert allowance.take("other", 20, limit=50, at=NOON) == 20
    assert allowance.take("hubspot", 20, limit=50, at=TOMORROW) == 20
    assert allowance.used("hubspot", at=TOMORROW) == 20
    second.close()
