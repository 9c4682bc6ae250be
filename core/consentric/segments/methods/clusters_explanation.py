"""One person's cluster: how near it is, which is second, and the nearest measure in another segment."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

import numpy as np

from consentric.segments.explanation import Details, Input, NearestChange
from consentric.segments.nearest import MOST, nearest_of
from consentric.warehouse import lookups
from consentric.warehouse.histories import Column

from .clusters import CELLS, MEASURES
from .clusters_model import LOGARITHMS, Centres, first_number, places_of, points_of
from .method import Case

_LONGEST_DAYS = 3650


def details(case: Case) -> Details:
    """The measures, and the distance of the two nearest centres in millionths of a standard deviation."""
    centres = Centres.of(lookups.fit_of(case.connection, case.segment_set.name))
    values = np.array([_measured(case, name) for name in MEASURES])
    squares = centres.distances(points_of(values)[None, :])[0].tolist()
    nearest = sorted(range(len(squares)), key=lambda place: (squares[place], place))
    return Details(
        inputs=(
            *(Input(name=name, value=value) for name, value in zip(MEASURES, values.tolist(), strict=True)),
            *(
                Input(name=f"distance to {CELLS[centres.labels[place] - 1]}", value=isqrt(squares[place]))
                for place in nearest[:2]
            ),
        ),
        nearest=nearest_of(_changes(case, centres, values))[:MOST],
    )


def _measured(case: Case, name: str) -> int:
    value = case.measures[name]
    assert isinstance(value, int)
    return value


def _changes(case: Case, centres: Centres, values: Column) -> Iterator[NearestChange]:
    """Of each measure the next value below and the next above, by places of the table of logarithms."""
    for column, name in enumerate(MEASURES):
        now, own = int(values[column]), int(places_of(values)[column])
        least, most = _possible(case, name)
        points = np.tile(points_of(values), (len(LOGARITHMS), 1))
        points[:, column] = LOGARITHMS
        segments = [case.segment_of(cell) for cell in centres.cells(points)]
        below = ((place, first_number(place + 1) - 2) for place in range(own - 1, 0, -1))
        above = ((place, first_number(place) - 1) for place in range(own + 1, len(LOGARITHMS)))
        for way in (below, above):
            there = ((segments[place], then) for place, then in way if least <= then <= most)
            found = next(((one, then) for one, then in there if one != case.score.segment), None)
            if found is not None:
                yield NearestChange(input=name, now=now, then=found[1], segment=found[0])


def _possible(case: Case, name: str) -> tuple[int, int]:
    """What a measure may be, the others as they are: the last order comes after the first."""
    if name != "days_since_last_order":
        return (1 if name == "orders" else 0), first_number(len(LOGARITHMS) - 1)
    first = case.measures["days_since_first_order"]
    assert isinstance(first, int)
    return 0, (first if _measured(case, "orders") > 1 else _LONGEST_DAYS)
