"""Sums per segment for figures about quality, from the tables of a run: integers only, never a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from .permissions import as_utc

MEASURES = ("days_since_last_order", "orders", "spent_minor", "days_since_last_act")
"""What every set is looked at by."""
SCORES = ("points", "p_alive", "expected_orders", "value_minor", "probability")
"""What a set may be looked at by as well, where its method gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """One measure in one segment: people who have a value, the sum of values and of their squares."""

    people: int
    total: int
    squares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """One segment: its people and what they brought."""

    people: int
    buyers: int
    orders: int
    spent_minor: int
    inactive: int
    """Buyers whose last order is longer ago than their own rhythm allows."""
    valued: int
    """People with an expected value."""
    value_minor: int
    points: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """From when on somebody counts as inactive."""

    usual_cadence: int
    inactive_after: int
    new_for_days: int


def sums_of(connection: duckdb.DuckDBPyConnection, segment_set: str) -> dict[str, dict[str, Sums]]:
    """Measure to segment to sums; a measure that nobody of the set has is left out."""
    columns = [*MEASURES, *SCORES]
    asked = ", ".join(
        f"count({c}), coalesce(sum({c}), 0)::HUGEINT, coalesce(sum({c}::HUGEINT * {c}), 0)::HUGEINT"
        for c in columns
    )
    rows = connection.execute(
        f"""SELECT segment, {asked} FROM score JOIN measure USING (subject)
            WHERE "set" = ? AND segment IS NOT NULL GROUP BY segment ORDER BY segment""",  # noqa: S608 - constants
        [segment_set],
    ).fetchall()
    found: dict[str, dict[str, Sums]] = {}
    for place, column in enumerate(columns):
        at = 1 + 3 * place
        by_segment = {
            row[0]: Sums(people=row[at], total=int(row[at + 1]), squares=int(row[at + 2]))
            for row in rows
            if row[at]
        }
        if by_segment:
            found[column] = by_segment
    return found


def totals_of(
    connection: duckdb.DuckDBPyConnection,
    segment_set: str,
    rhythm: Rhythm,
    *,
    value_set: str | None = None,
    engagement_set: str | None = None,
) -> dict[str, Totals]:
    """Segment to its totals; a segment without anybody is left out.

    Args:
        value_set: The set whose scores say what people are expected to be worth, if there is one.
        engagement_set: The set whose scores say how they respond, if there is one.
    """
    rows = connection.execute(
        """WITH worth AS (SELECT subject, value_minor FROM score WHERE "set" = $value_set),
                response AS (SELECT subject, points, expected FROM score WHERE "set" = $engagement_set)
           SELECT own.segment, count(*), count(*) FILTER (orders > 0), sum(orders)::BIGINT,
                  sum(spent_minor)::BIGINT,
                  count(*) FILTER (orders > 0 AND NOT (orders < 3 AND days_since_first_order <= $new_for)
                                   AND days_since_last_order > coalesce(own_cadence, $usual) * $after),
                  count(worth.value_minor), coalesce(sum(worth.value_minor), 0)::BIGINT,
                  coalesce(sum(response.points), 0)::BIGINT, coalesce(sum(response.expected), 0)::BIGINT
           FROM (SELECT subject, segment FROM score WHERE "set" = $set AND segment IS NOT NULL) AS own
           JOIN measure USING (subject)
           LEFT JOIN worth USING (subject) LEFT JOIN response USING (subject)
           GROUP BY own.segment""",
        {
            "set": segment_set,
            "value_set": value_set,
            "engagement_set": engagement_set,
            "new_for": rhythm.new_for_days,
            "usual": rhythm.usual_cadence,
            "after": rhythm.inactive_after,
        },
    ).fetchall()
    return {
        row[0]: Totals(
            people=row[1],
            buyers=row[2],
            orders=row[3],
            spent_minor=row[4],
            inactive=row[5],
            valued=row[6],
            value_minor=row[7],
            points=row[8],
            expected=row[9],
        )
        for row in rows
    }


def revenue_of(connection: duckdb.DuckDBPyConnection, purpose: str) -> int:
    """What everybody whom the purpose allows spent, in minor units."""
    row = connection.execute(
        """SELECT coalesce(sum(spent_minor), 0)::BIGINT FROM measure
           SEMI JOIN (FROM population WHERE purpose = ?) USING (subject)""",
        [purpose],
    ).fetchone()
    assert row is not None
    return int(row[0])


def buyers_of(
    connection: duckdb.DuckDBPyConnection, segment_set: str, *, at_most: int
) -> list[tuple[str, int, int, int]]:
    """Segment, days since the last order, orders and amount of a sample of people who bought.

    The same people as long as they have the same pseudonyms, whatever the order of the rows.
    """
    return connection.execute(
        """SELECT segment, days_since_last_order, orders, greatest(spent_minor, 0)
           FROM score JOIN measure USING (subject) JOIN subject USING (subject)
           WHERE "set" = ? AND segment IS NOT NULL AND orders > 0 ORDER BY md5(pid) LIMIT ?""",
        [segment_set, at_most],
    ).fetchall()


def shared_with(connection: duckdb.DuckDBPyConnection, segment_set: str) -> dict[tuple[str, str, str], int]:
    """Segment of the set, other set and its segment to the people who are in both."""
    rows = connection.execute(
        """SELECT one.segment, other."set", other.segment, count(*)
           FROM (SELECT subject, segment FROM score WHERE "set" = $set AND segment IS NOT NULL) AS one
           JOIN (SELECT "set", subject, segment FROM score
                 WHERE "set" <> $set AND segment IS NOT NULL) AS other USING (subject)
           GROUP BY ALL ORDER BY ALL""",
        {"set": segment_set},
    ).fetchall()
    return {(own, other_set, other): people for own, other_set, other, people in rows}


def sizes_of_all(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """Set and segment to the people who are in it now."""
    rows = connection.execute(
        'SELECT "set", segment, count(*) FROM score WHERE segment IS NOT NULL GROUP BY ALL'
    ).fetchall()
    return {(name, segment): people for name, segment, people in rows}


def permissions_ending(
    connection: duckdb.DuckDBPyConnection,
    segment_set: str,
    purposes: Sequence[str],
    *,
    now: datetime,
    days: Sequence[int],
) -> dict[tuple[str, str, int], int]:
    """Segment, purpose and number of days to the people whose permission ends within them.

    Of a purpose that asks about several actions and channels the permission that ends first counts.
    """
    rows = connection.execute(
        """WITH ending AS (
             SELECT subject, purpose, min(valid_until) AS until FROM permission
             WHERE verdict = 'ALLOW' AND valid_until > $now AND list_contains($purposes::VARCHAR[], purpose)
             GROUP BY ALL)
           SELECT segment, purpose, asked.days, count(*)
           FROM membership JOIN ending USING (subject),
                (SELECT unnest($days::INTEGER[]) AS days, unnest($limits::TIMESTAMP[]) AS last) AS asked
           WHERE "set" = $set AND to_run IS NULL AND until <= asked.last
           GROUP BY ALL""",
        {
            "set": segment_set,
            "purposes": list(purposes),
            "now": as_utc(now),
            "days": list(days),
            "limits": [as_utc(now + timedelta(days=count)) for count in days],
        },
    ).fetchall()
    return {(segment, purpose, within): people for segment, purpose, within, people in rows}


def typical_subject(connection: duckdb.DuckDBPyConnection, segment_set: str, segment: str) -> int | None:
    """Somebody in the middle of a segment by what was spent; None when nobody is in it."""
    row = connection.execute(
        """WITH member AS (
             SELECT subject, row_number() OVER (ORDER BY spent_minor, orders, days_since_last_order, md5(pid))
                      AS place, count(*) OVER () AS people
             FROM score JOIN measure USING (subject) JOIN subject USING (subject)
             WHERE "set" = ? AND segment = ?)
           SELECT subject FROM member WHERE place = (people + 1) // 2""",
        [segment_set, segment],
    ).fetchone()
    return None if row is None else int(row[0])
