"""Runs: which job ran when, under which configuration, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from .store import ControlStore, from_text, to_text

RunState = Literal["running", "done", "partial", "failed", "interrupted"]
COLUMNS = "id, job, state, config_hash, engine_version, started, ended, summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one job; `summary` holds counts and codes, nothing about a person."""

    id: str
    job: str
    state: RunState
    config_hash: str
    engine_version: str
    started: datetime
    ended: datetime | None
    summary: Mapping[str, Any]


def start_run(store: ControlStore, *, job: str, config_hash: str, engine_version: str, now: datetime) -> str:
    """Opens a run and gives its id, as `2026-11-21T02-00-00Z`; with a suffix that sorts if that is taken.

    Runs still open were killed (the caller holds the lock): they become `interrupted`.
    """
    stem = now.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    with store.transaction() as database:
        database.execute(
            "UPDATE run SET state = 'interrupted', ended = ? WHERE state = 'running'", (to_text(now),)
        )
        taken = {row[0] for row in database.execute("SELECT id FROM run WHERE id LIKE ?", (stem + "%",))}
        run_id, suffix = stem, 2
        while run_id in taken:
            run_id, suffix = f"{stem}-{suffix:03d}", suffix + 1
        database.execute(
            "INSERT INTO run(id, job, state, config_hash, engine_version, started)"
            " VALUES(?, ?, 'running', ?, ?, ?)",
            (run_id, job, config_hash, engine_version, to_text(now)),
        )
    return run_id


def end_run(
    store: ControlStore, run_id: str, *, state: RunState, now: datetime, summary: Mapping[str, Any]
) -> None:
    """Closes a run with its counts."""
    with store.transaction() as database:
        database.execute(
            "UPDATE run SET state = ?, ended = ?, summary = ? WHERE id = ?",
            (state, to_text(now), json.dumps(summary, sort_keys=True), run_id),
        )


def list_runs(store: ControlStore, *, limit: int = 20) -> list[Run]:
    """The latest runs, newest first."""
    rows = store.connection.execute(
        f"SELECT {COLUMNS} FROM run ORDER BY started DESC, rowid DESC LIMIT ?",  # noqa: S608 - constant
        (limit,),
    )
    return [_run_of(row) for row in rows]


def last_run(store: ControlStore, job: str) -> Run | None:
    """The latest run of a job, whatever became of it."""
    row = store.connection.execute(
        f"SELECT {COLUMNS} FROM run WHERE job = ? ORDER BY started DESC, rowid DESC LIMIT 1",  # noqa: S608
        (job,),
    ).fetchone()
    return None if row is None else _run_of(row)


def _run_of(row: tuple[Any, ...]) -> Run:
    run_id, job, state, config_hash, engine_version, started, ended, summary = row
    return Run(
        id=run_id,
        job=job,
        state=state,
        config_hash=config_hash,
        engine_version=engine_version,
        started=from_text(started),
        ended=None if ended is None else from_text(ended),
        summary=json.loads(summary),
    )
