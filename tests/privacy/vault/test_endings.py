"""Merges and deletions in a CRM."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

LATER = datetime(2026, 7, 1, tzinfo=UTC)


def at(name: str) -> tuple[str, str, str]:
    return ("contact", "", name)


def row(house: Any, rref: bytes) -> tuple[Any, ...]:
    query = "SELECT state, merged_into, nonce, ct, ended_on FROM record WHERE rref = ?"
    return tuple(house.connection.execute(query, (rref,)).fetchone())


def merge(house: Any, loser: str, winner: str) -> Any:
    return house.vault.merge("hubspot", at(loser), at(winner), at=LATER)


def test_deleted_record_loses_link_and_keys_and_keeps_its_number(house: Any, make: Any) -> None:
    rref, sid = house.one("101", email="alice@example.com", phone="06 12 34 56 78")
    assert house.vault.delete([rref], LATER) == {rref}
    assert row(house, rref) == ("deleted", None, None, None, "2026-07-01")
    assert house.count("match_key") == 0
    assert house.vault.subject_of([rref]) == {rref: sid}
    assert house.vault.records_of(sid) == []


def test_deleting_again_or_the_unknown_ends_nothing(house: Any, make: Any) -> None:
    rref, _ = house.one("101")
    house.vault.delete([rref], LATER)
    assert house.vault.delete([rref, bytes(16)], datetime(2026, 8, 1, tzinfo=UTC)) == set()
    assert row(house, rref)[4] == "2026-07-01"


def test_merge_ends_the_loser_and_makes_the_persons_one(house: Any, make: Any) -> None:
    loser, young = house.one("1", email="a@example.com", created_on=date(2024, 1, 1))
    other, _ = house.one("3", email="a@example.com")
    winner, old = house.one("2", email="b@example.com", created_on=date(2020, 1, 1))
    merged = merge(house, "1", "2")
    assert (merged.loser_rref, merged.winner_rref) == (loser, winner)
    assert house.vault.moves() == sorted([(loser, old), (other, old)])
    assert merged.joins == [(young, old)]
    assert row(house, loser) == ("merged", winner, None, None, "2026-07-01")
    assert house.vault.links([winner, other])[other].id == "3"
    assert house.vault.links([loser]) == {}


def test_merge_within_one_person_moves_nobody(house: Any, make: Any) -> None:
    house.one("1", email="a@example.com")
    house.one("2", email="a@example.com")
    merged = merge(house, "1", "2")
    assert (merged.joins, merged.left, house.vault.moves()) == ([], None, [])


def test_merge_told_again_changes_nothing_more(house: Any, make: Any) -> None:
    house.one("1")
    house.one("2")
    first = merge(house, "1", "2")
    before = house.connection.execute("SELECT * FROM record ORDER BY sequence").fetchall()
    again = merge(house, "1", "2")
    assert (again.loser_rref, again.winner_rref) == (first.loser_rref, first.winner_rref)
    assert (again.joins, again.left) == ([], None)
    assert house.connection.execute("SELECT * FROM record ORDER BY sequence").fetchall() == before


def test_merge_of_the_unknown_or_into_the_deleted_or_itself_is_none(house: Any, make: Any) -> None:
    house.one("1")
    gone, _ = house.one("2")
    house.vault.delete([gone], LATER)
    assert [merge(house, *pair) for pair in (("9", "1"), ("1", "9"), ("1", "2"), ("1", "1"))] == [None] * 4
    assert house.vault.merge("shop", at("1"), at("2"), at=LATER) is None


def test_chain_of_merges_leads_to_the_last_winner_in_one_step(house: Any, make: Any) -> None:
    first, second, third = (house.one(name)[0] for name in ("1", "2", "3"))
    merge(house, "1", "2")
    merge(house, "2", "3")
    assert [row(house, rref)[1] for rref in (first, second)] == [third, third]


def test_chain_told_from_its_end_leads_there_too(house: Any, make: Any) -> None:
    first, _, third = (house.one(name)[0] for name in ("1", "2", "3"))
    merge(house, "2", "3")
    assert merge(house, "1", "2").winner_rref == third
    assert row(house, first)[1] == third


def test_late_word_about_a_loser_does_not_fall_on_the_winner(house: Any, make: Any) -> None:
    house.one("1")
    winner, _ = house.one("2")
    merge(house, "1", "2")
    found = house.vault.find("hubspot", "contact", "", ["1", "2"])
    assert found == {"2": winner}


def test_record_deleted_before_its_merge_was_seen_becomes_merged(house: Any, make: Any) -> None:
    loser, _ = house.one("1")
    winner, sid = house.one("2", created_on=date(2020, 1, 1))
    house.vault.delete([loser], datetime(2026, 6, 20, tzinfo=UTC))
    merge(house, "1", "2")
    assert row(house, loser) == ("merged", winner, None, None, "2026-06-20")
    assert house.sid(loser) == sid


def test_address_of_a_loser_links_nobody(house: Any, make: Any) -> None:
    house.one("1", email="lost@example.com")
    winner, _ = house.one("2", email="kept@example.com")
    merge(house, "1", "2")
    assert house.one("3", email="lost@example.com")[1] != house.sid(winner)


def test_loser_that_the_source_shows_again_lives_under_its_number(house: Any, make: Any) -> None:
    loser, _ = house.one("1")
    house.one("2")
    merge(house, "1", "2")
    assert house.one("1")[0] == loser
    assert row(house, loser)[:2] == ("live", None)
    assert house.vault.links([loser])[loser].id == "1"


def test_merge_of_a_record_parted_by_hand_moves_only_itself(house: Any, make: Any) -> None:
    loser, apart = house.one("1", email="a@example.com")
    other, _ = house.one("2", email="a@example.com")
    _, sid = house.one("3")
    house.connection.execute("UPDATE record SET apart = 1 WHERE rref = ?", (loser,))
    merged = merge(house, "1", "3")
    assert (merged.joins, merged.left, house.vault.moves()) == ([], (apart, sid), [(loser, sid)])
    assert house.sid(other) == apart
