"""From when the time to act on a no is counted."""

from __future__ import annotations

from typing import Any

from consentric_privacy.ledger import AddressCheck, NewObjection
from consentric_privacy.withdrawals import said_no_at

from .conftest import day

ASKED = {("news", "email"), ("segmentation", "none")}


def counted_from(house: Any, rref: bytes, reason: str = "CONSENT_WITHDRAWN") -> Any:
    sid = house.sid(rref)
    return said_no_at(house.people, {sid: reason}, ASKED).get(sid)


def test_of_two_noes_the_first_counts_that_no_later_yes_took_back(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "withdrawn", "2026-01-02", read_on="2026-01-10")
    house.says(ann, "granted", "2026-02-01", read_on="2026-02-02")
    house.says(ann, "withdrawn", "2026-03-05", read_on="2026-03-06")
    house.says(ann, "denied", "2026-03-09", read_on="2026-03-10", source="mailchimp")
    assert counted_from(house, ann) == day("2026-03-05")


def test_a_no_without_a_date_counts_from_when_it_was_first_seen(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-02-01", read_on="2026-02-02")
    house.says(ann, "withdrawn", None, read_on="2026-03-06")
    house.says(ann, "withdrawn", None, read_on="2026-03-08")
    assert counted_from(house, ann) == day("2026-03-06")


def test_a_no_to_everything_counts_and_one_to_something_else_does_not(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-01-01", read_on="2026-01-10")
    house.says(ann, "withdrawn", "2026-02-01", read_on="2026-02-02", channel="sms")
    house.says(ann, "withdrawn", "2026-02-05", read_on="2026-02-06", purpose="surveys")
    assert counted_from(house, ann) is None
    house.says(ann, "withdrawn", "2026-02-09", read_on="2026-02-10", purpose="*", channel="*")
    assert counted_from(house, ann) == day("2026-02-09")


def test_each_reason_has_a_clock_of_its_own(house: Any) -> None:
    ann = house.record("ann")
    sid = house.sid(ann)
    house.says(ann, "withdrawn", "2026-04-01", read_on="2026-04-02")
    house.ledger.restrict(sid, "18.1.a", at=day("2026-04-03"))
    kinds = (("21.1", "2026-04-04"), ("21.2", "2026-04-05"))
    house.ledger.record_objections(
        sid,
        [NewObjection(kind=kind, channel="operator", received_at=day(on)) for kind, on in kinds],  # type: ignore[arg-type]
        at=day("2026-04-06"),
    )
    house.ledger.record_hits([AddressCheck(rref=ann, bounced=True)], at=day("2026-04-07"))
    assert counted_from(house, ann, "RESTRICTED") == day("2026-04-03")
    assert counted_from(house, ann, "OBJECTED") == day("2026-04-04")
    assert counted_from(house, ann, "OBJECTED_MARKETING") == day("2026-04-05")
    assert counted_from(house, ann, "SUPPRESSED") == day("2026-04-07")
    assert counted_from(house, ann, "SUBJECT_ERASED") is None
    assert counted_from(house, ann, "MINOR_PROFILING") is None


def test_a_lifted_objection_counts_no_more(house: Any) -> None:
    ann = house.record("ann")
    sid = house.sid(ann)
    house.ledger.record_objections(sid, [NewObjection(kind="21.2", channel="operator")], at=day("2025-04-05"))
    house.ledger.lift_objections(sid, "21.2", at=day("2025-05-05"), evidence="letter 12")
    house.ledger.record_objections(sid, [NewObjection(kind="21.2", channel="operator")], at=day("2026-04-05"))
    assert counted_from(house, ann, "OBJECTED_MARKETING") == day("2026-04-05")
