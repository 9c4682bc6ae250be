"""When people said the no that was carried out: where the time to act on it is counted from."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from consentric_privacy.instants import instant_of
from consentric_privacy.people import PeopleStore
from consentric_privacy.storefile import select_in

Asked = Collection[tuple[str, str]]
"""Purposes with the channel that each is asked for."""

_WORDS = (
    "SELECT r.sid, e.purpose, e.channel, e.state, coalesce(e.occurred_at, e.first_observed_at)"
    " FROM record AS r JOIN consent_event AS e ON e.rref = r.rref"
    " WHERE e.state IN ('granted', 'denied', 'withdrawn') AND r.sid IN (?*)"
)
_OBJECTIONS = (
    "SELECT sid, scope, '*', received_at FROM objection"
    " WHERE lifted_at IS NULL AND (kind = '21.2' OR ? <> 'OBJECTED_MARKETING') AND sid IN (?*)"
)
_RESTRICTIONS = (
    "SELECT sid, '*', '*', from_at FROM restriction"
    " WHERE lifted_at IS NULL AND ? = 'RESTRICTED' AND sid IN (?*)"
)
_HITS = (
    "SELECT r.sid, s.purpose, s.channel, s.since FROM record AS r JOIN suppressed AS s ON s.rref = r.rref"
    " WHERE s.closed_at IS NULL AND (s.reason = 'erasure') = (? = 'SUBJECT_ERASED') AND r.sid IN (?*)"
)
_BY_REASON = {
    "OBJECTED": _OBJECTIONS,
    "OBJECTED_MARKETING": _OBJECTIONS,
    "RESTRICTED": _RESTRICTIONS,
    "SUPPRESSED": _HITS,
    "SUBJECT_ERASED": _HITS,
}
_CONSENT = "CONSENT_WITHDRAWN"


def said_no_at(people: PeopleStore, reasons: Mapping[bytes, str], asked: Asked) -> dict[bytes, datetime]:
    """The instant of each subject's no, as its source dates it, else when it was first seen.

    Of several the first counts that no later grant took back. Who is denied for what they never said, as a
    minor, has none and is left out.

    Args:
        people: Vault and ledger; nothing is written.
        reasons: Subject to the code of the denial that was carried out.
        asked: What the label rested on.
    """
    by_reason: dict[str, list[bytes]] = defaultdict(list)
    for sid, reason in reasons.items():
        by_reason[reason].append(sid)
    found: dict[bytes, datetime] = {}
    for reason, sids in sorted(by_reason.items()):
        if reason == _CONSENT:
            found.update(_first_withdrawals(people.connection, sids, asked))
        elif reason in _BY_REASON:
            found.update(_first_of(people.connection, reason, sids, asked))
    return found


def _first_of(
    connection: sqlite3.Connection, reason: str, sids: Collection[bytes], asked: Asked
) -> dict[bytes, datetime]:
    times: dict[bytes, str] = {}
    for sid, purpose, channel, at in select_in(connection, _BY_REASON[reason], sids, before=(reason,)):
        if any(_covers(purpose, channel, one) for one in asked):
            times[sid] = min(at, times.get(sid, at))
    return {sid: instant_of(at) for sid, at in times.items()}


def _first_withdrawals(
    connection: sqlite3.Connection, sids: Collection[bytes], asked: Asked
) -> Iterator[tuple[bytes, datetime]]:
    words: dict[bytes, list[tuple[str, str, str, str]]] = defaultdict(list)
    for sid, *word in select_in(connection, _WORDS, sids):
        words[sid].append((word[0], word[1], word[2], word[3]))
    for sid, said in words.items():
        firsts = [first for one in asked if (first := _first_standing(said, one)) is not None]
        if firsts:
            yield sid, instant_of(min(firsts))


def _first_standing(said: Collection[tuple[str, str, str, str]], asked: tuple[str, str]) -> str | None:
    """The first no since the last grant before the latest no; None when nobody said no to this."""
    noes = [
        at for purpose, channel, state, at in said if state != "granted" and _covers(purpose, channel, asked)
    ]
    if not noes:
        return None
    latest = max(noes)
    grants = [at for purpose, channel, state, at in said
              if state == "granted" and (purpose, channel) == asked and at < latest]  # fmt: skip
    since = max(grants, default="")
    return min(at for at in noes if at > since)


def _covers(purpose: str, channel: str, asked: tuple[str, str]) -> bool:
    return purpose in ("*", asked[0]) and channel in ("*", asked[1])
