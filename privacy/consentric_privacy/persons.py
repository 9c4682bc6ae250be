"""Persons of the vault: how one begins, how two become one, and how an operator parts them again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from consentric_privacy.deks import DekStore
from consentric_privacy.links import SEALED_COLUMNS, SealedLink, seal, unseal
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.storefile import select_in

NUMBER_BYTES = 16
"""Length of an rref and of a sid: random, so that nothing but the vault leads from one to a person."""

_OF_PERSONS = f"SELECT {SEALED_COLUMNS} FROM record WHERE sid IN (?*) ORDER BY rref"  # noqa: S608 -- a constant
_OF_RECORDS = _OF_PERSONS.replace("sid IN", "rref IN")
_LOSERS = _OF_PERSONS.replace("sid IN", "merged_into IN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Two persons that were one."""

    stays: bytes
    """Sid of the one that keeps its number."""
    leaves: bytes
    """Sid of the new one."""
    records: int
    """How many records left, those that were merged into them included."""


def new_numbers(count: int) -> list[bytes]:
    """Draws random numbers of 16 bytes, at one call for all."""
    random = os.urandom(NUMBER_BYTES * count)
    return [random[at : at + NUMBER_BYTES] for at in range(0, len(random), NUMBER_BYTES)]


def begin_persons(connection: sqlite3.Connection, persons: Iterable[tuple[bytes, date]]) -> None:
    """Stores new persons: (sid, day they are known since)."""
    rows = [(sid, created_on.isoformat()) for sid, created_on in persons]
    connection.executemany("INSERT INTO person (sid, created_on) VALUES (?,?)", rows)


def join_persons(
    connection: sqlite3.Connection,
    deks: DekStore,
    pseudonyms: Pseudonyms,
    groups: Sequence[Sequence[bytes]],
) -> list[tuple[bytes, bytes]]:
    """Makes each group of sids one person: the oldest survives, the others' links move under its key.

    Returns:
        (old sid, surviving sid) of every person that is no more; the ledger moves its rows by these.

    Raises:
        KeyMaterialError: A person's key is missing or altered.
        UnsafeStoreError: A link was altered (CS503); nothing may be joined on such a row.
    """
    survivors = _survivors(connection, groups)
    if not survivors:
        return []
    rows = [SealedLink(*row) for row in select_in(connection, _OF_PERSONS, survivors)]
    _move(connection, deks, pseudonyms, rows, lambda row: survivors[row.sid])
    joins = list(survivors.items())
    by_old = [(survivor, old) for old, survivor in joins]
    connection.executemany("UPDATE sid_alias SET survivor = ? WHERE survivor = ?", by_old)
    connection.executemany("INSERT INTO sid_alias (survivor, old) VALUES (?,?)", by_old)
    connection.executemany("DELETE FROM person WHERE sid = ?", [(old,) for old, _ in joins])
    connection.executemany("UPDATE OR REPLACE parted SET sid = ? WHERE sid = ?", by_old)
    return joins


def part_records(
    connection: sqlite3.Connection, deks: DekStore, pseudonyms: Pseudonyms, rrefs: Sequence[bytes]
) -> Parting:
    """Makes records of one person, and what was merged into them, another; no key joins the two again.

    The key of the new person is durable when this returns, whatever becomes of the transaction.

    Raises:
        KeyMaterialError: The person's key is missing or altered.
        UnsafeStoreError: A link was altered (CS503).
    """
    rows = [
        SealedLink(*row) for query in (_OF_RECORDS, _LOSERS) for row in select_in(connection, query, rrefs)
    ]
    [stays] = {row.sid for row in rows}
    [leaves] = new_numbers(1)
    deks.create([leaves])
    connection.execute(
        "INSERT INTO person (sid, created_on) SELECT ?, created_on FROM person WHERE sid = ?", (leaves, stays)
    )
    _move(connection, deks, pseudonyms, rows, lambda _: leaves)
    connection.executemany("UPDATE record SET apart = 1 WHERE rref = ?", [(row.rref,) for row in rows])
    # Whoever was parted from the one was parted from both that it becomes.
    connection.execute(
        "INSERT OR IGNORE INTO parted (rref, sid) SELECT rref, ? FROM parted WHERE sid = ?", (leaves, stays)
    )
    connection.executemany(
        "INSERT OR IGNORE INTO parted (rref, sid) VALUES (?,?)", [(row.rref, stays) for row in rows]
    )
    return Parting(stays=stays, leaves=leaves, records=len(rows))


def forget_parting(connection: sqlite3.Connection, sid: bytes) -> None:
    """Lets keys join again what was parted from within this person, now that it is one."""
    connection.execute(
        "DELETE FROM parted WHERE sid = :sid AND rref IN (SELECT rref FROM record WHERE sid = :sid)",
        {"sid": sid},
    )
    connection.execute(
        "UPDATE record SET apart = 0 WHERE sid = ? AND apart AND rref NOT IN (SELECT rref FROM parted)",
        (sid,),
    )


def parted_pairs(connection: sqlite3.Connection, sids: Iterable[bytes]) -> set[tuple[bytes, bytes]]:
    """Gives (person, person it was parted from) for these persons."""
    query = "SELECT r.sid, p.sid FROM parted AS p JOIN record AS r ON r.rref = p.rref WHERE r.sid IN (?*)"
    return set(select_in(connection, query, sids))


def mark_moved(connection: sqlite3.Connection, rrefs: Iterable[bytes]) -> None:
    """Keeps in mind that the warehouse must hand these records to another person."""
    connection.executemany("INSERT OR IGNORE INTO moved (rref) VALUES (?)", [(rref,) for rref in rrefs])


def _survivors(connection: sqlite3.Connection, groups: Sequence[Sequence[bytes]]) -> dict[bytes, bytes]:
    """Gives the surviving sid of each sid that ends."""
    sids = [sid for group in groups for sid in group]
    query = "SELECT sid, created_on, sequence FROM person WHERE sid IN (?*)"
    ages = {sid: (day, sequence) for sid, day, sequence in select_in(connection, query, sids)}
    survivors: dict[bytes, bytes] = {}
    for group in groups:
        oldest = min(group, key=ages.__getitem__)
        survivors.update((sid, oldest) for sid in group if sid != oldest)
    return survivors


def _move(
    connection: sqlite3.Connection,
    deks: DekStore,
    pseudonyms: Pseudonyms,
    rows: Sequence[SealedLink],
    target: Callable[[SealedLink], bytes],
) -> None:
    """Gives records to other persons; the links of those that live are sealed anew under their keys."""
    keys = deks.get_many({row.sid for row in rows} | {target(row) for row in rows})
    changed: list[tuple[bytes, bytes | None, bytes | None, bytes]] = []
    for row in rows:
        sid = target(row)
        nonce, ct = None, None
        if row.ct is not None:
            link = unseal(keys[row.sid], row, pseudonyms)
            nonce, ct = seal(keys[sid], sid, row.rref, link)
        changed.append((sid, nonce, ct, row.rref))
    connection.executemany("UPDATE record SET sid = ?, nonce = ?, ct = ? WHERE rref = ?", changed)
    mark_moved(connection, (row.rref for row in rows))
