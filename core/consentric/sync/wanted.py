"""Which label each live record of an account should carry, and where consent stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from consentric.sdk.permit import Effect

from .settings import DestinationSettings

EFFECTS: tuple[Effect, ...] = ("remove", "refuse", "expire", "hold")
"""In the order in which they count when denials differ (privacy 5.3a)."""

NOT_COMPUTED = "SEGMENTS_NOT_COMPUTED"
NOT_COVERED = "TRANSFER_NOT_COVERED"
MISSING = "PERMISSION_MISSING"
OUTDATED = "PERMISSION_OUTDATED"

BATCH_ROWS = 20_000

# One question per row of `asked`: the segment set's purpose for computing, the same for writing, the
# destination's purpose for writing. Rank 9 allows; a missing row or one that ran out is a hold.
QUERY = """
WITH wanted_set AS (SELECT unnest($sets) AS "set", unnest($purposes) AS purpose),
computed AS (SELECT "set" FROM computed_set),
people AS (SELECT DISTINCT subject FROM record WHERE account = $account AND live),
rule AS (
  SELECT subject, purpose, channel, action,
    CASE WHEN verdict = 'ALLOW' AND (valid_until IS NULL OR valid_until > $at) THEN 9
         WHEN verdict = 'ALLOW' THEN 4
         WHEN effect = 'remove' THEN 1 WHEN effect = 'refuse' THEN 2 WHEN effect = 'expire' THEN 3
         ELSE 4 END AS rank,
    CASE WHEN verdict = 'ALLOW' THEN $outdated ELSE reason END AS reason
  FROM permission
  WHERE (action = 'process' AND channel = 'none' AND list_contains($purposes, purpose))
     OR (action = 'write_back' AND channel = 'none' AND list_contains($purposes, purpose))
     OR (action = 'write_back' AND channel = $channel AND purpose = $purpose)),
judged AS (
  SELECT p.subject, s."set",
    least(coalesce(a.rank, 4), coalesce(b.rank, 4), coalesce(c.rank, 4)) AS rank,
    coalesce(a.rank, 4) AS first_rank, coalesce(b.rank, 4) AS second_rank,
    coalesce(a.reason, $missing) AS first_reason, coalesce(b.reason, $missing) AS second_reason,
    coalesce(c.reason, $missing) AS third_reason
  FROM people AS p CROSS JOIN wanted_set AS s
  LEFT JOIN rule AS a ON a.subject = p.subject AND a.purpose = s.purpose
    AND a.channel = 'none' AND a.action = 'process'
  LEFT JOIN rule AS b ON b.subject = p.subject AND b.purpose = s.purpose
    AND b.channel = 'none' AND b.action = 'write_back'
  LEFT JOIN rule AS c ON c.subject = p.subject AND c.purpose = $purpose
    AND c.channel = $channel AND c.action = 'write_back')
SELECT r.rref, j."set", m.segment, m.from_run, (k."set" IS NOT NULL) AS is_computed, j.rank,
  CASE j.rank WHEN 9 THEN '' WHEN j.first_rank THEN j.first_reason
              WHEN j.second_rank THEN j.second_reason ELSE j.third_reason END AS reason
FROM record AS r
JOIN judged AS j ON j.subject = r.subject
LEFT JOIN membership AS m ON m.subject = r.subject AND m."set" = j."set" AND m.to_run IS NULL
LEFT JOIN computed AS k ON k."set" = j."set"
WHERE r.account = $account AND r.live
ORDER BY r.rref, j."set"
"""

_LIVE = "WHERE r.account = $account AND r.live"
_DENIED = "AND r.subject IN (SELECT subject FROM judged WHERE rank = 1)"
DENIED_QUERY = QUERY.replace(_LIVE, f"{_LIVE} {_DENIED}")
"""The rows of whoever said no to any of the sets, all their sets with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One live record and one segment set."""

    rref: bytes
    set: str
    segment: str | None
    """The person's segment; None when they are in none of this set."""
    from_run: str
    """Run since which the person is in it, empty when in none."""
    reason: str
    """Code of the denial, empty when allowed."""
    effect: Effect


def read_wanted(
    connection: duckdb.DuckDBPyConnection,
    destination: DestinationSettings,
    *,
    purposes: Mapping[str, str],
    at: datetime,
) -> Iterator[Wanted]:
    """One row per live record of the account and set, in the order of rref; nothing is written.

    A label is allowed when the set's purpose allows computing and writing and the destination's purpose
    allows writing for its channel. A permission that is missing or ran out is a hold, and so is a set that
    the last run did not compute: nothing follows from an empty table. Where the transfer has no ground (GDPR
    chapter V) what would be allowed is refused: the last rule before an ALLOW, asked here because it belongs
    to the destination and not to the person.

    Args:
        purposes: Name of each set to the purpose it is computed for.
        at: Instant at which permissions must be valid.
    """
    is_covered = destination.transfer is not None
    yield from _read(connection, QUERY, destination, purposes=purposes, at=at, is_covered=is_covered)


def read_denied(
    connection: duckdb.DuckDBPyConnection,
    destination: DestinationSettings,
    *,
    purposes: Mapping[str, str],
    at: datetime,
) -> Iterator[Wanted]:
    """The rows of `read_wanted` for whoever said no to any of the sets; the others need not be looked at."""
    yield from _read(connection, DENIED_QUERY, destination, purposes=purposes, at=at, is_covered=True)


def _read(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    destination: DestinationSettings,
    *,
    purposes: Mapping[str, str],
    at: datetime,
    is_covered: bool,
) -> Iterator[Wanted]:
    parameters = {
        "sets": list(destination.sets),
        "purposes": [purposes[name] for name in destination.sets],
        "account": destination.to,
        "purpose": destination.purpose,
        "channel": destination.channel,
        "at": at.astimezone(UTC).replace(tzinfo=None),
        "outdated": OUTDATED,
        "missing": MISSING,
    }
    cursor = connection.cursor().execute(query, parameters)
    while rows := cursor.fetchmany(BATCH_ROWS):
        for rref, name, segment, from_run, is_computed, rank, reason in rows:
            effect: Effect = "" if rank == 9 else EFFECTS[rank - 1]
            if not is_computed and rank in (4, 9):
                effect, reason = "hold", NOT_COMPUTED
            if not effect and not is_covered:
                effect, reason = "refuse", NOT_COVERED
            yield Wanted(
                rref=bytes(rref),
                set=name,
                segment=segment,
                from_run=from_run or "",
                reason=reason,
                effect=effect,
            )
