"""Small counts are hidden, and so are those from which a hidden one could be worked out (privacy by default).

Zero is shown: nobody stands behind it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
Count = int | None
"""None is a hidden count."""


def published(counts: Mapping[K, int], least: int) -> dict[K, Count]:
    """The parts of a known whole, hidden where they are small.

    What is hidden holds at least `least` people together, and is more than one part: else the whole less
    the rest would reveal it. Where that takes everything, everything is hidden. The same counts are hidden
    in whatever order they come, so that two pictures of one whole hide the same.

    >>> published({"a": 40, "b": 12, "c": 3, "d": 0}, 10)
    {'a': 40, 'b': None, 'c': None, 'd': 0}
    """
    hidden = [key for key, count in counts.items() if 0 < count < least]
    others = sorted(
        (key for key, count in counts.items() if count >= least), key=lambda key: (counts[key], repr(key))
    )
    while hidden and others and (len(hidden) < 2 or sum(counts[key] for key in hidden) < least):
        hidden.append(others.pop(0))
    return {key: None if key in hidden else count for key, count in counts.items()}


def hidden_in(counts: Mapping[K, int], least: int) -> frozenset[K]:
    """The parts of a known whole whose counts are hidden."""
    return frozenset(key for key, count in published(counts, least).items() if count is None)


def published_steps(counts: Sequence[int], least: int) -> list[Count]:
    """Counts each of which is a part of the one before; hidden where it or a difference is small.

    The first and the last matter most; a step between them gives way.

    >>> published_steps([200, 195, 120, 70, 65], 10)
    [200, None, 120, None, 65]
    """
    shown: dict[int, int] = {}
    for place in dict.fromkeys((0, len(counts) - 1, *range(len(counts)))):
        if 0 <= place < len(counts) and not _reveals(counts[place], shown.values(), least):
            shown[place] = counts[place]
    return [shown.get(place) for place in range(len(counts))]


def _reveals(count: int, others: Iterable[int], least: int) -> bool:
    return 0 < count < least or any(0 < abs(count - other) < least for other in others)


def published_flows(
    flows: Mapping[tuple[K, K], int],
    *,
    before: Mapping[K, int],
    after: Mapping[K, int],
    least: int,
    least_drawn: int,
) -> dict[tuple[K, K], int]:
    """Flows between two partitions that may be shown; the others are merged with those who stay.

    What remains of a part on either side, once its shown flows are taken off, is nothing or at least
    `least` people.

    Args:
        flows: People by part before and part after; those who stay are left out.
        before: Size of each part before.
        after: Size of each part after.
        least: Smallest count that is shown.
        least_drawn: Smaller flows would only be noise in the picture.
    """
    shown = {
        ends: people
        for ends, people in flows.items()
        if ends[0] != ends[1] and people >= max(least, least_drawn)
    }
    while (part := _revealing(shown, before, after, least)) is not None:
        del shown[min(part, key=lambda ends: shown[ends])]
    return shown


def _revealing(
    shown: Mapping[tuple[K, K], int], before: Mapping[K, int], after: Mapping[K, int], least: int
) -> list[tuple[K, K]] | None:
    """The flows of a part whose remainder is small, if there is one."""
    for side, sizes in enumerate((before, after)):
        for name, size in sizes.items():
            of_part = [ends for ends in shown if ends[side] == name]
            if of_part and 0 < size - sum(shown[ends] for ends in of_part) < least:
                return of_part
    return None
