"""Lays out the bands of a movement between two columns of segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .canvas import Canvas, shortened
from .palette import FAINT, PAPER, mixed

OUTSIDE = ""
"""Key of whoever is in no segment: new to the set, or gone from it."""
Ends = tuple[str, str]

_NODE, _GAP, _TOP, _SIDE, _BODY = 16, 14, 26, 196, 330
_DIGIT = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One column: its parts from above, with their sizes and names."""

    sizes: Mapping[str, int]
    names: Mapping[str, str]
    heading: str


def draw_moves(
    bands: Mapping[Ends, int],
    before: Side,
    after: Side,
    *,
    colours: Mapping[str, str],
    count: Callable[[int], str],
) -> Canvas:
    """Draws the bands in the colour they come from; a pale one for those who stayed."""
    parts = max(len(before.sizes), len(after.sizes))
    sheet = Canvas(height=_BODY + _GAP * parts + _TOP)
    people = max(sum(before.sizes.values()), sum(after.sizes.values()), 1)
    columns = (_Column(before, 0, _BODY / people), _Column(after, 1, _BODY / people))
    ends = (_SIDE + _NODE, sheet.width - _SIDE - _NODE)
    for key in before.sizes:
        if key in after.sizes and key != OUTSIDE:
            rest = [column.rest(key, bands) for column in columns]
            edges = [(x, *column.take(key, n)) for x, column, n in zip(ends, columns, rest, strict=True)]
            sheet.band(_curve(*edges), fill=mixed(colours[key], 0.3))
    order = [*before.sizes, *after.sizes]
    for nth, pair in enumerate(sorted(bands, key=lambda one: (order.index(one[0]), order.index(one[1])))):
        edges = [
            (x, *column.take(key, bands[pair])) for x, column, key in zip(ends, columns, pair, strict=True)
        ]
        curve = _curve(*edges)
        sheet.band(curve, fill=colours[pair[0]], opacity=0.75)
        x, top, bottom = curve[5 + 3 * (nth % 5)]
        text = count(bands[pair])
        sheet.box(x - 4 * len(text) - 3, (top + bottom) / 2 - 8, 8 * len(text) + 6, 16, fill=PAPER)
        sheet.text(x, (top + bottom) / 2, text, size=12, align="center", is_bold=True)
    for column in columns:
        column.draw(sheet, colours, count)
    return sheet


class _Column:
    """One side while bands are put to it, from the upper end of each part down."""

    def __init__(self, side: Side, place: int, unit: float) -> None:
        self._side, self._place, self._unit = side, place, unit
        self._tops: dict[str, float] = {}
        y: float = _TOP
        for key, size in side.sizes.items():
            self._tops[key] = y
            y += size * unit + _GAP
        self._next = dict(self._tops)

    def rest(self, key: str, bands: Mapping[Ends, int]) -> int:
        """People of a part who are in none of the bands."""
        return self._side.sizes[key] - sum(n for pair, n in bands.items() if pair[self._place] == key)

    def take(self, key: str, people: int) -> tuple[float, float]:
        """Where a band of so many people meets the part: upper edge and thickness."""
        top = self._next[key]
        self._next[key] += people * self._unit
        return top, people * self._unit

    def draw(self, sheet: Canvas, colours: Mapping[str, str], count: Callable[[int], str]) -> None:
        """The parts themselves, with sizes and names beside them."""
        is_left = self._place == 0
        x = _SIDE if is_left else sheet.width - _SIDE - _NODE
        for key, size in self._side.sizes.items():
            high, number = size * self._unit, count(size)
            middle = self._tops[key] + high / 2
            sheet.box(x, self._tops[key], _NODE, max(1.5, high), fill=colours[key])
            start, step = (x - 10, -1) if is_left else (x + _NODE + 10, 1)
            sheet.text(start, middle, number, is_bold=True, align="right" if is_left else "left")
            past = _DIGIT * len(number) + 6
            name = shortened(self._side.names[key], 13, _SIDE - 14 - past)
            sheet.text(start + step * past, middle, name, align="right" if is_left else "left")
        heading = _SIDE if is_left else sheet.width - _SIDE
        sheet.text(heading, 8, self._side.heading, fill=FAINT, align="left" if is_left else "right")


def _curve(
    start: tuple[float, float, float], end: tuple[float, float, float]
) -> list[tuple[float, float, float]]:
    """A band between two places, each given as x, upper edge and thickness; x, upper and lower edge."""
    points = []
    for step in range(25):
        share = step / 24
        bend = share * share * (3 - 2 * share)
        top, thick = (a + (b - a) * bend for a, b in zip(start[1:], end[1:], strict=True))
        points.append((start[0] + (end[0] - start[0]) * share, top, top + thick))
    return points
