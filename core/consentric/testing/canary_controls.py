"""Positive controls of the canary scan: one planted person in every form and in every container."""

from __future__ import annotations

import base64
import gzip
import hashlib
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from consentric.testing.identifiers import Somebody

CONTROL = Somebody(
    email="Qx7-Control.Wren@kzv-canary.example",
    phone="+33 6 39 98 71 42",
    first_name="Zoë",
    last_name="Quîxwold-Tarn",
    address="7 rue du Contrôle Zéphyrin, 00000 Nulleville",
)
"""Nobody; unmistakable. The phone is in a range kept for fiction (ARCEP decision 2018-0881: 06 39 98)."""

_EMAIL = CONTROL.email
_FILLER = "nothing to see here; " * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A file in which the control person must be found."""

    name: str
    path: Path
    form: str = ""
    """The form it must be found in; empty for any."""
    place: str = ""
    """How the place begins where it must be found; empty for any."""


def plant_controls(folder: Path) -> Iterator[Planted]:
    """Write the controls into a folder, one after the other."""
    for number, (name, form, content) in enumerate(_encoded()):
        path = folder / f"form-{number}"
        path.write_bytes(b"filler \x00\xff " + content + b" filler")
        yield Planted(name=name, path=path, form=form)
    for name, place, write in _CONTAINERS:
        path = folder / f"container-{name.replace(' ', '-')}"
        write(path)
        yield Planted(name=name, path=path, place=place)
    named = folder / f"export-{_EMAIL}.csv"
    named.write_text("empty")
    yield Planted(name="file name", path=named, place="file name")


def _encoded() -> Iterator[tuple[str, str, bytes]]:
    """Name, form and bytes of each spelling."""
    email = _EMAIL.encode()
    local, _, domain = _EMAIL.partition("@")
    yield "address", "utf-8", email
    yield "address in capitals", "utf-8", _EMAIL.upper().encode()
    yield "local part", "utf-8", b'"' + local.encode() + b'"'
    yield "reversed domain", "utf-8", f"{'.'.join(reversed(domain.split('.')))}.{local}".encode()
    yield "full name", "utf-8", "Zoë Quîxwold-Tarn".encode()
    yield "full name in capitals", "utf-8", "ZOË QUÎXWOLD-TARN".encode()
    yield "full name without accents", "utf-8", b"zoe quixwold-tarn"
    yield "full name in Latin-1", "latin-1", "Zoë Quîxwold-Tarn".encode("latin-1")
    yield "phone as given", "utf-8", CONTROL.phone.encode()
    yield "phone in E.164", "utf-8", b"+33639987142"
    yield "phone in national form", "utf-8", b"0639987142"
    yield "postal address", "utf-8", CONTROL.address.encode()
    yield "UTF-16LE", "utf-16-le", _EMAIL.encode("utf-16-le")
    yield "UTF-16BE", "utf-16-be", _EMAIL.encode("utf-16-be")
    yield "URL", "url", b"/contacts?email=" + quote(_EMAIL, safe="").encode()
    yield "JSON", "json", b'{"name": "Zo\\u00eb Qu\\u00eexwold-Tarn"}'
    yield "hex", "hex", email.hex().encode()
    yield "hex in capitals", "hex", email.hex().upper().encode()
    for before in range(3):
        yield f"base64, alignment {before}", "base64", base64.b64encode(b"." * before + email + b"...")
    for name in ("md5", "sha1", "sha256"):
        digest = hashlib.new(name, email.lower(), usedforsecurity=False)
        yield f"{name} hex", f"{name} hex", digest.hexdigest().encode()
        yield name, name, digest.digest()


def _gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(_text()))


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.csv", _text())


def _zip_of_gzip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.csv.gz", gzip.compress(_text()))


def _zstd(path: Path) -> None:
    import pyarrow as pa

    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(_text())


def _parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"note": [_FILLER, _EMAIL]}), path, compression="gzip")


def _sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE notes (note TEXT)")
        connection.execute("INSERT INTO notes VALUES (?)", (_EMAIL,))


def _sqlite_free_page(path: Path) -> None:
    """A deleted row: no table shows it any more, the bytes of the file do."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE notes (note TEXT)")
        connection.execute("INSERT INTO notes VALUES (?)", (_EMAIL,))
        connection.commit()
        connection.execute("DELETE FROM notes")
        connection.commit()


def _duckdb(path: Path) -> None:
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE notes (note VARCHAR)")
        connection.execute("INSERT INTO notes SELECT 'row ' || i FROM range(20000) AS r(i)")
        connection.execute("INSERT INTO notes VALUES (?)", [_EMAIL])


def _text() -> bytes:
    return f"{_FILLER}{_EMAIL}{_FILLER}".encode()


_CONTAINERS: tuple[tuple[str, str, Callable[[Path], None]], ...] = (
    ("gzip", "unpacked bytes", _gzip),
    ("zip", "unpacked bytes", _zip),
    ("gzip in zip", "unpacked unpacked bytes", _zip_of_gzip),
    ("zstd", "unpacked bytes", _zstd),
    ("parquet", "parquet column", _parquet),
    ("sqlite", "sqlite table", _sqlite),
    ("sqlite free page", "bytes", _sqlite_free_page),
    ("duckdb", "duckdb table", _duckdb),
)
