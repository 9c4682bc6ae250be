"""One page about a segment set: what may be shown of it, small counts hidden when it leaves the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from consentric.segments.campaign_settings import PersonaSettings
from consentric.segments.movement import Movement
from consentric.segments.quality import SegmentQuality, SetQuality
from consentric.segments.sets import SegmentSet, by_set
from consentric.segments.settings import SegmentSettings

from .render.plan import Titles
from .report.suppression import Count, published, published_flows
from .report.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSegment:
    """One segment on the sheet."""

    settings: SegmentSettings
    title: str
    people: Count
    people_before: Count
    figures: SegmentQuality | None
    """None where so few people bought that an amount would tell what somebody spent."""
    came_from: Mapping[str, int]
    """Title of another segment to the people who were there in the run before."""
    went_to: Mapping[str, int]
    is_overdue: bool
    example: tuple[str, ...]
    """Why somebody in the middle of it is there; empty where a few people might recognise them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPersona:
    """A persona to which segments of the set belong."""

    settings: PersonaSettings
    people: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One set on one page."""

    title: str
    quality: SetQuality
    population: Count
    outside: Count
    least: int
    """Smaller counts are hidden, and what would reveal them."""
    segments: tuple[SheetSegment, ...]
    personas: tuple[SheetPersona, ...]
    titles: Titles
    words: Words


def sheet_of(
    one: SegmentSet,
    quality: SetQuality,
    movement: Movement,
    *,
    titles: Titles,
    words: Words,
    today: date,
    least: int,
    examples: Mapping[str, list[str]],
    personas: Mapping[PersonaSettings, int],
) -> Sheet:
    """Puts a sheet together.

    Args:
        least: The smallest count that is shown; 1 hides nothing.
        examples: Segment to why somebody of it is there.
        personas: All of the configuration, with the people they fit.
    """
    sizes: dict[str | None, int] = {segment.key: segment.people for segment in quality.segments}
    sizes[None] = quality.outside
    before = _before(one, movement)
    shown, shown_before = published(sizes, least), published(before, least)
    names = {segment.key: titles[f"{one.name}.{segment.key}"] for segment in one.segments}
    flows = _flows(movement, names, sizes, before, least=least)
    figures = {segment.key: segment for segment in quality.segments}

    def sheet_segment(segment: SegmentSettings) -> SheetSegment:
        key = segment.key
        is_shown = shown[key] is not None
        return SheetSegment(
            settings=segment,
            title=names[key],
            people=shown[key],
            people_before=shown_before.get(key),
            figures=_figures(figures[key], least) if is_shown else None,
            came_from={names[old]: n for (old, new), n in flows.items() if new == key and is_shown},
            went_to={names[new]: n for (old, new), n in flows.items() if old == key and is_shown},
            is_overdue=segment.review_by is not None and segment.review_by < today,
            example=tuple(examples.get(key, ())) if sizes[key] >= least else (),
        )

    return Sheet(
        title=words.title(one.settings.title) if one.settings.title is not None else one.name,
        quality=quality,
        population=quality.population if quality.population >= least or not quality.population else None,
        outside=shown[None],
        least=least,
        segments=tuple(sheet_segment(segment) for segment in one.segments),
        personas=tuple(_personas(one, personas, sizes, least)),
        titles=titles,
        words=words,
    )


def _personas(
    one: SegmentSet, personas: Mapping[PersonaSettings, int], sizes: Mapping[str | None, int], least: int
) -> Iterator[SheetPersona]:
    """Those with segments of this set; hidden where they, or the rest of those segments, are few."""
    for persona, people in personas.items():
        keys = by_set(persona.segments).get(one.name)
        if keys is None:
            continue
        others = sum(sizes.get(key, 0) for key in keys) - people
        is_small = 0 < people < least or 0 < others < least
        yield SheetPersona(settings=persona, people=None if is_small else people)


def _flows(
    movement: Movement,
    names: Mapping[str, str],
    sizes: Mapping[str | None, int],
    before: Mapping[str | None, int],
    *,
    least: int,
) -> dict[tuple[str, str], int]:
    """Moves between two segments of the set that may be shown."""
    flows = published_flows(movement.flows, before=before, after=sizes, least=least, least_drawn=1)
    return {
        (old, new): people
        for (old, new), people in flows.items()
        if old in names and new in names and old and new
    }


def _before(one: SegmentSet, movement: Movement) -> dict[str | None, int]:
    """Size of each segment in the run before; empty when there was none."""
    if movement.before.run == movement.after.run:
        return {}
    sizes: dict[str | None, int] = {segment.key: 0 for segment in one.segments}
    for (before, _after), people in movement.flows.items():
        sizes[before] = sizes.get(before, 0) + people
    return sizes


def _figures(one: SegmentQuality, least: int) -> SegmentQuality | None:
    return None if 0 < one.buyers < least else one
