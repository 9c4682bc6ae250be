"""First reads of a stream that did not come to their end: what is computed meanwhile would be of a part."""

from __future__ import annotations

from .store import ControlStore


def begin(store: ControlStore, connection: str, stream: str, partition: str, warehouse_id: str) -> None:
    """Notes that a stream is read into this warehouse for the first time."""
    with store.transaction() as database:
        database.execute(
            "INSERT OR REPLACE INTO first_read(connection, stream, partition, warehouse_id)"
            " VALUES(?, ?, ?, ?)",
            (connection, stream, partition, warehouse_id),
        )


def finish(store: ControlStore, connection: str, stream: str, partition: str) -> None:
    """Notes that the stream was read to its end."""
    with store.transaction() as database:
        database.execute(
            "DELETE FROM first_read WHERE connection = ? AND stream = ? AND partition = ?",
            (connection, stream, partition),
        )


def unfinished(store: ControlStore, warehouse_id: str) -> list[tuple[str, str]]:
    """Connection and stream of each first read that broke off; of this warehouse only."""
    rows = store.connection.execute(
        "SELECT connection, stream FROM first_read WHERE warehouse_id = ? ORDER BY connection, stream",
        (warehouse_id,),
    )
    return [(connection, stream) for connection, stream in rows]
