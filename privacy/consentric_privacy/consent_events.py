"""Writes consent events so that a repeat is swallowed, a no set anew is not, and an ending can be lifted.

Events are append-only. What a read shows again is told from what is new by the event's id, and for states
without a time by the flags that the record showed when it was last read.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from consentric_privacy.instants import maybe_text, text_of
from consentric_privacy.person import EventState
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.purpose import Grade
from consentric_privacy.storefile import select_in

_KNOWN = (
    "SELECT rref, id, source, purpose, channel, state, occurred_at, first_observed_at, shown_again_at"
    " FROM consent_event WHERE rref IN (?*)"
)
_WRITE = (
    "INSERT INTO consent_event (rref, id, purpose, channel, state, source, origin, occurred_at,"
    " first_observed_at, grade, method, notice, parental, shown_again_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SHOW_AGAIN = "UPDATE consent_event SET shown_again_at = ? WHERE rref = ? AND id = ?"
_SET_ANEW = frozenset({"denied", "withdrawn", "ended"})
"""States of which a second one counts from its own time; a grant without a time never counts at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A consent event as a source shows it, by the record that carries it."""

    rref: bytes
    source: str
    purpose: str
    channel: str
    state: EventState
    grade: Grade
    method: str
    occurred_at: datetime | None = None
    notice: str | None = None
    origin: str | None = None
    parental: bool = False
    counts: Literal["always", "if_new", "if_granted"] = "always"
    """`if_new`: not when its record's last word was the same; `if_granted`: only when that was a grant."""


@dataclass(slots=True, kw_only=True)
class _Known:
    """A stored event, as far as a new one is compared with it."""

    source: str
    purpose: str
    channel: str
    state: str
    occurred_at: str | None
    first_observed_at: str
    shown_again_at: str | None

    @property
    def time(self) -> str:
        """When it was said, or first seen where nobody knows."""
        return self.occurred_at or self.first_observed_at

    def has_ended(self, endings: Iterable[_Known]) -> bool:
        """Whether one of its record's endings covers this grant since it was given or last shown again."""
        since = max(filter(None, (self.occurred_at, self.shown_again_at)), default="")
        return any(
            ending.source == self.source
            and ending.purpose in ("*", self.purpose)
            and ending.channel in ("*", self.channel)
            and ending.time >= since
            for ending in endings
        )


_ByRecord = dict[bytes, dict[bytes, _Known]]
_Flag = tuple[bytes, str, str, str]
"""rref, purpose, channel, state."""


def record_events(
    connection: sqlite3.Connection,
    pseudonyms: Pseudonyms,
    events: Sequence[NewEvent],
    *,
    at: datetime,
    read_whole: Collection[bytes] = (),
) -> set[bytes]:
    """Write what is new of a page; see `Ledger.record_events`."""
    now = text_of(at)
    known = _read_known(connection, {event.rref for event in events})
    flags = _read_flags(connection, {event.rref for event in events} | set(read_whole))
    changed: set[bytes] = set()
    shown_again: set[tuple[bytes, bytes]] = set()
    fresh: list[tuple[NewEvent, bytes]] = []
    counted: list[NewEvent] = []
    for event in events:
        of_record = known[event.rref]
        if not _counts(event, of_record):
            continue
        counted.append(event)
        event_id = _identity(pseudonyms, event, of_record, flags, at)
        if event_id not in of_record:
            of_record[event_id] = _as_known(event, now)
            fresh.append((event, event_id))
            changed.add(event.rref)
        if event.state == "granted" and of_record[event_id].has_ended(_endings(of_record)):
            of_record[event_id].shown_again_at = now
            shown_again.add((event.rref, event_id))
            changed.add(event.rref)
    rows = [_row(event, event_id, known[event.rref][event_id]) for event, event_id in fresh]
    connection.executemany(_WRITE, rows)
    connection.executemany(_SHOW_AGAIN, [(now, *place) for place in shown_again])
    _write_flags(connection, counted, flags, frozenset(read_whole))
    return changed


def end_grants(
    connection: sqlite3.Connection,
    pseudonyms: Pseudonyms,
    rrefs: Iterable[bytes],
    *,
    source: str,
    at: datetime,
) -> set[bytes]:
    """Write an ending for each record that still has a grant of this source; see `Ledger.end_grants`."""
    now = text_of(at)
    ended = [
        rref
        for rref, of_record in _read_known(connection, rrefs).items()
        if any(
            event.state == "granted" and event.source == source and not event.has_ended(_endings(of_record))
            for event in of_record.values()
        )
    ]
    of_ending = ("*", "*", "ended", source, None, None, now, "D", "crm_flag", None, 0, None)
    connection.executemany(
        f"{_WRITE} ON CONFLICT DO NOTHING",
        [(rref, pseudonyms.event_id(rref, "*", "*", "ended", at), *of_ending) for rref in ended],
    )
    return set(ended)


def _counts(event: NewEvent, of_record: dict[bytes, _Known]) -> bool:
    """Whether the event says anything, after the last word of its record and source on the same question."""
    if event.counts == "always":
        return True
    place = (event.source, event.purpose, event.channel)
    words = [one for one in of_record.values() if (one.source, one.purpose, one.channel) == place]
    last = max(words, key=lambda one: one.time).state if words else ""
    return last == "granted" if event.counts == "if_granted" else last != event.state


def _identity(
    pseudonyms: Pseudonyms,
    event: NewEvent,
    of_record: dict[bytes, _Known],
    flags: Collection[_Flag],
    at: datetime,
) -> bytes:
    """The id of an event; without a time, a no that its record had ceased to show is one of its own."""
    of_event = (event.rref, event.purpose, event.channel, event.state)
    event_id = pseudonyms.event_id(*of_event, event.occurred_at)
    is_anew = event.occurred_at is None and event.state in _SET_ANEW and of_event not in flags
    return pseudonyms.event_id(*of_event, at) if is_anew and event_id in of_record else event_id


def _read_known(connection: sqlite3.Connection, rrefs: Iterable[bytes]) -> _ByRecord:
    known: _ByRecord = defaultdict(dict)
    for rref, event_id, source, purpose, channel, state, *times in select_in(connection, _KNOWN, rrefs):
        known[rref][event_id] = _Known(
            source=source,
            purpose=purpose,
            channel=channel,
            state=state,
            occurred_at=times[0],
            first_observed_at=times[1],
            shown_again_at=times[2],
        )
    return known


def _as_known(event: NewEvent, now: str) -> _Known:
    return _Known(
        source=event.source,
        purpose=event.purpose,
        channel=event.channel,
        state=event.state,
        occurred_at=maybe_text(event.occurred_at),
        first_observed_at=now,
        shown_again_at=None,
    )


def _endings(of_record: dict[bytes, _Known]) -> Iterator[_Known]:
    return (event for event in of_record.values() if event.state == "ended")


def _row(event: NewEvent, event_id: bytes, known: _Known) -> tuple[object, ...]:
    return (
        event.rref,
        event_id,
        event.purpose,
        event.channel,
        event.state,
        event.source,
        event.origin,
        known.occurred_at,
        known.first_observed_at,
        event.grade,
        event.method,
        event.notice,
        int(event.parental),
        known.shown_again_at,
    )


def _read_flags(connection: sqlite3.Connection, rrefs: Iterable[bytes]) -> set[_Flag]:
    query = "SELECT rref, purpose, channel, state FROM consent_flag WHERE rref IN (?*)"
    return {
        (rref, purpose, channel, state)
        for rref, purpose, channel, state in select_in(connection, query, rrefs)
    }


def _write_flags(
    connection: sqlite3.Connection,
    events: Sequence[NewEvent],
    flags: set[_Flag],
    read_whole: frozenset[bytes],
) -> None:
    """Keep what each record shows now without a time; of a flag it ceased to show the event stays."""
    shown = {
        (event.rref, event.purpose, event.channel, event.state)
        for event in events
        if event.occurred_at is None
    }
    spoken_of = {(event.rref, event.purpose, event.channel) for event in events}
    gone = {flag for flag in flags - shown if flag[0] in read_whole or flag[:3] in spoken_of}
    connection.executemany(
        "DELETE FROM consent_flag WHERE rref = ? AND purpose = ? AND channel = ? AND state = ?", sorted(gone)
    )
    connection.executemany(
        "INSERT INTO consent_flag (rref, purpose, channel, state) VALUES (?, ?, ?, ?)", sorted(shown - flags)
    )
