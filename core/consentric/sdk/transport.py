"""The one place that waits and asks again: pace, day's allowance, retries and breaker of one account."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from .errors import RemoteError, RemoteKind

T = TypeVar("T")
logger = logging.getLogger(__name__)

ATTEMPTS = 8
"""Calls of one operation at most, then the error is the caller's (reliability: no poison loops)."""
LONGEST_WAIT_SECONDS = 900.0
"""A longer hint is not slept away inside a run; the run ends with its bookmark saved instead."""
BREAKER_FAILURES = 5
BREAKER_REST_SECONDS = 60.0

_FIRST_WAIT_SECONDS = 1.0
_CAP_SECONDS = 60.0
_JITTER = 0.2
_BLOCK = 20
"""Calls taken from the day's allowance at once, so that not every call writes to a store."""
_ASKED_AGAIN = frozenset({RemoteKind.THROTTLED, RemoteKind.TRANSIENT})
_UNWELL = frozenset({RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS})


class Budget(Protocol):
    """The day's allowance of an account, shared by all its runs; the engine keeps it in its store."""

    def take(self, account: str, calls: int, *, limit: int, at: datetime) -> int:
        """Books up to `calls` calls for the day of `at` and gives the number granted, 0 when spent."""


class Pace:
    """Spaces calls so that at most `calls_per_second` leave, with a second's worth at once."""

    def __init__(self, calls_per_second: float) -> None:
        if calls_per_second <= 0:
            raise ValueError("calls_per_second must be positive")
        self._interval = 1.0 / calls_per_second
        self._slack = max(0.0, 1.0 - self._interval)
        self._next = float("-inf")

    def delay(self, now: float) -> float:
        """Books the next slot and gives the seconds until it opens (generic cell rate algorithm)."""
        slot = max(self._next, now - self._slack)
        self._next = slot + self._interval
        return max(0.0, slot - now)


class Transport:
    """Sends the calls of one account, one at a time.

    `send` does one HTTP exchange and raises `RemoteError`; only the kinds THROTTLED and TRANSIENT are
    asked again. A write that may have been applied is AMBIGUOUS and leaves at once.

    Args:
        account: Name of the connection; stands in errors.
        clock: Tells which day a call belongs to.
        calls_per_second: Our share of the vendor's rate.
        daily_limit: Our share of the vendor's day.
        budget: Keeps the day's count beyond this process; None counts here alone.
        sleep: Waits; takes seconds.
        seed: Makes the jitter repeatable.
        monotonic: Real time in seconds for pace and breaker; business time may stand still.
    """

    def __init__(
        self,
        account: str,
        *,
        clock: Callable[[], datetime],
        calls_per_second: float,
        daily_limit: int,
        budget: Budget | None = None,
        sleep: Callable[[float], None] = time.sleep,
        seed: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.account = account
        self.calls = 0
        self._clock = clock
        self._pace = Pace(calls_per_second)
        self._daily_limit = daily_limit
        self._budget = budget
        self._sleep = sleep
        self._random = random.Random(seed)  # noqa: S311 -- jitter, nothing secret
        self._monotonic = monotonic
        self._allowance = 0
        self._taken = 0
        self._day_is_spent = False
        self._quiet_until = float("-inf")
        self._failures = 0
        self._opened_at = float("-inf")

    def call(
        self, operation: str, send: Callable[[], T], *, is_write: bool = False, pace: Pace | None = None
    ) -> T:
        """Sends, waits and asks again as the error's kind allows.

        Args:
            operation: What is asked, as `contacts.search`; stands in errors and logs.
            send: One exchange with the CRM.
            is_write: Whether the CRM changes by it; an `OSError` is then AMBIGUOUS.
            pace: A second, narrower pace for this kind of call.

        Raises:
            RemoteError: The last one; QUOTA when our share of the day is spent.
        """
        if self._failures >= BREAKER_FAILURES and self._monotonic() - self._opened_at < BREAKER_REST_SECONDS:
            raise self._error(
                operation, RemoteKind.TRANSIENT, "failed too often in a row and rests for a minute", "resting"
            )
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception(_may_be_asked_again),
            wait=self._wait,
            sleep=self._sleep,
            before_sleep=lambda state: _log_retry(operation, state),
            reraise=True,
        )
        try:
            answer: T = retrying(self._once, operation, send, is_write, pace)
        except RemoteError as error:
            self._count_failure(error.kind)
            raise
        self._failures = 0
        return answer

    def wait(self, seconds: float) -> None:
        """Waits between two looks at a job that the CRM works on."""
        self._sleep(seconds)

    def observe(
        self,
        *,
        remaining: int | None = None,
        window_seconds: float | None = None,
        daily_remaining: int | None = None,
    ) -> None:
        """Takes over what the vendor's headers say of the allowance; they know the other apps too."""
        if remaining is not None and remaining <= 0 and window_seconds:
            self._quiet_until = self._monotonic() + window_seconds
        if daily_remaining is not None:
            self._day_is_spent = daily_remaining <= 0

    def _once(self, operation: str, send: Callable[[], T], is_write: bool, pace: Pace | None) -> T:
        self._spend(operation)
        now = self._monotonic()
        delay = max(self._pace.delay(now), self._quiet_until - now, pace.delay(now) if pace else 0.0)
        if delay > 0:
            self._sleep(delay)
        self.calls += 1
        try:
            return send()
        except OSError as error:
            # Connectors that bring another HTTP library need not translate what the socket says.
            failure = self._error(
                operation, _kind_without_answer(is_write), "got no answer", type(error).__name__
            )
        raise failure

    def _spend(self, operation: str) -> None:
        if self._allowance == 0 and not self._day_is_spent:
            if self._budget is not None:
                self._allowance = self._budget.take(
                    self.account, _BLOCK, limit=self._daily_limit, at=self._clock()
                )
            else:
                self._allowance = min(_BLOCK, self._daily_limit - self._taken)
                self._taken += self._allowance
        if self._day_is_spent or self._allowance <= 0:
            raise self._error(
                operation, RemoteKind.QUOTA, "was not sent: the share of today's calls is spent", "our_share"
            )
        self._allowance -= 1

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        hint = getattr(error, "retry_after_seconds", None) or 0.0
        ceiling = min(_CAP_SECONDS, _FIRST_WAIT_SECONDS * 2 ** (state.attempt_number - 1))
        # Everyone honours the same hint, so the jitter goes on top of it, never below
        # (NousResearch/hermes-agent#109234: 19 of 20 workers came back in the same instant).
        delay = max(hint, self._random.uniform(0.0, ceiling))
        return delay * (1.0 + self._random.uniform(0.0, _JITTER))

    def _count_failure(self, kind: RemoteKind) -> None:
        if kind in _UNWELL:
            self._failures += 1
            self._opened_at = self._monotonic()
        elif kind is RemoteKind.REJECTED:
            self._failures = 0

    def _error(self, operation: str, kind: RemoteKind, what: str, vendor_code: str) -> RemoteError:
        return RemoteError(
            f'connection "{self.account}": {operation} {what}',
            kind=kind,
            account=self.account,
            operation=operation,
            vendor_code=vendor_code,
            hint="nothing to mend here; the next run goes on where this one stopped",
            code=CODES.get(kind, ""),
        )


CODES = {RemoteKind.THROTTLED: "CS102", RemoteKind.QUOTA: "CS103", RemoteKind.AUTH: "CS104"}
"""Codes of `RemoteError` by kind; the others keep CS101."""


def kind_of_status(status: int, *, is_write: bool) -> RemoteKind:
    """What an HTTP status means where the vendor says nothing more precise.

    A read that met 5xx may be asked again; a write may have been applied and is AMBIGUOUS.
    """
    if status == 429:
        return RemoteKind.THROTTLED
    if status in (401, 403):
        return RemoteKind.AUTH
    if status >= 500:
        return _kind_without_answer(is_write)
    if status in (404, 409, 410, 422) or (is_write and status in (400, 413)):
        return RemoteKind.REJECTED
    return RemoteKind.FATAL


def _kind_without_answer(is_write: bool) -> RemoteKind:
    return RemoteKind.AMBIGUOUS if is_write else RemoteKind.TRANSIENT


def _may_be_asked_again(error: BaseException) -> bool:
    return (
        isinstance(error, RemoteError)
        and error.kind in _ASKED_AGAIN
        and (error.retry_after_seconds or 0.0) <= LONGEST_WAIT_SECONDS
    )


def _log_retry(operation: str, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RemoteError):
        logger.info(
            "%s: %s, asked again in %.1f s (attempt %d of %d)",
            operation,
            error.kind.value,
            state.upcoming_sleep,
            state.attempt_number + 1,
            ATTEMPTS,
        )
