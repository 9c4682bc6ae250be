"""What a method estimates from: purchase histories of a population, counted and without anybody's name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.int64]
Columns = dict[str, Column]
"""Name to values, of equal length, in an order that the values alone decide."""

_BUYERS = """FROM measure SEMI JOIN (FROM population WHERE purpose = $population) USING (subject)
             WHERE orders > 0"""


def purchase_histories(connection: duckdb.DuckDBPyConnection, population: str) -> Columns:
    """Distinct histories of people with orders: repeat_days, repeat_span, span (all in days), people."""
    return _columns(
        connection.execute(
            f"""SELECT order_days - 1 AS repeat_days, last_order - first_order AS repeat_span,
                       days_since_first_order AS span, count(*) AS people
                {_BUYERS} GROUP BY ALL ORDER BY ALL""",
            {"population": population},
        )
    )


def recency_frequency_monetary(connection: duckdb.DuckDBPyConnection, population: str) -> Columns:
    """Every person with orders: days_since_last_order, orders, spent_minor."""
    return _columns(
        connection.execute(
            f"SELECT days_since_last_order, orders, spent_minor {_BUYERS} ORDER BY ALL",
            {"population": population},
        )
    )


def repeat_amounts(connection: duckdb.DuckDBPyConnection, population: str) -> Columns:
    """People who spent something on repeat orders: repeat_days, repeat_minor."""
    return _columns(
        connection.execute(
            f"""SELECT order_days - 1 AS repeat_days, repeat_minor
                {_BUYERS} AND order_days > 1 AND repeat_minor > 0 ORDER BY ALL""",
            {"population": population},
        )
    )


def set_outlook(connection: duckdb.DuckDBPyConnection, segment_set: str, rows: Columns) -> None:
    """Writes out what is expected of each history of a set, in the columns of table `outlook`."""
    connection.register("expected", rows)
    try:
        connection.execute(
            """INSERT INTO outlook SELECT ?, repeat_days, repeat_span, span, p_alive, expected_orders
               FROM expected""",
            [segment_set],
        )
    finally:
        connection.unregister("expected")


def measures_on(
    connection: duckdb.DuckDBPyConnection, select: str, day: date, population: str, columns: Sequence[str]
) -> Columns:
    """Measures of people with orders as they stood on an earlier day, by the same expression.

    Args:
        select: The compiled select of the measures; it reads its day from `run_context`.

    Returns:
        subject, these columns (0 where there is nothing), and last_order as days since 1970.
    """
    (today,) = connection.execute("SELECT as_of_day FROM run_context").fetchall()
    connection.execute("UPDATE run_context SET as_of_day = ?", [day])
    asked = ", ".join(f"coalesce({name}, 0) AS {name}" for name in columns)
    try:
        found = connection.execute(
            f"""SELECT subject, {asked}, last_order - DATE '1970-01-01' AS last_order
                FROM ({select}) SEMI JOIN (FROM population WHERE purpose = $population) USING (subject)
                WHERE orders > 0 ORDER BY subject""",  # noqa: S608 - compiled text and names of columns
            {"population": population},
        )
        return _columns(found)
    finally:
        connection.execute("UPDATE run_context SET as_of_day = ?", list(today))


def _columns(found: duckdb.DuckDBPyConnection) -> Columns:
    return {name: np.asarray(values, dtype=np.int64) for name, values in found.fetchnumpy().items()}
