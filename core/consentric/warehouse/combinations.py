"""People in combinations of segments, read from the memberships; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

Named = Mapping[str, Sequence[str]]
"""Sets with some of their segments: of each set one of these."""

# A person is in one segment of a set at most: whoever is in one of each has as many rows as sets are named.
_INSIDE = """
SELECT subject FROM membership
JOIN (SELECT unnest($sets) AS "set", unnest($segments) AS segment) USING ("set", segment)
WHERE to_run IS NULL GROUP BY subject HAVING count(*) = $number"""
_COUNT = f"SELECT count(*) FROM ({_INSIDE})"  # noqa: S608 - constant

_CANDIDATES = """
WITH inside AS ({inside})
SELECT r.rref, s.pid FROM record AS r
JOIN inside USING (subject) JOIN subject AS s USING (subject) LEFT JOIN measure AS m USING (subject)
WHERE r.live AND ($account IS NULL OR r.account = $account)
  AND subject NOT IN (SELECT subject FROM membership
    JOIN (SELECT unnest($without_sets) AS "set", unnest($without) AS segment) USING ("set", segment)
    WHERE to_run IS NULL)
  {rule}
ORDER BY coalesce(m.spent_minor, 0) DESC, s.pid, r.rref"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One live record of somebody who was picked."""

    rref: bytes
    pid: str


def count_inside(connection: duckdb.DuckDBPyConnection, named: Named) -> int:
    """How many people are in one of the segments named of each set."""
    row = connection.execute(_COUNT, _inside(named)).fetchone()
    assert row is not None
    return int(row[0])


def candidates(
    connection: duckdb.DuckDBPyConnection,
    *,
    include: Named,
    exclude: Named,
    rule: str | None = None,
    account: str | None = None,
) -> list[Candidate]:
    """The live records of people in one of the segments of each set included, and in none excluded.

    Those who spent most come first, the records of a person together.

    Args:
        rule: A compiled select of `subject`; only these people.
        account: Only records of this account.
    """
    without_sets, without = _pairs(exclude)
    wanted = "" if rule is None else f"AND subject IN ({rule})"
    rows = connection.execute(
        _CANDIDATES.format(inside=_INSIDE, rule=wanted),
        {**_inside(include), "account": account, "without_sets": without_sets, "without": without},
    ).fetchall()
    return [Candidate(rref=bytes(rref), pid=pid) for rref, pid in rows]


def _inside(named: Named) -> dict[str, Any]:
    sets, segments = _pairs(named)
    return {"sets": sets, "segments": segments, "number": len(named)}


def _pairs(named: Named) -> tuple[list[str], list[str]]:
    pairs = [(name, key) for name, keys in named.items() for key in dict.fromkeys(keys)]
    return [name for name, _ in pairs], [key for _, key in pairs]
