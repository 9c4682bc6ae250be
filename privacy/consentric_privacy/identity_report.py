"""What the vault knows of who is one person, in counts and by kind of key; never a key itself."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from consentric_privacy.identity import MAX_RECORDS_PER_KEY, UNTAGGED

EXAMPLES = 5
"""Records named for each finding: where an operator begins to look."""

_CARRIED = "FROM match_key AS m JOIN record AS r ON r.rref = m.rref"
_JOINS = "(m.kind = 'email' OR m.kind LIKE 'external:%')"
_SHARED = f"SELECT r.sid, m.kind {_CARRIED} WHERE {_JOINS} GROUP BY r.sid, m.key HAVING count(*) > 1"
_JOINED_BY = f"""
SELECT kinds, count(*) FROM (
  SELECT sid, group_concat(kind, ' + ') AS kinds
  FROM (SELECT DISTINCT sid, kind FROM ({_SHARED}) ORDER BY sid, kind) GROUP BY sid)
GROUP BY kinds ORDER BY kinds"""  # noqa: S608
_SIZES = """
SELECT size, count(*) FROM (
  SELECT count({what}) AS size FROM record WHERE state = 'live' GROUP BY sid)
GROUP BY size ORDER BY size"""
# The same value has another key under another version, which is no conflict.
_TWO_VALUES = f"""
SELECT DISTINCT m.kind, r.sid {_CARRIED} WHERE m.kind LIKE 'external:%'
GROUP BY r.sid, m.kind, m.version HAVING count(DISTINCT m.key) > 1 ORDER BY m.kind, r.sid"""
_CROWDED = f"""
SELECT kind, count(DISTINCT key), max(records), min(rref) FROM (
  SELECT m.kind AS kind, m.key AS key, count(*) AS records, min(r.rref) AS rref
  {_CARRIED} WHERE {_JOINS} GROUP BY m.key, r.account HAVING count(*) > {MAX_RECORDS_PER_KEY})
GROUP BY kind ORDER BY kind"""  # noqa: S608
_ALIKE = f"""
SELECT min(rref), max(rref), count(*) FROM (
  SELECT m.key AS key, min(r.rref) AS rref {_CARRIED} WHERE {{which}} GROUP BY m.key, r.sid)
GROUP BY key HAVING count(*) > 1 ORDER BY 1"""  # noqa: S608
_ALIKE_BY = {
    "phone": _ALIKE.format(which="m.kind = 'phone'"),
    "address without its +tag": _ALIKE.format(
        which=f"m.kind IN ('email', '{UNTAGGED}')"  # noqa: S608
        f" AND m.key IN (SELECT key FROM match_key WHERE kind = '{UNTAGGED}')"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to look at, how often it is there, and records of a few whom it concerns."""

    count: int
    records: tuple[bytes, ...]
    """Rrefs; of each case one, of people that may be one two."""
    most: int = 0
    """Of crowded keys: the records of one account on the fullest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityReport:
    """Everybody's identity in counts; people without a live record are left out."""

    people: int
    records: int
    joined_by: dict[str, int]
    """Kinds of keys that records of a person share today, as `email + external:loyalty`, to people."""
    joined_before: int
    """People of several records that share no key today: one that was lost, a merge, or an operator."""
    by_records: dict[int, int]
    """Number of live records to people."""
    by_accounts: dict[int, int]
    """Number of accounts to people."""
    two_values: dict[str, Finding]
    """External id to people of whom two records carry different values of it."""
    crowded: dict[str, Finding]
    """Kind to keys on more than three records of one account: they join nobody."""
    apart: Finding
    """Live records that an operator parted from others."""
    alike: dict[str, Finding]
    """What two or three people share that is not enough to join them."""
    shared_lines: int
    """Phones and untagged addresses of more people than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """One record of a person, live or ended."""

    rref: bytes
    account: str
    object: str
    partition: str
    state: str
    ended_on: str | None
    merged_into: bytes | None
    is_apart: bool


def report_identity(connection: sqlite3.Connection) -> IdentityReport:
    """Reads the whole vault once for each question; a few seconds for a million records."""
    by_records = dict(connection.execute(_SIZES.format(what="*")))
    joined_by = dict(connection.execute(_JOINED_BY))
    two_values: dict[str, list[bytes]] = {}
    for kind, sid in connection.execute(_TWO_VALUES):
        two_values.setdefault(kind, []).append(sid)
    alike, shared_lines = _alike(connection)
    parted = connection.execute("SELECT rref FROM record WHERE apart AND state = 'live' ORDER BY sequence")
    return IdentityReport(
        people=sum(by_records.values()),
        records=sum(size * people for size, people in by_records.items()),
        joined_by=joined_by,
        joined_before=sum(people for size, people in by_records.items() if size > 1)
        - sum(joined_by.values()),
        by_records=by_records,
        by_accounts=dict(connection.execute(_SIZES.format(what="DISTINCT account"))),
        two_values={
            kind: Finding(count=len(sids), records=_one_each(connection, sids[:EXAMPLES]))
            for kind, sids in two_values.items()
        },
        crowded={
            kind: Finding(count=keys, most=most, records=(rref,))
            for kind, keys, most, rref in connection.execute(_CROWDED)
        },
        apart=_finding([(rref,) for (rref,) in parted]),
        alike=alike,
        shared_lines=shared_lines,
    )


def records_of_person(connection: sqlite3.Connection, sid: bytes) -> list[PersonRecord]:
    """Gives all records of a person, ended ones too, in the order in which they came."""
    rows = connection.execute(
        "SELECT rref, account, object, partition, state, ended_on, merged_into, apart FROM record"
        " WHERE sid = ? ORDER BY sequence",
        (sid,),
    )
    return [
        PersonRecord(
            rref=rref,
            account=account,
            object=object_type,
            partition=partition,
            state=state,
            ended_on=ended_on,
            merged_into=merged_into,
            is_apart=bool(apart),
        )
        for rref, account, object_type, partition, state, ended_on, merged_into, apart in rows
    ]


def shared_keys(connection: sqlite3.Connection, sid: bytes) -> list[tuple[str, tuple[bytes, ...]]]:
    """Gives (kind, rrefs) for each key that several records of a person carry today and that joins."""
    query = f"SELECT m.kind, m.key, r.rref {_CARRIED} WHERE r.sid = ? AND {_JOINS} ORDER BY 1, 2, r.sequence"
    carriers: dict[tuple[str, bytes], list[bytes]] = {}
    for kind, key, rref in connection.execute(query, (sid,)):
        carriers.setdefault((kind, key), []).append(rref)
    return [(kind, tuple(rrefs)) for (kind, _), rrefs in carriers.items() if len(rrefs) > 1]


def known_since(connection: sqlite3.Connection, sid: bytes) -> str:
    """The day since which a source knows a person."""
    return str(connection.execute("SELECT created_on FROM person WHERE sid = ?", (sid,)).fetchone()[0])


def former_numbers(connection: sqlite3.Connection, sid: bytes) -> int:
    """How many persons a person was made of by joins, itself not counted."""
    row = connection.execute("SELECT count(*) FROM sid_alias WHERE survivor = ?", (sid,)).fetchone()
    return int(row[0])


def _alike(connection: sqlite3.Connection) -> tuple[dict[str, Finding], int]:
    found: dict[str, Finding] = {}
    shared_lines = 0
    for kind, query in _ALIKE_BY.items():
        rows = connection.execute(query).fetchall()
        few = [row[:2] for row in rows if row[2] <= MAX_RECORDS_PER_KEY]
        shared_lines += len(rows) - len(few)
        if few:
            found[kind] = _finding(few)
    return found, shared_lines


def _finding(cases: list[tuple[bytes, ...]]) -> Finding:
    return Finding(count=len(cases), records=tuple(rref for case in cases[:EXAMPLES] for rref in case))


def _one_each(connection: sqlite3.Connection, sids: list[bytes]) -> tuple[bytes, ...]:
    query = "SELECT rref FROM record WHERE sid = ? AND state = 'live' ORDER BY sequence LIMIT 1"
    return tuple(rref for sid in sids for (rref,) in connection.execute(query, (sid,)))
