"""Counts for reports, read from the tables of a finished run: people in groups, never a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import duckdb

from .permissions import as_utc

GridAxis = Literal["r", "f", "m", "fm"]
_AXES: dict[GridAxis, str] = {
    "r": "r_score",
    "f": "f_score",
    "m": "m_score",
    "fm": "(f_score + m_score + 1) // 2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRun:
    """One run that computed segments."""

    run: str
    as_of: datetime
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """People with the same two scores who are in one segment."""

    row: int
    column: int
    segment: str | None
    people: int
    spent_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """People who were in one segment and are in another; None is outside of the set."""

    before: str | None
    after: str | None
    people: int


def segment_runs(connection: duckdb.DuckDBPyConnection) -> list[SegmentRun]:
    """Every run that computed segments, oldest first."""
    rows = connection.execute("SELECT run, as_of, as_of_day FROM segment_run ORDER BY run").fetchall()
    return [SegmentRun(run=run, as_of=as_of, day=day) for run, as_of, day in rows]


def grid_cells(
    connection: duckdb.DuckDBPyConnection, segment_set: str, row: GridAxis, column: GridAxis
) -> list[GridCell]:
    """People and revenue by two scores and segment; people without scores are left out."""
    rows = connection.execute(
        f"""SELECT {_AXES[row]} AS y, {_AXES[column]} AS x, segment, count(*), sum(spent_minor)::BIGINT
            FROM score JOIN measure USING (subject)
            WHERE "set" = ? AND r_score IS NOT NULL GROUP BY ALL ORDER BY ALL""",  # noqa: S608 - constant
        [segment_set],
    ).fetchall()
    return [GridCell(row=y, column=x, segment=s, people=n, spent_minor=m) for y, x, s, n, m in rows]


def sizes_at(
    connection: duckdb.DuckDBPyConnection, segment_set: str, runs: Sequence[str]
) -> dict[tuple[str, str], int]:
    """Run and segment to the people who were in it then."""
    rows = connection.execute(
        """SELECT asked.run, segment, count(*) FROM (SELECT unnest(?::VARCHAR[]) AS run) AS asked
           JOIN membership ON from_run <= asked.run AND (to_run IS NULL OR to_run > asked.run)
           WHERE "set" = ? GROUP BY ALL""",
        [list(runs), segment_set],
    ).fetchall()
    return {(run, segment): people for run, segment, people in rows}


def flows_between(
    connection: duckdb.DuckDBPyConnection, segment_set: str, before: str, after: str
) -> list[Flow]:
    """Where the people of one run were in an earlier one, those who stayed included."""
    rows = connection.execute(
        """WITH was AS (SELECT subject, segment FROM membership WHERE "set" = $set
                          AND from_run <= $before AND (to_run IS NULL OR to_run > $before)),
                now AS (SELECT subject, segment FROM membership WHERE "set" = $set
                          AND from_run <= $after AND (to_run IS NULL OR to_run > $after))
           SELECT was.segment, now.segment, count(*) FROM was FULL JOIN now USING (subject)
           GROUP BY ALL ORDER BY ALL""",
        {"set": segment_set, "before": before, "after": after},
    ).fetchall()
    return [Flow(before=left, after=right, people=people) for left, right, people in rows]


def engagement_bins(
    connection: duckdb.DuckDBPyConnection, engagement_set: str, by_set: str, edges: Sequence[int]
) -> dict[tuple[str, int], int]:
    """Segment of `by_set` and bin to people; a bin is how many of the edges their points reach.

    Args:
        edges: Percent of the points expected, increasing.
    """
    rows = connection.execute(
        """SELECT segment, len(list_filter($edges::BIGINT[], lambda edge: points * 100 >= expected * edge)),
                  count(*)
           FROM (SELECT subject, points, expected FROM score WHERE "set" = $set AND points IS NOT NULL)
           JOIN (SELECT subject, segment FROM score WHERE "set" = $by AND segment IS NOT NULL)
             USING (subject)
           GROUP BY ALL""",
        {"set": engagement_set, "by": by_set, "edges": list(edges)},
    ).fetchall()
    return {(segment, int(bin)): people for segment, bin, people in rows}


def people_known(connection: duckdb.DuckDBPyConnection) -> int:
    """Everybody the warehouse knows."""
    row = connection.execute("SELECT count(*) FROM subject").fetchone()
    assert row is not None
    return int(row[0])


def answers(
    connection: duckdb.DuckDBPyConnection, purpose: str, channel: str, *, now: datetime
) -> dict[str, int]:
    """Reason to people for labels of a purpose by a channel; empty stands for those who are allowed."""
    rows = connection.execute(
        """SELECT CASE WHEN verdict <> 'ALLOW' THEN reason
                       WHEN valid_until <= $now THEN 'PERMISSION_OUTDATED' ELSE '' END, count(*)
           FROM permission WHERE purpose = $purpose AND channel = $channel AND action = 'write_back'
           GROUP BY ALL""",
        {"purpose": purpose, "channel": channel, "now": as_utc(now)},
    ).fetchall()
    return dict(rows)


def people_reachable(
    connection: duckdb.DuckDBPyConnection,
    questions: Sequence[tuple[str, str]],
    account: str,
    *,
    now: datetime,
) -> list[int]:
    """People with a live record in an account for whom every question (purpose, channel) is allowed."""
    rows = connection.execute(
        """SELECT subject FROM permission
           WHERE action = 'write_back' AND verdict = 'ALLOW' AND (valid_until IS NULL OR valid_until > $now)
             AND list_contains($asked::VARCHAR[], purpose || '/' || channel)
             AND subject IN (SELECT subject FROM record WHERE live AND account = $account)
           GROUP BY subject HAVING count(*) = len($asked::VARCHAR[])""",
        {
            "asked": sorted({f"{purpose}/{channel}" for purpose, channel in questions}),
            "account": account,
            "now": as_utc(now),
        },
    ).fetchall()
    return [subject for (subject,) in rows]


def decided_at(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """When the gate last decided; UTC without a zone."""
    row = connection.execute("SELECT decided_at FROM permission_run").fetchone()
    return None if row is None else row[0]


def group_sizes(connection: duckdb.DuckDBPyConnection, attributes: Sequence[str]) -> list[int]:
    """Sizes of the groups of people with the same values of these attributes, the smallest first.

    No value, and several values, are values of their own.
    """
    rows = connection.execute(
        """WITH value AS (SELECT subject, name, string_agg(DISTINCT value, '|' ORDER BY value) AS value
                          FROM attribute JOIN record USING (record)
                          WHERE live AND list_contains($names::VARCHAR[], name) GROUP BY ALL),
                person AS (SELECT subject, list(name || '=' || value ORDER BY name) AS profile
                           FROM subject LEFT JOIN value USING (subject) GROUP BY subject)
           SELECT count(*) AS people FROM person GROUP BY profile ORDER BY people""",
        {"names": list(attributes)},
    ).fetchall()
    return [people for (people,) in rows]
