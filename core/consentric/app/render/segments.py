"""What a segment run found, and the segments of a configuration, as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from consentric.segments.report import SegmentReport, SetReport
from consentric.segments.sets import SegmentSet

from .findings import finding_text
from .plan import Titles, title_of
from .table import number, table


def segments_text(report: SegmentReport, titles: Titles) -> str:
    """Sizes and movement of each set, then what deserves a look."""
    if not report.sets:
        return "No segment set is configured, so nothing was computed."
    blocks = [f"Segments as of {report.as_of_day}   run {report.run}"]
    blocks += [_set_text(one, titles) for one in report.sets]
    return "\n".join([*blocks, "Next:  consentric plan"])


def titles_of(sets: Sequence[SegmentSet], lang: str) -> dict[str, str]:
    """`SET.SEGMENT` to the name of the segment in a language."""
    return {
        f"{one.name}.{segment.key}": segment.name.fr if lang == "fr" else segment.name.en
        for one in sets
        for segment in one.segments
    }


def listed_segments_text(sets: Sequence[SegmentSet], lang: str) -> str:
    """The configured sets with their segments."""
    if not sets:
        return "No segment set is configured."
    titles = titles_of(sets, lang)
    rows = [
        (one.name, segment.key, titles[f"{one.name}.{segment.key}"], _made_of(segment.cells, segment.when))
        for one in sets
        for segment in one.segments
    ]
    within = [
        f"{one.name}: of people in {', '.join(one.settings.within)} only"
        for one in sets
        if one.settings.within
    ]
    return "\n".join([table(("set", "segment", "name", "made of"), rows), *within])


def _made_of(cells: Sequence[str], when: str | None) -> str:
    if cells:
        return ", ".join(cells)
    return when if when is not None else "everybody else"


def sizes_text(one: SetReport, titles: Titles) -> str:
    """A set and how many people are in each segment."""
    head = f"  {one.name}   {number(one.population)} people may be segmented (purpose {one.purpose})"
    return "\n".join([head, *_size_lines(one, titles)])


def _set_text(one: SetReport, titles: Titles) -> str:
    lines = [
        sizes_text(one, titles),
        f"    entered {number(one.entered)}, moved {number(one.moved)}, left {number(one.left)}",
    ]
    found = [finding_text(finding, titles) for finding in one.findings]
    return "\n".join([*lines, *(f"    ! {note}" for note in [*one.notes, *found])])


def _size_lines(one: SetReport, titles: Titles) -> list[str]:
    names = {key: title_of(titles, f"{one.name}.{key}") for key in one.sizes}
    width = max((len(name) for name in names.values()), default=0)
    return [
        f"    {names[key]:<{width}}  {number(size):>9}  {_percent(size, one.population):>5}"
        for key, size in one.sizes.items()
    ]


def _percent(part: int, whole: int) -> str:
    return f"{part / whole * 100:.0f} %" if whole else ""
