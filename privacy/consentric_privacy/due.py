"""Who must be decided again, and what was decided last: the gate's own book in the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consentric_privacy.decision import Decision
from consentric_privacy.instants import text_of
from consentric_privacy.purpose import Action
from consentric_privacy.storefile import select_in

_LAST = """
SELECT sid, purpose, channel, action, verdict, reason, effect, max(decided_at)
FROM decision WHERE sid IN (?*) GROUP BY sid, purpose, channel, action"""
_WRITE = (
    "INSERT OR REPLACE INTO decision (sid, purpose, channel, action, decided_at, run_id, verdict, reason,"
    " effect, policy_hash, event_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_AT_ONCE = ""
"""Sorts before every instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One question about one subject, answered."""

    sid: bytes
    purpose: str
    channel: str
    action: Action
    decision: Decision


def mark_records_due(connection: sqlite3.Connection, rrefs: Iterable[bytes]) -> None:
    """Mark the persons of these records to be decided at once."""
    mark_due(
        connection,
        {sid for (sid,) in select_in(connection, "SELECT sid FROM record WHERE rref IN (?*)", rrefs)},
    )


def mark_due(connection: sqlite3.Connection, sids: Iterable[bytes]) -> None:
    """Mark subjects to be decided at once."""
    # A row that says so already is not written again: a page marks the same people several times.
    connection.executemany(
        "INSERT INTO subject_due AS d (sid, due_at) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET due_at = excluded.due_at WHERE d.due_at <> excluded.due_at",
        [(sid, _AT_ONCE) for sid in sids],
    )


def subjects_due(connection: sqlite3.Connection, policy_hash: str, at: datetime) -> list[bytes] | None:
    """The subjects to decide; None for everybody. See `Ledger.subjects_to_decide`."""
    row = connection.execute("SELECT policy_hash FROM gate_state").fetchone()
    if row is None or row[0] != policy_hash:
        return None
    query = "SELECT sid FROM subject_due WHERE due_at <= ? ORDER BY sid"
    return [sid for (sid,) in connection.execute(query, (text_of(at),))]


def write_decisions(
    connection: sqlite3.Connection, decided: Sequence[Decided], *, run_id: str, policy_hash: str, at: datetime
) -> int:
    """Write what differs from the last decision, and when each subject is due again."""
    sids = {one.sid for one in decided}
    last = {row[:4]: row[4:7] for row in select_in(connection, _LAST, sids)}
    now = text_of(at)
    changes = []
    due: dict[bytes, datetime] = {}
    for one in decided:
        decision = one.decision
        place = (one.sid, one.purpose, one.channel, one.action)
        verdict = (decision.verdict, decision.reason, decision.effect)
        if last.get(place) != verdict:
            changes.append((*place, now, run_id, *verdict, policy_hash, decision.event_id))
        if decision.valid_until is not None:
            due[one.sid] = min(decision.valid_until, due.get(one.sid, decision.valid_until))
    connection.executemany(_WRITE, changes)
    connection.executemany("DELETE FROM subject_due WHERE sid = ?", [(sid,) for sid in sids - due.keys()])
    connection.executemany(
        "INSERT OR REPLACE INTO subject_due (sid, due_at) VALUES (?, ?)",
        [(sid, text_of(moment)) for sid, moment in due.items()],
    )
    return len(changes)
