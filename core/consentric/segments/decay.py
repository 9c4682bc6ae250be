"""What an act of some age is worth, as integers: sums of floats differ between two runs of one engine."""

from __future__ import annotations

from collections.abc import Iterator

from .settings import EngagementSettings, IntentSettings

MILLION = 1_000_000
"""Points are kept in millionths."""

EXPECTED = "expected"
"""Channel under which sends count: what is expected, not what was earned."""

INTENT = "*intent"
"""Stands for a set where the points of the measure `intent` are; no set can be named so."""

_OLDEST_DAYS = 3650
_NO_CAP = 10**15

DecayRow = tuple[str, str, int, int, int]


def decay_rows(settings: EngagementSettings) -> Iterator[DecayRow]:
    """Rows of (channel, kind, age in days, points, cap), in millionths, until nothing is left."""
    for name, channel in settings.channels.items():
        for kind, weight in channel.weights.items():
            for age, points in _fading(weight, channel.half_life_days, settings.decay):
                yield name, kind, age, points, channel.cap * MILLION
    for age, points in _fading(settings.expected_per_send, settings.send_half_life_days, settings.decay):
        yield EXPECTED, "send", age, points, _NO_CAP


def intent_rows(settings: IntentSettings) -> Iterator[DecayRow]:
    """The same for the measure `intent`: one channel without a cap."""
    for kind, weight in settings.weights.items():
        for age, points in _fading(weight, settings.half_life_days, "half_life"):
            yield "intent", kind, age, points, _NO_CAP


def _fading(weight: int, half_life_days: int, decay: str) -> Iterator[tuple[int, int]]:
    for age in range(_OLDEST_DAYS + 1):
        if decay == "linear":
            # Whole steps: the fraction of two half-lives that is left.
            points = max(0, weight * MILLION * (2 * half_life_days - age) // (2 * half_life_days))
        else:
            points = round(weight * MILLION * 2.0 ** (-age / half_life_days))
        if points == 0:
            return
        yield age, points
