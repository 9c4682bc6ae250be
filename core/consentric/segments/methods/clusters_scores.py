"""Clusters as an expression: logarithms are looked up, distances summed in whole numbers, the least taken."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, IntegerValue, Table

from consentric.segments.sets import SegmentSet
from consentric.segments.tables import Tables

from .clusters import CELLS, MEASURES
from .clusters_model import HALVINGS

_EXACT_BITS = 8
_KEPT_BITS = _EXACT_BITS - 1
_FAR = 2**62
"""Further than any centre: where a label has none."""


def score(tables: Tables, segment_set: SegmentSet) -> Table:
    """One row per person with orders: subject, cell."""
    name = segment_set.name
    people = tables.population.filter(tables.population.purpose == segment_set.population)
    buyers = tables.measure.semi_join(people, "subject").filter(tables.measure.orders > 0)
    found = buyers.select("subject", **{f"{measure}_at": _place(buyers[measure]) for measure in MEASURES})
    fit = tables.fit.filter(tables.fit.set == name, tables.fit.name == "logarithm")
    for measure in MEASURES:
        logarithms = fit.select(**{f"{measure}_at": fit.place, measure: fit.value.cast("int64")})
        found = found.inner_join(logarithms, f"{measure}_at")
    placed = found.cross_join(_centres(tables, name))
    away = placed.select("subject", **{cell: _distance(placed, cell) for cell in CELLS})
    nearest = ibis.least(*(away[cell] for cell in CELLS))
    return away.select(
        "subject", cell=ibis.cases(*((away[cell] == nearest, cell) for cell in CELLS), else_=CELLS[0])
    )


def _place(value: IntegerColumn) -> IntegerValue:
    """`places_of` of the model: the leading bits of the value, 1 added, and how many others there are."""
    number = ibis.least(ibis.greatest(value, 0) + 1, 2 ** (HALVINGS + _EXACT_BITS) - 1)
    halvings: IntegerValue = ibis.literal(0, "int32")
    for bits in range(_EXACT_BITS, _EXACT_BITS + HALVINGS):
        halvings = halvings + (number >= 2**bits).cast("int32")
    return halvings.cast("int64") * 2**_KEPT_BITS + (number >> halvings.cast("int32"))


def _centres(tables: Tables, name: str) -> Table:
    """One row: the centre of each cell and the weight of each measure; null where a cell has no centre."""
    fit = tables.fit
    asked = {
        f"{measure}_of_{cell}": (measure, label)
        for measure in MEASURES
        for label, cell in enumerate(CELLS, start=1)
    }
    asked |= {f"{measure}_weight": ("weight", column) for column, measure in enumerate(MEASURES)}
    return fit.filter(fit.set == name, fit.name != "logarithm").aggregate(
        **{
            column: fit.value.cast("int64").max(where=(fit.name == kind) & (fit.place == place))
            for column, (kind, place) in asked.items()
        }
    )


def _distance(placed: Table, cell: str) -> IntegerValue:
    total: IntegerValue = ibis.literal(0, "int64")
    for measure in MEASURES:
        apart = placed[measure] - placed[f"{measure}_of_{cell}"]
        total = total + apart * apart * placed[f"{measure}_weight"]
    return ibis.coalesce(total, _FAR)
