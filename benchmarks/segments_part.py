"""One segment job in one process, by us or by another: what it cost, and the digest of its labels."""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from . import segments_pandas, segments_polars, segments_sql, town
from .measuring import hide_pandas

_METHODS = {"rfm5": "rfm", "lifecycle": "lifecycle", "engagement": "engagement"}
WORK = "work"
"""Where the warehouse of a job is, copied from the town's before each."""
CACHE = "cache"


def run(name: str, folder: Path, memory_limit_mb: int) -> int:
    """Runs a job and prints CPU seconds and peak memory as JSON, and then the digest of its labels."""
    if name != "pandas":
        hide_pandas()
    read = _JOBS[name](folder, memory_limit_mb)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}
    print(json.dumps(cost), flush=True)
    print(json.dumps({"digest": digest(read())}))
    return 0


def digest(labels: pa.Table) -> str:
    """SHA-256 over the rows set, subject, segment, whatever order and width they come in."""
    with duckdb.connect() as connection:
        connection.register("labels", labels)
        rows = connection.execute(
            """SELECT "set" || ' ' || subject || ' ' || segment FROM labels
               ORDER BY "set"::VARCHAR, subject::BIGINT"""
        )
        found = hashlib.sha256()
        while batch := rows.fetchmany(100_000):
            found.update("\n".join(line for (line,) in batch).encode())
    return found.hexdigest()


def _ours(folder: Path, memory_limit_mb: int) -> Callable[[], pa.Table]:
    from consentric.segments.assembly import assemble
    from consentric.segments.compute import compute
    from consentric.segments.settings import SegmentSetSettings
    from consentric.warehouse.store import Warehouse

    sets = assemble(
        [
            SegmentSetSettings.model_validate({"name": name, "purpose": town.PURPOSE, "method": method})
            for name, method in _METHODS.items()
        ],
        [],
    )
    with Warehouse.open(folder / WORK, memory_limit_mb=memory_limit_mb) as warehouse:
        compute(
            warehouse,
            sets,
            now=town.NOW,
            as_of_day=town.AS_OF_DAY,
            run="benchmark",
            cache_folder=folder / CACHE,
        )

    def labels() -> pa.Table:
        with Warehouse.open(folder / WORK) as warehouse:
            query = 'SELECT "set", subject, segment FROM membership WHERE to_run IS NULL'
            return warehouse.connection.cursor().sql(query).to_arrow_table()

    return labels


def _ours_cold(folder: Path, memory_limit_mb: int) -> Callable[[], pa.Table]:
    shutil.rmtree(folder / CACHE, ignore_errors=True)
    return _ours(folder, memory_limit_mb)


def _sql(folder: Path, memory_limit_mb: int) -> Callable[[], pa.Table]:
    segments_sql.run(folder / WORK, memory_limit_mb=memory_limit_mb)
    return lambda: segments_sql.labels(folder / WORK)


def _pandas(folder: Path, _: int) -> Callable[[], pa.Table]:
    found = segments_pandas.labels(folder)
    return lambda: found


def _polars(folder: Path, _: int) -> Callable[[], pa.Table]:
    found = segments_polars.labels(folder)
    return lambda: found


_JOBS: dict[str, Callable[[Path, int], Callable[[], pa.Table]]] = {
    "ours": _ours,
    "cold": _ours_cold,
    "sql": _sql,
    "pandas": _pandas,
    "polars": _polars,
}
