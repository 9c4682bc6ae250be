"""What DuckDB says of a file that cannot be used, as one error with its remedy."""

from __future__ import annotations

import duckdb

from consentric.sdk.errors import UnsafeStoreError
from consentric_privacy.store_faults import no_space

_REBUILD = "end the other run; if there is none, delete the file and run: consentric pull --full"
_NOT_WRITTEN = ("could not write", "no space left", "file too large", "disk quota", "input/output error")
"""In words of the operating system that DuckDB hands on, whatever the class: a commit that finds no space is
a TransactionException, and what follows it a FatalException."""


def warehouse_fault(error: BaseException) -> UnsafeStoreError | None:
    """The error for a full disk (CS504) or a damaged file (CS511), None when the fault is not the file's."""
    if not isinstance(error, duckdb.Error):
        return None
    said = str(error).lower()
    if any(words in said for words in _NOT_WRITTEN):
        return no_space("analytics.duckdb or a file beside it could not be written")
    if isinstance(error, duckdb.IOException | duckdb.FatalException | duckdb.SerializationException):
        return unusable()
    return None


def unusable() -> UnsafeStoreError:
    """The error for a file that cannot be opened or read (CS511); it can always be built again."""
    return UnsafeStoreError(
        "analytics.duckdb cannot be used: it is in use, damaged, or of a newer DuckDB",
        hint=_REBUILD,
        happened="what this step wrote to it was taken back; the next run does it again",
        code="CS511",
    )
