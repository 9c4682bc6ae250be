"""People share a value only when the decision answers alike about them, whatever it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentric_privacy.alikes import Alikes
from consentric_privacy.decision import Claim, Event, Facts, Hit, Objection, Person, Purpose, Restriction

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
MARCH, APRIL, MAY = (datetime(2026, month, 1, 10, tzinfo=UTC) for month in (3, 4, 5))
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
A_YEAR_AGO = datetime(2025, 6, 15, 12, tzinfo=UTC)
AFTER_IT = A_YEAR_AGO + timedelta(seconds=1)
PURPOSE = Purpose(
    id="news",
    basis=("consent", "soft_opt_in", "contract"),
    channels=("email",),
    direct_marketing=True,
    max_age_months=12,
    accepted_notices=("n2",),
)
CLAIM = Claim(source="hubspot", from_at=APRIL, grade="B", optout_offered=True)
ALIKES = Alikes(PURPOSE, "email", [CLAIM], NOON)


def event(state: Any, at: datetime | None, **more: Any) -> Event:
    values: dict[str, Any] = {"id": b"", "rref": b"h", "source": "hubspot", "grade": "B"}
    values |= {"purpose": "news", "channel": "email", "first_observed_at": MAY}
    return Event(state=state, occurred_at=at, **(values | more))


def person(*events: Event, **parts: Any) -> Person:
    facts = Facts(**{"created_at": MARCH} | parts.pop("facts", {}))
    return Person(events=events, facts=facts, **parts)


YES = event("granted", APRIL + timedelta(days=1))
NO = event("withdrawn", MAY)
BOTH = person(YES, NO)
ERASED = Hit(reason="erasure", since=MARCH, closed_at=APRIL)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person(YES), person(event("granted", None))),
        (person(YES), person(YES._replace(grade="C"))),
        (person(YES), person(YES._replace(notice="n2"))),
        (person(YES), person(YES._replace(origin="form"))),
        (person(YES), person(YES, event("granted", APRIL, purpose="other", origin="form"))),
        (person(YES), person(YES._replace(parental=True))),
        (person(YES), person(YES._replace(source="mailchimp"))),
        (person(YES), person(YES._replace(occurred_at=APRIL - timedelta(seconds=1)))),
        (person(YES), person(YES._replace(occurred_at=NEXT_YEAR))),
        (person(YES), person(YES._replace(channel="*"))),
        (person(YES._replace(occurred_at=A_YEAR_AGO)), person(YES._replace(occurred_at=AFTER_IT))),
        (BOTH, person(event("granted", MAY), event("withdrawn", APRIL))),
        (BOTH, person(event("granted", MAY), NO)),
        (BOTH, person(YES, event("withdrawn", None, first_observed_at=APRIL))),
        (person(YES, event("ended", MAY)), person(YES, event("ended", MAY, rref=b"m"))),
        (person(YES, event("ended", MAY)), person(YES._replace(shown_again_at=NOON), event("ended", MAY))),
        (person(YES, hits=(ERASED,)), person(YES, hits=(replace(ERASED, since=MAY),))),
        (person(hits=(ERASED,)), person(hits=(replace(ERASED, closed_at=None),))),
        (person(hits=(ERASED,)), person(hits=(replace(ERASED, reason="bounce"),))),
        (person(objections=(Objection(kind="21.1"),)), person(objections=(Objection(kind="21.2"),))),
        (person(restrictions=(Restriction(),)), person(restrictions=(Restriction(lifted_at=MAY),))),
        (person(), person(facts={"created_at": datetime(2023, 6, 15, 12, tzinfo=UTC)})),
        (person(), person(facts={"adult_at": NEXT_YEAR})),
        (person(), person(facts={"consent_age_at": NEXT_YEAR})),
        (person(), person(facts={"customer_since": APRIL})),
        (person(), person(facts={"optout_offered": True})),
        (person(), person(facts={"contract_until": NEXT_YEAR})),
        (person(), person(facts={"created_at": MAY})),
        (person(sources=("hubspot",)), person(sources=("mailchimp",))),
        (
            person(hits=(ERASED,), facts={"customer_since": datetime(2026, 2, 1, tzinfo=UTC)}),
            person(hits=(ERASED,), facts={"customer_since": datetime(2026, 3, 31, tzinfo=UTC)}),
        ),
    ],
)  # fmt: skip
def test_whom_the_decision_could_tell_apart_has_another_value(one: Person, other: Person) -> None:
    assert ALIKES.value_of(one) != ALIKES.value_of(other)


@pytest.mark.parametrize(
    "other",
    [
        person(YES, event("granted", MAY, purpose="other")),
        person(YES, event("granted", MAY, purpose="*")),
        person(YES, event("withdrawn", MAY, channel="phone")),
        person(YES._replace(first_observed_at=NOON)),
        person(YES, hits=(Hit(reason="bounce", since=MAY, channel="phone"),)),
        person(YES, objections=(Objection(kind="21.2", scope="other"),)),
    ],
)
def test_what_does_not_concern_the_purpose_and_channel_is_nothing(other: Person) -> None:
    assert ALIKES.value_of(other) == ALIKES.value_of(person(YES))


def test_instants_themselves_and_the_order_of_events_are_nothing() -> None:
    later = timedelta(hours=5)
    moved = person(
        event("withdrawn", MAY + later, id=b"7", rref=b"x"),
        event("granted", APRIL + timedelta(days=1) + later, id=b"8", rref=b"x"),
        facts={"created_at": MARCH + later},
    )
    assert ALIKES.value_of(BOTH) == ALIKES.value_of(moved)
