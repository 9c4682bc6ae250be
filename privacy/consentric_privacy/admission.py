"""Takes a page of records into the vault: finds or begins their persons, in a handful of queries."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from consentric_privacy import normalise
from consentric_privacy.deks import DekStore
from consentric_privacy.identity import MAX_RECORDS_PER_KEY, UNTAGGED, Carrier, can_join, groups_of
from consentric_privacy.links import Link, seal
from consentric_privacy.persons import begin_persons, join_persons, new_numbers, parted_pairs
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.storefile import select_in

_RECORDS = (
    "SELECT crm_key, rref, sid, state, apart FROM record"
    " WHERE account = ? AND object = ? AND partition = ? AND crm_key IN (?*)"
)
_COUNT_CARRIERS = (
    f"SELECT key, count(*) FROM match_key WHERE kind <> '{UNTAGGED}' AND key IN (?*) GROUP BY key"  # noqa: S608 -- a constant
)
_CARRIERS = (
    "SELECT m.key, r.rref, r.account, r.sid, r.apart FROM match_key AS m JOIN record AS r ON r.rref = m.rref"  # noqa: S608 -- a constant
    f" WHERE m.kind <> '{UNTAGGED}' AND m.key"
)
_COUNT_ACCOUNTS = """
WITH RECURSIVE known (account) AS (
  SELECT min(account) FROM record
  UNION ALL SELECT (SELECT min(account) FROM record WHERE account > known.account) FROM known
  WHERE known.account IS NOT NULL)
SELECT count(account) FROM known"""
"""Leaps from account to account in the index instead of reading every record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One record as its source gives it, raw and in memory; nothing of it is stored in clear."""

    account: str
    object: str
    id: str
    partition: str = ""
    email: str | None = None
    phone: str | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)
    """Name of a shared number (`loyalty`) to its value."""
    default_country: str = "FR"
    """ISO 3166-1 alpha-2 of the account, for phones in national form."""
    created_on: date | None = None
    """Day the source knows the record since; the person of the oldest record survives a join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What became of one arrival."""

    rref: bytes
    sid: bytes
    is_new: bool
    """The record was never seen before."""
    email_usable: bool
    """The address is well formed (a role address is, though it joins nobody)."""
    phone_usable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of a page."""

    records: list[Admitted]
    """One per arrival, in its order."""
    joins: list[tuple[bytes, bytes]]
    """(old sid, surviving sid): the ledger's rows by sid move by these."""
    crowded: frozenset[tuple[str, bytes]]
    """(kind, key) of the page that join nobody, more than three records of one account carrying each."""


@dataclass(slots=True, kw_only=True)
class _Entry:
    """One record of the page on its way: filled from arrival, then vault, then grouping."""

    arrival: Arrival
    crm_keys: tuple[bytes, ...]
    keys: dict[bytes, str]
    """Match key under the active version to its kind."""
    aliases: dict[bytes, bytes]
    """Match key under an older version to the active one."""
    email_usable: bool
    phone_usable: bool
    rref: bytes = b""
    sid: bytes = b""
    state: str | None = None
    """State in the vault before; None when new."""
    is_apart: bool = False
    has_old_key: bool = False

    @property
    def group(self) -> bytes:
        return self.sid or self.rref


def admit(
    connection: sqlite3.Connection,
    deks: DekStore,
    pseudonyms: Pseudonyms,
    arrivals: Sequence[Arrival],
    *,
    at: datetime,
) -> Admission:
    """Takes one page in; the caller holds the transaction. See `Vault.admit`."""
    today = at.astimezone(UTC).date()
    by_arrival = [_entry(arrival, pseudonyms) for arrival in arrivals]
    # Of a record that stands twice in a page the later state counts.
    entries = {entry.crm_keys[0]: entry for entry in by_arrival}
    version = pseudonyms.active_version("match")
    _recognise(connection, entries.values())
    _replace_keys(connection, entries.values(), version)
    groups, crowded = groups_of(
        [entry.group for entry in entries.values()], _carriers(connection, entries.values())
    )
    joins, new_deks = _settle_groups(connection, deks, pseudonyms, groups.sets(), entries.values(), today)
    _store_records(connection, deks, new_deks, entries.values(), version)
    seen: set[bytes] = set()
    records = []
    for one in by_arrival:
        entry = entries[one.crm_keys[0]]
        records.append(_admitted(one, entry, is_new=entry.state is None and entry.rref not in seen))
        seen.add(entry.rref)
    return Admission(records=records, joins=joins, crowded=crowded)


def _entry(arrival: Arrival, pseudonyms: Pseudonyms) -> _Entry:
    email = normalise.email(arrival.email) if arrival.email else None
    phone = normalise.phone(arrival.phone, arrival.default_country) if arrival.phone else None
    identifiers: list[tuple[str, str, str]] = []
    """Kind, the kind its key is made as, value."""
    if email is not None and not normalise.is_role_address(email):
        identifiers.append(("email", "email", email))
        identifiers += [(UNTAGGED, "email", form) for form in normalise.suppression_forms(email)[1:]]
    if phone is not None:
        identifiers.append(("phone", "phone", phone))
    for name, value in arrival.external_ids.items():
        external = normalise.external_id(value)
        if external is not None:
            identifiers.append((f"external:{name}", f"external:{name}", external))
    keys: dict[bytes, str] = {}
    aliases: dict[bytes, bytes] = {}
    for kind, made_as, value in identifiers:
        newest, *older = pseudonyms.match_key_all(made_as, value)
        keys[newest] = kind
        aliases.update((key, newest) for key in older)
    return _Entry(
        arrival=arrival,
        crm_keys=pseudonyms.record_key_all(arrival.account, arrival.object, arrival.partition, arrival.id),
        keys=keys,
        aliases=aliases,
        email_usable=email is not None,
        phone_usable=phone is not None,
    )


def _recognise(connection: sqlite3.Connection, entries: Iterable[_Entry]) -> None:
    """Gives each entry the rref and sid it has, or a new rref."""
    places: dict[tuple[str, str, str], dict[bytes, _Entry]] = defaultdict(dict)
    for entry in entries:
        arrival = entry.arrival
        place = places[arrival.account, arrival.object, arrival.partition]
        place.update((key, entry) for key in entry.crm_keys)
    for names, by_key in places.items():
        for crm_key, rref, sid, state, apart in select_in(connection, _RECORDS, by_key, before=names):
            entry = by_key[crm_key]
            entry.rref, entry.sid, entry.state, entry.is_apart = rref, sid, state, bool(apart)
            entry.has_old_key = crm_key != entry.crm_keys[0]
    strangers = [entry for entry in entries if entry.state is None]
    for entry, rref in zip(strangers, new_numbers(len(strangers)), strict=True):
        entry.rref = rref


def _replace_keys(connection: sqlite3.Connection, entries: Iterable[_Entry], version: int) -> None:
    """Makes the keys of each record those it carries now: a key that it lost links nobody any more."""
    stored: dict[bytes, set[tuple[bytes, str]]] = defaultdict(set)
    known = [entry.rref for entry in entries if entry.state is not None]
    query = "SELECT rref, key, kind FROM match_key WHERE rref IN (?*)"
    for rref, key, kind in select_in(connection, query, known):
        stored[rref].add((key, kind))
    retired = [(key, entry.rref) for entry in entries for key, _ in stored[entry.rref] - entry.keys.items()]
    fresh = [
        (key, entry.rref, version, kind)
        for entry in entries
        for key, kind in entry.keys.items()
        if (key, kind) not in stored[entry.rref]
    ]
    connection.executemany("DELETE FROM match_key WHERE key = ? AND rref = ?", retired)
    connection.executemany("INSERT INTO match_key (key, rref, version, kind) VALUES (?,?,?,?)", fresh)


def _carriers(
    connection: sqlite3.Connection, entries: Iterable[_Entry]
) -> dict[tuple[str, bytes], set[Carrier]]:
    """Gives, for each key of the page that can join, the live records in vault and page that carry it."""
    carriers: dict[tuple[str, bytes], set[Carrier]] = defaultdict(set)
    names: dict[bytes, tuple[str, bytes]] = {}
    for entry in entries:
        holder = Carrier(entry.rref, entry.arrival.account, entry.group, entry.is_apart)
        for key, kind in entry.keys.items():
            if can_join(kind):
                names[key] = (kind, key)
                carriers[kind, key].add(holder)
        names.update((old, names[key]) for old, key in entry.aliases.items() if key in names)
    for key, holder in _stored_carriers(connection, names, carriers):
        carriers[names[key]].add(holder)
    return carriers


def _stored_carriers(
    connection: sqlite3.Connection,
    names: Mapping[bytes, tuple[str, bytes]],
    in_page: Mapping[tuple[str, bytes], set[Carrier]],
) -> Iterator[tuple[bytes, Carrier]]:
    # More carriers than three for each account are too many of some account, whichever are read: a
    # placeholder on a million records costs a few rows, not a million.
    cap = MAX_RECORDS_PER_KEY * connection.execute(_COUNT_ACCOUNTS).fetchone()[0]
    few: list[bytes] = []
    many: list[bytes] = []
    for key, count in select_in(connection, _COUNT_CARRIERS, names):
        in_vault = count - (len(in_page[names[key]]) if key == names[key][1] else 0)
        if in_vault > cap:
            many.append(key)
        elif in_vault:
            few.append(key)
    rows = list(select_in(connection, f"{_CARRIERS} IN (?*)", few))
    for key in many:
        rows += connection.execute(f"{_CARRIERS} = ? LIMIT ?", (key, cap + 1))
    for key, rref, account, sid, apart in rows:
        yield key, Carrier(rref, account, sid, bool(apart))


def _settle_groups(
    connection: sqlite3.Connection,
    deks: DekStore,
    pseudonyms: Pseudonyms,
    groups: Iterable[Sequence[bytes]],
    entries: Iterable[_Entry],
    today: date,
) -> tuple[list[tuple[bytes, bytes]], dict[bytes, bytes]]:
    """Gives every entry its person; returns what was joined and the keys of the persons that began."""
    strangers = {entry.rref: entry for entry in entries if entry.state is None}
    unions: list[list[bytes]] = []
    beginners: list[list[_Entry]] = []
    for group in groups:
        new = [strangers[node] for node in group if node in strangers]
        known = [node for node in group if node not in strangers]
        if len(known) > 1 and _has_parted(connection, known):
            # Whoever stands between two people that an operator parted is a third until `identity link`.
            known = []
        if len(known) > 1:
            unions.append(known)
        if not known and new:
            beginners.append(new)
        for entry in new if known else ():
            entry.sid = known[0]
    joins = join_persons(connection, deks, pseudonyms, unions)
    now = dict(joins)
    for entry in entries:
        entry.sid = now.get(entry.sid, entry.sid)
    return joins, _begin(connection, deks, beginners, today)


def _has_parted(connection: sqlite3.Connection, sids: Sequence[bytes]) -> bool:
    """Whether an operator parted two of these persons."""
    return any(other in sids for _, other in parted_pairs(connection, sids))


def _begin(
    connection: sqlite3.Connection, deks: DekStore, groups: Sequence[Sequence[_Entry]], today: date
) -> dict[bytes, bytes]:
    """Begins a person for each group of new records; returns their keys, which are durable by then."""
    sids = new_numbers(len(groups))
    keys = deks.create(sids)
    known_since = [min(_known_since(entry, today) for entry in group) for group in groups]
    begin_persons(connection, zip(sids, known_since, strict=True))
    for sid, group in zip(sids, groups, strict=True):
        for entry in group:
            entry.sid = sid
    return keys


def _known_since(entry: _Entry, today: date) -> date:
    """Gives the day a source knows a record since; a day to come is a fault of the source."""
    return min(entry.arrival.created_on or today, today)


def _store_records(
    connection: sqlite3.Connection,
    deks: DekStore,
    new_deks: Mapping[bytes, bytes],
    entries: Iterable[_Entry],
    version: int,
) -> None:
    to_seal = [entry for entry in entries if entry.state != "live"]
    keys = {**new_deks, **deks.get_many([one.sid for one in to_seal if one.sid not in new_deks])}
    fresh, revived = [], []
    for entry in to_seal:
        one = entry.arrival
        link = Link(account=one.account, object=one.object, partition=one.partition, id=one.id)
        nonce, ct = seal(keys[entry.sid], entry.sid, entry.rref, link)
        if entry.state is None:
            place = (one.account, one.object, one.partition, entry.crm_keys[0], version)
            fresh.append((entry.rref, entry.sid, *place, nonce, ct))
        else:
            revived.append((nonce, ct, entry.rref))
    connection.executemany(
        "INSERT INTO record (rref, sid, account, object, partition, crm_key, key_version, nonce, ct, state)"
        " VALUES (?,?,?,?,?,?,?,?,?,'live')",
        fresh,
    )
    # A source that yields a record says that it lives: an archived one restored, a merge undone.
    connection.executemany(
        "UPDATE record SET state = 'live', nonce = ?, ct = ?, merged_into = NULL, ended_on = NULL"
        " WHERE rref = ?",
        revived,
    )
    connection.executemany(
        "UPDATE record SET crm_key = ?, key_version = ? WHERE rref = ?",
        [(entry.crm_keys[0], version, entry.rref) for entry in entries if entry.has_old_key],
    )


def _admitted(own: _Entry, entry: _Entry, *, is_new: bool) -> Admitted:
    return Admitted(
        rref=entry.rref,
        sid=entry.sid,
        is_new=is_new,
        email_usable=own.email_usable,
        phone_usable=own.phone_usable,
    )
