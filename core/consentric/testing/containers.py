"""Opens what hides text: gzip, zstd, zip, Parquet, SQLite and DuckDB, and gives the bytes inside.

Databases are copied before they are opened, so that nothing is written beside the original.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CHUNK_BYTES = 8 << 20
_ROWS = 50_000
_MEMORY_LIMIT = "500MB"

Piece = tuple[str, bytes]
"""Where it stood, as `sqlite table record`, and bytes whose ends are ends of values."""
Opener = Callable[[Path], Iterator[Piece]]


class Unopened(Exception):
    """A container could not be opened, so nothing is known of what is in it."""


def opener_of(head: bytes) -> Opener | None:
    """The opener for a file that begins with these 16 bytes; None for one that hides nothing."""
    if head[8:12] == b"DUCK":
        return _duckdb
    return next((opener for magic, opener in _MAGIC.items() if head.startswith(magic)), None)


def members_of(path: Path, folder: Path) -> Iterator[Path]:
    """The files inside a gzip, zstd or zip file, unpacked into a folder one after the other.

    Raises:
        Unopened: It is damaged or encrypted.
    """
    head = read_head(path)
    unpacked = folder / f"{path.name[-40:]}.member"
    for stream in _streams(path, head):
        with stream as source, unpacked.open("wb") as target:
            try:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
            except (OSError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
                raise Unopened(str(path)) from error
        yield unpacked
        unpacked.unlink()


def read_head(path: Path) -> bytes:
    """The first 16 bytes of a file."""
    with path.open("rb") as file:
        return file.read(16)


def _streams(path: Path, head: bytes) -> Iterator[Any]:
    """Readable streams that close at the end of a `with`."""
    if head.startswith(b"\x1f\x8b"):
        yield gzip.GzipFile(path)
    elif head.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa

        yield pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
    elif head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield archive.open(name)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise Unopened(str(path)) from error


def _parquet(path: Path) -> Iterator[Piece]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        for batch in file.iter_batches(batch_size=_ROWS):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                values = column.to_pylist()
                yield f"parquet column {name}", _joined(values)
    except (pa.ArrowException, OSError) as error:
        raise Unopened(str(path)) from error


def _sqlite(path: Path) -> Iterator[Piece]:
    with _copied(path, "-wal") as copy, closing(sqlite3.connect(copy)) as connection:
        connection.text_factory = bytes
        try:
            schema = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
            yield "sqlite schema", _joined(value for row in schema for value in row)
            for name, _ in schema:
                table = name.decode()
                rows = connection.execute(f'SELECT * FROM "{_quoted(table)}"')  # noqa: S608 -- a name out of the file, quoted
                while batch := rows.fetchmany(_ROWS):
                    yield f"sqlite table {table}", _joined(value for row in batch for value in row)
        except sqlite3.DatabaseError as error:
            raise Unopened(str(path)) from error


def _duckdb(path: Path) -> Iterator[Piece]:
    import duckdb

    with _copied(path, ".wal") as copy:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY_LIMIT,
            "temp_directory": f"{copy}.spill",
            "threads": 1,
        }
        try:
            with duckdb.connect(str(copy), read_only=True, config=settings) as connection:
                yield from _duckdb_columns(connection)
        except duckdb.Error as error:
            raise Unopened(str(path)) from error


def _duckdb_columns(connection: Any) -> Iterator[Piece]:
    columns = connection.execute(
        "SELECT schema_name, table_name, column_name, data_type"
        " FROM duckdb_columns() JOIN duckdb_tables() USING (schema_name, table_name, table_oid)"
    ).fetchall()
    yield "duckdb schema", _joined(value for row in columns for value in row)
    for schema, table, column, kind in columns:
        name = f'"{_quoted(column)}"'
        # Text repeats itself, fingerprints do not; whatever is neither is searched as it reads.
        values = name if kind == "BLOB" else f"DISTINCT CAST({name} AS VARCHAR)"
        query = f'SELECT {values} FROM "{_quoted(schema)}"."{_quoted(table)}"'  # noqa: S608 -- names out of the file, quoted
        rows = connection.execute(query)
        while batch := rows.fetchmany(_ROWS):
            yield f"duckdb table {table}", _joined(value for (value,) in batch)


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def _joined(values: Iterable[object]) -> bytes:
    """Values as bytes, one a line, so that none runs into the next."""
    return b"\n".join(
        value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        for value in values
        if value is not None
    )


@contextmanager
def _copied(path: Path, suffix: str) -> Iterator[Path]:
    """A private copy of a database and of the log beside it."""
    with TemporaryDirectory(prefix="canary-") as folder:
        copy = Path(folder) / "copy"
        shutil.copyfile(path, copy)
        log = path.with_name(path.name + suffix)
        if log.exists():
            shutil.copyfile(log, copy.with_name(copy.name + suffix))
        yield copy


_MAGIC: dict[bytes, Opener] = {b"PAR1": _parquet, b"SQLite format 3\0": _sqlite}
