"""The transport waits, asks again and gives up exactly as the kind of the error allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.transport import Pace, Transport, kind_of_status

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


class World:
    """Real time that moves only when somebody sleeps."""

    def __init__(self, **options: object) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        settings: dict[str, object] = {"calls_per_second": 1000.0, "daily_limit": 10_000, "seed": 7}
        settings.update(options)
        self.transport = Transport(
            "crm",
            clock=lambda: NOON,
            sleep=self.sleep,
            monotonic=lambda: self.now,
            **settings,  # type: ignore[arg-type]
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def failure(kind: RemoteKind, hint: float | None = None) -> RemoteError:
    return RemoteError("no", kind=kind, retry_after_seconds=hint)


def answers(*script: RemoteError | str) -> Callable[[], str]:
    left = list(script)

    def send() -> str:
        step = left.pop(0)
        if isinstance(step, RemoteError):
            raise step
        return step

    return send


@pytest.mark.parametrize("kind", [RemoteKind.THROTTLED, RemoteKind.TRANSIENT])
def test_a_throttled_or_transient_call_is_asked_again(kind: RemoteKind) -> None:
    world = World()
    assert world.transport.call("things.list", answers(failure(kind), failure(kind), "page")) == "page"
    assert world.transport.calls == 3


@pytest.mark.parametrize(
    "kind",
    [RemoteKind.AMBIGUOUS, RemoteKind.REJECTED, RemoteKind.AUTH, RemoteKind.QUOTA, RemoteKind.FATAL],
)
def test_every_other_kind_leaves_at_once(kind: RemoteKind) -> None:
    world = World()
    with pytest.raises(RemoteError) as caught:
        world.transport.call("things.list", answers(failure(kind), "page"), is_write=True)
    assert caught.value.kind is kind
    assert world.transport.calls == 1


def test_after_eight_attempts_the_last_error_is_raised() -> None:
    world = World()
    with pytest.raises(RemoteError) as caught:
        world.transport.call("things.list", answers(*[failure(RemoteKind.THROTTLED)] * 20))
    assert caught.value.kind is RemoteKind.THROTTLED
    assert world.transport.calls == 8
    assert len(world.slept) == 7


def test_no_wait_is_shorter_than_the_hint_or_a_fifth_longer() -> None:
    waits: list[float] = []
    for seed in range(50):
        world = World(seed=seed)
        world.transport.call("things.list", answers(failure(RemoteKind.THROTTLED, hint=30.0), "page"))
        waits.extend(world.slept)
    assert all(30.0 <= wait <= 36.0 for wait in waits)
    assert len({round(wait, 3) for wait in waits}) > 40, "two retries must not come back together"


def test_waits_without_a_hint_grow_to_a_ceiling_and_are_repeatable() -> None:
    first, second = World(), World()
    for world in (first, second):
        with pytest.raises(RemoteError):
            world.transport.call("things.list", answers(*[failure(RemoteKind.TRANSIENT)] * 8))
    assert first.slept == second.slept
    ceilings = [1.2 * min(60, 2**n) for n in range(7)]
    assert all(wait <= ceiling for wait, ceiling in zip(first.slept, ceilings, strict=True))


def test_a_hint_of_more_than_a_quarter_of_an_hour_is_not_slept_away() -> None:
    world = World()
    with pytest.raises(RemoteError):
        world.transport.call("things.list", answers(failure(RemoteKind.THROTTLED, hint=3600.0), "page"))
    assert world.slept == []


def test_a_socket_error_of_a_write_is_ambiguous_and_of_a_read_transient() -> None:
    def broken() -> str:
        raise ConnectionResetError("peer 10.0.0.1 said marie@example.org")

    world = World()
    with pytest.raises(RemoteError) as caught:
        world.transport.call("things.update", broken, is_write=True)
    assert caught.value.kind is RemoteKind.AMBIGUOUS
    assert world.transport.calls == 1
    assert caught.value.__context__ is None
    assert "marie" not in str(caught.value)
    with pytest.raises(RemoteError) as caught:
        world.transport.call("things.list", broken)
    assert caught.value.kind is RemoteKind.TRANSIENT
    assert world.transport.calls == 9


def test_calls_are_spaced_to_the_pace() -> None:
    world = World(calls_per_second=10.0)
    for _ in range(110):
        world.transport.call("things.list", lambda: "page")
    # A second's worth (10) leaves at once, the other 100 one every tenth of a second.
    assert world.now == pytest.approx(10.0, abs=0.11)


def test_a_narrower_pace_holds_beside_the_wide_one() -> None:
    world, searches = World(), Pace(2.0)
    for _ in range(12):
        world.transport.call("things.search", lambda: "page", pace=searches)
    assert world.now == pytest.approx(5.0, abs=0.01)


def test_an_empty_window_in_the_headers_is_waited_out() -> None:
    world = World()
    world.transport.observe(remaining=0, window_seconds=10.0)
    world.transport.call("things.list", lambda: "page")
    assert world.slept == [10.0]


def test_the_share_of_the_day_is_never_exceeded() -> None:
    world = World(daily_limit=3)
    for _ in range(3):
        world.transport.call("things.list", lambda: "page")
    with pytest.raises(RemoteError) as caught:
        world.transport.call("things.list", lambda: "page")
    assert caught.value.kind is RemoteKind.QUOTA
    assert caught.value.code == "CS103"
    assert world.transport.calls == 3


class Shelf:
    """A day's count that outlives a transport."""

    def __init__(self) -> None:
        self.taken = 0
        self.asked: list[tuple[str, datetime]] = []

    def take(self, account: str, calls: int, *, limit: int, at: datetime) -> int:
        granted = min(calls, limit - self.taken)
        self.taken += granted
        self.asked.append((account, at))
        return granted


def test_two_runs_share_the_allowance_of_a_day() -> None:
    shelf = Shelf()
    first, second = (World(daily_limit=30, budget=shelf) for _ in range(2))
    for _ in range(20):
        first.transport.call("things.list", lambda: "page")
    for _ in range(10):
        second.transport.call("things.list", lambda: "page")
    with pytest.raises(RemoteError) as caught:
        second.transport.call("things.list", lambda: "page")
    assert caught.value.kind is RemoteKind.QUOTA
    assert shelf.asked[0] == ("crm", NOON)


def test_a_day_that_the_vendor_says_is_spent_ends_before_the_refusal() -> None:
    world = World()
    world.transport.observe(daily_remaining=0)
    with pytest.raises(RemoteError) as caught:
        world.transport.call("things.list", lambda: "page")
    assert caught.value.kind is RemoteKind.QUOTA
    assert world.transport.calls == 0


def fail(world: World, kinds: Sequence[RemoteKind]) -> None:
    for kind in kinds:
        with pytest.raises(RemoteError):
            world.transport.call("things.update", answers(failure(kind)), is_write=True)


def test_five_failures_in_a_row_open_the_breaker_for_a_minute() -> None:
    world = World()
    fail(world, [RemoteKind.AMBIGUOUS] * 5)
    with pytest.raises(RemoteError) as caught:
        world.transport.call("things.list", lambda: "page")
    assert caught.value.vendor_code == "resting"
    assert world.transport.calls == 5
    world.now += 60.0
    assert world.transport.call("things.list", lambda: "page") == "page"
    fail(world, [RemoteKind.AMBIGUOUS])
    assert world.transport.call("things.list", lambda: "page") == "page"


def test_refused_records_and_spent_limits_do_not_open_the_breaker() -> None:
    world = World()
    fail(world, [RemoteKind.REJECTED] * 6 + [RemoteKind.QUOTA] * 6)
    assert world.transport.call("things.list", lambda: "page") == "page"


@pytest.mark.parametrize(
    ("status", "is_write", "kind"),
    [
        (429, True, RemoteKind.THROTTLED),
        (401, False, RemoteKind.AUTH),
        (403, False, RemoteKind.AUTH),
        (500, False, RemoteKind.TRANSIENT),
        (502, True, RemoteKind.AMBIGUOUS),
        (404, False, RemoteKind.REJECTED),
        (409, True, RemoteKind.REJECTED),
        (400, True, RemoteKind.REJECTED),
        (400, False, RemoteKind.FATAL),
        (302, False, RemoteKind.FATAL),
    ],
)
def test_a_bare_status_has_one_meaning(status: int, is_write: bool, kind: RemoteKind) -> None:
    assert kind_of_status(status, is_write=is_write) is kind
