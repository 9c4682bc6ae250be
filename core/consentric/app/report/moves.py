"""Movement between two runs: bands from where people were to where they are; small flows stay merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from consentric.warehouse.figures import Flow, SegmentRun

from .canvas import Canvas
from .moves_drawing import OUTSIDE, Ends, Side, draw_moves
from .picture import Picture, Table
from .segments import Shown
from .suppression import Count, published, published_flows
from .words import Words

DRAWN_PERCENT = 2
"""Of everybody; smaller flows would only be noise."""


def moves_picture(
    flows: Sequence[Flow],
    *,
    between: tuple[SegmentRun, SegmentRun] | None,
    shown: Shown,
    words: Words,
    least: int,
) -> Picture:
    """Draws where people went between two runs.

    Args:
        flows: Of one set, those who stayed included.
        between: The two runs; None before the second.
        shown: The segments of the set.
        words: Language.
        least: Smallest count that is shown.
    """
    kind = words("Movement between two runs", "Mouvements entre deux exécutions")
    if between is None:
        finding = words(
            "Movement shows from the second run on", "Les mouvements apparaissent dès la deuxième exécution"
        )
        period = words("fewer than two runs", "moins de deux exécutions")
        return Picture(
            name="moves",
            kind=kind,
            finding=finding,
            period=period,
            canvas=None,
            table=Table(head=_head(words), rows=()),
        )
    counted = {(one.before or OUTSIDE, one.after or OUTSIDE): one.people for one in flows}
    before, after = _margins(counted, 0), _margins(counted, 1)
    everybody, total = sum(counted.values()), sum(n for key, n in after.items() if key != OUTSIDE)
    sides = (_published(before, least), _published(after, least))
    bands = {
        ends: people
        for ends, people in published_flows(
            counted, before=before, after=after, least=least, least_drawn=-(-everybody * DRAWN_PERCENT // 100)
        ).items()
        if sides[0][ends[0]] and sides[1][ends[1]]
    }
    ordered = sorted(bands.items(), key=lambda pair: (-pair[1], pair[0]))
    first, last = between
    moved = sum(people for ends, people in counted.items() if ends[0] != ends[1])
    return Picture(
        name="moves",
        kind=kind,
        finding=_finding(moved, ordered, shown, words, least),
        period=f"{_span(first, last, words)} · {words.n(total if total >= least else None)}",
        canvas=_canvas(bands, sides, shown, words) if total >= least else None,
        table=_table(ordered, sides, shown, words),
        note=words(
            "Who came into the set or left it has moved too."
            f" Flows under {DRAWN_PERCENT} % of everybody, and small ones, run with those who stayed.",
            "Qui est entré dans l'ensemble ou en est sorti a bougé aussi."
            f" Les flux de moins de {DRAWN_PERCENT} % de l'ensemble, et les petits, sont confondus avec les"
            " personnes restées.",
        ),
    )


def _span(first: SegmentRun, last: SegmentRun, words: Words) -> str:
    start, end = words.day(first.day), words.day(last.day)
    if start == end:
        return words(f"Two runs of {end}", f"Deux exécutions du {end}")
    return words(f"From {start} to {end}", f"Du {start} au {end}")


def _table(
    ordered: Sequence[tuple[Ends, int]],
    sides: tuple[Mapping[str, Count], Mapping[str, Count]],
    shown: Shown,
    words: Words,
) -> Table:
    """The flows, the largest first, then the whole of each part before and after."""
    everywhere = words("all", "tous")
    rows: list[tuple[str | int | None, ...]] = [
        (_name(start, shown, words, 0), _name(end, shown, words, 1), people)
        for (start, end), people in ordered
    ]
    keys = _keys(sides, shown)
    rows += [(_name(key, shown, words, 0), everywhere, sides[0][key]) for key in keys if key in sides[0]]
    rows += [(everywhere, _name(key, shown, words, 1), sides[1][key]) for key in keys if key in sides[1]]
    return Table(head=_head(words), rows=tuple(rows))


def _head(words: Words) -> tuple[str, ...]:
    return words("From", "De"), words("To", "Vers"), words("People", "Personnes")


def _keys(sides: tuple[Mapping[str, Count], Mapping[str, Count]], shown: Shown) -> list[str]:
    """Every part in the order of the set; those that the set no longer has, then outside."""
    return [*shown.titles, *sorted({*sides[0], *sides[1]} - {*shown.titles, OUTSIDE}), OUTSIDE]


def _margins(counted: Mapping[Ends, int], side: int) -> dict[str, int]:
    sizes: dict[str, int] = defaultdict(int)
    for ends, people in counted.items():
        sizes[ends[side]] += people
    return sizes


def _canvas(
    bands: Mapping[Ends, int],
    sides: tuple[Mapping[str, Count], Mapping[str, Count]],
    shown: Shown,
    words: Words,
) -> Canvas:
    """The sheet; parts whose size is hidden are left out."""
    keys = _keys(sides, shown)
    before, after = (
        Side(
            sizes={key: size for key in keys if (size := sizes.get(key))},
            names={key: _name(key, shown, words, place) for key in keys},
            heading=words("after", "après") if place else words("before", "avant"),
        )
        for place, sizes in enumerate(sides)
    )
    return draw_moves(
        bands, before, after, colours={key: shown.colour(key) for key in keys}, count=words.count
    )


def _published(margins: Mapping[str, int], least: int) -> dict[str, Count]:
    """The parts of one side; segments are hidden as in the picture of their sizes, whoever is outside."""
    inside = {key: size for key, size in margins.items() if key != OUTSIDE}
    outside = {key: size for key, size in margins.items() if key == OUTSIDE}
    return published(inside, least) | published(outside, least)


def _finding(moved: int, ordered: Sequence[tuple[Ends, int]], shown: Shown, words: Words, least: int) -> str:
    seen = sum(people for _, people in ordered)
    if not moved:
        return words("Nobody moved", "Personne n'a bougé")
    if moved < least:
        return words(f"Fewer than {least} people moved", f"Moins de {least} personnes ont bougé")
    few = moved - seen and moved - seen < least
    count = words.people(seen if few else moved)
    said = words(f"{count} moved", f"{count} ont bougé")
    if few:
        said = words(f"At least {said}", f"Au moins {said}")
    if not ordered:
        return words(f"{said}, in flows too small to show", f"{said}, par flux trop petits pour être montrés")
    (start, end), people = ordered[0]
    most = f"{_name(start, shown, words, 0)} → {_name(end, shown, words, 1)}"
    return words(
        f"{said}; most: {most} ({words.count(people)})", f"{said} ; surtout : {most} ({words.count(people)})"
    )


def _name(key: str, shown: Shown, words: Words, side: int) -> str:
    if key != OUTSIDE:
        return shown.name(key)
    return words("Gone", "Sortis") if side else words("Came in", "Entrés")
