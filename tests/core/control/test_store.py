"""The control store opens safely, refuses what it cannot trust, and rolls back what failed."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consentric.control.absences import note
from consentric.control.bookmarks import SavedBookmark, read_bookmark, save_bookmark
from consentric.control.runs import end_run, last_run, list_runs, start_run
from consentric.control.store import ControlStore
from consentric.sdk.errors import GuardError, UnsafeStoreError

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path):
    opened = ControlStore.open(tmp_path / "control.sqlite")
    yield opened
    opened.close()


def test_store_is_private_and_durable_from_the_first_byte(tmp_path, store):
    assert stat.S_IMODE((tmp_path / "control.sqlite").stat().st_mode) == 0o600
    assert store.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert store.connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert store.connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_store_id_stays_the_same(tmp_path, store):
    assert len(store.store_id) == 16
    again = ControlStore.open(tmp_path / "control.sqlite")
    assert again.store_id == store.store_id
    again.close()


def test_store_readable_by_others_is_refused(tmp_path, store):
    (tmp_path / "control.sqlite").chmod(0o640)
    with pytest.raises(UnsafeStoreError) as caught:
        ControlStore.open(tmp_path / "control.sqlite")
    assert caught.value.code == "CS502"


def test_store_of_a_later_version_is_refused(tmp_path, store):
    store.connection.execute("UPDATE meta SET schema_version = 99")
    with pytest.raises(UnsafeStoreError, match="later version"):
        ControlStore.open(tmp_path / "control.sqlite")


def test_file_that_is_no_database_is_refused_without_a_traceback_of_sqlite(tmp_path):
    path = tmp_path / "control.sqlite"
    path.write_bytes(b"x" * 4096)
    path.chmod(0o600)
    with pytest.raises(UnsafeStoreError, match="cannot be used"):
        ControlStore.open(path)


def test_empty_file_left_by_a_kill_during_creation_is_filled(tmp_path):
    path = tmp_path / "control.sqlite"
    path.touch(mode=0o600)
    opened = ControlStore.open(path)
    assert last_run(opened, "sync") is None
    opened.close()


def test_unclean_stop_is_followed_by_a_check_of_the_pages(tmp_path, store):
    for number in range(800):
        save(store, stream=f"stream-{number:04d}")
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save(store, stream="one more")
    copy = tmp_path / "copy"
    copy.mkdir()
    for suffix in ("", "-wal"):  # what a kill leaves: the log of writes is still there
        shutil.copy(tmp_path / f"control.sqlite{suffix}", copy / f"control.sqlite{suffix}")
    intact = ControlStore.open(copy / "control.sqlite")
    assert read(intact, stream="one more") is not None
    intact.close()
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"control.sqlite{suffix}", copy / f"control.sqlite{suffix}")
    data = bytearray((copy / "control.sqlite").read_bytes())
    for start in range(len(data) - 4 * 4096, len(data), 4096):  # leaves of the bookmarks
        data[start : start + 8] = b"\x77" * 8
    (copy / "control.sqlite").write_bytes(data)
    with pytest.raises(UnsafeStoreError, match=r"damaged|malformed"):
        ControlStore.open(copy / "control.sqlite")


def test_full_disk_rolls_back_and_says_so(store):
    store.connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(UnsafeStoreError) as caught, store.transaction() as database:
        database.execute(
            "INSERT INTO run VALUES('r', 'sync', 'running', 'h', '1', 't', NULL, ?)", ("x" * 90000,)
        )
    assert caught.value.code == "CS504"
    assert list_runs(store) == []


def test_nested_transaction_is_part_of_the_outer_one(store):
    def fail_after_starting():
        with store.transaction():
            start_run(store, job="sync", config_hash="c", engine_version="1", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_starting()
    assert list_runs(store) == []


def test_value_hash_tells_values_apart_and_keeps_none(tmp_path, store):
    other = ControlStore.open(tmp_path / "other.sqlite")
    assert store.hash_value("") == b""
    assert store.hash_value("loyal") == store.hash_value("loyal")
    assert store.hash_value("loyal") != store.hash_value("champions")
    assert store.hash_value("loyal") != other.hash_value("loyal")
    other.close()


# --- runs ---


def test_run_id_is_its_time_and_a_second_one_gets_a_suffix(store):
    first = start_run(store, job="sync", config_hash="c", engine_version="1", now=NOW)
    second = start_run(store, job="pull", config_hash="c", engine_version="1", now=NOW)
    assert (first, second) == ("2026-11-21T02-00-00Z", "2026-11-21T02-00-00Z-002")


def test_run_left_open_by_a_kill_becomes_interrupted(store):
    first = start_run(store, job="sync", config_hash="c", engine_version="1", now=NOW)
    second = start_run(store, job="sync", config_hash="c", engine_version="1", now=NOW)
    end_run(store, second, state="done", now=NOW, summary={"written": 3})
    assert [(run.id, run.state) for run in list_runs(store)] == [(second, "done"), (first, "interrupted")]
    latest = last_run(store, "sync")
    assert latest is not None
    assert (latest.id, latest.summary, latest.ended) == (second, {"written": 3}, NOW)


# --- bookmarks ---


def save(store, *, stream="contacts", watermark="2026-11-20T23:00:00Z", warehouse_id="w1"):
    save_bookmark(
        store,
        connection="hubspot",
        stream=stream,
        partition="",
        warehouse_id=warehouse_id,
        watermark=watermark,
    )


def read(store, *, stream="contacts", warehouse_id="w1"):
    return read_bookmark(
        store, connection="hubspot", stream=stream, partition="", warehouse_id=warehouse_id, now=NOW
    )


def test_bookmark_comes_back_as_saved(store):
    assert read(store) is None
    save(store)
    assert read(store) == SavedBookmark(watermark="2026-11-20T23:00:00Z")


def test_bookmark_of_a_lost_warehouse_counts_for_nothing(store):
    save(store)
    assert read(store, warehouse_id="w2") is None


def test_bookmark_of_consents_outlives_the_warehouse(store):
    save(store, warehouse_id=None)
    assert read(store, warehouse_id="w2") is not None


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE bookmark SET fmt = '2'", "CS521"),
        ("UPDATE bookmark SET watermark = '2026-11-20T22:00:00Z'", "CS522"),
    ],
)
def test_bookmark_of_another_format_or_damaged_is_refused(store, statement, code):
    save(store)
    store.connection.execute(statement)
    with pytest.raises(GuardError) as caught:
        read(store)
    assert caught.value.code == code


@pytest.mark.parametrize("watermark", ["2026-11-23T00:00:00Z", "2026-11-23T00:00:00"])
def test_bookmark_from_the_future_is_refused(store, watermark):
    save(store, watermark=watermark)
    with pytest.raises(GuardError) as caught:
        read(store)
    assert caught.value.code == "CS523"


def test_watermark_in_a_format_of_its_own_is_taken_as_it_is(store):
    save(store, watermark="page:17")
    assert read(store).watermark == "page:17"


# --- absences ---


def test_record_absent_twice_in_a_row_is_gone_and_one_seen_between_is_not(store):
    def whole_read(absent, seen=()):
        return note(store, "hubspot", "contacts", "", absent=absent, seen=seen)

    assert whole_read([b"a", b"b"]) == []
    assert whole_read([b"a"], seen=[b"b"]) == [b"a"]
    assert whole_read([b"b"]) == []
    assert whole_read([b"b"]) == [b"b"]
    assert whole_read([b"b"]) == []
