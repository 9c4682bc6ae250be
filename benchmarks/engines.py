"""DuckDB against Spark, on one machine and on a cluster: the same rows, and what they cost."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from consentric.segments.compute import compute
from consentric.segments.engine_settings import SparkSettings
from consentric.segments.engines import Engine, InWarehouse
from consentric.segments.sets import SegmentSet
from consentric.segments.spark import Spark
from consentric.warehouse.engine import maintenance
from consentric.warehouse.store import FILE, Warehouse

from . import cluster, town
from .engine_sets import engine_sets

TABLES = ("population", "measure", "usual_cadence", "score", "membership")
"""What a run computes; each must hold the same rows whichever engine it was."""
_MEMORY_MB = 1400
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One engine on one warehouse."""

    data: str
    engine: str
    people: int
    wall: float
    """Seconds, from opening the warehouse to the last membership."""
    ratio: float
    """Times what DuckDB took."""
    differing: dict[str, int]
    """Rows of a table that DuckDB has and this engine not, or the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """A warehouse to compute from, and the run it is given."""

    name: str
    warehouse: Path
    now: datetime
    as_of_day: date
    attributes: tuple[str, ...]
    sources: tuple[str, ...] = ()


def run(
    *, contacts: int, seed: int, is_json: bool, demo: Path | None, sets: Sequence[str], only: str | None
) -> int:
    """Computes the demo and the town on every engine; gives 1 when a row differs.

    Args:
        demo: A folder that `consentric demo` made; one is made when None.
        sets: Names of `engine_sets` to compute; all when empty.
        only: "demo" or "town"; both when None.
    """
    chosen = tuple(one for one in engine_sets() if not sets or one.name in sets)
    found: list[Ran] = []
    with tempfile.TemporaryDirectory() as place, cluster.running() as master:
        os.umask(0o077)
        engines: dict[str, Callable[[], Engine]] = {
            "duckdb": InWarehouse,
            "spark local[2]": lambda: Spark(SparkSettings(master="local[2]", memory_mb=_MEMORY_MB)),
            "spark cluster": lambda: Spark(SparkSettings(master=master, memory_mb=_MEMORY_MB)),
        }
        worlds = [] if only == "town" else [_demo(Path(place), demo)]
        worlds += [] if only == "demo" else [_town(Path(place), contacts, seed)]
        for world in worlds:
            for ran in _compared(world, chosen, engines, Path(place) / "runs"):
                found.append(ran)
                if not is_json:
                    print(_line(ran), flush=True)
    differing = sum(sum(one.differing.values()) for one in found)
    if not is_json:
        print("\nSpark is for what one machine cannot hold; where one can, DuckDB is many times faster.")
        print(f"{differing} rows differ, the goal is 0" if differing else "no row differs")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    print(json.dumps({"benchmark": "engines", "machine": machine, "runs": [asdict(one) for one in found]}))
    return 1 if differing else 0


def _town(place: Path, contacts: int, seed: int) -> _World:
    town.build(place / "town", contacts=contacts, seed=seed)
    return _World(
        name=f"town of {contacts:,}",
        warehouse=place / "town" / town.WAREHOUSE,
        now=town.NOW,
        as_of_day=town.AS_OF_DAY,
        attributes=("department",),
    )


def _demo(place: Path, made: Path | None) -> _World:
    if made is None:
        made = place / "demo"
        command = [sys.executable, "-c", "from consentric.app.cli import main; main()", "demo", str(made)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=_ROOT)
    warehouse = made / "workspace" / "analytics"
    with maintenance() as connection:
        connection.execute("ATTACH ? AS demo (READ_ONLY)", [str(warehouse / FILE)])
        ((now, day),) = connection.execute("SELECT as_of, as_of_day FROM demo.run_context").fetchall()
        sources = connection.execute("SELECT account FROM demo.purchase_source ORDER BY priority").fetchall()
        names = connection.execute("SELECT DISTINCT name FROM demo.attribute ORDER BY name").fetchall()
    return _World(
        name="demo",
        warehouse=warehouse,
        now=now.replace(tzinfo=UTC),
        as_of_day=day,
        attributes=tuple({"department", *(name for (name,) in names)}),
        sources=tuple(account for (account,) in sources),
    )


def _compared(
    world: _World, sets: Sequence[SegmentSet], engines: dict[str, Callable[[], Engine]], place: Path
) -> Iterator[Ran]:
    """Each engine on a copy of its own; the first is what the others are compared with."""
    walls: dict[str, float] = {}
    first, *_ = engines
    for number, (name, engine) in enumerate(engines.items()):
        folder = place / str(number)
        shutil.copytree(world.warehouse, folder, ignore=shutil.ignore_patterns("snapshot*", "tmp"))
        walls[name], people = _computed(world, sets, folder, engine())
        yield Ran(
            data=world.name,
            engine=name,
            people=people,
            wall=round(walls[name], 1),
            ratio=round(walls[name] / walls[first], 1),
            differing={} if name == first else dict(_differing(place / "0" / FILE, folder / FILE)),
        )
        if name != first:
            shutil.rmtree(folder)
    shutil.rmtree(place)


def _computed(world: _World, sets: Sequence[SegmentSet], folder: Path, engine: Engine) -> tuple[float, int]:
    began = time.monotonic()
    with Warehouse.open(folder, memory_limit_mb=1000) as warehouse:
        report = compute(
            warehouse,
            sets,
            now=world.now,
            as_of_day=world.as_of_day,
            run="engines",
            cache_folder=folder / "compiled",
            attributes=world.attributes,
            purchase_sources=world.sources,
            engine=engine,
        )
    return time.monotonic() - began, max(one.population for one in report.sets)


def _differing(one: Path, other: Path) -> Iterator[tuple[str, int]]:
    with maintenance() as connection:
        connection.execute("ATTACH ? AS one (READ_ONLY)", [str(one)])
        connection.execute("ATTACH ? AS other (READ_ONLY)", [str(other)])
        for table in TABLES:
            found = connection.execute(
                f"""SELECT (SELECT count(*) FROM (FROM one.{table} EXCEPT ALL FROM other.{table}))
                         + (SELECT count(*) FROM (FROM other.{table} EXCEPT ALL FROM one.{table}))"""
            ).fetchall()
            yield table, int(found[0][0])


def _line(ran: Ran) -> str:
    rows = ", ".join(f"{table} {count}" for table, count in ran.differing.items())
    told = f"   differing: {rows}" if rows else ""
    return f"{ran.data:18} {ran.engine:15} {ran.people:9,} people {ran.wall:9.1f} s {ran.ratio:6.1f} x{told}"
