"""Finds a few hundred thousand byte strings in hundreds of megabytes, in one pass with numpy.

Every place of the data gives a window of six bytes; a table says which windows begin a pattern. The few
places that are left are compared in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from consentric.testing.identifiers import SHORTEST, Pattern

_WINDOW = np.uint64((1 << 8 * SHORTEST) - 1)
_TABLE_BITS = 22
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, near 2^64 / golden ratio (Knuth, TAOCP 3, 6.4)
_SHIFT = np.uint64(64 - _TABLE_BITS)
_WORD = 8


class PatternSearch:
    """Searches for patterns in chunks of bytes.

    Args:
        patterns: At least six bytes each.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._folded = _Table([pattern for pattern in patterns if pattern.is_folded])
        self._exact = _Table([pattern for pattern in patterns if not pattern.is_folded])
        self.longest = max((len(pattern.data) for pattern in patterns), default=0)

    def find(self, data: bytes) -> Iterator[Pattern]:
        """The patterns that stand in the data, one for each place."""
        yield from self._exact.find(data)
        yield from self._folded.find(data.lower())


class _Table:
    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._by_window: dict[int, list[Pattern]] = defaultdict(list)
        for pattern in patterns:
            self._by_window[int.from_bytes(pattern.data[:SHORTEST], "little")].append(pattern)
        self._windows = np.array(sorted(self._by_window), dtype=np.uint64)
        self._begins = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._begins[_slots(self._windows)] = True

    def find(self, data: bytes) -> Iterator[Pattern]:
        if not len(self._windows):
            return
        padded = data + bytes(_WORD)
        for offset in range(_WORD):
            count = (len(padded) - offset) // _WORD
            words = np.frombuffer(padded, dtype="<u8", offset=offset, count=count) & _WINDOW
            places = np.flatnonzero(self._begins[_slots(words)])
            windows = words[places]
            nearest = np.searchsorted(self._windows, windows)
            nearest[nearest == len(self._windows)] = 0
            is_known = self._windows[nearest] == windows
            for place, window in zip(places[is_known].tolist(), windows[is_known].tolist(), strict=True):
                position = place * _WORD + offset
                for pattern in self._by_window[window]:
                    if data.startswith(pattern.data, position) and _fits(data, position, pattern):
                        yield pattern


def _slots(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return ((words * _FACTOR) >> _SHIFT).astype(np.int64)


def _fits(data: bytes, position: int, pattern: Pattern) -> bool:
    """Whether a bounded pattern stands alone: no letter or digit before or behind it."""
    if not pattern.is_bounded:
        return True
    end = position + len(pattern.data)
    return (
        not (data[position - 1 : position].isalnum() if position else False)
        and not data[end : end + 1].isalnum()
    )
