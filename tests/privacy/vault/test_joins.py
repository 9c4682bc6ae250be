"""Which records become one person, and what a join changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from consentric_privacy.errors import UnsafeStoreError


def test_shared_address_makes_one_person_across_accounts(house: Any, make: Any) -> None:
    _, sid = house.one("101", email="Alice@example.com")
    assert house.one("m-1", account="shop", email="alice@EXAMPLE.com")[1] == sid


def test_shared_external_id_makes_one_person(house: Any, make: Any) -> None:
    _, sid = house.one("101", loyalty="L-42")
    assert house.one("m-1", account="shop", loyalty=" L-42 ")[1] == sid


def test_salesforce_contact_and_the_hubspot_contact_that_carries_its_id_are_one_person(
    house: Any, make: Any
) -> None:
    long, short = "003A0000006Vm9rIAC", "003A0000006Vm9r"
    _, sid = house.one(long, account="salesforce", email="old@example.com", external_ids={"sfid": long})
    assert house.one("101", email="new@example.com", external_ids={"sfid": short})[1] == sid
    assert house.one("102", external_ids={"sfid": "003A0000006Vm9R"})[1] != sid


def test_external_ids_of_different_names_do_not_meet(house: Any, make: Any) -> None:
    _, sid = house.one("101", external_ids={"loyalty": "42"})
    assert house.one("102", external_ids={"shop": "42"})[1] != sid


def test_shared_phone_alone_never_joins(house: Any, make: Any) -> None:
    _, sid = house.one("101", email="a@example.com", phone="01 23 45 67 89")
    assert house.one("102", email="b@example.com", phone="01 23 45 67 89")[1] != sid
    both = house.admit(make("103", phone="01 23 45 67 89"), make("104", phone="01 23 45 67 89")).records
    assert both[0].sid != both[1].sid


def test_shared_phone_beside_a_shared_role_address_does_not_join(house: Any, make: Any) -> None:
    page = [make(n, email="info@acme.example", phone="01 23 45 67 89") for n in ("1", "2")]
    first, second = house.admit(*page).records
    assert first.sid != second.sid
    assert first.email_usable


@pytest.mark.parametrize("sizes", [(4,), (1, 1, 1, 1), (3, 1), (2, 2)])
def test_fourth_record_of_an_account_on_one_address_does_not_join(
    house: Any, make: Any, sizes: tuple[int, ...]
) -> None:
    page = [make(str(n), email="family@example.com") for n in range(4)]
    admissions = []
    for size in sizes:
        admissions.append(house.admit(*page[:size]))
        page = page[size:]
    sids = [record.sid for admission in admissions for record in admission.records]
    assert sids[3] not in sids[:3]
    assert [kind for kind, _ in admissions[-1].crowded] == ["email"]


@pytest.mark.parametrize("placeholder", ["0", "none", "N/A"])
@pytest.mark.parametrize("sizes", [(4,), (1, 1, 1, 1), (3, 1), (2, 2)])
def test_fourth_record_of_an_account_on_one_number_does_not_join(
    house: Any, make: Any, sizes: tuple[int, ...], placeholder: str
) -> None:
    page = [make(str(n), email=f"{n}@example.com", loyalty=placeholder) for n in range(4)]
    admissions = []
    for size in sizes:
        admissions.append(house.admit(*page[:size]))
        page = page[size:]
    sids = [record.sid for admission in admissions for record in admission.records]
    assert sids[3] not in sids[:3]
    assert [kind for kind, _ in admissions[-1].crowded] == ["external:loyalty"]


def test_placeholder_number_in_a_large_account_costs_a_few_rows_and_joins_nobody(
    house: Any, make: Any
) -> None:
    house.admit(*(make(str(n), loyalty="0") for n in range(40)))
    rows: list[int] = []

    def counted(cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        rows.append(1)
        return row

    house.connection.row_factory = counted
    admission = house.admit(make("s-1", account="shop", loyalty="0"))
    house.connection.row_factory = None
    assert len({house.sid(record.rref) for record in house.vault.live(None)}) == 41
    assert [kind for kind, _ in admission.crowded] == ["external:loyalty"]
    assert len(rows) < 20


def test_crowded_number_takes_nothing_from_an_address_that_joins(house: Any, make: Any) -> None:
    crowd = house.admit(*(make(str(n), email=f"{n}@example.com", loyalty="0") for n in range(4)))
    assert house.one("s-1", account="shop", email="2@example.com", loyalty="0")[1] == crowd.records[2].sid


def test_address_with_a_tag_and_that_without_it_do_not_join(house: Any, make: Any) -> None:
    _, sid = house.one("1", email="alice+shop@example.com")
    plain, other = house.one("2", email="alice@example.com")
    assert other != sid
    assert house.one("3", email="alice+news@example.com")[1] not in (sid, other)
    assert house.vault.carriers("email", "alice@example.com") == [plain]


def test_address_that_loses_its_tag_joins_from_then_on(house: Any, make: Any) -> None:
    rref, sid = house.one("1", email="alice+shop@example.com")
    house.one("1", email="alice@example.com")
    assert house.vault.carriers("email", "alice@example.com") == [rref]
    assert house.one("2", email="alice@example.com")[1] == sid
    house.one("1", email="alice+shop@example.com")
    assert house.one("3", email="alice+shop@example.com")[1] == sid


def test_tagged_addresses_do_not_crowd_the_address_without_a_tag(house: Any, make: Any) -> None:
    house.admit(*(make(str(n), email=f"alice+{n}@example.com") for n in range(5)))
    _, sid = house.one("p", email="alice@example.com")
    assert house.one("s-1", account="shop", email="alice@example.com")[1] == sid


def test_three_records_of_an_account_on_one_address_are_one_person(house: Any, make: Any) -> None:
    admission = house.admit(*(make(str(n), email="alice@example.com") for n in range(3)))
    assert len({record.sid for record in admission.records}) == 1
    assert admission.crowded == frozenset()


def test_address_crowded_in_one_account_joins_in_no_other(house: Any, make: Any) -> None:
    crowd = house.admit(*(make(str(n), email="box@example.com") for n in range(4)))
    _, sid = house.one("s-1", account="shop", email="box@example.com")
    assert len({sid, *(record.sid for record in crowd.records)}) == 5


def test_crowd_is_counted_per_account(house: Any, make: Any) -> None:
    page = [make(str(n), account=f"account-{n % 3}", email="alice@example.com") for n in range(9)]
    assert len({record.sid for record in house.admit(*page).records}) == 1


def test_placeholder_on_many_records_is_still_crowded_in_a_later_page(house: Any, make: Any) -> None:
    for start in range(0, 30, 10):
        admission = house.admit(*(make(str(n), email="none@example.com") for n in range(start, start + 10)))
    assert [kind for kind, _ in admission.crowded] == ["email"]
    assert len({house.sid(record.rref) for record in house.vault.live(None)}) == 30


def test_same_record_seen_often_does_not_crowd_its_address(house: Any, make: Any) -> None:
    for _ in range(5):
        admission = house.admit(make("1", email="alice@example.com"))
    assert admission.crowded == frozenset()


def test_retired_address_links_nobody(house: Any, make: Any) -> None:
    _, sid = house.one("101", email="reused@example.com")
    house.one("101", email="alice@example.com")
    assert house.one("102", email="reused@example.com")[1] != sid


def test_address_retired_in_the_same_page_links_nobody_in_either_order(house: Any, make: Any) -> None:
    for name, order in (("a", 1), ("b", -1)):
        _, sid = house.one(f"{name}1", email=f"{name}@example.com")
        page = [
            make(f"{name}1", email=f"{name}-new@example.com"),
            make(f"{name}2", email=f"{name}@example.com"),
        ]
        by_id = {
            arrival.id: record
            for arrival, record in zip(page[::order], house.admit(*page[::order]).records, strict=True)
        }
        assert by_id[f"{name}1"].sid == sid
        assert by_id[f"{name}2"].sid != sid


def test_address_given_to_somebody_else_later_brings_nothing_along(house: Any, make: Any) -> None:
    first, sid = house.one("1", email="reused@example.com", loyalty="L-1", created_on=date(2019, 1, 1))
    house.one("s-1", account="shop", email="reused@example.com")
    house.one("1", email="first@example.com", loyalty="L-1")
    house.one("s-1", account="shop", email="first@example.com")
    second, other = house.one("2", email="reused@example.com", loyalty="L-2")
    assert other != sid
    assert [one.rref for one in house.vault.records_of(other)] == [second]
    assert house.one("s-2", account="shop", email="reused@example.com")[1] == other
    assert house.one("1", email="first@example.com", loyalty="L-1") == (first, sid)


def test_number_given_to_somebody_else_later_brings_nothing_along(house: Any, make: Any) -> None:
    _, sid = house.one("1", email="first@example.com", loyalty="L-1")
    house.one("1", email="first@example.com")
    _, other = house.one("2", email="second@example.com", loyalty="L-1")
    assert other != sid


def test_address_of_a_deleted_record_links_nobody(house: Any, make: Any) -> None:
    rref, sid = house.one("101", email="alice@example.com")
    house.vault.delete([rref], datetime(2026, 7, 1, tzinfo=UTC))
    assert house.one("102", email="alice@example.com")[1] != sid


def test_group_does_not_part_when_its_key_is_lost(house: Any, make: Any) -> None:
    _, sid = house.one("101", email="alice@example.com")
    rref, _ = house.one("102", email="alice@example.com")
    assert house.one("102", email="alice@work.example") == (rref, sid)
    assert house.one("103", email="alice@work.example")[1] == sid


def test_bridge_joins_two_people_and_the_older_survives(house: Any, make: Any) -> None:
    young_rref, young = house.one("1", email="a@example.com", created_on=date(2024, 1, 1))
    old_rref, old = house.one("2", loyalty="L-1", created_on=date(2019, 1, 1))
    admission = house.admit(make("3", email="a@example.com", loyalty="L-1", created_on=date(2015, 1, 1)))
    assert admission.records[0].sid == old
    assert house.vault.moves() == [(young_rref, old)]
    assert admission.joins == [(young, old)]
    assert house.vault.subject_of([young_rref, old_rref]) == {young_rref: old, old_rref: old}
    assert house.count("person") == 1
    assert {rref: link.id for rref, link in house.vault.links([young_rref, old_rref]).items()} == {
        young_rref: "1",
        old_rref: "2",
    }


def test_of_people_known_since_the_same_day_the_first_seen_survives(house: Any, make: Any) -> None:
    _, first = house.one("1", email="a@example.com")
    _, second = house.one("2", email="b@example.com")
    admission = house.admit(make("2", email="a@example.com"))
    assert admission.joins == [(second, first)]


def test_chain_over_a_page_joins_many_people_at_once(house: Any, make: Any) -> None:
    sids = [house.one(str(n))[1] for n in range(5)]
    page = [make(str(n), loyalty=f"L{n // 2}", email=f"{(n + 1) // 2}@example.com") for n in range(5)]
    admission = house.admit(*page)
    assert sorted(admission.joins) == sorted((sid, sids[0]) for sid in sids[1:])
    assert {house.sid(record.rref) for record in house.vault.live(None)} == {sids[0]}


def test_joined_person_is_found_by_each_of_its_numbers_also_after_a_second_join(
    house: Any, make: Any
) -> None:
    _, third = house.one("3", email="c@example.com", created_on=date(2023, 1, 1))
    _, second = house.one("2", email="b@example.com", created_on=date(2022, 1, 1))
    _, first = house.one("1", email="a@example.com", created_on=date(2021, 1, 1))
    house.one("3", email="b@example.com")
    house.one("2", email="a@example.com")
    house.one("3", email="b@example.com")
    aliases = dict(house.connection.execute("SELECT old, survivor FROM sid_alias"))
    assert aliases == {third: first, second: first}
    assert [len(house.vault.records_of(sid)) for sid in (first, second, third)] == [3, 3, 3]


def test_key_of_the_joined_person_stays_for_its_audit_refs(house: Any, make: Any) -> None:
    _, first = house.one("1", email="a@example.com")
    _, second = house.one("2", email="b@example.com")
    before = house.deks.get(second)
    house.admit(make("2", email="a@example.com"))
    assert house.deks.get(second) == before != house.deks.get(first)


def test_ended_records_go_with_their_person(house: Any, make: Any) -> None:
    gone, _ = house.one("1", email="b@example.com", created_on=date(2025, 1, 1))
    house.one("2", email="b@example.com")
    house.vault.delete([gone], datetime(2026, 7, 1, tzinfo=UTC))
    _, first = house.one("3", email="a@example.com", created_on=date(2020, 1, 1))
    house.admit(make("2", email="a@example.com"))
    assert gone in dict(house.vault.moves())
    assert house.sid(gone) == first


def test_record_parted_by_hand_is_joined_by_no_key(house: Any, make: Any) -> None:
    rref, sid = house.one("1", email="alice@example.com")
    house.connection.execute("UPDATE record SET apart = 1 WHERE rref = ?", (rref,))
    assert house.one("2", email="alice@example.com")[1] != sid
    assert house.one("1", email="alice@example.com") == (rref, sid)


def test_records_of_a_person_are_all_it_has(house: Any, make: Any) -> None:
    rref, sid = house.one("1", email="alice@example.com")
    other, _ = house.one("s-1", account="shop", email="alice@example.com", partition="list-1")
    house.one("2", email="bob@example.com")
    records = house.vault.records_of(sid)
    assert [(one.rref, one.sid, one.account, one.object, one.partition) for one in records] == [
        (rref, sid, "hubspot", "contact", ""),
        (other, sid, "shop", "contact", "list-1"),
    ]


def test_join_broken_off_anywhere_leaves_no_half_and_is_made_by_the_next_try(house: Any, make: Any) -> None:
    for n in range(4):
        house.one(str(n), email=f"{n}@example.com", created_on=date(2020 + n, 1, 1))
    page = [make(str(n), email="0@example.com") for n in (1, 2)] + [make("9", email="3@example.com")]
    tables = ("person", "record", "match_key", "sid_alias")

    def content() -> list[list[tuple[Any, ...]]]:
        return [house.connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    before = content()
    countdown, broken_off = 0, 0

    def break_off_once() -> int:
        nonlocal countdown
        countdown -= 1
        return countdown == 0

    # SQLite asks after every ten of its instructions whether to go on.
    house.connection.set_progress_handler(break_off_once, 10)
    while True:
        countdown = 5 * broken_off + 1
        try:
            admission = house.admit(*page)
            break
        except UnsafeStoreError:
            broken_off += 1
            assert content() == before
    house.connection.set_progress_handler(None, 0)
    assert broken_off > 10
    assert (len(admission.joins), house.count("person"), house.count("record")) == (2, 2, 5)
    assert len(house.vault.links(record.rref for record in house.vault.live(None))) == 5
