"""What the vault knows of who is one person, in counts and by kind of key; never a key itself."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from consentric_privacy.identity import MAX_RECORDS_PER_KEY, UNTAGGED, can_join

EXAMPLES = 5
"""Records named for each finding: where an operator begins to look."""

PHONE = "phone"
UNTAGGED_ADDRESS = "address without its +tag"
_OF_PERSON = (
    "SELECT m.kind, m.key, r.rref FROM record AS r JOIN match_key AS m ON m.rref = r.rref"
    " WHERE r.sid = ? ORDER BY m.kind, m.key, r.sequence"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to look at, how often it is there, and records of a few whom it concerns."""

    count: int
    records: tuple[bytes, ...]
    """Rrefs; of each case one, of people that may be one one of each."""
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
    """Reads records and keys once, in their order on the disk; about 20 us for each record."""
    census = _Census()
    for rref, sid, account in connection.execute(
        "SELECT rref, sid, account FROM record WHERE state = 'live'"
    ):
        census.count_record(rref, sid, account)
    keys = connection.execute("SELECT key, kind, version, rref FROM match_key ORDER BY key, rref")
    for _, carriers in groupby(keys, key=itemgetter(0)):
        census.count_key(list(carriers))
    parted = connection.execute("SELECT rref FROM record WHERE apart AND state = 'live' ORDER BY sequence")
    return census.report([(rref,) for (rref,) in parted])


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
    carriers: dict[tuple[str, bytes], list[bytes]] = {}
    for kind, key, rref in connection.execute(_OF_PERSON, (sid,)):
        if can_join(kind):
            carriers.setdefault((kind, key), []).append(rref)
    return [(kind, tuple(rrefs)) for (kind, _), rrefs in carriers.items() if len(rrefs) > 1]


def known_since(connection: sqlite3.Connection, sid: bytes) -> str:
    """The day since which a source knows a person."""
    return str(connection.execute("SELECT created_on FROM person WHERE sid = ?", (sid,)).fetchone()[0])


def former_numbers(connection: sqlite3.Connection, sid: bytes) -> int:
    """How many persons a person was made of by joins, itself not counted."""
    row = connection.execute("SELECT count(*) FROM sid_alias WHERE survivor = ?", (sid,)).fetchone()
    return int(row[0])


_KeyRow = tuple[bytes, str, int, bytes]
"""Key, kind, version, rref."""


class _Census:
    """Counts records, then keys with all their carriers at once."""

    def __init__(self) -> None:
        self._owner: dict[bytes, tuple[bytes, str]] = {}
        self._sizes: Counter[bytes] = Counter()
        self._accounts: dict[bytes, set[str]] = defaultdict(set)
        self._shared: dict[bytes, set[str]] = defaultdict(set)
        self._values: dict[tuple[bytes, str, int], bytes] = {}
        self._two_values: dict[str, dict[bytes, bytes]] = defaultdict(dict)
        self._crowded: dict[str, Finding] = {}
        self._alike: dict[str, list[tuple[bytes, ...]]] = defaultdict(list)
        self._shared_lines = 0

    def count_record(self, rref: bytes, sid: bytes, account: str) -> None:
        self._owner[rref] = (sid, account)
        self._sizes[sid] += 1
        self._accounts[sid].add(account)

    def count_key(self, rows: list[_KeyRow]) -> None:
        for key, kind, version, rref in rows:
            if kind.startswith("external:"):
                self._note_value(key, kind, version, rref)
        if len(rows) == 1:
            return
        kinds = {kind for _, kind, _, _ in rows}
        joining = [(kind, rref) for _, kind, _, rref in rows if can_join(kind)]
        if len(joining) > 1:
            self._note_joins(joining[0][0], [rref for _, rref in joining])
        if PHONE in kinds or UNTAGGED in kinds:
            what = PHONE if PHONE in kinds else UNTAGGED_ADDRESS
            self._note_alike(what, {self._owner[rref][0]: rref for _, _, _, rref in rows})

    def report(self, parted: list[tuple[bytes, ...]]) -> IdentityReport:
        joined_by = Counter(" + ".join(sorted(kinds)) for kinds in self._shared.values())
        by_records = Counter(self._sizes.values())
        by_accounts = Counter(len(accounts) for accounts in self._accounts.values())
        several = sum(people for size, people in by_records.items() if size > 1)
        return IdentityReport(
            people=len(self._sizes),
            records=len(self._owner),
            joined_by=dict(sorted(joined_by.items())),
            joined_before=several - joined_by.total(),
            by_records=dict(sorted(by_records.items())),
            by_accounts=dict(sorted(by_accounts.items())),
            two_values={
                kind: _finding([(rref,) for rref in found.values()])
                for kind, found in sorted(self._two_values.items())
            },
            crowded=dict(sorted(self._crowded.items())),
            apart=_finding(parted),
            alike={kind: _finding(cases) for kind, cases in sorted(self._alike.items())},
            shared_lines=self._shared_lines,
        )

    def _note_value(self, key: bytes, kind: str, version: int, rref: bytes) -> None:
        sid, _ = self._owner[rref]
        # The same value has another key under another version, which is no conflict.
        if self._values.setdefault((sid, kind, version), key) != key:
            self._two_values[kind].setdefault(sid, rref)

    def _note_joins(self, kind: str, rrefs: list[bytes]) -> None:
        owners = [self._owner[rref] for rref in rrefs]
        for sid, records in Counter(sid for sid, _ in owners).items():
            if records > 1:
                self._shared[sid].add(kind)
        most = max(Counter(account for _, account in owners).values())
        if most > MAX_RECORDS_PER_KEY:
            known = self._crowded.get(kind, Finding(count=0, records=(rrefs[0],)))
            self._crowded[kind] = replace(known, count=known.count + 1, most=max(known.most, most))

    def _note_alike(self, what: str, record_of: dict[bytes, bytes]) -> None:
        if len(record_of) > MAX_RECORDS_PER_KEY:
            self._shared_lines += 1
        elif len(record_of) > 1:
            self._alike[what].append(tuple(record_of.values()))


def _finding(cases: list[tuple[bytes, ...]]) -> Finding:
    return Finding(count=len(cases), records=tuple(rref for case in cases[:EXAMPLES] for rref in case))
