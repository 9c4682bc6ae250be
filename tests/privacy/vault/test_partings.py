"""What an operator parts and links by hand: records, keys, denials, and what no key may undo."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from consentric_privacy.errors import UnsafeStoreError
from consentric_privacy.ledger import Ledger, NewObjection, SubjectFacts
from consentric_privacy.pseudonyms import Pseudonyms

LATER = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def ledger(house: Any) -> Ledger:
    return Ledger(house.people, Pseudonyms(house.keyset))


def part(house: Any, ledger: Ledger, *rrefs: bytes) -> Any:
    parting = house.vault.split(rrefs)
    ledger.part_subject(parting.stays, parting.leaves)
    return parting


def link(house: Any, ledger: Ledger, one: bytes, other: bytes) -> tuple[bytes, bytes]:
    old, survivor = house.vault.link(one, other)
    ledger.move_subject(old, survivor)
    return old, survivor


def twins(house: Any) -> tuple[bytes, bytes, bytes]:
    """Two people on one mailbox, taken for one: rrefs of both, and the sid."""
    first, sid = house.one("1", email="family@example.com", created_on=date(2020, 1, 1))
    second, _ = house.one("s-1", account="shop", email="family@example.com")
    return first, second, sid


def test_parted_record_is_a_new_person_whose_link_opens_under_its_own_key(house: Any, ledger: Ledger) -> None:
    first, second, sid = twins(house)
    parting = part(house, ledger, second)
    assert (parting.stays, house.sid(first), parting.records) == (sid, sid, 1)
    assert house.sid(second) == parting.leaves != sid
    assert house.deks.get(parting.leaves) != house.deks.get(sid)
    assert {link.id for link in house.vault.links([first, second]).values()} == {"1", "s-1"}
    assert house.vault.moves() == [(second, parting.leaves)]
    assert house.connection.execute("SELECT DISTINCT created_on FROM person").fetchall() == [("2020-01-01",)]
    assert sorted(house.connection.execute("SELECT sid, due_at FROM subject_due")) == sorted(
        [(sid, ""), (parting.leaves, "")]
    )


def test_parted_record_under_the_key_of_the_other_does_not_open(house: Any, ledger: Ledger) -> None:
    _, second, sid = twins(house)
    part(house, ledger, second)
    house.connection.execute("UPDATE record SET sid = ? WHERE rref = ?", (sid, second))
    with pytest.raises(UnsafeStoreError):
        house.vault.links([second])


def test_no_key_joins_again_what_was_parted(house: Any, make: Any, ledger: Ledger) -> None:
    first, second, sid = twins(house)
    leaves = part(house, ledger, second).leaves
    for _ in range(2):
        house.admit(
            make("1", email="family@example.com"), make("s-1", account="shop", email="family@example.com")
        )
    assert (house.sid(first), house.sid(second)) == (sid, leaves)
    assert house.one("2", email="family@example.com")[1] == sid


def test_parted_records_stay_together(house: Any, ledger: Ledger) -> None:
    first, second, _ = twins(house)
    third, _ = house.one("s-2", account="shop", email="family@example.com")
    leaves = part(house, ledger, second, third).leaves
    assert (house.sid(second), house.sid(third)) == (leaves, leaves)
    assert house.sid(first) != leaves


def test_what_was_merged_into_a_record_goes_with_it(house: Any, make: Any, ledger: Ledger) -> None:
    first, second, _ = twins(house)
    loser, _ = house.one("s-9", account="shop", email="family@example.com")
    house.vault.merge("shop", ("contact", "", "s-9"), ("contact", "", "s-1"), at=LATER)
    parting = part(house, ledger, second)
    assert (house.sid(loser), parting.records) == (parting.leaves, 2)
    assert house.sid(first) == parting.stays
    merged = house.vault.merge("shop", ("contact", "", "s-9"), ("contact", "", "s-1"), at=LATER)
    assert (merged.joins, merged.left, house.sid(loser)) == ([], None, parting.leaves)


def test_records_of_several_people_are_not_parted(house: Any) -> None:
    one, _ = house.one("1", email="a@example.com")
    other, _ = house.one("2", email="b@example.com")
    with pytest.raises(ValueError, match="too many values"):
        house.vault.split([one, other])
    assert house.count("person") == 2


def test_friend_of_a_parted_record_does_not_bring_it_back(house: Any, make: Any, ledger: Ledger) -> None:
    first, second, sid = twins(house)
    leaves = part(house, ledger, second).leaves
    friend, friend_sid = house.one("3", email="friend@example.com")
    _, survivor = link(house, ledger, leaves, friend_sid)
    admission = house.admit(make("3", email="family@example.com"))
    assert admission.joins == []
    assert (house.sid(first), house.sid(friend)) == (sid, survivor)
    newcomer = house.one("4", email="family@example.com", loyalty="L-1")
    assert newcomer[1] not in (sid, survivor), "it stands between two people whom somebody parted"
    assert house.sid(second) == survivor


def test_parting_holds_when_whom_it_was_from_is_joined_into_an_older_person(
    house: Any, make: Any, ledger: Ledger
) -> None:
    first, second, sid = twins(house)
    leaves = part(house, ledger, second).leaves
    _, friend_sid = house.one("3", email="friend@example.com")
    link(house, ledger, leaves, friend_sid)
    _, older = house.one("0", loyalty="L-1", created_on=date(2015, 1, 1))
    assert house.admit(make("1", email="family@example.com", loyalty="L-1")).joins == [(sid, older)]
    assert house.admit(make("3", email="family@example.com")).joins == []
    assert house.sid(first) == older != house.sid(second)


def test_parting_holds_against_a_part_of_whom_one_was_parted_from(
    house: Any, make: Any, ledger: Ledger
) -> None:
    first, second, _ = twins(house)
    third, _ = house.one("2", email="family@example.com")
    leaves = part(house, ledger, second).leaves
    other = part(house, ledger, third).leaves
    friend, friend_sid = house.one("3", email="friend@example.com")
    mate, mate_sid = house.one("4", email="mate@example.com")
    link(house, ledger, leaves, friend_sid)
    link(house, ledger, other, mate_sid)
    house.admit(make("3", email="both@example.com"), make("4", email="both@example.com"))
    assert len({house.sid(rref) for rref in (first, second, third)}) == 3
    assert house.sid(friend) == house.sid(second)
    assert house.sid(mate) == house.sid(third)


def test_linking_what_was_parted_lets_keys_join_again(house: Any, ledger: Ledger) -> None:
    first, second, sid = twins(house)
    leaves = part(house, ledger, second).leaves
    assert link(house, ledger, leaves, sid) == (leaves, sid)
    assert house.sid(first) == house.sid(second) == sid
    assert house.connection.execute("SELECT apart FROM record").fetchall() == [(0,), (0,)]
    assert house.count("parted") == 0
    house.one("s-1", account="shop", email="new@example.com")
    assert house.one("5", email="new@example.com")[1] == sid


def test_record_parted_twice_is_linked_with_each_before_keys_join_it_again(
    house: Any, ledger: Ledger
) -> None:
    first, second, sid = twins(house)
    third, _ = house.one("s-2", account="shop", email="family@example.com")
    leaves = part(house, ledger, second, third).leaves
    alone = part(house, ledger, third).leaves
    link(house, ledger, alone, leaves)
    marks = dict(house.connection.execute("SELECT rref, apart FROM record"))
    assert marks == {first: 0, second: 1, third: 1}
    link(house, ledger, sid, house.sid(third))
    assert dict(house.connection.execute("SELECT rref, apart FROM record")) == dict.fromkeys(marks, 0)


def test_oldest_survives_a_link(house: Any, ledger: Ledger) -> None:
    _, young = house.one("1", created_on=date(2024, 1, 1))
    _, old = house.one("2", created_on=date(2019, 1, 1))
    assert link(house, ledger, young, old) == (young, old)
    assert len(house.vault.records_of(young)) == 2


def test_every_no_counts_for_both_after_a_parting_and_after_a_link(house: Any, ledger: Ledger) -> None:
    _, second, sid = twins(house)
    ledger.record_objections(sid, [NewObjection(kind="21.2", channel="operator")], at=LATER)
    ledger.restrict(sid, "18.1.a", at=LATER)
    leaves = part(house, ledger, second).leaves
    for _, person in ledger.persons([sid, leaves]):
        assert [(one.kind, one.lifted_at) for one in person.objections] == [("21.2", None)]
        assert [one.lifted_at for one in person.restrictions] == [None]
    ledger.lift_objections(sid, "21.2", at=LATER, evidence="letter")
    ledger.record_objections(leaves, [NewObjection(kind="21.1", channel="operator")], at=LATER)
    link(house, ledger, sid, leaves)
    [(_, person)] = ledger.persons([sid])
    assert sorted((one.kind, one.lifted_at is None) for one in person.objections) == [
        ("21.1", True),
        ("21.2", True),
    ]


def test_facts_that_only_help_are_learnt_anew_and_those_that_protect_stay(house: Any, ledger: Ledger) -> None:
    _, second, sid = twins(house)
    day = date(2026, 1, 1)
    facts = SubjectFacts(
        sid=sid,
        last_contact_on=day,
        customer_since=day,
        optout_offered=True,
        contract_until=day,
        adult_on=day,
    )
    ledger.record_facts([facts])
    leaves = part(house, ledger, second).leaves
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    for _, person in ledger.persons([sid, leaves]):
        known = person.facts
        assert (known.adult_at, known.last_contact_at) == (midnight, midnight)
        assert (known.customer_since, known.optout_offered, known.contract_until) == (None, False, None)


def test_merge_in_the_crm_across_a_parting_takes_the_denials_of_the_loser_along(
    house: Any, ledger: Ledger
) -> None:
    first, sid = house.one("1", email="family@example.com")
    second, _ = house.one("2", email="family@example.com")
    third, _ = house.one("3", email="family@example.com")
    leaves = part(house, ledger, second).leaves
    merged = house.vault.merge("hubspot", ("contact", "", "2"), ("contact", "", "3"), at=LATER)
    assert (merged.joins, merged.left) == ([], (leaves, sid))
    assert (house.sid(first), house.sid(second), house.sid(third)) == (sid, sid, sid)
    assert house.vault.moves() == [(second, sid)]


def test_merge_in_the_crm_of_a_friend_does_not_bring_back_what_was_parted(house: Any, ledger: Ledger) -> None:
    first, second, sid = twins(house)
    leaves = part(house, ledger, second).leaves
    _, friend_sid = house.one("3", email="friend@example.com")
    _, survivor = link(house, ledger, leaves, friend_sid)
    merged = house.vault.merge("hubspot", ("contact", "", "3"), ("contact", "", "1"), at=LATER)
    assert (merged.joins, merged.left) == ([], (survivor, sid))
    assert (house.sid(first), house.sid(second)) == (sid, survivor)


def test_parting_broken_off_anywhere_leaves_no_half(house: Any, ledger: Ledger) -> None:
    _, second, sid = twins(house)
    ledger.record_objections(sid, [NewObjection(kind="21.2", channel="operator")], at=LATER)
    tables = ("person", "record", "parted", "moved", "objection", "subject_due")

    def content() -> list[list[tuple[Any, ...]]]:
        return [house.connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    before, countdown, broken_off = content(), 0, 0

    def break_off_once() -> int:
        nonlocal countdown
        countdown -= 1
        return countdown == 0

    while True:
        countdown = 5 * broken_off + 1
        try:
            with house.people.transaction():
                house.connection.set_progress_handler(break_off_once, 10)
                part(house, ledger, second)
                house.connection.set_progress_handler(None, 0)
            break
        except UnsafeStoreError:
            house.connection.set_progress_handler(None, 0)
            broken_off += 1
            assert content() == before
    assert broken_off > 5
    assert [house.count(table) for table in tables] == [2, 2, 1, 1, 2, 2]


def test_parted_person_has_its_own_name_in_the_audit_log(house: Any, ledger: Ledger) -> None:
    _, second, sid = twins(house)
    leaves = part(house, ledger, second).leaves
    assert house.vault.audit_ref(sid) != house.vault.audit_ref(leaves)
