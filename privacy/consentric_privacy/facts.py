"""Facts about subjects that rules depend on, merged over the records of a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from consentric_privacy.instants import maybe_day
from consentric_privacy.storefile import select_in

_COLUMNS = (
    "created_on, last_contact_on, country, consent_age_on, adult_on, customer_since, optout_offered,"
    " contract_until"
)
_Row = tuple[str | int | None, ...]
_RULES: tuple[Callable[..., str | int] | None, ...] = (min, max, None, max, max, min, None, max)
"""How two values of a column become one, in their order; None takes the last one told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """What one record says about its person; None says nothing."""

    sid: bytes
    created_on: date | None = None
    """The earliest counts."""
    last_contact_on: date | None = None
    """The latest counts; an act of the person, never an open of an e-mail."""
    country: str | None = None
    """ISO 3166-1 alpha-2; the last one told counts."""
    consent_age_on: date | None = None
    """As `ages.birthdays` gives it; the latest counts, which protects longest."""
    adult_on: date | None = None
    customer_since: date | None = None
    """Day of the first purchase; the earliest counts."""
    optout_offered: bool | None = None
    """The last answer told counts."""
    contract_until: date | None = None
    """The latest counts."""


def merge_facts(connection: sqlite3.Connection, facts: Iterable[SubjectFacts]) -> set[bytes]:
    """Merge facts into those stored; gives the subjects for whom anything changed."""
    told = [(one.sid, _row(one)) for one in facts]
    return _merge(connection, told)


def move_facts(connection: sqlite3.Connection, old: bytes, survivor: bytes) -> None:
    """Merge the facts of a subject that was joined into those of the survivor."""
    query = f"SELECT {_COLUMNS} FROM subject_fact WHERE sid = ?"  # noqa: S608 -- constants
    row = connection.execute(query, (old,)).fetchone()
    if row is not None:
        _merge(connection, [(survivor, row)])
        connection.execute("DELETE FROM subject_fact WHERE sid = ?", (old,))


def part_facts(connection: sqlite3.Connection, stays: bytes, leaves: bytes) -> None:
    """Give a subject that was parted from another the same facts, but what only helps to allow to neither.

    Nobody can tell whose first purchase, contract or offered opt-out it was; a full read says it again.
    """
    connection.execute(
        "UPDATE subject_fact SET customer_since = NULL, optout_offered = NULL, contract_until = NULL"
        " WHERE sid = ?",
        (stays,),
    )
    connection.execute(
        f"INSERT INTO subject_fact (sid, {_COLUMNS}) SELECT ?, {_COLUMNS} FROM subject_fact WHERE sid = ?",  # noqa: S608 -- constants
        (leaves, stays),
    )


def _merge(connection: sqlite3.Connection, told: Sequence[tuple[bytes, _Row]]) -> set[bytes]:
    query = f"SELECT sid, {_COLUMNS} FROM subject_fact WHERE sid IN (?*)"  # noqa: S608 -- constants
    stored: dict[bytes, _Row] = {
        row[0]: row[1:] for row in select_in(connection, query, {sid for sid, _ in told})
    }
    merged = dict(stored)
    for sid, row in told:
        merged[sid] = _merged(merged[sid], row) if sid in merged else row
    changed = {sid for sid, row in merged.items() if stored.get(sid) != row}
    connection.executemany(
        f"INSERT OR REPLACE INTO subject_fact (sid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- constants
        [(sid, *merged[sid]) for sid in changed],
    )
    return changed


def _row(facts: SubjectFacts) -> _Row:
    return (
        maybe_day(facts.created_on),
        maybe_day(facts.last_contact_on),
        facts.country,
        maybe_day(facts.consent_age_on),
        maybe_day(facts.adult_on),
        maybe_day(facts.customer_since),
        None if facts.optout_offered is None else int(facts.optout_offered),
        maybe_day(facts.contract_until),
    )


def _merged(stored: _Row, told: _Row) -> _Row:
    return tuple(
        one if other is None else other if one is None or rule is None else rule(one, other)
        for one, other, rule in zip(stored, told, _RULES, strict=True)
    )
