"""Opens a CSV or Parquet file once and gives its rows with their numbers, or says what is wrong and where."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from consentric import DataError

from .settings import TableFile

UNREADABLE = "CS302"
"""The file is not there, or not the table that the settings describe."""
_BATCH_ROWS = 10_000
_BOM = b"\xef\xbb\xbf"


class Table:
    """One open file. All passes read the same open file, so a file replaced meanwhile is not mixed in."""

    def __init__(self, settings: TableFile, handle: BufferedReader) -> None:
        self.settings = settings
        self.name = settings.path.as_posix()
        self._handle = handle
        self._opened = _stamp(handle)

    def digest(self) -> str:
        """SHA-256 and size of the bytes."""
        self._handle.seek(0)
        found = hashlib.file_digest(self._handle, "sha256").hexdigest()
        return f"sha256:{found}:{self._opened[0]}"

    def is_untouched(self) -> bool:
        """Whether nobody wrote into the file since it was opened."""
        return _stamp(self._handle) == self._opened

    def require(self, columns: Sequence[str]) -> None:
        """Reads the header only.

        Raises:
            DataError: When the file is no table or lacks one of these columns.
        """
        if self.settings.is_parquet:
            self._positions(self._parquet().schema_arrow.names, columns)
        else:
            self._positions(next(self._csv(), (1, []))[1], columns)

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line (CSV) or row (Parquet) number with the cells of these columns, in the order of the file.

        Raises:
            DataError: At the first fault of structure; the message names the line, never its content.
        """
        self.require(columns)
        yield from self._parquet_rows(columns) if self.settings.is_parquet else self._csv_rows(columns)

    def fault(self, problem: str, *, line: int = 0, column: str = "", code: str = UNREADABLE) -> DataError:
        """The error for one place of this file; `column` must be a name out of the settings."""
        unit = "row" if self.settings.is_parquet else "line"
        place = f", {unit} {line}" if line else ""
        place += f', column "{column}"' if column else ""
        return DataError(
            f"{self.name}{place}: {problem}",
            where=f"{self.name}:{line}" if line else self.name,
            happened="the file was checked to this place; nothing of it was taken",
            hint="mend the file or its settings, then pull again",
            code=code,
        )

    def _positions(self, header: Sequence[str], columns: Sequence[str]) -> dict[str, int]:
        # A file without a header has people in its first line: never print a name that is not ours.
        if not header:
            raise self.fault("the file is empty; a header is needed")
        positions: dict[str, int] = {}
        for at, name in enumerate(header):
            if name in positions:
                raise self.fault(f"columns {positions[name] + 1} and {at + 1} of the header have one name")
            positions[name] = at
        for column in columns:
            if column not in positions:
                raise self.fault("no such column in the header", column=column)
        return positions

    def _csv(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(self._lines(), delimiter=self.settings.delimiter, strict=True)
        start = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise self.fault("quotes, line ends or cell lengths are broken here", line=start) from None
            if cells:  # a blank line holds no record
                yield start, cells
            start = reader.line_num + 1

    def _lines(self) -> Iterator[str]:
        encoding = "utf-8" if self.settings.encoding == "utf-8-sig" else self.settings.encoding
        self._handle.seek(0)
        for number, line in enumerate(self._handle, 1):
            if number == 1 and encoding == "utf-8":
                line = line.removeprefix(_BOM)
            if b"\0" in line:
                raise self.fault("holds a NUL byte: not a text file in this encoding", line=number)
            try:
                yield line.decode(encoding)
            except UnicodeDecodeError:
                raise self.fault(f"is not {encoding}", line=number) from None

    def _csv_rows(self, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        lines = self._csv()
        header = next(lines)[1]
        positions = self._positions(header, columns)
        for line, cells in lines:
            if len(cells) != len(header):
                raise self.fault(f"has {len(cells)} cells, the header {len(header)}", line=line)
            yield line, {column: cells[positions[column]] for column in columns}

    def _parquet(self) -> Any:
        import pyarrow.parquet as pq
        from pyarrow import ArrowException

        try:
            self._handle.seek(0)
            return pq.ParquetFile(self._handle)
        except (ArrowException, OSError):
            raise self.fault("is not a Parquet file") from None

    def _parquet_rows(self, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        from pyarrow import ArrowException

        done = 0
        try:
            for batch in self._parquet().iter_batches(batch_size=_BATCH_ROWS, columns=list(columns)):
                cells = {column: _python_values(batch.column(column)) for column in columns}
                for at in range(batch.num_rows):
                    yield done + at + 1, {column: cells[column][at] for column in columns}
                done += batch.num_rows
        except (ArrowException, OSError, ValueError, OverflowError):
            # Damaged pages, text that is no UTF-8, times before year 1: known by batch, not by row.
            raise self.fault("a value in this row or one after it cannot be read", line=done + 1) from None


@contextmanager
def open_table(settings: TableFile, workspace: Path) -> Iterator[Table]:
    """Opens the file of these settings for reading.

    Raises:
        DataError: When it is not there or may not be read.
    """
    try:
        handle = (workspace / settings.path).open("rb")
    except OSError as error:
        raise DataError(
            f"{settings.path.as_posix()}: {error.strerror or 'cannot be opened'}",
            hint="paths start in the folder of config.toml",
            code=UNREADABLE,
        ) from None
    with handle:
        yield Table(settings, handle)


def _stamp(handle: BufferedReader) -> tuple[int, int]:
    found = os.fstat(handle.fileno())
    return found.st_size, found.st_mtime_ns


def _python_values(column: Any) -> list[Any]:
    """Python objects; nanoseconds, which Python has no type for, become microseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values
