"""An operator at the real command line: what a command said, and that it did nothing else to anybody."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from consentric.app import cli

from .shop import CAMILLE, START, type_in
from .world import World

PERSON = {"firstname": "Camille", "lastname": "Desbois", "phone": "+33 6 12 34 56 78"}
"""What the CRM knows of the protagonist and we never ask for."""
NAMES = re.compile(
    r"@|camille|desbois|zo[ée]\b|person\d|clients\.|maison\.|bureau\.|ancien\.|ailleurs\.|612345678|12 34 56",
    re.IGNORECASE,
)
"""Anything of anybody in the CRM, in the till's file, or in a row that a test adds to it."""
TYPED_ADDRESS = "nobody.at.all@nowhere-known.example"

# A run may be noted, and what it asked of a CRM counts for the day; nothing else may change.
_NOTES = {
    "control.sqlite": frozenset({"run", "limit_bucket"}),
    "people.sqlite": frozenset({"audit_head"}),
    "deks.sqlite": frozenset[str](),
}
COMMAND = (sys.executable, "-c", "from consentric.app.cli import main; main()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One command: its exit code and what it printed."""

    exit_code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, object]:
        """What `--json` printed."""
        found: dict[str, object] = json.loads(self.out)
        return found

    def plan(self) -> str:
        """The plan that a report names."""
        found = re.search(r"^Plan (\w+)", self.out, re.MULTILINE)
        assert found is not None
        return found[1]


class Operator:
    """Types commands in a world, in this process; every command is looked at for personal data."""

    def __init__(
        self, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.world = world
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        with world.crm() as state:
            type_in(state, CAMILLE, PERSON, at=START)

    def does(self, *arguments: str, stdin: str = "") -> Said:
        """Types one command."""
        self._capsys.readouterr()
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        exit_code = cli.run([*self._config, *arguments])
        shown = self._capsys.readouterr()
        return self._looked_at(Said(exit_code=exit_code, out=shown.out, err=shown.err))

    def starts(self, *arguments: str, limit_bytes: int | None = None) -> subprocess.Popen[str]:
        """Types one command in a process of its own.

        Args:
            arguments: The command.
            limit_bytes: No file may grow beyond it: a disk that is full, without needing one.
        """
        command = [*COMMAND, *self._config, *arguments]
        if limit_bytes is not None:
            limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes},) * 2); "
            command[2] = limit + command[2]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)

    def ends(self, process: subprocess.Popen[str]) -> Said:
        """Waits for a command of `starts`."""
        out, err = process.communicate(timeout=60)
        return self._looked_at(Said(exit_code=process.returncode, out=out, err=err))

    def is_refused(self, *arguments: str, exit_code: int, said: str, stdin: str = "") -> None:
        """Types a command that must say exactly this on standard error, and leave everything as it is."""
        before = everything(self.world)
        found = self.does(*arguments, stdin=stdin)
        assert found.err == textwrap.dedent(said).lstrip("\n"), found.err
        assert (found.exit_code, found.out) == (exit_code, ""), found.out
        assert everything(self.world) == before

    def edits(self, old: str, new: str) -> None:
        """Changes the configuration."""
        path = self.world.workspace / "config.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new), encoding="utf-8")

    def line(self, fragment: str) -> int:
        """The line of the configuration that holds this text."""
        lines = (self.world.workspace / "config.toml").read_text(encoding="utf-8").splitlines()
        [found] = [number for number, line in enumerate(lines, 1) if fragment in line]
        return found

    @property
    def _config(self) -> list[str]:
        return ["-c", str(self.world.workspace / "config.toml")]

    def _looked_at(self, said: Said) -> Said:
        token = (self.world.sandbox / "hubspot.token").read_text(encoding="utf-8").strip()
        for name, text in {"output": said.out, "errors": said.err, **dict(logs(self.world))}.items():
            assert NAMES.search(text) is None, f"{name} names somebody"
            assert "Traceback" not in text, name
            assert not token or token not in text, name
        return said


def logs(world: World) -> Iterator[tuple[str, str]]:
    """Every log of the workspace, with its text."""
    for folder in ("runs", "audit"):
        for path in (world.workspace / folder).glob("*"):
            yield path.name, path.read_text(encoding="utf-8")


def everything(world: World) -> dict[str, object]:
    """All that a failed command may not touch: each store by its rows, the keys, the plans, the CRM."""
    folder = world.workspace
    found: dict[str, object] = {name: _rows(folder / name, notes) for name, notes in _NOTES.items()}
    found["analytics"] = _rows(folder / "analytics" / "analytics.duckdb")
    found["keyset"] = _digest(folder / "keyset.json")
    found["plans"] = sorted(path.name for path in (folder / "plans").glob("*"))
    found["CRM"] = (world.writes(), world.fields(), world.members())
    return found


def files_that_hold(folder: Path, text: str) -> Sequence[Path]:
    """Files below a folder with this text anywhere in their bytes, whatever the case of its letters."""
    wanted = text.lower().encode()
    return [path for path in folder.rglob("*") if path.is_file() and wanted in path.read_bytes().lower()]


def _rows(path: Path, left_out: frozenset[str] = frozenset()) -> object:
    """Every table of a store but some; the bytes of one that cannot be read. The same bytes are read once."""
    digest = _digest(path)
    key = (path.name, digest, _digest(path.with_name(f"{path.name}-wal")))
    if digest is not None and key not in _ROWS:
        try:
            _ROWS[key] = _duckdb_rows(path) if path.suffix == ".duckdb" else _sqlite_rows(path, left_out)
        except (duckdb.Error, sqlite3.DatabaseError):
            return digest
    return _ROWS.get(key)


_ROWS: dict[tuple[str, str | None, str | None], object] = {}


def _sqlite_rows(path: Path, left_out: frozenset[str]) -> dict[str, list[str]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))
            for name in names
            if name not in left_out
        }


def _duckdb_rows(path: Path) -> dict[str, list[str]]:
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        names = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {
            name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"').fetchall()))
            for name in names
        }


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
