"""Nights of the demo replayed: how many people move from one to the next, and who moves to and fro."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from consentric.app.job import running
from consentric.app.stages import compute_segments, last_complete_day
from consentric.app.workspace import Workspace
from consentric.sdk.progress import SilentProgress

BACK_WITHIN_DAYS = 14
FLAPS = 0
"""Goal: nobody who did nothing is back in a segment after having left it for so few days."""
_ROOT = Path(__file__).resolve().parent.parent

# Three intervals in a row of one person in one set: left a segment, and came back to it soon.
_RETURNS = """
WITH stay AS (
  SELECT m."set", m.subject, m.segment, began.as_of_day AS began,
    lag(m.segment, 2) OVER person AS before_last, lag(began.as_of_day) OVER person AS gone
  FROM membership AS m JOIN segment_run AS began ON began.run = m.from_run
  WHERE began.as_of_day >= $first
  WINDOW person AS (PARTITION BY m."set", m.subject ORDER BY m.from_run)),
act AS (SELECT subject, kind, day FROM activity JOIN record USING (record) WHERE NOT machine)
SELECT s."set",
  count(*) FILTER (NOT EXISTS (SELECT 1 FROM act WHERE act.subject = s.subject AND kind IN ('order', 'refund')
    AND day BETWEEN s.gone AND s.began)) AS flaps,
  count(*) FILTER (NOT EXISTS (SELECT 1 FROM act WHERE act.subject = s.subject
    AND kind NOT IN ('send', 'bounce') AND day BETWEEN s.gone AND s.began)) AS idle
FROM stay AS s
WHERE s.segment = s.before_last AND s.began - s.gone <= $within
GROUP BY s."set" ORDER BY s."set"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """One set over all nights."""

    set: str
    people: int
    """In a segment of the set on the last night."""
    moves: int
    share: float
    """Of the people of the set, who move in a night; the mean of all nights."""
    busiest: float
    """The same for the night with most moves."""
    flaps: int
    """Returns to the segment before within 14 days without an order or a refund meanwhile."""
    idle: int
    """Part of `flaps`: without any act of the person meanwhile."""


def run(*, nights: int, demo: Path | None, is_json: bool) -> int:
    """Replays the nights on a copy of the demo's stores; gives 1 when the goal was missed."""
    with tempfile.TemporaryDirectory(prefix="consentric-nights-") as name:
        place = Path(name)
        found = _replayed(_copied(place, demo), nights, is_quiet=is_json)
    missed = [
        f'set "{one.set}": {one.idle} returns of people who did nothing, the goal is {FLAPS}'
        for one in found
        if one.idle > FLAPS
    ]
    if not is_json:
        print("", *_table(found), "", *(f"MISSED {one}" for one in missed), sep="\n")
    print(
        json.dumps(
            {
                "benchmark": "nights",
                "nights": nights,
                "sets": [asdict(one) for one in found],
                "missed": missed,
            }
        )
    )
    return 1 if missed else 0


def _copied(place: Path, demo: Path | None) -> Path:
    """The configuration of a copy of the demo's workspace; the demo is made when none is given."""
    if demo is None:
        demo = place / "demo"
        command = [sys.executable, "-c", "from consentric.app.cli import main; main()", "demo", str(demo)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=_ROOT)
    copy = place / "copy"
    copy.mkdir(mode=0o700)
    shutil.copytree(demo / "workspace", copy / "workspace", ignore=shutil.ignore_patterns("snapshot*", "tmp"))
    shutil.copy2(demo / "root.key", copy / "root.key")
    return copy / "workspace" / "config.toml"


def _replayed(config: Path, nights: int, *, is_quiet: bool) -> list[Calm]:
    with Workspace.open(config) as workspace:
        last = last_complete_day(workspace)
        # What the demo's own runs left would stand between the nights.
        workspace.warehouse.connection.execute("DELETE FROM membership")
        first = last - timedelta(days=nights - 1)
        moved: dict[str, list[int]] = {}
        people: dict[str, int] = {}
        for night in range(-1, nights):  # the night before the first only fills the segments
            with running(workspace, "segment", progress=SilentProgress()) as job:
                report = compute_segments(job, first + timedelta(days=night))
            for one in report.sets:
                people[one.name] = sum(one.sizes.values())
                if night >= 0:
                    moved.setdefault(one.name, []).append(one.moved)
            if not is_quiet:
                print(f"night {night + 1} of {nights}", end="\r", file=sys.stderr)
        return list(_calm(workspace.warehouse.connection, moved, people, first))


def _calm(
    connection: duckdb.DuckDBPyConnection, moved: dict[str, list[int]], people: dict[str, int], first: date
) -> Iterator[Calm]:
    rows = connection.execute(
        _RETURNS, {"first": first - timedelta(days=1), "within": BACK_WITHIN_DAYS}
    ).fetchall()
    returns = {name: (flaps, idle) for name, flaps, idle in rows}
    for name, moves in moved.items():
        everybody = max(people[name], 1)
        flaps, idle = returns.get(name, (0, 0))
        yield Calm(
            set=name,
            people=people[name],
            moves=sum(moves),
            share=round(sum(moves) / len(moves) / everybody, 5),
            busiest=round(max(moves) / everybody, 5),
            flaps=flaps,
            idle=idle,
        )


def _table(found: Sequence[Calm]) -> Iterator[str]:
    yield f"{'set':<14}{'people':>9}{'moves':>9}{'a night':>10}{'busiest':>10}{'flaps':>8}{'idle':>8}"
    for one in found:
        share, busiest = f"{one.share * 100:.2f} %", f"{one.busiest * 100:.2f} %"
        yield (
            f"{one.set:<14}{one.people:>9,}{one.moves:>9,}{share:>10}{busiest:>10}{one.flaps:>8}{one.idle:>8}"
        )
