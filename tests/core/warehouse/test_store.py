"""The warehouse takes batches in, swallows repeats, guards its file and publishes a copy."""

from __future__ import annotations

import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from consentric.sdk.errors import GuardError, UnsafeStoreError
from consentric.warehouse import intake, permissions
from consentric.warehouse.engine import engine
from consentric.warehouse.store import Warehouse

ANN, BOB, CAT = b"a" * 16, b"b" * 16, b"c" * 16
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def records(*rows: tuple[bytes, str, str, bool]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"rref": r, "pid": p, "account": a, "object": "contact", "partition": "", "live": live}
            for r, p, a, live in rows
        ],
        schema=intake.RECORDS,
    )


def activities(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist([{"machine": False, **row} for row in rows], schema=intake.ACTIVITIES)


def order(rref: bytes, key: bytes, day: date, amount: int) -> dict[str, object]:
    return {
        "rref": rref, "kind": "order", "day": day, "amount_minor": amount, "currency": "EUR",
        "source_key": key * 16,
    }  # fmt: skip


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse.open(tmp_path / "analytics")


def rows(warehouse: Warehouse, query: str) -> list[tuple[object, ...]]:
    return warehouse.connection.execute(query).fetchall()


def test_a_record_creates_its_subject_once(warehouse: Warehouse) -> None:
    batch = records((ANN, "p1.ann", "crm", True), (BOB, "p1.ann", "shop", True), (CAT, "p1.cat", "crm", True))

    warehouse.put_records(batch)
    warehouse.put_records(batch)

    assert rows(warehouse, "SELECT subject, pid FROM subject ORDER BY 1") == [(1, "p1.ann"), (2, "p1.cat")]
    assert rows(warehouse, "SELECT record, rref, subject, account FROM record ORDER BY 1") == [
        (1, ANN, 1, "crm"),
        (2, BOB, 1, "shop"),
        (3, CAT, 2, "crm"),
    ]


def test_a_record_keeps_its_number_when_it_changes(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True), (BOB, "p1.bob", "crm", True)))

    warehouse.put_records(records((ANN, "p1.ann", "crm", False), (CAT, "p1.cat", "crm", True)))

    assert rows(warehouse, "SELECT record, rref, live FROM record ORDER BY 1") == [
        (1, ANN, False),
        (2, BOB, True),
        (3, CAT, True),
    ]


def test_the_last_of_two_equal_keys_in_a_batch_counts(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.old", "crm", True), (ANN, "p1.new", "crm", True)))

    assert rows(warehouse, "SELECT pid FROM subject") == [("p1.new",)]


def test_an_attribute_is_replaced_and_an_empty_value_removes_it(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True)))

    def put(name: str, value: str | None, rref: bytes = ANN) -> None:
        row = {"rref": rref, "name": name, "value": value}
        warehouse.put_attributes(pa.Table.from_pylist([row], schema=intake.ATTRIBUTES))

    put("city", "Lyon")
    put("band", "30-39")
    put("city", "Nantes")
    put("band", None)
    put("city", "Lille", CAT)

    assert rows(warehouse, "FROM attribute") == [(1, "city", "Nantes")]


def test_an_activity_read_twice_is_one_and_the_later_reading_counts(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True), (BOB, "p1.bob", "crm", True)))
    first, moved = order(ANN, b"1", date(2026, 1, 1), 1000), order(BOB, b"1", date(2026, 1, 2), 900)

    warehouse.put_activities(activities(first, order(ANN, b"2", date(2026, 2, 1), 500)))
    left_out = warehouse.put_activities(activities(moved, order(CAT, b"3", date(2026, 3, 1), 1)))

    assert left_out == 1
    assert rows(warehouse, "SELECT record, day, amount_minor, order_number FROM activity ORDER BY day") == [
        (2, date(2026, 1, 2), 900, None),
        (1, date(2026, 2, 1), 500, None),
    ]


def test_a_cancelled_activity_leaves(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True)))
    warehouse.put_activities(
        activities(order(ANN, b"1", date(2026, 1, 1), 1000), order(ANN, b"2", date(2026, 1, 1), 7))
    )

    warehouse.remove_activities([b"1" * 16, b"9" * 16])

    assert rows(warehouse, "SELECT amount_minor FROM activity") == [(7,)]


def test_joining_people_moves_no_activity(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True), (BOB, "p1.bob", "crm", True)))
    warehouse.put_activities(activities(order(BOB, b"1", date(2026, 1, 1), 1000)))

    warehouse.regroup(pa.Table.from_pylist([{"rref": BOB, "pid": "p1.ann"}], schema=intake.MOVES))

    assert warehouse.prune_subjects() == 1
    assert rows(warehouse, "SELECT rref, pid FROM record JOIN subject USING (subject) ORDER BY 1") == [
        (ANN, "p1.ann"),
        (BOB, "p1.ann"),
    ]
    assert rows(warehouse, "SELECT record FROM activity") == [(2,)]


def test_a_person_parted_from_another_is_where_both_were_and_takes_its_activities_along(
    warehouse: Warehouse,
) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True), (BOB, "p1.ann", "shop", True)))
    warehouse.put_activities(activities(order(BOB, b"1", date(2026, 1, 1), 1000)))
    warehouse.connection.execute(
        "INSERT INTO membership VALUES ('rfm', 1, 'new', 'r1', 'r2'), ('rfm', 1, 'loyal', 'r2', NULL)"
    )
    moves = pa.Table.from_pylist([{"rref": BOB, "pid": "p1.bob"}], schema=intake.MOVES)

    warehouse.regroup(moves)
    warehouse.regroup(moves)

    assert rows(warehouse, "SELECT rref, pid FROM record JOIN subject USING (subject) ORDER BY 1") == [
        (ANN, "p1.ann"),
        (BOB, "p1.bob"),
    ]
    assert rows(warehouse, "SELECT record FROM activity") == [(2,)]
    assert rows(warehouse, "SELECT subject, segment, from_run, to_run FROM membership ORDER BY 1, 3") == [
        (1, "new", "r1", "r2"),
        (1, "loyal", "r2", None),
        (2, "new", "r1", "r2"),
        (2, "loyal", "r2", None),
    ]


def test_a_merged_record_keeps_its_history_and_a_retired_one_does_not(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True), (BOB, "p1.bob", "crm", True)))
    warehouse.put_activities(
        activities(order(ANN, b"1", date(2026, 1, 1), 1), order(BOB, b"2", date(2026, 1, 1), 2))
    )

    warehouse.merge_records([ANN])
    warehouse.retire_records([BOB])

    assert rows(warehouse, "SELECT rref, live FROM record") == [(ANN, False)]
    assert rows(warehouse, "SELECT amount_minor FROM activity") == [(1,)]


def test_a_permission_is_replaced_and_its_time_kept_in_utc(warehouse: Warehouse) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True)))
    row = {"pid": "p1.ann", "purpose": "seg", "channel": "none", "action": "process"}

    for verdict, until in (("DENY", None), ("ALLOW", NOON)):
        warehouse.put_permissions(
            pa.Table.from_pylist(
                [{**row, "verdict": verdict, "reason": "R", "effect": None, "valid_until": until}],
                schema=permissions.PERMISSIONS.set(7, pa.field("valid_until", pa.timestamp("us", tz="UTC"))),
            )
        )

    assert rows(warehouse, "SELECT subject, verdict, valid_until FROM permission") == [
        (1, "ALLOW", NOON.replace(tzinfo=None))
    ]


@pytest.mark.parametrize(("hours", "is_fresh"), [(0, True), (24, True), (25, False)])
def test_permissions_older_than_the_limit_stop_the_run(
    warehouse: Warehouse, hours: int, is_fresh: bool
) -> None:
    warehouse.set_permission_run(NOON, "hash")
    later, limit = NOON + timedelta(hours=hours), timedelta(hours=24)
    if is_fresh:
        warehouse.check_permissions_are_fresh(now=later, max_staleness=limit)
    else:
        with pytest.raises(GuardError, match="25 hours ago") as caught:
            warehouse.check_permissions_are_fresh(now=later, max_staleness=limit)
        assert "consentric pull" in caught.value.hint
        assert caught.value.exit_code == 5
    assert warehouse.permission_policy() == "hash"


def test_permissions_never_decided_stop_the_run(warehouse: Warehouse) -> None:
    with pytest.raises(GuardError):
        warehouse.check_permissions_are_fresh(now=NOON, max_staleness=timedelta(hours=24))


def test_a_failed_transaction_leaves_nothing(warehouse: Warehouse) -> None:
    def fail() -> None:
        with warehouse.transaction():
            warehouse.put_records(records((ANN, "p1.ann", "crm", True)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert rows(warehouse, "FROM record") == []
    warehouse.put_records(records((ANN, "p1.ann", "crm", True)))
    assert rows(warehouse, "SELECT record FROM record") == [(1,)]


def test_the_warehouse_id_stays_with_the_file_and_changes_with_a_new_one(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as first:
        name = first.warehouse_id
    with Warehouse.open(tmp_path) as again:
        assert again.warehouse_id == name
    (tmp_path / "analytics.duckdb").unlink()
    with Warehouse.open(tmp_path) as rebuilt:
        assert rebuilt.warehouse_id != name


def test_the_engine_reaches_no_other_file(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n")
    for statement in (
        f"ATTACH '{tmp_path}/other.duckdb'",
        f"COPY subject TO '{tmp_path}/out.csv'",
        f"SELECT * FROM read_csv('{tmp_path}/other.csv')",
        "SET threads = 1",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            warehouse.connection.execute(statement)


def test_a_spilling_sort_leaves_no_file_behind(tmp_path: Path) -> None:
    folder = tmp_path / "analytics"
    with Warehouse.open(folder, memory_limit_mb=60, threads=1) as warehouse:
        stale = folder / "tmp" / "left-by-a-killed-run"
        stale.touch()
        assert stat.S_IMODE((folder / "tmp").stat().st_mode) == 0o700
        warehouse.connection.execute(
            """SELECT count(*) FROM (SELECT i, md5(i::VARCHAR) AS m FROM range(600000) t(i)
               ORDER BY m LIMIT 590000)"""
        ).fetchall()
    assert not (folder / "tmp").exists()
    with Warehouse.open(folder) as warehouse:
        assert list((folder / "tmp").iterdir()) == []
        limit = rows(warehouse, "SELECT current_setting('memory_limit')")
        assert limit == [("572.2 MiB",)]


def test_the_files_are_private(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "analytics") as warehouse:
        warehouse.put_records(records((ANN, "p1.ann", "crm", True)))
        warehouse.publish()
    for path in (tmp_path / "analytics").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((tmp_path / "analytics").stat().st_mode) == 0o700


def test_a_snapshot_can_be_read_while_the_run_goes_on(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.put_records(records((ANN, "p1.ann", "crm", True)))

    snapshot = warehouse.publish()
    warehouse.put_records(records((BOB, "p1.bob", "crm", True)))

    with duckdb.connect(str(snapshot), read_only=True) as reader:
        assert reader.execute("SELECT pid FROM subject").fetchall() == [("p1.ann",)]
        assert reader.execute("SELECT count(*) FROM current_membership").fetchall() == [(0,)]
    warehouse.publish()
    with duckdb.connect(str(snapshot), read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM subject").fetchall() == [(2,)]
    assert not (tmp_path / "analytics" / "snapshot.duckdb.part").exists()


def test_a_damaged_file_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "analytics.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(UnsafeStoreError) as caught:
        Warehouse.open(tmp_path)
    assert "pull --full" in caught.value.hint


def test_tables_of_another_version_are_refused(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.connection.execute("UPDATE meta SET schema_version = 99")
    with pytest.raises(UnsafeStoreError, match="version 99"):
        Warehouse.open(tmp_path)


def test_the_opener_sets_memory_and_threads(tmp_path: Path) -> None:
    with engine(tmp_path / "x.duckdb", memory_limit_mb=100, threads=1, temp=tmp_path / "t") as connection:
        assert connection.execute(
            "SELECT current_setting('threads'), current_setting('memory_limit')"
        ).fetchall() == [(1, "95.3 MiB")]


def test_the_last_row_counts_in_a_batch_of_many_chunks_too(warehouse: Warehouse) -> None:
    chunk = records(*((number.to_bytes(16), f"p1.{number}", "crm", True) for number in range(3000)))
    last = records((ANN, "p1.last", "crm", True))

    warehouse.put_records(pa.concat_tables([records((ANN, "p1.first", "crm", True)), *[chunk] * 100, last]))

    assert rows(warehouse, "SELECT count(*) FROM record") == [(3001,)]
    assert rows(warehouse, "SELECT pid FROM subject WHERE pid IN ('p1.first', 'p1.last')") == [("p1.last",)]
