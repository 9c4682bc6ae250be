"""What an act of some age is worth, as integers: sums of floats differ between two runs of one engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import takewhile

from .settings import EngagementSettings, IntentSettings

MILLION = 1_000_000
"""Points are kept in millionths."""

EXPECTED = "expected"
"""Channel under which sends count: what is expected, not what was earned."""

INTENT = "*intent"
"""Stands for a set where the points of the measure `intent` are; no set can be named so."""

_OLDEST_DAYS = 3650
_MONTH_DAYS = 30
_NO_CAP = 10**15

DecayRow = tuple[str, str, int, int, int]


def decay_rows(settings: EngagementSettings) -> Iterator[DecayRow]:
    """Rows of (channel, kind, age in days, points, cap), in millionths, until nothing is left."""
    for name, channel in settings.channels.items():
        for kind, weight in channel.weights.items():
            for age, points in _faded(settings, weight, channel.half_life_days):
                yield name, kind, age, points, channel.cap * MILLION
    for age, points in _faded(settings, settings.expected_per_send, settings.send_half_life_days):
        yield EXPECTED, "send", age, points, _NO_CAP


def intent_rows(settings: IntentSettings) -> Iterator[DecayRow]:
    """The same for the measure `intent`: one channel without a cap."""
    for kind, weight in settings.weights.items():
        for age, points in _until_nothing(partial(_halved, weight, settings.half_life_days)):
            yield "intent", kind, age, points, _NO_CAP


def _faded(settings: EngagementSettings, weight: int, half_life_days: int) -> Iterator[tuple[int, int]]:
    def worth(age: int) -> int:
        if settings.decay == "linear":
            return _left(weight, 2 * half_life_days - age, 2 * half_life_days)
        if settings.decay == "steps":
            steps = age // (settings.step_months * _MONTH_DAYS)
            return _left(weight, 100 - settings.step_percent * steps, 100)
        return _halved(weight, half_life_days, age)

    return _until_nothing(worth)


def _halved(weight: int, half_life_days: int, age: int) -> int:
    share: float = 2.0 ** (-age / half_life_days)
    return round(weight * MILLION * share)


def _left(weight: int, part: int, whole: int) -> int:
    return max(0, weight * MILLION * part // whole)


def _until_nothing(worth: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """Ages with what is left at each, as far as something is."""
    return takewhile(lambda pair: pair[1] > 0, ((age, worth(age)) for age in range(_OLDEST_DAYS + 1)))
