"""Persons of the vault: how one begins, and how two become one with the older sid surviving."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from consentric_privacy.deks import DekStore
from consentric_privacy.links import SEALED_COLUMNS, SealedLink, seal, unseal
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.storefile import select_in

NUMBER_BYTES = 16
"""Length of an rref and of a sid: random, so that nothing but the vault leads from one to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What joining groups changed."""

    moved: list[tuple[bytes, bytes]] = field(default_factory=list)
    """(rref, sid now) of every record, live or not, whose person changed."""
    joins: list[tuple[bytes, bytes]] = field(default_factory=list)
    """(old sid, surviving sid) of every person that is no more; the ledger moves its rows by these."""


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
) -> Joined:
    """Makes each group of sids one person: the oldest survives, the others' links move under its key.

    Raises:
        KeyMaterialError: A person's key is missing or altered.
        UnsafeStoreError: A link was altered (CS503); nothing may be joined on such a row.
    """
    survivors = _survivors(connection, groups)
    if not survivors:
        return Joined()
    moved = _move_records(connection, deks, pseudonyms, survivors)
    joins = list(survivors.items())
    by_old = [(survivor, old) for old, survivor in joins]
    connection.executemany("UPDATE sid_alias SET survivor = ? WHERE survivor = ?", by_old)
    connection.executemany("INSERT INTO sid_alias (survivor, old) VALUES (?,?)", by_old)
    connection.executemany("DELETE FROM person WHERE sid = ?", [(old,) for old, _ in joins])
    return Joined(moved=moved, joins=joins)


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


def _move_records(
    connection: sqlite3.Connection, deks: DekStore, pseudonyms: Pseudonyms, survivors: dict[bytes, bytes]
) -> list[tuple[bytes, bytes]]:
    keys = deks.get_many([*survivors, *survivors.values()])
    rows: list[tuple[bytes, bytes | None, bytes | None, bytes]] = []
    query = f"SELECT {SEALED_COLUMNS} FROM record WHERE sid IN (?*) ORDER BY rref"  # noqa: S608 -- a constant
    for row in select_in(connection, query, survivors):
        sealed = SealedLink(*row)
        sid = survivors[sealed.sid]
        nonce, ct = None, None
        if sealed.ct is not None:
            link = unseal(keys[sealed.sid], sealed, pseudonyms)
            nonce, ct = seal(keys[sid], sid, sealed.rref, link)
        rows.append((sid, nonce, ct, sealed.rref))
    connection.executemany("UPDATE record SET sid = ?, nonce = ?, ct = ? WHERE rref = ?", rows)
    return [(rref, sid) for sid, _, _, rref in rows]
