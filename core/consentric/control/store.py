"""Opens `control.sqlite`, the system of record of what was planned, sent and settled."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from consentric.sdk.errors import UnsafeStoreError
from consentric_privacy.files import create_private
from consentric_privacy.store_faults import sqlite_fault

from .schema import DDL, SCHEMA_VERSION, UPGRADES

BUSY_TIMEOUT_MS = 10_000


class ControlStore:
    """The open control store; whoever changes it holds the workspace lock.

    `kill_point` is called with a label before and after every commit and request; tests put a function
    there that ends the process, everybody else leaves it alone.
    """

    def __init__(self, connection: sqlite3.Connection, *, store_id: str) -> None:
        self.connection = connection
        self.store_id = store_id
        self.kill_point: Callable[[str], None] = _go_on

    @classmethod
    def open(cls, path: Path) -> ControlStore:
        """Opens the store, made on first use with mode 0600.

        After an unclean stop the pages are checked first; the left-over write-ahead log tells.

        Raises:
            UnsafeStoreError: When it is readable by others, damaged, or of a later version.
        """
        is_new = not path.exists()
        create_private(path)
        is_unclean = path.with_name(path.name + "-wal").exists()
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            _configure(connection)
            if is_unclean:
                _check_pages(connection, path)
            if is_new or not _has_tables(connection):
                _create(connection)
            store_id = _identify(connection, path)
        except sqlite3.DatabaseError as error:
            connection.close()
            fault = sqlite_fault(error, path.name)
            if fault is None:
                raise
            raise fault from error
        except UnsafeStoreError:
            connection.close()
            raise
        return cls(connection, store_id=store_id)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction; inside another one it is a part of that.

        Raises:
            UnsafeStoreError: When the disk is full or a page is damaged; nothing was changed then.
        """
        if self.connection.in_transaction:
            yield self.connection
            return
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.kill_point("before commit")
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            fault = sqlite_fault(error, "control.sqlite")
            if fault is None:
                raise
            raise fault from error
        self.kill_point("after commit")

    def hash_value(self, value: str) -> bytes:
        """What is kept of a value that a CRM shows: 16 bytes that tell equal from different.

        Somebody else's text may stand in our field; salted with the store's id it is not kept.
        An empty value is empty bytes.
        """
        if not value:
            return b""
        return hashlib.sha256(f"{self.store_id}\0{value}".encode("utf-8", "surrogatepass")).digest()[:16]

    def close(self) -> None:
        """Closes; the last one out removes the write-ahead log, which marks a clean stop."""
        self.connection.close()


def to_text(moment: datetime) -> str:
    """An aware instant as the stores keep it: `2026-06-15T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """The instant that `to_text` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def row_checksum(*values: str | bytes | None) -> bytes:
    """Eight bytes over the columns of a row; finds rot, not attackers.

    SQLite does not check its pages: of 300 single-bit flips 128 changed data silently (measured).
    """
    digest = hashlib.sha256()
    for value in values:
        data = value.encode("utf-8") if isinstance(value, str) else value
        digest.update(b"-" if data is None else b"%d:" % len(data) + data)
    return digest.digest()[:8]


def _go_on(_label: str) -> None:
    return None


def _configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _has_tables(connection: sqlite3.Connection) -> bool:
    """False also for a file that was made just before a kill and never filled."""
    return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def _create(connection: sqlite3.Connection) -> None:
    store_id = secrets.token_hex(8)
    connection.executescript(
        f"BEGIN IMMEDIATE; {DDL} INSERT INTO meta VALUES({SCHEMA_VERSION}, '{store_id}'); COMMIT;"
    )


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise UnsafeStoreError(f"{path.name} is damaged", hint="restore it from the last backup")


def _identify(connection: sqlite3.Connection, path: Path) -> str:
    version, store_id = connection.execute("SELECT schema_version, store_id FROM meta").fetchone()
    if version > SCHEMA_VERSION:
        raise UnsafeStoreError(
            f"{path.name} was written by a later version (format {version}, this one reads {SCHEMA_VERSION})",
            hint="install the version that wrote it",
            code="CS505",
        )
    for later in range(version + 1, SCHEMA_VERSION + 1):
        statements = f"{UPGRADES[later]} UPDATE meta SET schema_version = {later};"  # noqa: S608 - constants
        connection.executescript(f"BEGIN IMMEDIATE; {statements} COMMIT;")
    return str(store_id)
