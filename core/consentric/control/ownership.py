"""What a CRM shows in our fields and lists (mirror), and what of it we wrote ourselves (owned)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from sqlite3 import Connection

from consentric.sdk.errors import GuardError

from .store import ControlStore, row_checksum, to_text

GONE = "gone"
"""Target of a mirror row that says: the CRM no longer has this record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One label we wrote: a field's value, or a membership of a list."""

    rref: bytes
    label: str
    """Target as `field:rfm5` or `list:rfm5.champions`."""
    segment: str
    previous: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorRow:
    """One thing a CRM shows; `value_hash` comes from `ControlStore.hash_value`."""

    rref: bytes
    target: str
    value_hash: bytes


def owned_labels(store: ControlStore, destination: str) -> Iterator[Owned]:
    """Every label of ours in a destination, in the order of rref and label.

    Raises:
        GuardError: When a row is damaged.
    """
    rows = store.connection.execute(
        "SELECT rref, label, segment, previous, since, checksum FROM owned"
        " WHERE destination = ? ORDER BY rref, label",
        (destination,),
    )
    for row in rows:
        yield _owned_of(destination, row)


def owned_by(store: ControlStore, destination: str, rrefs: Sequence[bytes]) -> dict[bytes, list[Owned]]:
    """The labels of ours on some records; a record without any is left out.

    Raises:
        GuardError: When a row is damaged.
    """
    found: dict[bytes, list[Owned]] = {}
    for rref in rrefs:
        rows = store.connection.execute(
            "SELECT rref, label, segment, previous, since, checksum FROM owned"
            " WHERE destination = ? AND rref = ? ORDER BY label",
            (destination, rref),
        ).fetchall()
        if rows:
            found[rref] = [_owned_of(destination, row) for row in rows]
    return found


def mirror_rows(store: ControlStore, destination: str) -> Iterator[MirrorRow]:
    """Everything a destination shows under our names, in the order of rref and target."""
    rows = store.connection.execute(
        "SELECT rref, target, value_hash FROM mirror WHERE destination = ? ORDER BY rref, target",
        (destination,),
    )
    for rref, target, value_hash in rows:
        yield MirrorRow(rref=rref, target=target, value_hash=value_hash)


def gone_records(store: ControlStore, destination: str) -> list[bytes]:
    """Records that the CRM no longer had when it was last asked."""
    rows = store.connection.execute(
        "SELECT rref FROM mirror WHERE destination = ? AND target = ? ORDER BY rref", (destination, GONE)
    )
    return [row[0] for row in rows]


def mirror_of(
    store: ControlStore, destination: str, keys: Iterable[tuple[bytes, str]]
) -> dict[tuple[bytes, str], bytes]:
    """What is shown at some targets; one that shows nothing is left out."""
    found = {}
    for rref, target in keys:
        row = store.connection.execute(
            "SELECT value_hash FROM mirror WHERE destination = ? AND rref = ? AND target = ?",
            (destination, rref, target),
        ).fetchone()
        if row is not None:
            found[rref, target] = row[0]
    return found


def replace_mirror(store: ControlStore, destination: str, rows: Iterable[MirrorRow], *, now: datetime) -> int:
    """Puts what was just read in the place of what was known, in one transaction.

    Returns:
        The number of rows that differ; the destination's revision moves only when there are any.
    """
    with store.transaction() as database:
        database.execute("CREATE TEMP TABLE IF NOT EXISTS seen(rref BLOB, target TEXT, value_hash BLOB)")
        database.execute("DELETE FROM seen")
        database.executemany(
            "INSERT INTO seen VALUES(?, ?, ?)", ((row.rref, row.target, row.value_hash) for row in rows)
        )
        known = "SELECT rref, target, value_hash FROM mirror WHERE destination = :d"
        observed = "SELECT rref, target, value_hash FROM seen"
        changed: int = database.execute(
            f"SELECT (SELECT count(*) FROM ({known} EXCEPT {observed}))"  # noqa: S608 - constants
            f" + (SELECT count(*) FROM ({observed} EXCEPT {known}))",
            {"d": destination},
        ).fetchone()[0]
        if changed:
            database.execute("DELETE FROM mirror WHERE destination = ?", (destination,))
            database.execute(
                "INSERT OR REPLACE INTO mirror SELECT ?, rref, target, value_hash, ? FROM seen",
                (destination, to_text(now)),
            )
            move_revision(database, destination)
        database.execute("DELETE FROM seen")
        _settle_merged_labels(store, database, destination)
        database.execute(
            "INSERT INTO destination(name, labels_read_at) VALUES(?, ?)"
            " ON CONFLICT(name) DO UPDATE SET labels_read_at = excluded.labels_read_at",
            (destination, to_text(now)),
        )
    return changed


def move_record(store: ControlStore, loser: bytes, survivor: bytes) -> None:
    """After a merge in a CRM: labels and mirror of the loser become those of the survivor.

    Where both carry a label, the survivor's own stays until the CRM was read: of two values that we wrote,
    it alone knows which one it kept.
    """
    with store.transaction() as database:
        rows = database.execute(
            "SELECT destination, label, segment, previous, since FROM owned WHERE rref = ?", (loser,)
        ).fetchall()
        for destination, label, segment, previous, since in rows:
            columns = (destination, survivor, label, segment, previous, since)
            is_new = database.execute(
                "INSERT OR IGNORE INTO owned VALUES(?, ?, ?, ?, ?, ?, ?)", (*columns, row_checksum(*columns))
            ).rowcount
            if not is_new:
                database.execute("INSERT OR IGNORE INTO merged_label VALUES(?, ?, ?, ?, ?, ?)", columns)
        database.execute("UPDATE OR IGNORE merged_label SET rref = ? WHERE rref = ?", (survivor, loser))
        database.execute("DELETE FROM merged_label WHERE rref = ?", (loser,))
        database.execute(
            "INSERT OR IGNORE INTO mirror SELECT destination, ?, target, value_hash, observed_at"
            " FROM mirror WHERE rref = ? AND target <> ?",
            (survivor, loser, GONE),
        )
        touched = {row[0] for row in rows} | {
            row[0]
            for row in database.execute("SELECT DISTINCT destination FROM mirror WHERE rref = ?", (loser,))
        }
        database.execute("DELETE FROM owned WHERE rref = ?", (loser,))
        database.execute("DELETE FROM mirror WHERE rref = ?", (loser,))
        for destination in sorted(touched):
            database.execute("INSERT OR IGNORE INTO merged VALUES(?, ?)", (destination, survivor))
            move_revision(database, destination)


def merged_records(store: ControlStore, destination: str) -> frozenset[bytes]:
    """Records that took over labels by a merge since the last finished plan."""
    rows = store.connection.execute("SELECT rref FROM merged WHERE destination = ?", (destination,))
    return frozenset(row[0] for row in rows)


def forget_merges(database: Connection, destination: str) -> None:
    """A finished plan has taken note of the merges; inside the caller's transaction."""
    database.execute("DELETE FROM merged WHERE destination = ?", (destination,))


def forget_merges_of(database: Connection, destination: str, rrefs: Iterable[bytes]) -> None:
    """These survivors carry all they took over; inside the caller's transaction."""
    database.executemany(
        "DELETE FROM merged WHERE destination = ? AND rref = ?", ((destination, rref) for rref in rrefs)
    )


def put_owned(database: Connection, destination: str, label: Owned) -> None:
    """Records that a label is ours now; inside the caller's transaction."""
    columns = (
        destination,
        label.rref,
        label.label,
        label.segment,
        label.previous,
        label.since.isoformat(),
    )
    database.execute(
        "INSERT OR REPLACE INTO owned VALUES(?, ?, ?, ?, ?, ?, ?)", (*columns, row_checksum(*columns))
    )


def drop_owned(database: Connection, destination: str, rref: bytes, label: str) -> None:
    """Records that a label of ours is gone; inside the caller's transaction."""
    database.execute(
        "DELETE FROM owned WHERE destination = ? AND rref = ? AND label = ?", (destination, rref, label)
    )


def put_mirror(
    database: Connection, destination: str, rows: Iterable[MirrorRow], *, observed_at: datetime
) -> None:
    """Records what a destination shows after a write; an empty hash removes the row."""
    for row in rows:
        if row.value_hash:
            database.execute(
                "INSERT OR REPLACE INTO mirror VALUES(?, ?, ?, ?, ?)",
                (destination, row.rref, row.target, row.value_hash, to_text(observed_at)),
            )
        else:
            database.execute(
                "DELETE FROM mirror WHERE destination = ? AND rref = ? AND target = ?",
                (destination, row.rref, row.target),
            )


def revision(store: ControlStore, destination: str) -> int:
    """How often mirror or owned of a destination changed other than by explicit denials."""
    row = store.connection.execute("SELECT rev FROM destination WHERE name = ?", (destination,)).fetchone()
    return 0 if row is None else int(row[0])


def labels_read_at(store: ControlStore) -> Mapping[str, str]:
    """When the labels of each destination were last read back, as ISO text."""
    rows = store.connection.execute(
        "SELECT name, labels_read_at FROM destination WHERE labels_read_at IS NOT NULL"
    )
    return dict(rows.fetchall())


def move_revision(database: Connection, destination: str) -> None:
    """Makes plans that were sealed before stale; inside the caller's transaction."""
    database.execute(
        "INSERT INTO destination(name, rev) VALUES(?, 1) ON CONFLICT(name) DO UPDATE SET rev = rev + 1",
        (destination,),
    )


def _settle_merged_labels(store: ControlStore, database: Connection, destination: str) -> None:
    """Owned becomes what the CRM kept of a merge; only fields can differ, a list is one segment's."""
    rows = database.execute(
        "SELECT l.rref, l.label, l.segment, l.previous, l.since, m.value_hash FROM merged_label AS l"
        " JOIN mirror AS m ON m.destination = l.destination AND m.rref = l.rref AND m.target = l.label"
        " JOIN owned AS o ON o.destination = l.destination AND o.rref = l.rref AND o.label = l.label"
        " WHERE l.destination = ? AND o.segment <> l.segment",
        (destination,),
    ).fetchall()
    for rref, label, segment, previous, since, value_hash in rows:
        if value_hash == store.hash_value(segment):
            kept = Owned(
                rref=rref, label=label, segment=segment, previous=previous, since=date.fromisoformat(since)
            )
            put_owned(database, destination, kept)
            move_revision(database, destination)
    database.execute("DELETE FROM merged_label WHERE destination = ?", (destination,))


def _owned_of(destination: str, row: tuple[bytes, str, str, str, str, bytes]) -> Owned:
    rref, label, segment, previous, since, checksum = row
    if checksum != row_checksum(destination, rref, label, segment, previous, since):
        raise GuardError(
            f'a row of the ownership of destination "{destination}" is damaged',
            hint="restore the control store from the last backup",
            happened="nothing was sent",
            code="CS524",
        )
    return Owned(rref=rref, label=label, segment=segment, previous=previous, since=date.fromisoformat(since))
