"""The same expressions on Spark: what they compile to, what is handed over, and the same rows."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from consentric.sdk.errors import ConfigError, GuardError
from consentric.segments.assembly import assemble
from consentric.segments.compiler import compile_sets
from consentric.segments.engine_settings import SparkSettings
from consentric.segments.engines import Dialect, InWarehouse, engine_of
from consentric.segments.methods.registry import METHODS
from consentric.segments.settings import SegmentSetSettings, SegmentSettings, Texts
from consentric.segments.spark import Spark
from consentric.segments.spark_process import _without_secrets
from consentric.segments.tables import COLUMNS

from .people import Town

METHOD_SETS = [
    *(SegmentSetSettings(name=one, purpose="segmentation", method=one) for one in METHODS),
    SegmentSetSettings(name="part", purpose="segmentation", method="lifecycle", within=("rfm.champions",)),
    SegmentSetSettings(name="own", purpose="segmentation"),
]
SEGMENTS = [
    SegmentSettings(
        set="own",
        key="hot",
        name=Texts(fr="a", en="a"),
        when='last_order within 30 days and city = "Lyon" and bought_from = "crm" or spent > 100.50',
    ),
    SegmentSettings(set="own", key="rest", name=Texts(fr="b", en="b"), otherwise=True),
]


def statements(dialect: Dialect) -> Iterator[str]:
    made = compile_sets(
        assemble(METHOD_SETS, SEGMENTS), attributes=["city"], reporting_currency="EUR", dialect=dialect
    )
    yield made.measures
    for several in (made.population, made.parts, made.usual_cadence, made.scores):
        yield from several.values()


def test_every_method_and_rule_compiles_for_spark_and_reads_only_tables_that_are_handed_over() -> None:
    found = list(statements("databricks"))

    assert len(found) == len(list(statements("duckdb"))) == 1 + 1 + 1 + 1 + len(METHODS) + 2
    for text in found:
        own = set(re.findall(r"`(\w+)` AS \(", text))
        assert set(re.findall(r"(?:FROM|JOIN) `(\w+)`", text)) <= {*COLUMNS, *own}
        assert not re.search(r"\b(?:FIRST|LAST|ARRAY_AGG|COLLECT_LIST|HASH|NTILE|APPROX\w*)\(", text)


def test_no_pseudonym_and_no_reference_to_a_record_leaves_the_warehouse() -> None:
    assert "subject" not in COLUMNS
    assert {name for columns in COLUMNS.values() for name in columns} & {"pid", "rref", "campaign"} == set()


def test_methods_that_look_back_do_so_in_the_words_of_duckdb_on_any_engine() -> None:
    sets = assemble(METHOD_SETS[:1], [])
    on_spark, here = (
        compile_sets(sets, attributes=[], reporting_currency="EUR", dialect=dialect)
        for dialect in ("databricks", "duckdb")
    )

    assert on_spark.past_measures == here.past_measures == here.measures
    assert on_spark.measures != here.measures


def test_without_pyspark_the_run_ends_with_the_command_that_installs_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    town.add("ann")

    with pytest.raises(ConfigError) as refused:
        town.run(METHOD_SETS[0], engine=Spark(SparkSettings()))

    assert refused.value.code == "CS246"
    assert refused.value.hint == "pip install 'consentric[spark]'"
    assert list(town.warehouse.scratch.iterdir()) == []


def test_the_configuration_names_the_engine_and_the_folder_starts_at_the_configuration(
    tmp_path: Path,
) -> None:
    settings = SparkSettings(folder=Path("shared"))

    spark = engine_of("spark", settings, base=tmp_path)

    assert isinstance(engine_of("duckdb", settings, base=tmp_path), InWarehouse)
    assert isinstance(spark, Spark)
    assert spark.folder == tmp_path / "shared"


def test_a_folder_that_cannot_be_made_is_told_before_anything_starts(town: Town) -> None:
    file = town.folder / "file"
    file.touch()
    town.add("ann")

    with pytest.raises(ConfigError) as refused:
        town.run(METHOD_SETS[0], engine=Spark(SparkSettings(), folder=file))

    assert (refused.value.code, refused.value.message) == (
        "CS248",
        "[spark] folder cannot be used: Not a directory",
    )


def test_java_sees_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENTRIC_ROOT_KEY", "secret")
    monkeypatch.setenv("SPARK_LOCAL_DIRS", "/disk")

    with _without_secrets():
        seen = dict(os.environ)

    assert "CONSENTRIC_ROOT_KEY" not in seen
    assert seen["SPARK_LOCAL_DIRS"] == "/disk"
    assert os.environ["CONSENTRIC_ROOT_KEY"] == "secret"


def peopled(folder: Path) -> Town:
    town = Town(folder)
    names = [f"p{number:02d}" for number in range(24)]
    town.add(*names)
    town.add("gone", verdict="DENY")
    for number, name in enumerate(names):
        for order in range(number % 5):
            town.order(name, 7 + 40 * order + number, 1000 + 137 * number, order_number=f"{name}-{order}")
        town.act(name, "send", *range(1, 60, 20))
        if number % 3 == 0:
            town.act(name, "click", number, number + 30)
        if number % 7 == 0:
            town.act(name, "refund", 6, amount_minor=-500, currency="EUR", order_number=f"{name}-0")
        town.describe(name, city="Lyon" if number % 2 else "Paris")
    return town


NEEDS_NO_FIT = [one for one in METHOD_SETS if one.method not in ("clv", "propensity", "clusters")]


def on(engine: Any, town: Town) -> dict[str, list[tuple[Any, ...]]]:
    town.run(NEEDS_NO_FIT, SEGMENTS, attributes=["city"], cache_folder=town.folder / "cache", engine=engine)
    return {
        table: sorted(town.rows(f"SELECT COLUMNS(*)::VARCHAR FROM {table}"), key=str)
        for table in ("population", "measure", "usual_cadence", "score", "cut_point", "membership")
    }


class Watched(Spark):
    """Notes what lies in the folder at each answer."""

    @contextmanager
    def result(self, select: str) -> Iterator[str]:
        with super().result(select) as rows:
            assert self.folder is not None
            files = [path for path in self.folder.rglob("*.parquet") if path.is_file()]
            self.columns = {name for path in files for name in pq.read_schema(path).names}
            self.others = {oct(path.stat().st_mode & 0o077) for path in self.folder.glob("spark-*")}
            yield rows


def test_spark_and_duckdb_give_the_same_rows_and_spark_leaves_no_file(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="the extra [spark] is not installed")
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o700)
    engine = Watched(SparkSettings(memory_mb=512), folder=shared)

    here, there = on(None, peopled(tmp_path / "one")), on(engine, peopled(tmp_path / "two"))

    assert there == here
    assert len(here["measure"]) == 24
    assert engine.columns & {"pid", "rref"} == set()
    assert engine.others == {"0o0"}
    assert list(shared.iterdir()) == []


def test_what_spark_cannot_answer_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="the extra [spark] is not installed")
    town = peopled(tmp_path / "one")
    before = on(None, town)

    class Broken(Spark):
        @contextmanager
        def result(self, select: str) -> Iterator[str]:
            with super().result("SELECT no_such_column FROM `population`" if "`" in select else "") as rows:
                yield rows

    with pytest.raises(GuardError) as stopped:
        on(Broken(SparkSettings(memory_mb=512)), town)

    assert stopped.value.code == "CS519"
    assert "UNRESOLVED_COLUMN" in stopped.value.message
    after = {
        table: sorted(town.rows(f"SELECT COLUMNS(*)::VARCHAR FROM {table}"), key=str) for table in before
    }
    assert after == before
