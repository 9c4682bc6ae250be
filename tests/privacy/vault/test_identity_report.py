"""The report on identity: counts of joins, conflicts and possible doubles, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from consentric_privacy.identity_report import records_of_person, report_identity, shared_keys
from consentric_privacy.ledger import Ledger
from consentric_privacy.pseudonyms import Pseudonyms

LATER = datetime(2026, 7, 1, tzinfo=UTC)


def report(house: Any) -> Any:
    return report_identity(house.connection)


def test_joins_are_counted_by_the_kinds_of_keys_that_records_share(house: Any) -> None:
    house.one("1", email="a@example.com", loyalty="L-1")
    house.one("s-1", account="shop", email="a@example.com", loyalty="L-1")
    house.one("2", email="b@example.com")
    house.one("s-2", account="shop", email="b@example.com")
    house.one("3", loyalty="L-3", email="c@example.com")
    house.one("4", loyalty="L-3", email="d@example.com")
    house.one("5", email="e@example.com")
    lost, _ = house.one("6", email="f@example.com")
    house.one("s-6", account="shop", email="f@example.com")
    house.one("6", email="g@example.com")
    found = report(house)
    assert (found.people, found.records) == (5, 9)
    assert found.joined_by == {"email": 1, "email + external:loyalty": 1, "external:loyalty": 1}
    assert found.joined_before == 1
    assert found.by_records == {1: 1, 2: 4}
    assert found.by_accounts == {1: 2, 2: 3}
    assert (found.two_values, found.crowded, found.alike, found.apart.count) == ({}, {}, {}, 0)
    assert records_of_person(house.connection, house.sid(lost))[0].rref == lost


def test_two_values_of_one_number_in_one_person_are_a_conflict(house: Any) -> None:
    first, _ = house.one("1", email="a@example.com", loyalty="L-1")
    house.one("s-1", account="shop", email="a@example.com", loyalty="L-2")
    house.one("s-2", account="shop", email="a@example.com", loyalty="L-3")
    found = report(house).two_values
    [(kind, finding)] = found.items()
    assert (kind, finding.count, house.sid(finding.records[0])) == ("external:loyalty", 1, house.sid(first))


def test_keys_that_join_nobody_are_counted_with_how_full_they_are(house: Any, make: Any) -> None:
    house.admit(
        *(make(str(n), email="box@example.com", loyalty="none") for n in range(5)),
        *(make(f"s{n}", account="shop", email="family@example.com") for n in range(4)),
    )
    found = report(house).crowded
    assert {kind: (one.count, one.most) for kind, one in found.items()} == {
        "email": (2, 5),
        "external:loyalty": (1, 5),
    }


def test_people_who_share_a_phone_or_an_address_but_for_its_tag_are_possible(house: Any, make: Any) -> None:
    one, _ = house.one("1", email="alice@example.com", phone="01 23 45 67 89")
    two, _ = house.one("2", email="bob@example.com", phone="01 23 45 67 89")
    three, _ = house.one("3", email="alice+shop@example.com")
    house.admit(*(make(f"s{n}", account="shop", phone="01 99 99 99 99") for n in range(4)))
    found = report(house)
    assert {kind: one.count for kind, one in found.alike.items()} == {
        "phone": 1,
        "address without its +tag": 1,
    }
    assert set(found.alike["phone"].records) == {one, two}
    assert set(found.alike["address without its +tag"].records) == {one, three}
    assert found.shared_lines == 1


def test_of_one_person_nothing_is_possible(house: Any) -> None:
    house.one("1", email="a+x@example.com", phone="01 23 45 67 89", loyalty="L-1")
    house.one("2", email="a@example.com", phone="01 23 45 67 89", loyalty="L-1")
    assert report(house).alike == {}


def test_parted_records_and_ended_ones(house: Any) -> None:
    first, sid = house.one("1", email="a@example.com")
    second, _ = house.one("s-1", account="shop", email="a@example.com")
    gone, _ = house.one("2", email="a@example.com")
    house.vault.delete([gone], LATER)
    parting = house.vault.split([second])
    Ledger(house.people, Pseudonyms(house.keyset)).part_subject(parting.stays, parting.leaves)
    found = report(house)
    assert (found.people, found.records) == (2, 2)
    assert (found.apart.count, found.apart.records) == (1, (second,))
    lines = records_of_person(house.connection, sid)
    assert [(one.rref, one.state, one.ended_on, one.is_apart) for one in lines] == [
        (first, "live", None, False),
        (gone, "deleted", "2026-07-01", False),
    ]


def test_shared_keys_are_given_by_kind_and_carriers(house: Any) -> None:
    one, sid = house.one("1", email="a@example.com", loyalty="L-1", phone="01 23 45 67 89")
    two, _ = house.one("2", email="a@example.com", phone="01 23 45 67 89")
    three, _ = house.one("3", email="b@example.com", loyalty="L-1")
    assert shared_keys(house.connection, sid) == [("email", (one, two)), ("external:loyalty", (one, three))]
