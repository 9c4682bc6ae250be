"""Segments as a file for another domain: under its pseudonyms, of those who may leave, no small group."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from consentric.app.places import EXPORTS_FOLDER
from consentric.app.plan_rows import csv_text
from consentric.app.workspace import Workspace
from consentric.gate.gate import MAX_STALENESS
from consentric.sdk.errors import ConfigError, GuardError
from consentric.warehouse import extracts, figures, permissions
from consentric_privacy.encoding import base32_lower
from consentric_privacy.files import make_private_folder, write_atomic

from .suppression import published

Form = Literal["parquet", "csv"]
COLUMNS = ("pid", "set", "segment")
_NOTHING = "nothing was written."


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file that was written."""

    path: Path
    domain: str
    people: int
    rows: int
    too_small: tuple[str, ...]
    """Segments, as `set.segment`, that too few people are in to leave, and those that would reveal them."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "path": str(self.path),
            "domain": self.domain,
            "people": self.people,
            "rows": self.rows,
            "too_small": self.too_small,
        }


def export_segments(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, form: Form, *, is_random: bool
) -> Export:
    """Writes the segments of whoever may leave to the domain of `[report] export_to`, and notes it.

    Needs the keys for the pseudonyms of the domain; random ones need none, and are new in each file.

    Args:
        workspace: Open.
        connection: To the published snapshot.
        form: Of the file.
        is_random: Whether nobody, not we either, shall find the same person in two files.

    Raises:
        ConfigError: No domain is named.
        GuardError: Consent was not decided for it, or too long ago.
    """
    domain = workspace.settings.report.export_to
    if domain is None:
        raise ConfigError(
            "an export needs to know who gets it",
            hint='[report] export_to = "agency"  export_transfer = "eea"   then pull and segment',
            happened=_NOTHING,
            code="CS285",
        )
    with workspace.locked("export"):
        rows = _rows(workspace, connection)
        seen, too_small = _without_small(rows, workspace.settings.report.min_cell)
        names = _random_names(seen) if is_random else _names_in(workspace, domain)
        renamed = sorted((names(pid), name, segment) for pid, name, segment in seen)
        path = _write(workspace, domain, renamed, form, is_random=is_random)
        export = Export(
            path=path,
            domain=domain,
            people=len({pid for pid, _, _ in renamed}),
            rows=len(renamed),
            too_small=tuple(too_small),
        )
        workspace.note(
            "report.export",
            domain=domain,
            rows=export.rows,
            people=export.people,
            form=form,
            pseudonyms="random" if is_random else "domain",
        )
    return export


def _rows(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    now = workspace.clock()
    permissions.check_fresh(connection, now=now, max_staleness=MAX_STALENESS)
    if not extracts.exports_were_decided(connection) and figures.people_known(connection):
        raise GuardError(
            "consent was not decided for exports yet",
            happened=_NOTHING,
            hint="consentric pull   decides;  consentric segment   publishes it",
            code="CS513",
        )
    purposes = {one.name: one.purpose for one in workspace.settings.segment_set}
    return extracts.exportable(connection, purposes, now=now)


def _without_small(
    rows: Sequence[tuple[str, str, str]], least: int
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """The rows without groups that are too small or would reveal one; and the names of those groups."""
    sizes = Counter((name, segment) for _, name, segment in rows)
    kept: set[tuple[str, str]] = set()
    for one in {name for name, _ in sizes}:
        parts = {key: size for key, size in sizes.items() if key[0] == one}
        kept |= {key for key, size in published(parts, least).items() if size is not None}
    gone = sorted(f"{name}.{segment}" for name, segment in sizes.keys() - kept)
    return [row for row in rows if row[1:] in kept], gone


def _random_names(rows: Sequence[tuple[str, str, str]]) -> Callable[[str], str]:
    names = {pid: f"r.{base32_lower(secrets.token_bytes(16))}" for pid in {row[0] for row in rows}}
    return names.__getitem__


def _names_in(workspace: Workspace, domain: str) -> Callable[[str], str]:
    """Pid of our analytics to the pid of the same person in another domain; only the keys can tell."""
    pseudonyms = workspace.pseudonyms
    names = {
        pseudonyms.pid(sid): pseudonyms.pid(sid, f"export:{domain}")
        for (sid,) in workspace.people.connection.execute("SELECT sid FROM person")
    }

    def named(pid: str) -> str:
        if pid not in names:
            raise GuardError(
                "people were joined or parted since the segments were published",
                happened=_NOTHING,
                hint="consentric segment   publishes them anew",
                code="CS520",
            )
        return names[pid]

    return named


def _write(
    workspace: Workspace, domain: str, rows: Sequence[tuple[str, str, str]], form: Form, *, is_random: bool
) -> Path:
    day = workspace.clock().astimezone(workspace.settings.time.info).date()
    stem = f"{day}-{domain}" + ("-random" if is_random else "")
    path = workspace.folder / EXPORTS_FOLDER / f"{stem}.{form}"
    make_private_folder(path.parent)
    content = csv_text(rows, COLUMNS).encode() + b"\r\n" if form == "csv" else _parquet(rows)
    write_atomic(path, content)
    return path


def _parquet(rows: Sequence[tuple[str, str, str]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    table = pa.table(
        {name: pa.array(values, pa.string()) for name, values in zip(COLUMNS, columns, strict=True)}
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())
