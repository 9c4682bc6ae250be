"""Facts, objections, reads, joins, and the list of those to be decided again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from consentric_privacy.decision import Decision
from consentric_privacy.ledger import AddressCheck, Decided, NewObjection, SubjectFacts
from consentric_privacy.vault import Arrival
from consentric_privacy.worlds import read_persons

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def allowed(valid_until: datetime | None = None) -> Decision:
    return Decision(
        verdict="ALLOW",
        reason="CONSENT_VALID",
        effect=None,
        valid_until=valid_until,
        rule=17,
        basis="consent",
    )


def denied() -> Decision:
    return Decision(
        verdict="DENY", reason="CONSENT_WITHDRAWN", effect="remove", valid_until=None, rule=14, event_id=b"e"
    )


def decided(sid: bytes, decision: Decision, purpose: str = "news") -> Decided:
    return Decided(sid=sid, purpose=purpose, channel="email", action="process", decision=decision)


def settle(house: Any, *sids: bytes, policy: str = "p1", at: datetime = NOON) -> None:
    house.ledger.record_decisions(
        [decided(sid, allowed()) for sid in sids], run_id="r1", policy_hash=policy, at=at
    )
    house.ledger.finish_decisions(policy, at)


def test_facts_of_several_records_are_merged_the_careful_way(house: Any) -> None:
    sid = house.sid(house.record("ann"))
    one = SubjectFacts(
        sid=sid, created_on=date(2024, 5, 1), last_contact_on=date(2026, 1, 1), country="FR",
        consent_age_on=date(2027, 4, 1), adult_on=date(2030, 4, 1), customer_since=date(2025, 1, 1),
        optout_offered=False,
    )  # fmt: skip
    other = SubjectFacts(
        sid=sid, created_on=date(2023, 5, 1), last_contact_on=date(2025, 1, 1), country=None,
        consent_age_on=date(1900, 1, 1), adult_on=date(1900, 1, 1), customer_since=date(2024, 1, 1),
        optout_offered=True,
    )  # fmt: skip

    assert house.ledger.record_facts([one, other]) == {sid}
    assert house.ledger.record_facts([one]) == {sid}  # the last answer about the opt-out counts
    assert house.ledger.record_facts([one]) == set()

    row = house.people.connection.execute("SELECT * FROM subject_fact").fetchone()
    assert row == (sid, "2023-05-01", "2026-01-01", "FR", "2027-04-01", "2030-04-01", "2024-01-01", 0, None)


def test_days_become_midnights_in_the_world_of_a_person(house: Any) -> None:
    ann = house.record("ann")
    house.ledger.record_facts([SubjectFacts(sid=house.sid(ann), last_contact_on=date(2026, 1, 2))])

    facts = house.person(ann).facts

    assert facts.last_contact_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert facts.created_at == datetime(2026, 1, 10, tzinfo=UTC)  # when the vault first saw her


def test_a_person_has_the_sources_of_live_records_and_the_denials_of_deleted_ones(house: Any) -> None:
    ann = house.record("ann", "hubspot")
    again = house.record("ann", "mailchimp")
    house.says(ann, "withdrawn", "2026-03-01", read_on="2026-03-02")
    house.vault.delete([ann], datetime(2026, 4, 1, tzinfo=UTC))

    person = house.person(again)

    assert person.sources == ("mailchimp",)
    assert [event.state for event in person.events] == ["withdrawn"]


def test_everybody_is_streamed_once_in_ranges_of_sids(house: Any) -> None:
    sids = sorted(house.sid(house.record(name)) for name in ("ann", "bob", "cid"))
    connection = house.people.connection

    everybody = [sid for sid, _ in house.ledger.persons(None)]
    lower = [sid for sid, _ in read_persons(connection, None, high=sids[1])]
    upper = [sid for sid, _ in read_persons(connection, None, low=sids[0])]

    assert (everybody, lower, upper) == (sids, sids[:1], sids[1:])


def test_nobody_has_decided_yet_so_everybody_is_due(house: Any) -> None:
    assert house.ledger.subjects_to_decide("p1", NOON) is None


def test_another_policy_decides_everybody_again(house: Any) -> None:
    ann = house.sid(house.record("ann"))
    settle(house, ann)

    assert house.ledger.subjects_to_decide("p1", NOON) == []
    assert house.ledger.subjects_to_decide("p2", NOON) is None


@pytest.mark.parametrize("change", ["event", "ending", "facts", "hit", "objection", "restriction", "lift"])
def test_whatever_changes_a_world_makes_its_person_due(house: Any, change: str) -> None:
    ann, bob = house.record("ann"), house.record("bob")
    for rref in (ann, bob):
        house.says(rref, "granted", "2026-03-01", read_on="2026-03-02")
    sid = house.sid(ann)
    settle(house, sid, house.sid(bob))
    ledger = house.ledger

    match change:
        case "event":
            house.says(ann, "withdrawn", "2026-03-03", read_on="2026-03-04")
        case "ending":
            ledger.end_grants([ann], source="hubspot", at=NOON)
        case "facts":
            ledger.record_facts([SubjectFacts(sid=sid, customer_since=date(2026, 1, 1))])
        case "hit":
            ledger.record_hits([AddressCheck(rref=ann, email="ann@example.com", bounced=True)], at=NOON)
        case "objection":
            ledger.record_objections(sid, [NewObjection(kind="21.2", channel="operator")], at=NOON)
        case "restriction":
            ledger.restrict(sid, "18.1.a", at=NOON)
        case "lift":
            ledger.lift_restriction(sid, at=NOON, informed_at=NOON)

    assert ledger.subjects_to_decide("p1", NOON) == [sid]
    settle(house, sid)
    assert ledger.subjects_to_decide("p1", NOON) == []


def test_a_finished_read_makes_due_whose_grants_it_showed_again(house: Any) -> None:
    ann, bob = house.record("ann"), house.record("bob")
    for rref in (ann, bob):
        house.says(rref, "granted", "2026-03-01", read_on="2026-03-02")
    house.ledger.end_grants([ann], source="hubspot", at=datetime(2026, 6, 1, tzinfo=UTC))
    house.says(ann, "granted", "2026-03-01", read_on="2026-06-15")
    settle(house, house.sid(ann), house.sid(bob))

    house.ledger.mark_read("hubspot", NOON, full=False)

    assert house.ledger.subjects_to_decide("p1", NOON) == [house.sid(ann)]


def test_a_repeat_makes_nobody_due(house: Any) -> None:
    ann = house.record("ann")
    objection = NewObjection(kind="21.2", channel="hubspot")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")
    house.ledger.record_objections(house.sid(ann), [objection], at=NOON)
    settle(house, house.sid(ann))

    house.says(ann, "granted", "2026-03-01", read_on="2026-03-03")
    house.ledger.record_objections(house.sid(ann), [objection], at=NOON)
    house.ledger.mark_read("hubspot", NOON, full=True)

    assert house.ledger.subjects_to_decide("p1", NOON) == []


def test_a_person_is_due_when_the_earliest_valid_until_has_passed(house: Any) -> None:
    ann = house.sid(house.record("ann"))
    late, early = datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    answers = [decided(ann, allowed(late)), decided(ann, allowed(early), "other")]
    house.ledger.record_decisions(answers, run_id="r1", policy_hash="p1", at=NOON)
    house.ledger.finish_decisions("p1", NOON)

    assert house.ledger.subjects_to_decide("p1", datetime(2026, 8, 31, 23, 59, 59, tzinfo=UTC)) == []
    assert house.ledger.subjects_to_decide("p1", early) == [ann]


def test_decisions_are_written_when_they_differ_from_the_last(house: Any) -> None:
    ann = house.sid(house.record("ann"))
    write = house.ledger.record_decisions
    later = datetime(2026, 6, 16, tzinfo=UTC)

    assert write([decided(ann, allowed())], run_id="r1", policy_hash="p1", at=NOON) == 1
    assert write([decided(ann, allowed())], run_id="r2", policy_hash="p1", at=later) == 0
    assert write([decided(ann, denied())], run_id="r3", policy_hash="p1", at=later) == 1
    assert house.people.connection.execute("SELECT run_id, verdict FROM decision ORDER BY 1").fetchall() == [
        ("r1", "ALLOW"),
        ("r3", "DENY"),
    ]


def test_the_latest_successful_read_of_each_source_is_remembered(house: Any) -> None:
    house.ledger.mark_read("hubspot", NOON, full=False)
    house.ledger.mark_read("hubspot", datetime(2026, 6, 1, tzinfo=UTC), full=True)

    assert house.ledger.reads() == {"hubspot": NOON}


def test_an_objection_counts_until_it_is_lifted(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")
    house.ledger.record_objections(house.sid(ann), [NewObjection(kind="21.2", channel="operator")], at=NOON)
    assert house.decide(ann, "2026-06-15").reason == "OBJECTED_MARKETING"

    house.ledger.lift_objections(house.sid(ann), "21.2", at=NOON, evidence="request 7")
    assert house.decide(ann, "2026-06-15").reason == "CONSENT_VALID"


def test_a_restriction_counts_until_it_is_lifted(house: Any) -> None:
    ann = house.record("ann")
    house.says(ann, "granted", "2026-03-01", read_on="2026-03-02")
    house.ledger.restrict(house.sid(ann), "18.1.b", at=NOON)
    assert house.decide(ann, "2026-06-15").reason == "RESTRICTED"

    house.ledger.lift_restriction(house.sid(ann), at=NOON, informed_at=NOON)
    assert house.decide(ann, "2026-06-15").reason == "CONSENT_VALID"


def test_a_join_brings_facts_objections_and_restrictions_to_the_survivor(house: Any) -> None:
    ann, bob = house.record("ann"), house.record("bob")
    old, survivor = house.sid(bob), house.sid(ann)
    house.ledger.record_facts([SubjectFacts(sid=old, last_contact_on=date(2026, 5, 1))])
    house.ledger.record_objections(
        old, [NewObjection(kind="21.1", channel="operator", received_at=NOON)], at=NOON
    )
    house.ledger.record_objections(
        survivor, [NewObjection(kind="21.1", channel="operator", received_at=NOON)], at=NOON
    )
    house.ledger.lift_objections(survivor, "21.1", at=NOON, evidence="request 7")
    house.ledger.restrict(old, "18.1.a", at=NOON)
    shared = Arrival(account="hubspot", object="contact", id="bob", email="ann@example.com")
    joins = house.vault.admit([shared], at=NOON).joins
    assert joins == [(old, survivor)]

    house.ledger.move_subject(old, survivor)

    person = house.person(ann)
    assert person.facts.last_contact_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert [objection.lifted_at for objection in person.objections] == [None]
    assert len(person.restrictions) == 1
    assert [house.count(table) for table in ("subject_fact", "objection", "restriction")] == [1, 1, 1]
    settle(house)
    assert house.ledger.subjects_to_decide("p1", NOON) == [survivor]
