"""The smallest change that would allow a denied case, each by an example worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentric_privacy.changes import Case, Change, Place, smallest_change
from consentric_privacy.decision import Event, Facts, Hit, Objection, Person, Purpose, Restriction

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2022, 1, 1, tzinfo=UTC)
NEWS = Purpose(
    id="news",
    basis=("consent",),
    channels=("email",),
    direct_marketing=True,
    accepted_notices=("n2",),
    authorities=("hubspot",),
)
SOFT = replace(NEWS, basis=("soft_opt_in",))
RFM = replace(NEWS, basis=("legitimate_interest",), profiling=True)
FORM = Place(source="hubspot", origin="form")
LIST = Place(source="mailchimp", origin="a1")
CUSTOMER = Facts(created_at=MAY, customer_since=MAY, optout_offered=True)


def event(state: Any, at: datetime | None = MAY, **more: Any) -> Event:
    values: dict[str, Any] = {"id": b"1", "rref": b"h", "source": "hubspot", "grade": "B", "origin": "form"}
    values |= {"purpose": "news", "channel": "email", "first_observed_at": MAY, "notice": "n2"}
    return Event(state=state, occurred_at=at, **(values | more))


def case(*events: Event, purpose: Purpose = NEWS, read_at: datetime = NOON, **parts: Any) -> Case:
    person = {"facts": Facts(created_at=MAY), "sources": ("hubspot",)} | parts
    return Case(
        person=Person(events=events, **person),
        purpose=purpose,
        channel="email",
        action="write_back",
        at=NOON,
        reads={"hubspot": read_at},
        max_staleness=timedelta(hours=24),
    )


YES = event("granted")


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        (case(YES, read_at=MAY), [("read", None)]),
        (case(purpose=RFM), [("sign_assessment", None)]),
        (case(YES, purpose=replace(NEWS, significant_effect=True)), [("review", None)]),
        (case(YES._replace(notice=None)), [("claim_notice", FORM)]),
        (case(YES._replace(grade="C")), [("claim_grade", FORM)]),
        (case(YES._replace(grade="C", notice=None)), [("claim_grade_and_notice", FORM)]),
        (case(YES._replace(grade="C"), read_at=MAY), [("read", None), ("claim_grade", FORM)]),
        (
            case(purpose=SOFT, facts=replace(CUSTOMER, optout_offered=False)),
            [("claim_optout", Place(source="hubspot"))],
        ),
        (case(purpose=SOFT, facts=replace(CUSTOMER, customer_since=None)), [("customer", None)]),
        (case(purpose=replace(NEWS, basis=("contract",))), [("contract", None)]),
        (case(YES, purpose=replace(NEWS, child_directed=True)), [("age", None)]),
        (case(event("granted", NEXT_YEAR)), [("begin", None)]),
        (
            case(
                purpose=replace(RFM, has_assessment=True),
                facts=Facts(created_at=MAY, adult_at=NEXT_YEAR, consent_age_at=MAY),
            ),
            [("grow_up", None)],
        ),
        (case(YES, facts=Facts(created_at=LONG_AGO)), [("contact", None)]),
        (case(YES, hits=(Hit(reason="bounce", since=MAY),)), [("address", None)]),
        (case(YES, hits=(Hit(reason="complaint", since=MAY),)), [("lift_suppression", None)]),
        (case(YES, objections=(Objection(kind="21.2"),)), [("lift_objection", None)]),
        (case(YES, restrictions=(Restriction(),)), [("lift_restriction", None)]),
        (
            case(facts=Facts(created_at=MAY, consent_age_at=NEXT_YEAR, adult_at=NEXT_YEAR)),
            [("parental", None)],
        ),
        (case(), [("sign_up", None)]),
        (case(YES, event("withdrawn", NOON, id=b"2")), [("sign_up", None)]),
        (case(YES, event("ended", NOON, id=b"2")), [("sign_up", None)]),
        (case(YES, hits=(Hit(reason="erasure", since=MAY),)), [("sign_up", None)]),
    ],
)
def test_the_smallest_change_is_found(denied: Case, expected: list[tuple[Any, Place | None]]) -> None:
    assert denied.decide().verdict == "DENY"
    assert smallest_change(denied) == tuple(Change(kind=kind, place=place) for kind, place in expected)


def test_a_list_is_named_only_to_somebody_of_whom_nothing_is_known() -> None:
    assert smallest_change(case(), [LIST]) == (Change(kind="map", place=LIST),)
    said_no = case(event("withdrawn"))
    assert smallest_change(said_no, [LIST]) == (Change(kind="sign_up"),)


def test_a_no_that_a_yes_cannot_overrule_is_changed_by_nothing() -> None:
    assert smallest_change(case(event("withdrawn"), purpose=replace(RFM, has_assessment=True))) == ()


def test_an_allowed_case_needs_no_change() -> None:
    assert case(YES).decide().verdict == "ALLOW"
    assert smallest_change(case(YES)) == ()
