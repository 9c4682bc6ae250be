"""Puts segment sets together from the two kinds of sections, with the usual segments of a method."""

from __future__ import annotations

from collections.abc import Sequence

from .methods.registry import METHODS
from .sets import SegmentSet
from .settings import SegmentSetSettings, SegmentSettings, Texts


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
    assert settings.method is not None
    return tuple(
        SegmentSettings(set=settings.name, key=key, name=Texts(fr=fr, en=en), cells=cells)
        for key, fr, en, cells in METHODS[settings.method].usual_segments(settings)
    )
