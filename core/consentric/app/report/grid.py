"""The RFM grid: how many people and how much revenue stand in each corner of recency and frequency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from consentric.warehouse.figures import GridAxis, GridCell

from .canvas import Canvas, shortened
from .palette import FAINT, PALE, PAPER, RULE, ink_on, mixed
from .picture import Picture, Table
from .segments import Shown
from .suppression import Count, hidden_in, published
from .words import Words

_LEFT, _CELL_HEIGHT = 62, 68
Place = tuple[int, int]


def grid_picture(
    cells: Sequence[GridCell],
    *,
    axes: tuple[GridAxis, GridAxis],
    classes: int,
    shown: Shown,
    words: Words,
    day: date | None,
    least: int,
) -> Picture:
    """Draws the grid of one set.

    Args:
        cells: Of the last run.
        axes: What stands upwards and what to the right.
        classes: Scores run from 1 to this.
        shown: The segments of the set.
        words: Language and currency.
        day: Of the run; None before the first.
        least: Smallest count that is shown.
    """
    people, spent, segment_at = _gathered(cells)
    counts = _published(people, segment_at, least)
    places = [(row, column) for row in range(classes, 0, -1) for column in range(1, classes + 1)]
    rows = tuple(
        (
            row,
            column,
            _name(shown, segment_at, at),
            counts.get(at, 0),
            _money(words, spent, counts, at),
        )
        for at in places
        for row, column in [at]
    )
    total = sum(people.values())
    head = (
        _axis(words, axes[0]),
        _axis(words, axes[1]),
        words("Segment", "Segment"),
        words("People", "Personnes"),
        words("Revenue", "Chiffre d'affaires"),
    )
    return Picture(
        name="grid",
        kind=words("RFM grid", "Grille RFM"),
        finding=_finding(cells, shown, words, least),
        period=_period(words, day, total if total >= least else None),
        canvas=_draw(places, counts, spent, segment_at, axes, classes, shown, words) if total else None,
        table=Table(head=head, rows=rows if total else ()),
        note=words(
            f"Scores run from 1, the weakest, to {classes}. Revenue is that of the people in the cell, net of"
            " refunds.",
            f"Les notes vont de 1, la plus faible, à {classes}. Le chiffre d'affaires est celui des personnes"
            " de la case, net des remboursements.",
        ),
    )


def _gathered(
    cells: Sequence[GridCell],
) -> tuple[dict[Place, int], dict[Place, int], dict[Place, str | None]]:
    """People, revenue, and the segment that most people of a place are in."""
    people: dict[Place, int] = defaultdict(int)
    spent: dict[Place, int] = defaultdict(int)
    largest: dict[Place, int] = defaultdict(int)
    segment_at: dict[Place, str | None] = {}
    for cell in cells:
        at = (cell.row, cell.column)
        people[at] += cell.people
        spent[at] += cell.spent_minor
        if cell.people > largest[at]:
            largest[at], segment_at[at] = cell.people, cell.segment
    return people, spent, segment_at


def _published(
    people: dict[Place, int], segment_at: dict[Place, str | None], least: int
) -> dict[Place, Count]:
    """Hidden within each segment, as its size is told elsewhere; all of it where that size is hidden too."""
    sizes: dict[str | None, int] = defaultdict(int)
    for at, count in people.items():
        sizes[segment_at[at]] += count
    gone = hidden_in(sizes, least)
    shown: dict[Place, Count] = {}
    for segment in sizes:
        parts = {at: count for at, count in people.items() if segment_at[at] == segment}
        shown |= dict.fromkeys(parts) if segment in gone else published(parts, least)
    return shown


def _finding(cells: Sequence[GridCell], shown: Shown, words: Words, least: int) -> str:
    people: dict[str, int] = defaultdict(int)
    spent: dict[str, int] = defaultdict(int)
    for cell in cells:
        if cell.segment is not None:
            people[cell.segment] += cell.people
            spent[cell.segment] += cell.spent_minor
    buyers, revenue = sum(cell.people for cell in cells), sum(cell.spent_minor for cell in cells)
    if not buyers:
        return words(
            "Nobody has bought yet, so there is no grid", "Personne n'a encore acheté : pas de grille"
        )
    able = published(people, least)
    known = [key for key in people if able[key] is not None]
    if not known or revenue <= 0:
        return words("Few people have bought so far", "Peu de personnes ont acheté jusqu'ici")
    best = max(known, key=lambda key: (spent[key] * buyers * 1000 // (people[key] * revenue), key))
    name, part, worth = (
        shown.name(best),
        words.percent(people[best], buyers),
        words.percent(spent[best], revenue),
    )
    return words(
        f"{name}: {part} of the buyers bring {worth} of the revenue",
        f"{name} : {part} des acheteurs apportent {worth} du chiffre d'affaires",
    )


def _period(words: Words, day: date | None, total: int | None) -> str:
    if day is None:
        return words("no run yet", "aucune exécution")
    return (
        words(f"All purchases up to {words.day(day)}", f"Tous les achats jusqu'au {words.day(day)}")
        + f" · {words.n(total)}"
    )


def _name(shown: Shown, segment_at: dict[Place, str | None], at: Place) -> str:
    key = segment_at.get(at)
    return "" if key is None else shown.name(key)


def _money(words: Words, spent: dict[Place, int], counts: dict[Place, Count], at: Place) -> str:
    return words.money(spent.get(at, 0) if counts.get(at, 0) is not None else None)


def _axis(words: Words, axis: GridAxis) -> str:
    return {
        "r": words("Recency", "Récence"),
        "f": words("Frequency", "Fréquence"),
        "m": words("Amount", "Montant"),
        "fm": words("Frequency and amount", "Fréquence et montant"),
    }[axis]


def _draw(
    places: Sequence[Place],
    counts: dict[Place, Count],
    spent: dict[Place, int],
    segment_at: dict[Place, str | None],
    axes: tuple[GridAxis, GridAxis],
    classes: int,
    shown: Shown,
    words: Words,
) -> Canvas:
    sheet = Canvas(height=classes * _CELL_HEIGHT + 74)
    wide = (sheet.width - _LEFT) / classes
    most = max((count for count in counts.values() if count), default=1)
    for row, column in places:
        x, y = _LEFT + (column - 1) * wide, 24 + (classes - row) * _CELL_HEIGHT
        count = counts.get((row, column), 0)
        key = segment_at.get((row, column))
        fill = PALE if count is None else PAPER
        if count:
            fill = mixed(shown.colour(key), 0.3 + 0.7 * (count / most) ** 0.5)
        sheet.box(x + 1, y + 1, wide - 2, _CELL_HEIGHT - 2, fill=fill, stroke=fill if count else RULE)
        ink, middle = ink_on(fill), x + wide / 2
        if count != 0 and key is not None:
            sheet.text(
                middle, y + 14, shortened(shown.name(key), 11, wide - 8), size=11, fill=ink, align="center"
            )
        sheet.text(middle, y + 34, words.count(count), size=17, fill=ink, align="center", is_bold=True)
        if count:
            money = _money(words, spent, counts, (row, column))
            sheet.text(middle, y + 54, money, size=12, fill=ink, align="center")
    for score in range(1, classes + 1):
        sheet.text(
            _LEFT - 12,
            24 + (classes - score + 0.5) * _CELL_HEIGHT,
            str(score),
            size=14,
            align="right",
            is_bold=True,
        )
        sheet.text(
            _LEFT + (score - 0.5) * wide,
            classes * _CELL_HEIGHT + 40,
            str(score),
            size=14,
            align="center",
            is_bold=True,
        )
    sheet.text(0, 10, _upwards(words, axes[0]), fill=FAINT)
    sheet.text(
        sheet.width, classes * _CELL_HEIGHT + 63, _rightwards(words, axes[1]), fill=FAINT, align="right"
    )
    return sheet


def _upwards(words: Words, axis: GridAxis) -> str:
    ends = words("upwards: bought lately", "vers le haut : achat récent")
    return f"↑ {_axis(words, axis)}, {ends}" if axis == "r" else f"↑ {_axis(words, axis)}"


def _rightwards(words: Words, axis: GridAxis) -> str:
    ends = words("to the right: buys more", "vers la droite : achète plus")
    return f"{_axis(words, axis)}, {ends} →"
