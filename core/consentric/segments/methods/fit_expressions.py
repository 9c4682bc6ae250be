"""A number of a set's fit, as the expression that reads it from its table."""

from __future__ import annotations

from ibis.expr.types import IntegerScalar

from consentric.segments.tables import Tables


def fitted(tables: Tables, segment_set: str, name: str, place: int = 0) -> IntegerScalar:
    """A parameter that is a whole number, as those in millionths are."""
    fit = tables.fit
    rows = fit.filter(fit.set == segment_set, fit.name == name, fit.place == place)
    return rows.select(value=rows.value.cast("int64")).value.as_scalar()
