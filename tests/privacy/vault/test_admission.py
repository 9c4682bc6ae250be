"""Taking pages of records in."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from typing import Any

import pytest


def test_new_record_begins_a_person(house: Any, make: Any) -> None:
    admission = house.admit(make("101", email="Alice@example.com", phone="06 12 34 56 78"))
    record = admission.records[0]
    assert (len(record.rref), len(record.sid), record.rref != record.sid) == (16, 16, True)
    assert (record.is_new, record.email_usable, record.phone_usable) == (True, True, True)
    assert (admission.joins, admission.crowded, house.vault.moves()) == ([], frozenset(), [])
    assert [house.count(table) for table in ("person", "record", "match_key")] == [1, 1, 2]


def test_record_keeps_number_and_person_when_it_comes_again(house: Any, make: Any) -> None:
    first = house.admit(make("101", email="alice@example.com")).records[0]
    again = house.admit(make("101", email="alice@example.com")).records[0]
    assert (again.rref, again.sid, again.is_new) == (first.rref, first.sid, False)
    assert [house.count(table) for table in ("person", "record", "match_key")] == [1, 1, 1]


def test_changed_address_keeps_number_and_person_and_replaces_the_key(house: Any, make: Any) -> None:
    first = house.admit(make("101", email="old@example.com")).records[0]
    again = house.admit(make("101", email="new@example.com")).records[0]
    assert (again.rref, again.sid) == (first.rref, first.sid)
    assert house.one("102", email="new@example.com")[1] == first.sid
    assert house.one("103", email="old@example.com")[1] != first.sid


def test_same_id_is_another_record_in_each_account_object_and_partition(house: Any, make: Any) -> None:
    page = [
        make("101"),
        make("101", account="shop"),
        make("101", object="lead"),
        make("101", partition="list-1"),
    ]
    assert len({record.rref for record in house.admit(*page).records}) == 4


def test_empty_page_changes_nothing(house: Any) -> None:
    admission = house.admit()
    assert (admission.records, house.vault.moves(), house.count("person")) == ([], [], 0)


def test_unusable_values_make_no_key_but_a_record(house: Any, make: Any) -> None:
    record = house.admit(make("101", email="n/a", phone="none", loyalty=" ")).records[0]
    assert (record.email_usable, record.phone_usable) == (False, False)
    assert [house.count(table) for table in ("record", "match_key")] == [1, 0]


def test_national_phone_is_read_in_the_country_of_its_account(house: Any, make: Any) -> None:
    page = [make("1", phone="06 12 34 56 78"), make("2", phone="0171 1234567", default_country="DE")]
    assert [record.phone_usable for record in house.admit(*page).records] == [True, True]
    assert not house.admit(make("3", phone="06 12 34 56 78", default_country="")).records[0].phone_usable


def test_of_a_record_twice_in_a_page_the_later_state_counts(house: Any, make: Any) -> None:
    first, second = house.admit(
        make("101", email="old@example.com"), make("101", email="new@example.com")
    ).records
    assert (first.rref, first.sid) == (second.rref, second.sid)
    assert (first.is_new, second.is_new) == (True, False)
    assert house.one("102", email="new@example.com")[1] == first.sid
    assert house.one("103", email="old@example.com")[1] != first.sid


def test_person_is_known_since_its_oldest_record_and_never_since_a_day_to_come(house: Any, make: Any) -> None:
    house.admit(
        make("1", email="a@example.com", created_on=date(2024, 3, 1)),
        make("2", email="a@example.com", created_on=date(2020, 5, 2)),
    )
    house.admit(make("3", created_on=date(2999, 1, 1)), make("4"))
    days = house.connection.execute("SELECT created_on FROM person ORDER BY sequence").fetchall()
    assert days == [("2020-05-02",), ("2026-06-15",), ("2026-06-15",)]


def test_failed_page_leaves_nothing_in_the_vault(house: Any, make: Any) -> None:
    def interrupted() -> None:
        with house.people.transaction():
            house.admit(make("101", email="alice@example.com"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert [house.count(table) for table in ("person", "record", "match_key")] == [0, 0, 0]
    assert house.admit(make("101", email="alice@example.com")).records[0].is_new


def test_keys_of_people_are_durable_before_their_links(house: Any, make: Any) -> None:
    with house.people.transaction():
        sid = house.admit(make("101")).records[0].sid
        other = sqlite3.connect(house.folder / "deks.sqlite")
        assert other.execute("SELECT count(*) FROM dek WHERE sid = ?", (sid,)).fetchone() == (1,)
        other.close()


def test_page_takes_few_queries_however_many_records(house: Any, make: Any) -> None:
    def statements(size: int, prefix: str) -> int:
        seen: list[str] = []
        page = [
            make(f"{prefix}{n}", email=f"{prefix}{n}@example.com", phone=f"06{n:08d}") for n in range(size)
        ]
        house.connection.set_trace_callback(seen.append)
        house.admit(*page)
        house.admit(*page)
        house.connection.set_trace_callback(None)
        return sum(statement.lstrip().startswith(("SELECT", "WITH")) for statement in seen)

    assert statements(1000, "x") == statements(10, "y") <= 12


def test_restored_record_is_live_again_under_its_number(house: Any, make: Any) -> None:
    rref, sid = house.one("101", email="alice@example.com")
    house.vault.delete([rref], datetime(2026, 7, 1, tzinfo=UTC))
    again = house.admit(make("101", email="alice@example.com")).records[0]
    assert (again.rref, again.sid, again.is_new) == (rref, sid, False)
    assert house.vault.links([rref])[rref].id == "101"
    assert house.one("102", email="alice@example.com")[1] == sid


def test_nothing_that_came_in_clear_is_in_any_file(house: Any, make: Any) -> None:
    house.admit(
        make(
            "crm-id-canary", email="canary.person@example.com", phone="06 98 76 54 32", loyalty="loyal-canary"
        )
    )
    rref = house.vault.find("hubspot", "contact", "", ["crm-id-canary"])["crm-id-canary"]
    house.admit(make("2", loyalty="loyal-canary"))
    house.people.checkpoint()
    content = b"".join(path.read_bytes() for path in house.folder.iterdir())
    for text in (b"canary", b"698765432", b"98 76 54 32", b"loyal-"):
        assert text not in content
    assert rref in content  # the scan reads what is there


def test_deleted_values_are_gone_from_the_file_after_a_checkpoint(house: Any, make: Any) -> None:
    rref, _ = house.one("101", email="alice@example.com")
    keys = [key for (key,) in house.connection.execute("SELECT key FROM match_key")]
    links = [ct for (ct,) in house.connection.execute("SELECT ct FROM record")]
    house.people.checkpoint()
    assert all(value in (house.folder / "people.sqlite").read_bytes() for value in keys + links)
    house.vault.delete([rref], datetime(2026, 7, 1, tzinfo=UTC))
    house.people.checkpoint()
    content = b"".join(path.read_bytes() for path in house.folder.glob("people.sqlite*"))
    assert not any(value in content for value in keys + links)
