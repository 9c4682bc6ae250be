"""What would turn a denial into an allowance: candidate changes, each tried with the decision itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import combinations
from typing import Any, Literal

from consentric_privacy.bases import listen
from consentric_privacy.decision import Decision, decide
from consentric_privacy.person import Event, Person
from consentric_privacy.purpose import Action, Claim, Purpose

Kind = Literal[
    "read",
    "sign_assessment",
    "review",
    "claim_notice",
    "claim_grade",
    "claim_grade_and_notice",
    "claim_optout",
    "map",
    "customer",
    "contract",
    "age",
    "begin",
    "grow_up",
    "contact",
    "address",
    "lift_suppression",
    "lift_objection",
    "lift_restriction",
    "parental",
    "sign_up",
]
"""The smallest first: what a command does, what we can write down, what only time or the person can do."""

AT_MOST = 2
"""Changes that are tried together; where more stand against it, nothing is stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question about one person, with everything that the decision is given."""

    person: Person
    purpose: Purpose
    channel: str
    action: Action
    at: datetime
    reads: Mapping[str, datetime]
    max_staleness: timedelta
    claims: tuple[Claim, ...] = ()
    is_human_reviewed: bool = False

    def decide(self) -> Decision:
        """The decision."""
        return decide(
            self.person,
            self.purpose,
            channel=self.channel,
            action=self.action,
            at=self.at,
            reads=self.reads,
            max_staleness=self.max_staleness,
            claims=self.claims,
            is_human_reviewed=self.is_human_reviewed,
        )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where a consent comes from: an account, and in it a form, list or tag if the source names one."""

    source: str
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that somebody could do, or that could happen."""

    kind: Kind
    place: Place | None = None
    """What a claim or a mapping speaks about; None where the change is not about a place."""

    def applied(self, case: Case) -> Case:
        """The case as it would be afterwards."""
        if self.place is not None:
            return _IN_A_PLACE[self.kind](case, self.place)
        return _ANYWHERE[self.kind](case)


def smallest_change(case: Case, unmapped: Sequence[Place] = ()) -> tuple[Change, ...]:
    """The smallest change after which a denied case is allowed.

    One change if one is enough, else two that belong together; none where the case is allowed already or
    where more than that stands against it.

    Args:
        case: A case; the changes tried are those that could touch it.
        unmapped: Lists the person is on that the configuration maps to no purpose.
    """
    if case.decide().verdict == "ALLOW":
        return ()
    candidates = list(_candidates(case, unmapped))
    for count in range(1, AT_MOST + 1):
        for changes in combinations(candidates, count):
            if all_applied(changes, case).decide().verdict == "ALLOW":
                return changes
    return ()


def all_applied(changes: Sequence[Change], case: Case) -> Case:
    """The case after several changes."""
    for change in changes:
        case = change.applied(case)
    return case


def _candidates(case: Case, unmapped: Sequence[Place]) -> Iterator[Change]:
    """Every change that could matter to a case, in the order of the kinds."""
    voices = listen(case.person, case.purpose.id, case.channel)
    told_at = sorted({Place(source=one.source, origin=one.origin) for one in voices.grants}, key=_order)
    for kind in _IN_ORDER:
        if kind in _ABOUT_GRANTS:
            yield from (Change(kind=kind, place=place) for place in told_at)
        elif kind == "claim_optout":
            yield from (Change(kind=kind, place=Place(source=source)) for source in case.person.sources)
        elif kind == "map":
            # What a list would say is a guess, so it is made only where nothing else was ever said.
            if voices.grants or voices.no is not None:
                continue
            yield from (Change(kind=kind, place=place) for place in sorted(unmapped, key=_order))
        elif _matters(kind, case):
            yield Change(kind=kind)


def _order(place: Place) -> tuple[str, str]:
    return place.source, place.origin or ""


def _matters(kind: Kind, case: Case) -> bool:
    """Leaves out what cannot matter: a change that does nothing is never the smallest, but costs time."""
    person, purpose = case.person, case.purpose
    basis: Mapping[Kind, str] = {
        "sign_assessment": "legitimate_interest",
        "customer": "soft_opt_in",
        "contract": "contract",
        "sign_up": "consent",
    }
    if kind in basis:
        return basis[kind] in purpose.basis
    needed: Mapping[Kind, object] = {
        "read": purpose.authorities,
        "review": purpose.significant_effect,
        "age": purpose.child_directed,
        "begin": person.events,
        "grow_up": person.facts.adult_at or person.facts.consent_age_at,
        "parental": person.facts.consent_age_at and person.facts.consent_age_at > case.at,
        "contact": purpose.direct_marketing,
        "address": person.hits,
        "lift_suppression": person.hits,
        "lift_objection": person.objections,
        "lift_restriction": person.restrictions,
    }
    return bool(needed[kind])


def _read(case: Case) -> Case:
    return replace(case, reads={**case.reads, **dict.fromkeys(case.purpose.authorities, case.at)})


def _sign_assessment(case: Case) -> Case:
    return replace(case, purpose=replace(case.purpose, has_assessment=True))


def _review(case: Case) -> Case:
    return replace(case, is_human_reviewed=True)


def _claim(case: Case, place: Place, *, has_grade: bool, has_notice: bool) -> Case:
    accepted = case.purpose.accepted_notices
    claim = Claim(
        source=place.source,
        origin=place.origin,
        grade="B" if has_grade else None,
        notice=accepted[0] if has_notice and accepted else None,
    )
    return replace(case, claims=(*case.claims, claim))


def _claim_optout(case: Case, place: Place) -> Case:
    return replace(case, claims=(*case.claims, Claim(source=place.source, optout_offered=True)))


def _map(case: Case, place: Place) -> Case:
    """As if the list had said yes just now, as well proven as the purpose asks."""
    return _saying_yes(case, place, grade=case.purpose.min_grade)


def _customer(case: Case) -> Case:
    return _with_facts(case, customer_since=case.at)


def _contract(case: Case) -> Case:
    return _with_facts(case, contract_until=case.at + timedelta(days=1))


def _age(case: Case) -> Case:
    return _with_facts(case, consent_age_at=case.at, adult_at=case.at)


def _begin(case: Case) -> Case:
    """Grants dated in the future begin."""
    events = tuple(
        event._replace(occurred_at=case.at)
        if event.state == "granted" and event.occurred_at is not None and event.occurred_at > case.at
        else event
        for event in case.person.events
    )
    return replace(case, person=replace(case.person, events=events))


def _contact(case: Case) -> Case:
    return _with_facts(case, last_contact_at=case.at)


def _address(case: Case) -> Case:
    return _without_hits(case, "bounce")


def _lift_suppression(case: Case) -> Case:
    return _without_hits(case, "objection", "complaint")


def _lift_objection(case: Case) -> Case:
    return replace(case, person=replace(case.person, objections=()))


def _lift_restriction(case: Case) -> Case:
    return replace(case, person=replace(case.person, restrictions=()))


def _parental(case: Case) -> Case:
    return _saying_yes(case, Place(source=""), grade="A", parental=True)


def _sign_up(case: Case) -> Case:
    """The person confirms: an act of grade A, which also closes an erasure that came before it."""
    hits = tuple(
        replace(hit, closed_at=case.at) if hit.reason == "erasure" and hit.since < case.at else hit
        for hit in case.person.hits
    )
    events = tuple(_before(event, case.at) for event in case.person.events)
    case = replace(case, person=replace(case.person, hits=hits, events=events))
    return _saying_yes(case, Place(source=""), grade="A")


def _before(event: Event, at: datetime) -> Event:
    """What was said at this very instant comes before what the person does next."""
    if event.state in ("denied", "withdrawn") and (event.occurred_at or event.first_observed_at) == at:
        return event._replace(occurred_at=at - timedelta(seconds=1))
    return event


def _saying_yes(
    case: Case, place: Place, *, grade: Literal["A", "B", "C", "D"], parental: bool = False
) -> Case:
    accepted = case.purpose.accepted_notices
    event = Event(
        id=b"",
        rref=b"",
        source=place.source,
        purpose=case.purpose.id,
        channel=case.channel,
        state="granted",
        grade=grade,
        occurred_at=case.at,
        first_observed_at=case.at,
        notice=accepted[0] if accepted else None,
        origin=place.origin,
        parental=parental,
    )
    return replace(case, person=replace(case.person, events=(*case.person.events, event)))


def _with_facts(case: Case, **facts: Any) -> Case:
    return replace(case, person=replace(case.person, facts=replace(case.person.facts, **facts)))


def _without_hits(case: Case, *reasons: str) -> Case:
    hits = tuple(hit for hit in case.person.hits if hit.reason not in reasons)
    return replace(case, person=replace(case.person, hits=hits))


_ABOUT_GRANTS: tuple[Kind, ...] = ("claim_notice", "claim_grade", "claim_grade_and_notice")
_IN_A_PLACE: dict[Kind, Callable[[Case, Place], Case]] = {
    "claim_notice": partial(_claim, has_grade=False, has_notice=True),
    "claim_grade": partial(_claim, has_grade=True, has_notice=False),
    "claim_grade_and_notice": partial(_claim, has_grade=True, has_notice=True),
    "claim_optout": _claim_optout,
    "map": _map,
}
_ANYWHERE: dict[Kind, Callable[[Case], Case]] = {
    "read": _read,
    "sign_assessment": _sign_assessment,
    "review": _review,
    "customer": _customer,
    "contract": _contract,
    "age": _age,
    "begin": _begin,
    "grow_up": _age,
    "contact": _contact,
    "address": _address,
    "lift_suppression": _lift_suppression,
    "lift_objection": _lift_objection,
    "lift_restriction": _lift_restriction,
    "parental": _parental,
    "sign_up": _sign_up,
}
_IN_ORDER: tuple[Kind, ...] = (
    *("read", "sign_assessment", "review", "claim_notice", "claim_grade", "claim_grade_and_notice"),
    *("claim_optout", "map", "customer", "contract", "age", "begin", "grow_up", "contact", "address"),
    *("lift_suppression", "lift_objection", "lift_restriction", "parental", "sign_up"),
)
