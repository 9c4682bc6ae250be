"""One person's rows, for an explanation: the numbers the engine used, read back from its own tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import duckdb
import numpy as np

from .histories import Column

RankedMeasure = Literal["days_since_last_order", "orders", "spent_minor"]
Value = int | bool | date | None

# What is ranked, oriented so that more is better.
_ORIENTED: dict[RankedMeasure, str] = {
    "days_since_last_order": "-days_since_last_order",
    "orders": "orders",
    "spent_minor": "spent_minor",
}
_BUYERS = """SELECT {oriented} AS value FROM measure
             SEMI JOIN (FROM population WHERE purpose = $population) USING (subject)
             WHERE orders > 0 AND subject <> $subject"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRow:
    """What the gate decided for one person, one purpose and the action `process`."""

    verdict: str
    reason: str
    effect: str | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One person's scores in one set; what the method does not use is None."""

    r_score: int | None
    f_score: int | None
    m_score: int | None
    points: int | None
    expected: int | None
    band: int | None
    p_alive: int | None
    """Chance that the person still buys; millionths."""
    expected_orders: int | None
    """In the months ahead; millionths."""
    value_minor: int | None
    """Expected revenue in the months ahead."""
    probability: int | None
    """Of an order in the days ahead; millionths."""
    cell: str | None
    segment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRow:
    """Where one person is in one set, where it was before, and since which day."""

    segment: str
    previous: str | None
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a value compares with those of the other buyers of a purpose."""

    worse: int
    equal: int
    others: int


@dataclass(frozen=True, slots=True)
class Others:
    """The other buyers' values of one measure, oriented so that more is better (days negated)."""

    values: Column
    """The worst first."""

    def standing(self, value: int) -> Standing:
        """How somebody with this value would stand among them."""
        worse, not_better = (
            int(np.searchsorted(self.values, value, side=side)) for side in ("left", "right")
        )
        return Standing(worse=worse, equal=not_better - worse, others=len(self.values))

    def revenue_above(self, value: int) -> int:
        """Sum of what is more than this; of amounts."""
        return int(self.values[np.searchsorted(self.values, max(value, 0), side="right") :].sum())


def subject_of(connection: duckdb.DuckDBPyConnection, pid: str) -> int | None:
    """The integer that stands for a pid, None when nobody has it."""
    row = connection.execute("SELECT subject FROM subject WHERE pid = ?", [pid]).fetchone()
    return None if row is None else int(row[0])


def all_subjects(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Everybody, by the integer that stands for a person inside this warehouse."""
    return [row[0] for row in connection.execute("SELECT subject FROM subject ORDER BY subject").fetchall()]


def last_run(connection: duckdb.DuckDBPyConnection) -> tuple[str, date] | None:
    """Id and day of the last segment run."""
    row = connection.execute("SELECT run, as_of_day FROM segment_run ORDER BY run DESC LIMIT 1").fetchone()
    return None if row is None else (row[0], row[1])


def permission_of(connection: duckdb.DuckDBPyConnection, subject: int, purpose: str) -> PermissionRow | None:
    """The permission that decides whether the person takes part in sets of a purpose."""
    row = connection.execute(
        """SELECT verdict, reason, effect, valid_until FROM permission
           WHERE subject = ? AND purpose = ? AND channel = 'none' AND action = 'process'""",
        [subject, purpose],
    ).fetchone()
    if row is None:
        return None
    return PermissionRow(verdict=row[0], reason=row[1], effect=row[2], valid_until=row[3])


def measures_of(connection: duckdb.DuckDBPyConnection, subject: int) -> dict[str, Value]:
    """The person's measures by column name; empty when it took no part in the last run."""
    cursor = connection.execute("SELECT * EXCLUDE (subject) FROM measure WHERE subject = ?", [subject])
    names = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone()
    return {} if row is None else dict(zip(names, row, strict=True))


def score_of(connection: duckdb.DuckDBPyConnection, segment_set: str, subject: int) -> ScoreRow | None:
    """The person's scores in a set, None when the set has none for it."""
    cursor = connection.execute(
        'SELECT * EXCLUDE ("set", subject) FROM score WHERE "set" = ? AND subject = ?', [segment_set, subject]
    )
    names = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone()
    return None if row is None else ScoreRow(**dict(zip(names, row, strict=True)))


def membership_of(
    connection: duckdb.DuckDBPyConnection, segment_set: str, subject: int
) -> MembershipRow | None:
    """Where the person is in a set now."""
    row = connection.execute(
        """SELECT segment, previous, since FROM current_membership WHERE "set" = ? AND subject = ?""",
        [segment_set, subject],
    ).fetchone()
    return None if row is None else MembershipRow(segment=row[0], previous=row[1], since=row[2])


def attributes_of(connection: duckdb.DuckDBPyConnection, subject: int) -> dict[str, tuple[str, ...]]:
    """The values of each attribute over the person's live records."""
    rows = connection.execute(
        """SELECT name, list(DISTINCT value ORDER BY value) FROM attribute JOIN record USING (record)
           WHERE subject = ? AND live GROUP BY name ORDER BY name""",
        [subject],
    ).fetchall()
    return {name: tuple(values) for name, values in rows}


def bought_of(connection: duckdb.DuckDBPyConnection, subject: int) -> dict[str, tuple[str, ...]]:
    """Categories and connections of the person's orders that count, as rules name them."""
    row = connection.execute(
        """SELECT coalesce(list_sort(list(DISTINCT category) FILTER (category IS NOT NULL)), []),
                  coalesce(list_sort(list(DISTINCT account)), [])
           FROM activity JOIN record USING (record) JOIN purchase_source USING (account), run_context
           WHERE subject = ? AND kind = 'order' AND day <= as_of_day""",
        [subject],
    ).fetchone()
    assert row is not None
    return {"bought_category": tuple(row[0]), "bought_from": tuple(row[1])}


def usual_cadence_of(connection: duckdb.DuckDBPyConnection, purpose: str) -> tuple[int | None, int]:
    """Median cadence of the last run for a purpose, and how many people it rests on."""
    row = connection.execute("SELECT days, people FROM usual_cadence WHERE purpose = ?", [purpose]).fetchone()
    return (None, 0) if row is None else (row[0], row[1])


def channel_points(
    connection: duckdb.DuckDBPyConnection, segment_set: str, subject: int
) -> list[tuple[str, int, int, int]]:
    """What a person's acts were worth in a set: channel, acts, points before the cap, points after it."""
    return connection.execute(
        """SELECT channel, count(*), sum(points)::BIGINT, least(sum(points), max(cap))::BIGINT
           FROM activity JOIN record USING (record), run_context, decay
           WHERE subject = $subject AND "set" = $set AND NOT machine AND day <= as_of_day
             AND decay.kind = activity.kind AND age = date_diff('day', day, as_of_day)
           GROUP BY channel ORDER BY channel""",
        {"subject": subject, "set": segment_set},
    ).fetchall()


def others_of(
    connection: duckdb.DuckDBPyConnection, population: str, subject: int, measure: RankedMeasure
) -> Others:
    """What the other buyers of a population have of a measure; everybody when nobody is the subject."""
    buyers = _BUYERS.format(oriented=_ORIENTED[measure])
    found = connection.execute(
        f"SELECT value FROM ({buyers}) ORDER BY value",  # noqa: S608 - constant text
        {"population": population, "subject": subject},
    )
    return Others(np.asarray(found.fetchnumpy()["value"], dtype=np.int64))


def fit_of(connection: duckdb.DuckDBPyConnection, segment_set: str) -> dict[str, tuple[int, ...]]:
    """What the expression of a set read from `fit` in the last run: name to numbers by their place."""
    rows = connection.execute(
        """SELECT name, list(value::BIGINT ORDER BY place) FROM fit WHERE "set" = ?
           GROUP BY name ORDER BY name""",
        [segment_set],
    ).fetchall()
    return {name: tuple(values) for name, values in rows}


def values_of_others(connection: duckdb.DuckDBPyConnection, segment_set: str, subject: int) -> Column:
    """The revenue expected of everybody else in a set, the least first."""
    found = connection.execute(
        """SELECT value_minor FROM score WHERE "set" = ? AND subject <> ? ORDER BY value_minor""",
        [segment_set, subject],
    )
    return np.asarray(found.fetchnumpy()["value_minor"], dtype=np.int64)
