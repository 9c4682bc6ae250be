"""What was signed in one workspace, for a look with throw-away stores; its own store is only read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from consentric_privacy.people import PEOPLE_FILE, PeopleStore

_TABLES = ("assessment", "evidence")


def copy_signatures(folder: Path, into: PeopleStore) -> None:
    """Takes over signed assessments and recorded documents; names no person.

    Args:
        folder: The workspace whose signatures count; one without stores has none.
        into: The other store.
    """
    path = folder / PEOPLE_FILE
    if not path.exists() or not path.stat().st_size:
        return
    # Without a log beside it the file is whole; SQLite would make two files even to read it.
    is_whole = not path.with_name(f"{PEOPLE_FILE}-wal").exists()
    name = f"file:{quote(str(path.resolve()))}?mode=ro{'&immutable=1' if is_whole else ''}"
    with closing(sqlite3.connect(name, uri=True)) as source, into.transaction() as target:
        for table in _TABLES:
            if not source.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                continue  # a store of an earlier version
            rows = source.execute(f"SELECT * FROM {table}")  # noqa: S608 -- a name of ours
            columns = [column[0] for column in rows.description]
            marks = ", ".join("?" * len(columns))
            insert = f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
            target.executemany(insert, rows.fetchall())
