"""The day's allowance of calls of each account, shared by all runs of a workspace."""

from __future__ import annotations

from datetime import UTC, datetime

from .store import ControlStore


class DailyAllowance:
    """Keeps the count of a UTC day in the control store; what the transport asks for blocks of calls."""

    def __init__(self, store: ControlStore) -> None:
        self._store = store

    def take(self, account: str, calls: int, *, limit: int, at: datetime) -> int:
        """Books up to `calls` calls for the day of `at` and gives the number granted, 0 when spent."""
        day = at.astimezone(UTC).date().isoformat()
        with self._store.transaction() as database:
            used = self.used(account, at=at)
            granted = max(0, min(calls, limit - used))
            database.execute(
                "INSERT OR REPLACE INTO limit_bucket VALUES(?, ?, ?)", (account, day, used + granted)
            )
            database.execute("DELETE FROM limit_bucket WHERE connection = ? AND window < ?", (account, day))
        return granted

    def used(self, account: str, *, at: datetime) -> int:
        """Calls booked for the day of `at`."""
        row = self._store.connection.execute(
            "SELECT used FROM limit_bucket WHERE connection = ? AND window = ?",
            (account, at.astimezone(UTC).date().isoformat()),
        ).fetchone()
        return 0 if row is None else int(row[0])
