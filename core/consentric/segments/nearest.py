"""The smallest change of one input that would end in another segment: how changes are compared."""

from __future__ import annotations

from collections.abc import Iterable

from consentric.warehouse.lookups import Value

from .explanation import NearestChange

MOST = 2
"""Changes that an explanation offers."""


def nearest_of(changes: Iterable[NearestChange]) -> tuple[NearestChange, ...]:
    """The nearest change of each input, the smallest share of its value first."""
    best: dict[str, tuple[tuple[float, float], NearestChange]] = {}
    for change in changes:
        distance = _distance(change.now, change.then)
        if change.input not in best or distance < best[change.input][0]:
            best[change.input] = (distance, change)
    return tuple(change for _, change in sorted(best.values(), key=lambda pair: pair[0]))


def _distance(now: Value, then: Value) -> tuple[float, float]:
    """The change as a share of the value, then as it is: from 0 every share is 1."""
    if isinstance(now, bool) or isinstance(then, bool) or now is None or then is None:
        return 1.0, 0.0
    if isinstance(now, int) and isinstance(then, int):
        step = abs(then - now)
        return step / max(abs(now), abs(then), 1), step
    assert not isinstance(now, int)
    assert not isinstance(then, int)
    days = abs((then - now).days)
    return days / 365, days
