"""The vendor's rate limits: ten seconds, one second for search, one day; with their headers and bodies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from .api import DATED, ApiError
from .state import Allowance

_MESSAGES = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}


def too_many(policy: str, version: str, headers: dict[str, str] | None = None) -> ApiError:
    """The 429 of a policy; older paths name it in `errorType`, dated ones in `category`.

    HubSpot promises no Retry-After, so none is sent here; the fault script can add one.
    """
    word = {"category": "RATE_LIMITS"} if version in DATED else {"errorType": "RATE_LIMIT"}
    body = {"status": "error", "message": _MESSAGES[policy], **word, "policyName": policy}
    return ApiError(429, "RATE_LIMITS", _MESSAGES[policy], headers=headers, body=body)


class Limiter:
    """Counts requests in real (monotonic) time, the day in the portal's own clock and time zone."""

    def __init__(
        self,
        allowance: Allowance,
        time_zone: str,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.allowance = allowance
        self._is_lifted = False
        self._zone = ZoneInfo(time_zone)
        self._clock = clock
        self._monotonic = monotonic
        self._recent: deque[float] = deque()
        self._searches: deque[float] = deque()

    def lift(self) -> None:
        """Ends all limits for this process; for measurements and for tests of other things."""
        self._is_lifted = True

    def admit(self, version: str, *, is_search: bool) -> dict[str, str]:
        """Counts one request and gives its rate headers, none for a search.

        Raises:
            ApiError: 429 when a limit is spent; such a request costs nothing.
        """
        if self._is_lifted:
            return {}
        now, allowance = self._monotonic(), self.allowance
        self._new_day()
        if allowance.daily is not None and allowance.used_today >= allowance.daily:
            raise too_many("DAILY", version)
        _forget(self._recent, now - allowance.burst_seconds)
        if allowance.burst is not None and len(self._recent) >= allowance.burst:
            raise too_many("TEN_SECONDLY_ROLLING", version, None if is_search else self._headers())
        if is_search:
            _forget(self._searches, now - 1.0)
            per_second = allowance.search_per_second
            if per_second is not None and len(self._searches) >= per_second:
                raise too_many("SECONDLY", version)
            self._searches.append(now)
        self._recent.append(now)
        allowance.used_today += 1
        return {} if is_search else self._headers()

    def _headers(self) -> dict[str, str]:
        allowance = self.allowance
        headers = {}
        if allowance.daily is not None:
            headers["X-HubSpot-RateLimit-Daily"] = str(allowance.daily)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(allowance.daily - allowance.used_today)
        if allowance.burst is not None:
            headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = str(int(allowance.burst_seconds * 1000))
            headers["X-HubSpot-RateLimit-Max"] = str(allowance.burst)
            headers["X-HubSpot-RateLimit-Remaining"] = str(max(0, allowance.burst - len(self._recent)))
        return headers

    def _new_day(self) -> None:
        today = self._clock().astimezone(self._zone).date().isoformat()
        if today != self.allowance.day:
            self.allowance.day, self.allowance.used_today = today, 0


def _forget(moments: deque[float], before: float) -> None:
    while moments and moments[0] <= before:
        moments.popleft()
