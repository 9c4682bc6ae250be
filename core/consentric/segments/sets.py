"""A segment set with its segments, put together from the two kinds of sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .settings import SegmentSetSettings, SegmentSettings, Texts


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


def assemble(
    sets: Sequence[SegmentSetSettings], segments: Sequence[SegmentSettings]
) -> tuple[SegmentSet, ...]:
    """Gives each set its segments; a set with a method and no segment gets the usual ones of its method."""
    assembled = []
    for settings in sets:
        own = tuple(segment for segment in segments if segment.set == settings.name)
        if not own and settings.method is not None:
            own = usual_segments(settings)
        assembled.append(SegmentSet(settings=settings, segments=own))
    return tuple(assembled)


def usual_segments(settings: SegmentSetSettings) -> tuple[SegmentSettings, ...]:
    """The segments of a set with a method that names none of its own."""
    from .methods.registry import METHODS  # the methods know sets

    assert settings.method is not None
    return tuple(
        SegmentSettings(set=settings.name, key=key, name=Texts(fr=fr, en=en), cells=cells)
        for key, fr, en, cells in METHODS[settings.method].usual_segments(settings)
    )


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
