"""Requests of the last 24 hours, the header that tells them, and the end point of all limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .api import Reply, Request, limit_reached
from .state import Allowance

if TYPE_CHECKING:
    from .org import Org

# Bulk API 2.0 "Limits and Allocations": per 24 hours.
QUERY_JOBS = 10_000
BATCHES = 15_000


class Limiter:
    """Counts requests by the org's clock; the window rolls on by the hour."""

    def __init__(self, allowance: Allowance, *, clock: Callable[[], datetime]) -> None:
        self.allowance = allowance
        self._clock = clock
        self._is_lifted = False

    def lift(self) -> None:
        """Ends the limit for this process; the header goes on counting."""
        self._is_lifted = True

    @property
    def used(self) -> int:
        """Requests of the last 24 hours."""
        return sum(self.allowance.used.values())

    def admit(self) -> None:
        """Counts one request.

        Raises:
            ApiError: 403 when the day's are spent; such a request costs nothing.
        """
        now = self._clock().astimezone(UTC)
        first = _hour(now - timedelta(hours=23))
        for hour in [hour for hour in self.allowance.used if hour < first]:
            del self.allowance.used[hour]
        daily = self.allowance.daily
        if daily is not None and not self._is_lifted and self.used >= daily:
            raise limit_reached("daily")
        self.allowance.used[_hour(now)] = self.allowance.used.get(_hour(now), 0) + 1

    def headers(self) -> dict[str, str]:
        """`Sforce-Limit-Info`, as on every answer of the REST API."""
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.allowance.daily or 1_000_000}"}


def limits(org: Org, _request: Request) -> Reply:
    """`GET /limits`: what is allowed in 24 hours and what of it remains."""
    daily, used = org.state.allowance.daily or 1_000_000, org.limiter.used
    queries = sum(job.kind == "query" for job in org.state.jobs.values())
    return Reply(
        body={
            "DailyApiRequests": {"Max": daily, "Remaining": max(0, daily - used)},
            "DailyBulkApiBatches": {
                "Max": BATCHES,
                "Remaining": BATCHES - (len(org.state.jobs) - queries),
            },
            "DailyBulkV2QueryJobs": {"Max": QUERY_JOBS, "Remaining": QUERY_JOBS - queries},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        }
    )


def _hour(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H")
