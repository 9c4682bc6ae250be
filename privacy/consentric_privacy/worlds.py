"""Reads people out of the ledger as the decision sees them, many at a time and nothing per person."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from consentric_privacy.instants import instant_of, maybe_instant, maybe_start_of
from consentric_privacy.person import Event, Facts, Hit, Objection, Person, Restriction
from consentric_privacy.storefile import select_in

_AT_ONCE = 4_000
_ALL_SIDS = "SELECT sid FROM person WHERE sid > ? AND sid < ? ORDER BY sid LIMIT ?"
_AFTER_ALL = b"\xff" * 17
_RECORDS = "SELECT sid, rref, account, state FROM record WHERE sid IN (?*)"
# A grant counts again only once the read that showed it again has finished (source_state).
_EVENTS = """
SELECT e.id, e.rref, e.source, e.purpose, e.channel, e.state, e.grade, e.occurred_at, e.first_observed_at,
       e.notice, e.origin, e.parental,
       CASE WHEN e.shown_again_at IS NULL THEN NULL
            WHEN e.shown_again_at <= (SELECT last_success_at FROM source_state WHERE source = e.source)
            THEN e.shown_again_at END
FROM consent_event AS e WHERE e.rref IN (?*)"""
_HITS = (
    "SELECT rref, reason, since, channel, purpose, expires_at, closed_at FROM suppressed WHERE rref IN (?*)"
)
_OBJECTIONS = "SELECT sid, kind, scope, lifted_at, compelling_grounds_ref FROM objection WHERE sid IN (?*)"
_RESTRICTIONS = "SELECT sid, lifted_at FROM restriction WHERE sid IN (?*)"
_FACTS = """
SELECT p.sid, coalesce(f.created_on, p.created_on), f.last_contact_on, f.consent_age_on, f.adult_on,
       f.customer_since, f.optout_offered, f.contract_until
FROM person AS p LEFT JOIN subject_fact AS f ON f.sid = p.sid WHERE p.sid IN (?*)"""


def read_persons(
    connection: sqlite3.Connection,
    sids: Iterable[bytes] | None,
    *,
    low: bytes = b"",
    high: bytes = _AFTER_ALL,
) -> Iterator[tuple[bytes, Person]]:
    """Stream the worlds of people, each once; sids that are no longer anybody's are left out.

    Args:
        connection: `people.sqlite`; nothing is written. Another process may read with one of its own.
        sids: Whom; None for everybody between `low` and `high`, in the order of the sids.
        low: Everybody above this sid: sids are random, so any range is a fair share of the work.
        high: And below this one.
    """
    if sids is None:
        for batch in _all_sids(connection, low, high):
            yield from _read_batch(connection, batch)
        return
    remaining = iter(sids)
    while batch := list(islice(remaining, _AT_ONCE)):
        yield from _read_batch(connection, batch)


def read_times(connection: sqlite3.Connection) -> dict[str, datetime]:
    """When each source was last read successfully; incremental reads count."""
    rows = connection.execute("SELECT source, last_success_at FROM source_state")
    return {source: instant_of(text) for source, text in rows}


def _all_sids(connection: sqlite3.Connection, low: bytes, high: bytes) -> Iterator[list[bytes]]:
    while rows := connection.execute(_ALL_SIDS, (low, high, _AT_ONCE)).fetchall():
        yield [sid for (sid,) in rows]
        low = rows[-1][0]


def _read_batch(connection: sqlite3.Connection, sids: Sequence[bytes]) -> Iterator[tuple[bytes, Person]]:
    owner: dict[bytes, bytes] = {}
    sources: dict[bytes, list[str]] = defaultdict(list)
    for sid, rref, account, state in select_in(connection, _RECORDS, sids):
        owner[rref] = sid
        if state == "live" and account not in sources[sid]:
            sources[sid].append(account)
    events: dict[bytes, list[Event]] = defaultdict(list)
    for row in select_in(connection, _EVENTS, owner):
        events[owner[row[1]]].append(_event(row))
    hits: dict[bytes, list[Hit]] = defaultdict(list)
    for row in select_in(connection, _HITS, owner):
        hits[owner[row[0]]].append(_hit(row))
    objections = _by_sid(connection, _OBJECTIONS, sids)
    restrictions = _by_sid(connection, _RESTRICTIONS, sids)
    for sid, *facts in select_in(connection, _FACTS, sids):
        yield (
            sid,
            Person(
                events=tuple(events.get(sid, ())),
                hits=tuple(hits.get(sid, ())),
                objections=tuple(_objection(row) for row in objections.get(sid, ())),
                restrictions=tuple(
                    Restriction(lifted_at=maybe_instant(lifted_at))
                    for _, lifted_at in restrictions.get(sid, ())
                ),
                facts=_facts(facts),
                sources=tuple(sources.get(sid, ())),
            ),
        )


def _by_sid(
    connection: sqlite3.Connection, query: str, sids: Sequence[bytes]
) -> dict[bytes, list[tuple[Any, ...]]]:
    rows: dict[bytes, list[tuple[Any, ...]]] = defaultdict(list)
    for row in select_in(connection, query, sids):
        rows[row[0]].append(row)
    return rows


def _event(row: tuple[Any, ...]) -> Event:
    """An event of a row of `_EVENTS`, whose columns stand in the order of its fields."""
    occurred_at, observed_at, shown_again_at = row[7], row[8], row[12]
    return Event._make(
        (
            *row[:7],
            None if occurred_at is None else instant_of(occurred_at),
            instant_of(observed_at),
            *row[9:11],
            bool(row[11]),
            None if shown_again_at is None else instant_of(shown_again_at),
        )
    )


def _hit(row: tuple[Any, ...]) -> Hit:
    _, reason, since, channel, purpose, expires_at, closed_at = row
    return Hit(
        reason=reason,
        since=instant_of(since),
        channel=channel,
        purpose=purpose,
        expires_at=maybe_instant(expires_at),
        closed_at=maybe_instant(closed_at),
    )


def _objection(row: tuple[Any, ...]) -> Objection:
    _, kind, scope, lifted_at, grounds = row
    return Objection(
        kind=kind, scope=scope, lifted_at=maybe_instant(lifted_at), has_compelling_grounds=grounds is not None
    )


def _facts(row: Sequence[Any]) -> Facts:
    created_on, last_contact_on, consent_age_on, adult_on, customer_since, optout_offered, until = row
    return Facts(
        created_at=maybe_start_of(created_on),
        last_contact_at=maybe_start_of(last_contact_on),
        consent_age_at=maybe_start_of(consent_age_on),
        adult_at=maybe_start_of(adult_on),
        customer_since=maybe_start_of(customer_since),
        optout_offered=bool(optout_offered),
        contract_until=maybe_start_of(until),
    )
