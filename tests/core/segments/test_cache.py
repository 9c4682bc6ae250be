"""Compiled SQL: kept on disk, free of dates, and enough to run without Ibis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import time_machine

from consentric.segments.assembly import assemble
from consentric.segments.cache import cache_key
from consentric.segments.compiler import compile_sets
from consentric.segments.settings import SegmentSetSettings, SegmentSettings, Texts

from .people import NOW, TODAY, Town

SETS = [
    *(
        SegmentSetSettings(name=method, purpose="segmentation", method=method)
        for method in ("rfm", "lifecycle", "engagement")
    ),
    SegmentSetSettings(name="own", purpose="segmentation"),
]
SEGMENTS = [
    SegmentSettings(
        set="own", key="hot", name=Texts(fr="a", en="a"), when='last_order within 30 days and city = "Lyon"'
    ),
    SegmentSettings(set="own", key="rest", name=Texts(fr="b", en="b"), otherwise=True),
]


WARM_RUN = """
import sys
from datetime import date, datetime, UTC
from pathlib import Path
from consentric.segments.compute import compute
from consentric.segments.settings import SegmentSetSettings, SegmentSettings
from consentric.segments.assembly import assemble
from consentric.warehouse.store import Warehouse
import json
sets, segments = json.loads(sys.argv[2])
with Warehouse.open(Path(sys.argv[1]) / "analytics") as warehouse:
    report = compute(
        warehouse,
        assemble(
            [SegmentSetSettings(**one) for one in sets], [SegmentSettings(**one) for one in segments]
        ),
        now=datetime(2026, 7, 1, 3, tzinfo=UTC), as_of_day=date(2026, 7, 1), run="2026-07-01T03-00-00Z",
        cache_folder=Path(sys.argv[1]) / "cache", attributes=["city"],
    )
heavy = sorted({"ibis", "pandas", "sqlglot", "scipy"} & set(sys.modules))
print(json.dumps({"heavy": heavy, "sizes": [dict(one.sizes) for one in report.sets]}))
"""


def test_a_run_with_a_warm_cache_imports_neither_ibis_nor_pandas(town: Town) -> None:
    town.add("ann")
    town.order("ann", 5)
    town.describe("ann", city="Lyon")
    town.run(SETS, SEGMENTS, attributes=["city"], cache_folder=town.folder / "cache")
    town.warehouse.close()
    config = json.dumps([[one.model_dump(mode="json") for one in rows] for rows in (SETS, SEGMENTS)])

    done = subprocess.run(
        [sys.executable, "-c", WARM_RUN, str(town.folder), config],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )

    told = json.loads(done.stdout)
    assert told["heavy"] == []
    assert told["sizes"][3] == {"hot": 1, "rest": 0}


def test_the_sql_holds_no_date(tmp_path: Path) -> None:
    estimating = [
        SegmentSetSettings(name=method, purpose="segmentation", method=method)
        for method in ("clv", "propensity", "clusters")
    ]
    sets = assemble([*SETS, *estimating], SEGMENTS)
    with time_machine.travel(date(2026, 1, 1)):
        first = compile_sets(sets, attributes=["city"], reporting_currency="EUR")
    with time_machine.travel(date(2031, 8, 9)):
        second = compile_sets(sets, attributes=["city"], reporting_currency="EUR")

    assert first == second
    text = " ".join([first.measures, *first.scores.values(), *first.population.values()])
    assert "2026" not in text
    assert "2031" not in text


def test_the_next_day_uses_the_same_file_and_gives_other_results(town: Town) -> None:
    town.add("ann")
    town.order("ann", 30)
    town.describe("ann", city="Lyon")
    town.run(SETS, SEGMENTS, attributes=["city"], cache_folder=town.folder / "cache")
    before = {path.name: path.stat().st_mtime_ns for path in (town.folder / "cache").iterdir()}
    today = town.segments("own")

    town.run(
        SETS,
        SEGMENTS,
        attributes=["city"],
        cache_folder=town.folder / "cache",
        as_of_day=TODAY + timedelta(days=1),
    )

    assert {path.name: path.stat().st_mtime_ns for path in (town.folder / "cache").iterdir()} == before
    assert (today, town.segments("own")) == ({"ann": "hot"}, {"ann": "rest"})


def test_the_key_changes_with_the_configuration_and_not_with_time() -> None:
    sets = assemble(SETS, SEGMENTS)
    other = assemble([SETS[0].model_copy(update={"purpose": "advice"}), *SETS[1:]], SEGMENTS)
    with time_machine.travel(NOW):
        key = cache_key(sets, attributes=["city"], reporting_currency="EUR")

    assert cache_key(sets, attributes=["city"], reporting_currency="EUR") == key
    assert cache_key(other, attributes=["city"], reporting_currency="EUR") != key
    retitled = [replace(one, segments=tuple(_retitled(segment) for segment in one.segments)) for one in sets]
    assert cache_key(retitled, attributes=["city"], reporting_currency="EUR") == key
    assert cache_key(sets, attributes=["city"], reporting_currency="JPY") != key
    assert cache_key(sets, attributes=[], reporting_currency="EUR") != key


def test_a_damaged_cache_is_compiled_anew_and_older_ones_go(town: Town) -> None:
    town.add("ann")
    town.order("ann", 5)
    town.run(SETS[0], cache_folder=town.folder / "cache")
    (path,) = (town.folder / "cache").iterdir()
    whole = path.read_text()
    path.write_text(whole.replace("orders", "0rders", 1))

    town.run(SETS[0], cache_folder=town.folder / "cache")
    assert path.read_text() == whole
    town.run(SETS[1], cache_folder=town.folder / "cache")

    assert [left.name != path.name for left in (town.folder / "cache").iterdir()] == [True]


def _retitled(segment: SegmentSettings) -> SegmentSettings:
    return segment.model_copy(update={"name": Texts(fr="x", en="y"), "owner": "CRM"})
