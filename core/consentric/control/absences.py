"""Records that a whole enumeration did not show: one such read proves nothing, two in a row do."""

from __future__ import annotations

from collections.abc import Collection

from .store import ControlStore


def note(
    store: ControlStore,
    connection: str,
    stream: str,
    partition: str,
    *,
    absent: Collection[bytes],
    seen: Collection[bytes],
) -> list[bytes]:
    """Remembers who was absent from a verified whole read and forgets who was seen again.

    Returns:
        Those absent from the whole read before as well: they are gone, and no longer remembered.
    """
    place = (connection, stream, partition)
    where = "connection = ? AND stream = ? AND partition = ?"
    with store.transaction() as database:
        known = {
            row[0]
            for row in database.execute(f"SELECT rref FROM absence WHERE {where}", place)  # noqa: S608 - constant
        }
        missing = set(absent)
        gone = known & missing
        database.executemany(
            f"DELETE FROM absence WHERE {where} AND rref = ?",  # noqa: S608 - constant
            ((*place, rref) for rref in gone | (known & set(seen))),
        )
        database.executemany(
            "INSERT OR IGNORE INTO absence VALUES(?, ?, ?, ?)", ((*place, rref) for rref in missing - gone)
        )
    return sorted(gone)
