"""What SQLite and the operating system say of a store that cannot be used, as one error with its remedy."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from consentric_privacy.errors import UnsafeStoreError

_FULL_OR_FAILING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_NOT_STORED = "what this step wrote was taken back; what was finished before it is kept"
_NO_SPACE = "free space on the disk, or find out why it fails, then run the same command again"
_NO_RIGHTS = "let the user who runs this write the file and its folder"
_IN_USE = "end the other program that has it open, then run the same command again"
_DAMAGED = "restore it from its backup"
_AGAIN = "run the same command again, with more memory if it stays"

# Primary result codes, https://www.sqlite.org/rescode.html; whatever else it says is a defect of ours.
_HINTS = {
    sqlite3.SQLITE_FULL: _NO_SPACE,
    # A limit on the size of files is told as an error of the disk, as a disk that fails is.
    sqlite3.SQLITE_IOERR: _NO_SPACE,
    sqlite3.SQLITE_READONLY: _NO_RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _NO_RIGHTS,
    sqlite3.SQLITE_PERM: _NO_RIGHTS,
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_INTERRUPT: _AGAIN,
    sqlite3.SQLITE_NOMEM: _AGAIN,
}


def disk_fault(error: OSError) -> UnsafeStoreError | None:
    """The error for a disk that is full or fails (CS504), None for whatever else the system refuses."""
    if error.errno not in _FULL_OR_FAILING:
        return None
    name = Path(os.fsdecode(error.filename)).name if error.filename else "a file of the workspace"
    return no_space(f"{name} could not be written: {error.strerror}")


def sqlite_fault(error: BaseException, file: str) -> UnsafeStoreError | None:
    """The error for a file that SQLite cannot use, None when the fault is not the file's.

    SQLite's own words carry no values.

    Args:
        error: What was raised.
        file: Name of the file, for the message.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(error, sqlite3.DatabaseError) or not isinstance(code, int):
        return None
    hint = _HINTS.get(code & 0xFF)
    if hint is None:
        return None
    if hint == _NO_SPACE:
        return no_space(f"{file} could not be written: {error}")
    return UnsafeStoreError(f"{file} cannot be used: {error}", hint=hint, happened=_NOT_STORED)


def no_space(message: str) -> UnsafeStoreError:
    """The error for a disk that is full or fails (CS504)."""
    return UnsafeStoreError(message, hint=_NO_SPACE, happened=_NOT_STORED, code="CS504")
