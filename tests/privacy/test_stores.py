"""The two files of the vault: private, durable, refused when they are not what they should be."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from consentric_privacy.deks import DekStore
from consentric_privacy.errors import KeyMaterialError, UnsafeStoreError
from consentric_privacy.keyset import Keyset
from consentric_privacy.people import PeopleStore

ROOT = bytes(range(32))
ALICE, BOB = b"a" * 16, b"b" * 16


@pytest.fixture
def keyset(tmp_path: Path) -> Keyset:
    return Keyset.create(tmp_path / "keyset.json", ROOT)


@pytest.fixture
def deks(tmp_path: Path, keyset: Keyset) -> DekStore:
    return DekStore.open(tmp_path / "deks.sqlite", keyset)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def test_files_are_private_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        people = PeopleStore.open(folder)
    finally:
        os.umask(before)
    people.connection.execute("INSERT INTO sid_alias VALUES (?, ?)", (ALICE, BOB))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"people.sqlite": 0o600, "people.sqlite-wal": 0o600, "people.sqlite-shm": 0o600}


def test_store_that_others_can_read_is_refused(folder: Path) -> None:
    PeopleStore.open(folder).close()
    (folder / "people.sqlite").chmod(0o640)
    with pytest.raises(UnsafeStoreError) as caught:
        PeopleStore.open(folder)
    assert caught.value.code == "CS502"


def test_deleted_rows_are_overwritten_and_writes_are_durable(folder: Path) -> None:
    connection = PeopleStore.open(folder).connection
    values = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("secure_delete", "synchronous")]
    assert (values, connection.execute("PRAGMA journal_mode").fetchone()) == ([1, 2], ("wal",))


def test_checkpoint_empties_the_log(folder: Path) -> None:
    people = PeopleStore.open(folder)
    people.connection.execute("INSERT INTO sid_alias VALUES (?, ?)", (ALICE, BOB))
    assert (folder / "people.sqlite-wal").stat().st_size > 0
    people.checkpoint()
    assert (folder / "people.sqlite-wal").stat().st_size == 0


def aliases(people: PeopleStore) -> list[bytes]:
    return [old for (old,) in people.connection.execute("SELECT old FROM sid_alias ORDER BY old")]


def fail_after(people: PeopleStore, old: bytes) -> None:
    with people.transaction() as connection:
        connection.execute("INSERT INTO sid_alias VALUES (?, ?)", (old, BOB))
        raise RuntimeError


def test_inner_transaction_can_fail_alone(folder: Path) -> None:
    people = PeopleStore.open(folder)
    with people.transaction() as connection:
        connection.execute("INSERT INTO sid_alias VALUES (?, ?)", (b"1", BOB))
        with pytest.raises(RuntimeError):
            fail_after(people, b"2")
        with people.transaction():
            connection.execute("INSERT INTO sid_alias VALUES (?, ?)", (b"3", BOB))
    assert aliases(people) == [b"1", b"3"]


def test_failed_transaction_takes_its_inner_ones_with_it(folder: Path) -> None:
    people = PeopleStore.open(folder)

    def interrupted() -> None:
        with people.transaction():
            with people.transaction() as connection:
                connection.execute("INSERT INTO sid_alias VALUES (?, ?)", (b"1", BOB))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert aliases(people) == []
    with people.transaction() as connection:
        connection.execute("INSERT INTO sid_alias VALUES (?, ?)", (b"4", BOB))
    assert aliases(people) == [b"4"]


def test_full_disk_is_a_sentence_and_changes_nothing(folder: Path) -> None:
    people = PeopleStore.open(folder)
    pages = people.connection.execute("PRAGMA page_count").fetchone()[0]
    people.connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with people.transaction() as connection:
            rows = [(os.urandom(16), BOB) for _ in range(5000)]
            connection.executemany("INSERT INTO sid_alias VALUES (?, ?)", rows)

    with pytest.raises(UnsafeStoreError, match="disk is full") as caught:
        fill()
    assert (caught.value.exit_code, aliases(people)) == (5, [])


def test_file_that_is_no_database_is_a_sentence(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    path = folder / "people.sqlite"
    path.write_bytes(b"not a database" * 1000)
    path.chmod(0o600)
    with pytest.raises(UnsafeStoreError, match="cannot be used"):
        PeopleStore.open(folder)


@pytest.mark.parametrize("pragma", ["application_id = 7", "user_version = 99"])
def test_file_of_another_program_or_a_later_version_is_refused(folder: Path, pragma: str) -> None:
    PeopleStore.open(folder).close()
    connection = sqlite3.connect(folder / "people.sqlite")
    connection.execute(f"PRAGMA {pragma}")
    connection.commit()
    connection.close()
    with pytest.raises(UnsafeStoreError, match="another program or a later version"):
        PeopleStore.open(folder)


def test_each_person_has_a_key_of_their_own_that_comes_back(deks: DekStore) -> None:
    made = deks.create([ALICE, BOB])
    assert deks.get_many([BOB, ALICE, BOB]) == made
    assert (len(made[ALICE]), made[ALICE] != made[BOB], deks.get(ALICE)) == (32, True, made[ALICE])
    assert deks.create([]) == {}


def test_keys_are_found_however_many_are_asked_for(deks: DekStore) -> None:
    sids = [number.to_bytes(16, "big") for number in range(12_000)]
    made = deks.create(sids)
    assert deks.get_many(sids) == made


def test_keys_are_not_in_clear_in_the_file(deks: DekStore, tmp_path: Path) -> None:
    key = deks.create([ALICE])[ALICE]
    deks.checkpoint()
    content = (tmp_path / "deks.sqlite").read_bytes()
    assert (ALICE in content, key in content) == (True, False)


def test_destroyed_key_is_gone_from_file_and_log(deks: DekStore, tmp_path: Path) -> None:
    deks.create([ALICE, BOB])
    deks.checkpoint()
    connection = sqlite3.connect(tmp_path / "deks.sqlite")
    ((wrapped,),) = connection.execute("SELECT wrapped FROM dek WHERE sid = ?", (ALICE,)).fetchall()
    connection.close()
    assert wrapped in (tmp_path / "deks.sqlite").read_bytes()
    deks.destroy(ALICE)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("deks.sqlite*"))
    assert (wrapped in content, ALICE in content, BOB in content) == (False, False, True)
    with pytest.raises(KeyMaterialError, match=r"missing from deks\.sqlite"):
        deks.get(ALICE)
    deks.destroy(ALICE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dek SET wrapped = (SELECT wrapped FROM dek AS other WHERE other.sid != dek.sid)",
        "UPDATE dek SET wrapped = zeroblob(48)",
        "UPDATE dek SET wrapped = x'00'",
    ],
)
def test_swapped_or_altered_key_is_rejected(deks: DekStore, tmp_path: Path, change: str) -> None:
    deks.create([ALICE, BOB])
    connection = sqlite3.connect(tmp_path / "deks.sqlite")
    connection.execute(change)
    connection.commit()
    connection.close()
    with pytest.raises(KeyMaterialError, match="altered, or belongs to somebody else") as caught:
        deks.get(ALICE)
    assert caught.value.code == "CS409"


def test_key_wrapped_under_a_version_that_is_gone_is_a_sentence(deks: DekStore, tmp_path: Path) -> None:
    deks.create([ALICE])
    connection = sqlite3.connect(tmp_path / "deks.sqlite")
    connection.execute("UPDATE dek SET wrap_version = 9")
    connection.commit()
    connection.close()
    with pytest.raises(KeyMaterialError, match="key wrap v9 is needed"):
        deks.get(ALICE)


def test_store_under_another_keyset_gives_no_key(deks: DekStore, tmp_path: Path) -> None:
    deks.create([ALICE])
    stranger = Keyset.create(tmp_path / "other.json", ROOT)
    with pytest.raises(KeyMaterialError):
        DekStore.open(tmp_path / "deks.sqlite", stranger).get(ALICE)
