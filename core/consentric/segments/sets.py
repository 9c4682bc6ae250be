"""A segment set with its segments, and how several are named and put in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from .settings import SegmentSetSettings, SegmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSet:
    """One set and its segments, in the order of the configuration."""

    settings: SegmentSetSettings
    segments: tuple[SegmentSettings, ...]

    @property
    def name(self) -> str:
        """Name of the set."""
        return self.settings.name

    @property
    def purpose(self) -> str:
        """Id of the purpose it is computed for."""
        return self.settings.purpose

    @property
    def population(self) -> str:
        """Name of who takes part, as in table `population`: everybody of the purpose, or people within."""
        return f"*{self.name}" if self.settings.within else self.purpose

    @property
    def rules(self) -> dict[str, Any]:
        """What decides who is in which segment, as plain values; what people read about them moves nobody."""
        shown = {"name", "meaning", "do", "dont", "owner", "review_by"}
        return {
            "set": self.settings.model_dump(mode="json", exclude={"title", "quality", "min_size"}),
            "segments": [segment.model_dump(mode="json", exclude=shown) for segment in self.segments],
        }


def in_order(sets: Sequence[SegmentSet]) -> tuple[SegmentSet, ...]:
    """The sets as they are computed: after those within whose segments they are, else as configured.

    Raises:
        CycleError: Sets are within each other; the message is not for people, `args[1]` names the sets.
    """
    known = {one.name: one for one in sets}
    sorter = TopologicalSorter({one.name: sorted(by_set(one.settings.within)) for one in sets})
    return tuple(known[name] for name in sorter.static_order() if name in known)


def by_set(names: Iterable[str]) -> dict[str, list[str]]:
    """Segments named as `SET.KEY`, the keys of each set.

    >>> by_set(["rfm5.loyal", "rfm5.champions", "heat.band_4"])
    {'rfm5': ['loyal', 'champions'], 'heat': ['band_4']}
    """
    found: dict[str, list[str]] = {}
    for name in names:
        segment_set, _, key = name.partition(".")
        found.setdefault(segment_set, []).append(key)
    return found


def segments_named(sets: Sequence[SegmentSet], name: str) -> tuple[SegmentSet, ...]:
    """Each set that has a segment of this name, with that segment alone.

    A segment is named by its key, as `SET.KEY`, or by its title in either language.
    """
    return tuple(
        SegmentSet(settings=one.settings, segments=(segment,))
        for one in sets
        for segment in one.segments
        if name in (segment.key, f"{one.name}.{segment.key}")
        or name.casefold() in (segment.name.en.casefold(), segment.name.fr.casefold())
    )
