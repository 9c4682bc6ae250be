"""Suppression entries, the hits they give to records, and readmission."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consentric_privacy.decision import Purpose
from consentric_privacy.ledger import AddressCheck
from consentric_privacy.readmission import OwnAct

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ERASED = datetime(2026, 4, 1, tzinfo=UTC)


def check(house: Any, rref: bytes, **of: Any) -> set[bytes]:
    return set(house.ledger.record_hits([AddressCheck(rref=rref, **of)], at=NOON))


def test_a_suppressed_address_denies_marketing_to_its_record(house: Any) -> None:
    ann, bob = house.record("ann"), house.record("bob")
    house.ledger.suppressions.add("email", "ann@example.com", reason="complaint", at=NOON)

    assert check(house, ann, email="ann@example.com") == {ann}
    assert check(house, ann, email="ann@example.com") == set()
    assert check(house, bob, email="bob@example.com") == set()
    assert house.decide(ann, "2026-06-15").reason == "SUPPRESSED"
    assert house.decide(bob, "2026-06-15").reason == "CONSENT_MISSING"


def test_an_entry_stores_no_address(house: Any) -> None:
    house.ledger.suppressions.add("email", "ann@example.com", reason="complaint", at=NOON)

    row = house.people.connection.execute("SELECT * FROM suppression").fetchone()

    assert len(row[0]) == 32
    assert not any("ann" in str(value) for value in row)


@pytest.mark.parametrize(("entered", "seen"), [("ann+a@example.com", "ann@example.com"),
                                               ("ann@example.com", "ann+b@example.com"),
                                               ("ann+a@example.com", "ann+b@example.com")])  # fmt: skip
def test_an_address_is_found_with_and_without_its_tag(house: Any, entered: str, seen: str) -> None:
    ann = house.record("ann")
    house.ledger.suppressions.add("email", entered, reason="objection", at=NOON)

    assert check(house, ann, email=seen) == {ann}


def test_a_hit_stays_when_the_record_takes_another_address(house: Any) -> None:
    ann = house.record("ann")
    house.ledger.suppressions.add("email", "ann@example.com", reason="objection", at=NOON)
    check(house, ann, email="ann@example.com")

    assert check(house, ann, email="new@example.com") == set()
    assert house.decide(ann, "2026-06-15").reason == "SUPPRESSED"


def test_a_bounce_stops_email_only_and_heals_when_the_source_no_longer_says_it(house: Any) -> None:
    ann = house.record("ann")
    phoning = Purpose(id="calls", basis=("legal_obligation",), channels=("phone",), direct_marketing=True)

    assert check(house, ann, email="ann@example.com", bounced=True) == {ann}
    assert house.decide(ann, "2026-06-15").reason == "SUPPRESSED"
    assert house.decide(ann, "2026-06-15", phoning).reason == "LEGAL_OBLIGATION"
    again = AddressCheck(rref=ann, email="ann@example.com", bounced=True)
    assert house.ledger.record_hits([again], at=datetime(2026, 6, 16, tzinfo=UTC)) == set()
    assert check(house, ann, email="ann@example.com") == {ann}
    assert house.decide(ann, "2026-06-15").reason == "CONSENT_MISSING"


def test_a_phone_is_suppressed_for_its_own_channel(house: Any) -> None:
    ann = house.record("ann")
    house.ledger.suppressions.add("phone", "+33612345678", reason="objection", channel="phone", at=NOON)
    check(house, ann, phone="+33612345678")
    phoning = Purpose(id="calls", basis=("legal_obligation",), channels=("phone",), direct_marketing=True)

    assert house.decide(ann, "2026-06-15", phoning).reason == "SUPPRESSED"
    assert house.decide(ann, "2026-06-15").reason == "CONSENT_MISSING"


def test_an_entry_ends_at_its_instant(house: Any) -> None:
    ann = house.record("ann")
    house.ledger.suppressions.add(
        "email",
        "ann@example.com",
        reason="bounce",
        at=ERASED,
        expires_at=datetime(2026, 6, 15, 12, tzinfo=UTC),
    )
    check(house, ann, email="ann@example.com")

    before = house.decide(ann, "2026-06-14")
    assert (before.reason, before.valid_until) == ("SUPPRESSED", NOON)
    assert house.decide(ann, "2026-06-15").reason == "CONSENT_MISSING"


def test_an_erased_address_is_told_before_anything_is_stored(house: Any) -> None:
    entries = house.ledger.suppressions
    entries.add("email", "ann@example.com", reason="erasure", at=ERASED)
    entries.add("email", "bob@example.com", reason="objection", at=ERASED)

    asked = ["ann@example.com", "ann+x@example.com", "bob@example.com", "cid@example.com"]
    assert entries.open_erasures("email", asked, at=NOON) == {"ann@example.com", "ann+x@example.com"}


def test_an_erasure_entry_ends_at_its_instant(house: Any) -> None:
    entries = house.ledger.suppressions
    entries.add("email", "ann@example.com", reason="erasure", at=ERASED, expires_at=NOON)

    moments = (datetime(2026, 6, 15, 11, 59, 59, tzinfo=UTC), NOON)
    assert [len(entries.open_erasures("email", ["ann@example.com"], at=moment)) for moment in moments] == [
        1,
        0,
    ]


def test_an_erased_phone_alone_does_not_stop_the_record(house: Any) -> None:
    ann = house.record("ann")
    house.ledger.suppressions.add("phone", "+33612345678", reason="erasure", at=ERASED)

    assert house.ledger.suppressions.open_erasures("phone", ["+33612345678"], at=NOON) == {"+33612345678"}
    assert check(house, ann, phone="+33612345678") == set()


@pytest.mark.parametrize(
    ("grade", "at", "closes"),
    [
        ("A", datetime(2026, 5, 1, tzinfo=UTC), True),
        ("B", datetime(2026, 5, 1, tzinfo=UTC), True),
        ("C", datetime(2026, 5, 1, tzinfo=UTC), False),
        ("A", ERASED, False),
        ("A", datetime(2026, 3, 1, tzinfo=UTC), False),
    ],
)
def test_only_an_own_act_after_the_erasure_readmits(
    house: Any, grade: Any, at: datetime, closes: bool
) -> None:
    entries = house.ledger.suppressions
    entries.add("email", "ann+x@example.com", reason="erasure", at=ERASED)

    assert entries.readmit("ann+x@example.com", OwnAct(grade=grade, at=at), evidence="request 7") is closes
    assert entries.open_erasures("email", ["ann@example.com"], at=NOON) == (
        set() if closes else {"ann@example.com"}
    )


def test_what_was_given_before_the_erasure_never_counts_again(house: Any) -> None:
    entries = house.ledger.suppressions
    entries.add("email", "ann@example.com", reason="erasure", at=ERASED)
    entries.readmit(
        "ann@example.com", OwnAct(grade="A", at=datetime(2026, 5, 1, tzinfo=UTC)), evidence="request 7"
    )
    ann = house.record("ann")
    check(house, ann, email="ann@example.com")
    house.says(ann, "granted", "2026-03-01", read_on="2026-06-01")
    assert house.decide(ann, "2026-06-15").reason == "CONSENT_MISSING"

    house.says(ann, "granted", "2026-05-02", read_on="2026-06-01")
    assert house.decide(ann, "2026-06-15").reason == "CONSENT_VALID"


def test_an_entry_that_was_closed_opens_again_with_a_second_erasure(house: Any) -> None:
    entries = house.ledger.suppressions
    entries.add("email", "ann@example.com", reason="erasure", at=ERASED)
    entries.readmit("ann@example.com", OwnAct(grade="A", at=datetime(2026, 5, 1, tzinfo=UTC)), evidence="r")

    entries.add("email", "ann@example.com", reason="erasure", at=datetime(2026, 6, 1, tzinfo=UTC))

    assert entries.open_erasures("email", ["ann@example.com"], at=NOON) == {"ann@example.com"}
