"""Results of a segment run, from the SQL that the segments stage compiled: measures, scores, memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import duckdb

from .permissions import as_utc

Filled = Literal["population", "measure", "usual_cadence"]
RateRow = tuple[str, date, date, int]
FitRow = tuple[str, int, float]
DecayRow = tuple[str, str, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """How many people entered a set, changed segment in it, or left it, in one run."""

    entered: int
    moved: int
    left: int


def set_run_context(connection: duckdb.DuckDBPyConnection, *, now: datetime, as_of_day: date) -> None:
    """Replaces the one row that stands for this run's time."""
    connection.execute("DELETE FROM run_context")
    connection.execute("INSERT INTO run_context VALUES (?, ?)", [as_utc(now), as_of_day])


def set_purchase_sources(connection: duckdb.DuckDBPyConnection, accounts: Sequence[str]) -> None:
    """Replaces the accounts whose orders count; the first one's word wins."""
    connection.execute("DELETE FROM purchase_source")
    connection.execute(
        "INSERT INTO purchase_source SELECT unnest(?::VARCHAR[]), unnest(?::INTEGER[])",
        [list(accounts), list(range(len(accounts)))],
    )


def set_rates(connection: duckdb.DuckDBPyConnection, rates: Iterable[RateRow]) -> None:
    """Replaces what currencies are worth: currency, first and last day, reporting minor units for 10^9."""
    connection.execute("DELETE FROM rate")
    columns = [list(column) for column in zip(*rates, strict=True)] or [[], [], [], []]
    connection.execute(
        """INSERT INTO rate
           SELECT unnest(?::VARCHAR[]), unnest(?::DATE[]), unnest(?::DATE[]), unnest(?::BIGINT[])""",
        columns,
    )


def set_decay(connection: duckdb.DuckDBPyConnection, segment_set: str, rows: Iterable[DecayRow]) -> None:
    """Writes out what an act is worth in one set: channel, kind, age, points, cap."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], [], []]
    connection.execute(
        """INSERT INTO decay SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[]),
               unnest(?::BIGINT[]), unnest(?::BIGINT[])""",
        [segment_set, *columns],
    )


def forget_inputs(connection: duckdb.DuckDBPyConnection, segment_set: str) -> None:
    """Takes out what an earlier run wrote beside the activities for the expression of a set."""
    for table in ("decay", "fit", "outlook"):
        connection.execute(f'DELETE FROM {table} WHERE "set" = ?', [segment_set])  # noqa: S608 - constant


def set_fit(connection: duckdb.DuckDBPyConnection, segment_set: str, rows: Iterable[FitRow]) -> None:
    """Writes out estimated parameters of a set: name, place, value."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    connection.execute(
        "INSERT INTO fit SELECT ?, unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::DOUBLE[])",
        [segment_set, *columns],
    )


def accounts_with_orders(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Accounts that hold at least one order, by name."""
    rows = connection.execute(
        """SELECT DISTINCT account FROM activity JOIN record USING (record)
           WHERE kind IN ('order', 'refund') ORDER BY account"""
    ).fetchall()
    return [str(account) for (account,) in rows]


def empty(connection: duckdb.DuckDBPyConnection, table: Filled) -> None:
    """Takes all rows out of a table that each run fills anew."""
    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - one of three constant names


def fill(connection: duckdb.DuckDBPyConnection, table: Filled, select: str) -> None:
    """Adds the rows of a compiled select, matched by column name."""
    connection.execute(f"INSERT INTO {table} BY NAME {select}")


def replace_scores(connection: duckdb.DuckDBPyConnection, segment_set: str, select: str) -> None:
    """Replaces the scores of one set by the rows of a compiled select, and notes the cut points they show."""
    connection.execute('DELETE FROM score WHERE "set" = ?', [segment_set])
    connection.execute(
        f'INSERT INTO score BY NAME SELECT ? AS "set", * FROM ({select})',  # noqa: S608 - compiled text
        [segment_set],
    )
    connection.execute('DELETE FROM cut_point WHERE "set" = ?', [segment_set])
    for measure, column in (
        ("days_since_last_order", "r_score"),
        ("orders", "f_score"),
        ("spent_minor", "m_score"),
    ):
        connection.execute(
            f"""INSERT INTO cut_point
                SELECT "set", ?, {column}, min({measure}), max({measure}), count(*)
                FROM score JOIN measure USING (subject)
                WHERE "set" = ? AND {column} IS NOT NULL GROUP BY ALL""",  # noqa: S608 - constant names
            [measure, segment_set],
        )


def forget_other_sets(connection: duckdb.DuckDBPyConnection, sets: Sequence[str], run: str) -> None:
    """Ends the memberships of sets that are not configured any more; their scores go."""
    for table in ("score", "cut_point", "decay", "fit", "outlook"):
        connection.execute(
            f'DELETE FROM {table} WHERE "set" NOT IN (SELECT unnest(?::VARCHAR[]))',  # noqa: S608 - constant
            [list(sets)],
        )
    connection.execute(
        """UPDATE membership SET to_run = ?
           WHERE to_run IS NULL AND "set" NOT IN (SELECT unnest(?::VARCHAR[]))""",
        [run, list(sets)],
    )


def note_computed(connection: duckdb.DuckDBPyConnection, sets: Sequence[str]) -> None:
    """Replaces the names of the sets that the last run computed."""
    connection.execute("DELETE FROM computed_set")
    connection.execute("INSERT INTO computed_set SELECT unnest(?::VARCHAR[])", [list(sets)])


def note_run(connection: duckdb.DuckDBPyConnection, *, run: str, now: datetime, as_of_day: date) -> None:
    """Notes the run that memberships refer to; noting it twice is the same as once."""
    connection.execute("DELETE FROM segment_run WHERE run = ?", [run])
    connection.execute("INSERT INTO segment_run VALUES (?, ?, ?)", [run, as_utc(now), as_of_day])


def record_memberships(connection: duckdb.DuckDBPyConnection, segment_set: str, run: str) -> Movement:
    """Ends and opens the intervals that the set's scores ask for; people who stay cost no row."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE change AS
           SELECT coalesce(was.subject, new.subject) AS subject, was.segment AS old, new.segment AS new
           FROM (SELECT subject, segment FROM membership WHERE "set" = $set AND to_run IS NULL) AS was
           FULL JOIN (SELECT subject, segment FROM score WHERE "set" = $set AND segment IS NOT NULL) AS new
             ON was.subject = new.subject
           WHERE was.segment IS DISTINCT FROM new.segment""",
        {"set": segment_set},
    )
    connection.execute(
        """UPDATE membership SET to_run = $run
           WHERE "set" = $set AND to_run IS NULL AND subject IN (SELECT subject FROM change)""",
        {"set": segment_set, "run": run},
    )
    connection.execute(
        "INSERT INTO membership SELECT $set, subject, new, $run, NULL FROM change WHERE new IS NOT NULL",
        {"set": segment_set, "run": run},
    )
    row = connection.execute(
        """SELECT count(*) FILTER (old IS NULL), count(*) FILTER (old IS NOT NULL AND new IS NOT NULL),
                  count(*) FILTER (new IS NULL) FROM change"""
    ).fetchone()
    connection.execute("DROP TABLE change")
    assert row is not None
    return Movement(entered=row[0], moved=row[1], left=row[2])


def sizes(connection: duckdb.DuckDBPyConnection, segment_set: str) -> dict[str | None, int]:
    """People by segment of the set; under None those who were scored and belong nowhere."""
    rows = connection.execute(
        'SELECT segment, count(*) FROM score WHERE "set" = ? GROUP BY segment', [segment_set]
    ).fetchall()
    return dict(rows)


def population_size(connection: duckdb.DuckDBPyConnection, population: str) -> int:
    """People who take part in this run, by purpose or within a set."""
    row = connection.execute("SELECT count(*) FROM population WHERE purpose = ?", [population]).fetchone()
    assert row is not None
    return int(row[0])


def unpriced_orders(connection: duckdb.DuckDBPyConnection, population: str) -> int:
    """Orders and refunds of a population whose currency had no rate."""
    row = connection.execute(
        """SELECT coalesce(sum(unpriced), 0) FROM measure
           SEMI JOIN (FROM population WHERE purpose = ?) USING (subject)""",
        [population],
    ).fetchone()
    assert row is not None
    return int(row[0])


def unpriced_currencies(connection: duckdb.DuckDBPyConnection, population: str) -> list[str]:
    """Currencies of their orders and refunds that lacked a rate on the day, in the order of the alphabet."""
    rows = connection.execute(
        """SELECT DISTINCT activity.currency FROM activity
           JOIN record USING (record)
           SEMI JOIN (FROM population WHERE purpose = ?) AS asked ON asked.subject = record.subject
           SEMI JOIN purchase_source ON purchase_source.account = record.account
           ANTI JOIN rate ON rate.currency = activity.currency
             AND activity.day BETWEEN rate.first_day AND rate.last_day
           WHERE activity.kind IN ('order', 'refund') AND activity.amount_minor IS NOT NULL
             AND activity.day <= (SELECT as_of_day FROM run_context)
           ORDER BY 1""",
        [population],
    ).fetchall()
    return [str(row[0]) for row in rows if row[0] is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPoint:
    """The values that a score had in a run."""

    measure: str
    score: int
    lowest: int
    highest: int
    people: int


def cut_points(connection: duckdb.DuckDBPyConnection, segment_set: str) -> list[CutPoint]:
    """Cut points of a set's last run, by measure and score."""
    rows = connection.execute(
        """SELECT measure, score, lowest, highest, people FROM cut_point WHERE "set" = ?
           ORDER BY measure, score""",
        [segment_set],
    ).fetchall()
    return [
        CutPoint(measure=measure, score=score, lowest=lowest, highest=highest, people=people)
        for measure, score, lowest, highest, people in rows
    ]


def computed_sets(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the sets that the last run computed."""
    return {name for (name,) in connection.execute('SELECT "set" FROM computed_set').fetchall()}
