"""Segment sizes over time: a line for each segment, its size now at its end; bars after a single run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from consentric.warehouse.figures import SegmentRun

from .canvas import Canvas, shortened
from .palette import FAINT, INK, RULE
from .picture import Picture, Table
from .segments import Shown
from .suppression import Count, published
from .words import Words

_RIGHT, _HEIGHT, _FOOT = 190, 320, 34
_LABEL = 17
Sizes = Mapping[str, Mapping[str, Count]]
"""Run to segment to people."""


def points_in_time(runs: Sequence[SegmentRun], *, most: int = 27) -> list[SegmentRun]:
    """The runs that a picture shows: the last of each day, week or month, so that there are few enough."""
    chosen: list[SegmentRun] = []
    for days in (1, 7, 30):
        last = {(runs[-1].day - run.day).days // days: run for run in runs}
        chosen = [last[age] for age in sorted(last, reverse=True)]
        if len(chosen) <= most:
            return chosen
    return chosen[-most:]


def sizes_picture(
    runs: Sequence[SegmentRun],
    sizes: Mapping[tuple[str, str], int],
    *,
    shown: Shown,
    words: Words,
    least: int,
) -> Picture:
    """Draws the sizes of one set at these runs.

    Args:
        runs: Oldest first.
        sizes: Run and segment to people.
        shown: The segments of the set.
        words: Language.
        least: Smallest count that is shown.
    """
    keys = [*shown.titles, *sorted({key for _, key in sizes} - set(shown.titles))]
    seen: Sizes = {
        run.run: published({key: sizes.get((run.run, key), 0) for key in keys}, least) for run in runs
    }
    total = sum(people for (run, _), people in sizes.items() if runs and run == runs[-1].run)
    rows = tuple((words.day(run.day), *(seen[run.run][key] for key in keys)) for run in runs)
    canvas = None
    if total:
        draw = _lines if len(runs) > 1 else _bars
        canvas = draw(runs, seen, keys, shown, words)
    return Picture(
        name="sizes",
        kind=words("Segment sizes over time", "Taille des segments dans le temps"),
        finding=_finding(runs, seen, keys, shown, words, total),
        period=_period(runs, words, total if total >= least else None),
        canvas=canvas,
        table=Table(head=(words("Day", "Jour"), *map(shown.name, keys)), rows=rows),
        note=words(
            "At the end of each day shown; people in no segment are left out.",
            "À la fin de chaque jour indiqué ; hors personnes sans segment.",
        ),
    )


def _finding(
    runs: Sequence[SegmentRun], seen: Sizes, keys: Sequence[str], shown: Shown, words: Words, total: int
) -> str:
    if not runs:
        return words("No segment was computed yet", "Aucun segment n'a encore été calculé")
    now = {key: size for key in keys if (size := seen[runs[-1].run][key])}
    if not now:
        return words(
            "Nobody, or nearly nobody, is in a segment", "Personne, ou presque, n'est dans un segment"
        )
    grown = {
        key: size - was
        for key, size in now.items()
        if (was := seen[runs[0].run][key]) is not None and size != was
    }
    if len(runs) > 1 and grown:
        key = max(grown, key=lambda one: (abs(grown[one]), one))
        was = now[key] - grown[key]
        since = words.day(runs[0].day)
        ends = f"{words.count(was)} → {words.count(now[key])}"
        rise = words("Largest rise", "Plus forte hausse")
        fall = words("Largest fall", "Plus forte baisse")
        return words(
            f"{rise if grown[key] > 0 else fall} since {since}: {shown.name(key)}, {ends}",
            f"{rise if grown[key] > 0 else fall} depuis le {since} : {shown.name(key)}, {ends}",
        )
    key = max(now, key=lambda one: (now[one], one))
    whole = f"{words.percent(now[key], total)} {words('of', 'de')} {words.people(total)}"
    return words(
        f"Largest segment: {shown.name(key)}, {whole}", f"Le plus grand segment : {shown.name(key)}, {whole}"
    )


def _period(runs: Sequence[SegmentRun], words: Words, total: int | None) -> str:
    if not runs:
        return words("no run yet", "aucune exécution")
    first, last = words.day(runs[0].day), words.day(runs[-1].day)
    span = last if first == last else words(f"{first} to {last}", f"du {first} au {last}")
    return f"{shown_title(span)} · {words.n(total)}"


def shown_title(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _bars(runs: Sequence[SegmentRun], seen: Sizes, keys: Sequence[str], shown: Shown, words: Words) -> Canvas:
    sizes = seen[runs[-1].run]
    sheet = Canvas(height=len(keys) * 44 + 8)
    left, room = 210, sheet.width - 210 - 120
    most = max((size for size in sizes.values() if size), default=1)
    for place, key in enumerate(keys):
        middle, size = 26 + place * 44, sizes[key]
        sheet.text(left - 12, middle, shortened(shown.name(key), 14, left - 20), size=14, align="right")
        wide = max(2.0, room * size / most) if size else 0.0
        if size:
            sheet.box(left, middle - 15, wide, 30, fill=shown.colour(key))
        sheet.text(left + wide + 8, middle, words.count(size), size=15, is_bold=True)
    sheet.line([(left, 4), (left, sheet.height - 4)], stroke=RULE)
    return sheet


def _lines(
    runs: Sequence[SegmentRun], seen: Sizes, keys: Sequence[str], shown: Shown, words: Words
) -> Canvas:
    sheet = Canvas(height=_HEIGHT + _FOOT)
    left, right = 56, sheet.width - _RIGHT
    sizes = [size for at in seen.values() for size in at.values() if size]
    top = _round_above(max(sizes, default=1))
    days = (runs[-1].day - runs[0].day).days or 1

    def x_of(day: date) -> float:
        return left + (right - left) * (day - runs[0].day).days / days

    def y_of(size: int) -> float:
        return 12 + (_HEIGHT - 24) * (1 - size / top)

    for share in range(5):
        value = top * share // 4
        sheet.line([(left, y_of(value)), (right, y_of(value))], stroke=RULE)
        sheet.text(left - 10, y_of(value), words.count(value), size=12, fill=FAINT, align="right")
    for day in _ticks(runs[0].day, runs[-1].day):
        sheet.text(x_of(day), _HEIGHT + 14, words.short_day(day), size=12, fill=FAINT, align="center")
    for key in keys:
        for part in _unbroken([(run.day, seen[run.run][key]) for run in runs]):
            points = [(x_of(day), y_of(size)) for day, size in part]
            sheet.line(points, stroke=shown.colour(key), width=3)
            for x, y in points if len(runs) <= 31 else points[-1:]:
                sheet.dot(x, y, size=8, fill=shown.colour(key))
    _end_labels(sheet, right, {key: seen[runs[-1].run][key] for key in keys}, y_of, shown, words)
    return sheet


def _end_labels(
    sheet: Canvas,
    right: float,
    sizes: Mapping[str, Count],
    y_of: Callable[[int], float],
    shown: Shown,
    words: Words,
) -> None:
    """Names and sizes at the ends of the lines, moved apart where lines end close together."""
    wanted = sorted((y_of(size or 0), key) for key, size in sizes.items())
    heights: list[float] = []
    for y, _ in wanted:
        heights.append(max(y, heights[-1] + _LABEL) if heights else y)
    excess = max(0.0, (heights[-1] if heights else 0) - (_HEIGHT - 6))
    for place in range(len(heights) - 1, -1, -1):
        limit = _HEIGHT - 6 - (len(heights) - 1 - place) * _LABEL if excess else heights[place]
        heights[place] = min(heights[place], limit)
    for (y, key), height in zip(wanted, heights, strict=True):
        if sizes[key] is not None:
            sheet.line([(right + 6, y), (right + 18, height)], stroke=shown.colour(key))
        size = words.count(sizes[key])
        sheet.text(right + 22, height, size, size=13, is_bold=True)
        start = right + 22 + 9 * len(size) + 4
        sheet.text(start, height, shortened(shown.name(key), 13, sheet.width - start), size=13, fill=INK)


def _unbroken(points: Sequence[tuple[date, Count]]) -> list[list[tuple[date, int]]]:
    """The parts of a line between its hidden points."""
    parts: list[list[tuple[date, int]]] = [[]]
    for day, size in points:
        if size is None:
            parts.append([])
        else:
            parts[-1].append((day, size))
    return [part for part in parts if part]


def _ticks(first: date, last: date) -> list[date]:
    """At most six days of an axis, its ends among them."""
    days = (last - first).days
    parts = min(5, days)
    return [first + timedelta(days=round(days * place / parts)) for place in range(parts + 1)]


def _round_above(value: int) -> int:
    """The next number of the form 4, 8, 20 or 40 times a power of ten, so that quarters are round."""
    power = 1
    while True:
        for step in (4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 36):
            if step * power >= value and step * power % 4 == 0:
                return step * power
        power *= 10
