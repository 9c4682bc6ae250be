"""Engagement by segment: how the people of each segment spread over the bands, with the limits between."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise

from consentric.segments.settings import EngagementSettings

from .canvas import Canvas, shortened
from .palette import FAINT, INK, PALE, RULE
from .picture import Picture, Table
from .segments import Shown
from .suppression import Count, published
from .words import Words

_LEFT, _ROW, _TOP = 176, 74, 40


def edges_of(settings: EngagementSettings) -> tuple[int, ...]:
    """Where bins begin, in percent of the points expected: each band in two halves.

    >>> edges_of(EngagementSettings())
    (12, 25, 37, 50, 75, 100, 150, 200, 400)
    """
    limits = settings.limits_percent
    edges = [limits[0] // 2]
    for low, high in zip(limits, (*limits[1:], limits[-1] * 3), strict=True):
        edges += [low, (low + high) // 2]
    return tuple(sorted({edge for edge in edges if edge > 0}))


def engagement_picture(
    bins: Mapping[tuple[str, int], int],
    *,
    settings: EngagementSettings | None,
    shown: Shown,
    words: Words,
    day: date | None,
    hidden: Collection[str],
    least: int,
) -> Picture:
    """Draws the distribution of one engagement set over the segments of another.

    Args:
        bins: Segment and bin to people.
        settings: Of the engagement set; None where there is none.
        shown: The segments.
        words: Language.
        day: Of the run; None before the first.
        hidden: Segments whose size is not told.
        least: Smallest count that is shown.
    """
    edges = edges_of(settings) if settings is not None else ()
    limits = settings.limits_percent if settings is not None else ()
    keys = [key for key in shown.titles if any(segment == key for segment, _ in bins)]
    rows = {
        key: published({bin: bins.get((key, bin), 0) for bin in range(len(edges) + 1)}, least) for key in keys
    }
    for key in keys:
        if key in hidden:
            rows[key] = {bin: None if count != 0 else 0 for bin, count in rows[key].items()}
    told = {at: people for at, people in bins.items() if at[0] not in hidden}
    total = sum(bins.values())
    return Picture(
        name="engagement",
        kind=words("Engagement by segment", "Engagement par segment"),
        finding=_finding(told, settings, edges, shown, words, least),
        period=_period(words, day, total if total >= least else None),
        canvas=_draw(rows, edges, limits, shown, words) if rows else None,
        table=Table(
            head=(words("Segment", "Segment"), *_bin_names(edges)),
            rows=tuple((shown.name(key), *(rows[key][bin] for bin in rows[key])) for key in keys),
        ),
        note=words(
            "Points earned by acts, in percent of the points expected of somebody written to so often;"
            " dashes are the limits between the bands.",
            "Points obtenus par les actes, en pour cent des points attendus d'une personne sollicitée aussi"
            " souvent ; les traits sont les limites entre les niveaux.",
        ),
    )


def _finding(
    bins: Mapping[tuple[str, int], int],
    settings: EngagementSettings | None,
    edges: Sequence[int],
    shown: Shown,
    words: Words,
    least: int,
) -> str:
    if settings is None:
        return words(
            "No segment set measures engagement", "Aucun ensemble de segments ne mesure l'engagement"
        )
    expected = edges.index(settings.limits_percent[2]) + 1
    below: dict[str, tuple[int, int]] = {}
    for key in shown.titles:
        whole = sum(n for (segment, _), n in bins.items() if segment == key)
        low = sum(n for (segment, bin), n in bins.items() if segment == key and bin < expected)
        if whole >= least and (low == 0 or low >= least) and (low == whole or whole - low >= least):
            below[key] = (low, whole)
    if not below:
        return words(
            "Too few people to tell how engaged they are", "Trop peu de personnes pour dire leur engagement"
        )
    limit = f"{settings.limits_percent[2]}\u202f%"
    key = max(below, key=lambda one: (below[one][0] * 1000 // below[one][1], one))
    low, whole = below[key]
    if not low:
        return words(
            f"Every segment reaches {limit} of the points expected",
            f"Tous les segments atteignent {limit} des points attendus",
        )
    part, name = words.percent(low, whole), shown.name(key)
    return words(
        f"{name}: {part} earn less than {limit} of the points expected",
        f"{name} : {part} obtiennent moins de {limit} des points attendus",
    )


def _period(words: Words, day: date | None, total: int | None) -> str:
    if day is None:
        return words("no run yet", "aucune exécution")
    return words(f"As of {words.day(day)}", f"Au {words.day(day)}") + f" · {words.n(total)}"


def _bin_names(edges: Sequence[int]) -> list[str]:
    if not edges:
        return []
    names = [f"<\u202f{edges[0]}\u202f%"]
    names += [f"{low}–{high - 1}\u202f%" for low, high in pairwise(edges)]
    return [*names, f"≥\u202f{edges[-1]}\u202f%"]


def _draw(
    rows: Mapping[str, Mapping[int, Count]],
    edges: Sequence[int],
    limits: Sequence[int],
    shown: Shown,
    words: Words,
) -> Canvas:
    sheet = Canvas(height=_TOP + _ROW * len(rows) + 44)
    wide = (sheet.width - _LEFT) / (len(edges) + 1)
    bottom = _TOP + _ROW * len(rows)
    for place, edge in enumerate(edges):
        x = _LEFT + (place + 1) * wide
        if edge in limits:
            for y in range(_TOP - 6, bottom, 9):
                sheet.line([(x, y), (x, min(y + 5, bottom))], stroke=FAINT, width=1.5)
            sheet.text(x, _TOP - 16, f"{edge}\u202f%", size=13, align="center", is_bold=True)
        sheet.text(x, bottom + 14, f"{edge}\u202f%", size=11, fill=FAINT, align="center")
    for row, (key, counts) in enumerate(rows.items()):
        base = _TOP + _ROW * (row + 1) - 6
        sheet.text(_LEFT - 12, base - 22, shortened(shown.name(key), 14, _LEFT - 18), size=14, align="right")
        sheet.line([(_LEFT, base), (sheet.width, base)], stroke=RULE)
        most = max((count for count in counts.values() if count), default=1)
        for bin, count in counts.items():
            x, high = _LEFT + bin * wide, (_ROW - 28) * (count or 0) / most
            if count is None:
                sheet.box(x + 3, base - 8, wide - 6, 8, fill=PALE, stroke=RULE)
            elif count:
                sheet.box(x + 3, base - max(high, 1.5), wide - 6, max(high, 1.5), fill=shown.colour(key))
            if count != 0:
                above = base - (8 if count is None else max(high, 1.5)) - 9
                sheet.text(x + wide / 2, above, words.count(count), size=12, fill=INK, align="center")
    says = words("points in percent of those expected →", "points en pour cent des points attendus →")
    sheet.text(sheet.width, bottom + 34, says, size=12, fill=FAINT, align="right")
    return sheet
