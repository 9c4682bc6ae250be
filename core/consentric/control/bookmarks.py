"""Bookmarks: how far each stream was read; the last store written, so each one is a commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consentric.sdk.errors import GuardError

from .store import ControlStore, row_checksum

FORMAT = "1"
FUTURE_TOLERANCE = timedelta(days=1)
"""A source in another zone or with a fast clock is no fault; a watermark later than this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedBookmark:
    """What `save_bookmark` kept; reading goes on at the watermark, inclusive."""

    watermark: str


def read_bookmark(
    store: ControlStore,
    *,
    connection: str,
    stream: str,
    partition: str,
    warehouse_id: str | None,
    now: datetime | None = None,
) -> SavedBookmark | None:
    """The bookmark of a stream, or None when everything is to be read.

    One saved for another warehouse counts for nothing: that warehouse is lost. One saved for None is bound
    to none. Without `now` a bookmark from the future cannot be told.

    Raises:
        GuardError: When it is damaged, of another format or from the future; never silently reset.
    """
    row = store.connection.execute(
        "SELECT warehouse_id, watermark, fmt, checksum FROM bookmark"
        " WHERE connection = ? AND stream = ? AND partition = ?",
        (connection, stream, partition),
    ).fetchone()
    if row is None:
        return None
    saved_for, watermark, fmt, checksum = row
    place = f'bookmark of connection "{connection}", stream "{stream}"'
    if fmt != FORMAT:
        raise _refused(f"{place} has format {fmt}, this version reads {FORMAT}", "CS521")
    expected = row_checksum(connection, stream, partition, saved_for, watermark, fmt)
    if checksum != expected:
        raise _refused(f"{place} is damaged", "CS522")
    if now is not None and _is_future(watermark, now):
        raise _refused(f"{place} lies in the future", "CS523")
    if saved_for and saved_for != warehouse_id:
        return None
    return SavedBookmark(watermark=watermark)


def save_bookmark(
    store: ControlStore,
    *,
    connection: str,
    stream: str,
    partition: str,
    warehouse_id: str | None,
    watermark: str,
) -> None:
    """Commits that everything before the watermark is in the other stores.

    Args:
        warehouse_id: None for consents, whose events are in the ledger and outlive a warehouse.
    """
    columns = (connection, stream, partition, warehouse_id or "", watermark, FORMAT)
    with store.transaction() as database:
        database.execute(
            "INSERT OR REPLACE INTO bookmark VALUES(?, ?, ?, ?, ?, ?, ?)",
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
