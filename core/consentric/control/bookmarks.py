"""Bookmarks: how far each stream was read; the last store written, so each one is a commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consentric.sdk.errors import GuardError

from .store import ControlStore, row_checksum, to_text

FORMAT = "1"
FUTURE_TOLERANCE = timedelta(days=1)
"""A source in another zone or with a fast clock is no fault; a watermark later than this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedBookmark:
    """What `save_bookmark` kept; `tie_rref` stands for the record at the watermark, if the source has one."""

    watermark: str
    tie_rref: bytes | None


def read_bookmark(
    store: ControlStore, *, connection: str, stream: str, partition: str, warehouse_id: str, now: datetime
) -> SavedBookmark | None:
    """The bookmark of a stream, or None when everything is to be read.

    One saved for another warehouse counts for nothing: that warehouse is lost. One saved with an empty
    `warehouse_id` is bound to none.

    Raises:
        GuardError: When it is damaged, of another format or from the future; never silently reset.
    """
    row = store.connection.execute(
        "SELECT warehouse_id, watermark, tie_rref, fmt, saved_at, checksum FROM bookmark"
        " WHERE connection = ? AND stream = ? AND partition = ?",
        (connection, stream, partition),
    ).fetchone()
    if row is None:
        return None
    saved_for, watermark, tie_rref, fmt, saved_at, checksum = row
    place = f'bookmark of connection "{connection}", stream "{stream}"'
    if fmt != FORMAT:
        raise _refused(f"{place} has format {fmt}, this version reads {FORMAT}", "CS521")
    expected = row_checksum(connection, stream, partition, saved_for, watermark, tie_rref, fmt, saved_at)
    if checksum != expected:
        raise _refused(f"{place} is damaged", "CS522")
    if _is_future(watermark, now):
        raise _refused(f"{place} lies in the future", "CS523")
    if saved_for and saved_for != warehouse_id:
        return None
    return SavedBookmark(watermark=watermark, tie_rref=tie_rref)


def save_bookmark(
    store: ControlStore,
    *,
    connection: str,
    stream: str,
    partition: str,
    warehouse_id: str,
    watermark: str,
    tie_rref: bytes | None,
    now: datetime,
) -> None:
    """Commits that everything before the watermark is in the other stores.

    Args:
        warehouse_id: Empty for consents, whose events are in the ledger and outlive a warehouse.
    """
    columns = (connection, stream, partition, warehouse_id, watermark, tie_rref, FORMAT, to_text(now))
    with store.transaction() as database:
        database.execute(
            "INSERT OR REPLACE INTO bookmark VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*columns, row_checksum(*columns)),
        )


def _is_future(watermark: str, now: datetime) -> bool:
    """Whether a watermark that reads as ISO 8601 is later than now; other formats are the connector's own."""
    try:
        moment = datetime.fromisoformat(watermark)
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment > now + FUTURE_TOLERANCE


def _refused(message: str, code: str) -> GuardError:
    return GuardError(
        message,
        hint="consentric pull --full reads everything again",
        happened="nothing was read",
        code=code,
    )
