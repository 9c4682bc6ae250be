"""What the decision says of everybody, by what is known of their consent, and what would change it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from consentric_privacy.bases import Voices, listen, proven
from consentric_privacy.changes import Case, Change, Place, smallest_change
from consentric_privacy.decision import Decision, Event, Person

from .crowd import Alike, Crowd
from .gate import Policy
from .questions import NO_CHANNEL, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of people's consent to one purpose and channel, as far as the decision looks at it."""

    source: str
    """The account whose word counts, or all accounts that know them where nobody ever said anything."""
    origin: str = ""
    """Form, list or tag, as the source names it."""
    status: str = "nothing"
    """`granted`, `denied`, `withdrawn`, `pending`, `ended`, or `nothing` where no event speaks of it."""
    grade: str = ""
    has_time: bool = False
    has_notice: bool = False
    has_claim: bool = False
    """Whether a claim lifts its grade or names its notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """People whose consent is known alike, with one verdict and one thing that would change it."""

    question: Question
    evidence: Evidence
    is_allowed: bool
    reason: str
    changes: tuple[Change, ...]
    """The smallest that would allow it; none when it is allowed, or when more stands against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """What sources may know of people's consent that the configuration takes for no purpose."""

    lists: Mapping[bytes, tuple[Place, ...]] = field(default_factory=dict)
    """Person to the lists they are on that are mapped to nothing."""
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Purpose to the accounts without lists in which nothing is mapped to it."""

    def places(self, case: Case, lists: Sequence[Place]) -> tuple[Place, ...]:
        """The places that could tell of a case's consent, given the lists the person is on."""
        silent = self.sources.get(case.purpose.id, frozenset())
        return (*lists, *(Place(source=source) for source in case.person.sources if source in silent))


@dataclass(slots=True, kw_only=True)
class Row:
    """How many people a class has, and when their consents were given."""

    people: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, people: int, first: datetime | None, last: datetime | None) -> None:
        """Counts more people into it."""
        self.people += people
        self.first = min(filter(None, (self.first, first)), default=None)
        self.last = max(filter(None, (self.last, last)), default=None)


@dataclass(slots=True, kw_only=True)
class AuditReport:
    """Everybody known, in classes; the classes of one question add up to the people."""

    people: int = 0
    rows: dict[Class, Row] = field(default_factory=dict)
    labelled: Counter[str] = field(default_factory=Counter)
    """Destination to the people who may get its labels: all its questions allow."""
    unclaimed: Counter[Question] = field(default_factory=Counter)
    """Question to the people it would allow without any claim."""
    lifted: Counter[int] = field(default_factory=Counter)
    """Place of a claim among the policy's to the people who came in by it."""
    came_in: list[tuple[bytes, Question, tuple[int, ...]]] = field(default_factory=list)
    """Who came in by claims: person, question, and places of the claims; only where it was asked for."""

    def allowed(self, question: Question) -> int:
        """The people whom a question allows."""
        return sum(
            row.people for one, row in self.rows.items() if one.question == question and one.is_allowed
        )


def questions_about(policy: Policy, purpose: str | None = None) -> tuple[Question, ...]:
    """Every purpose with each of its channels: computing where nobody is contacted, else writing."""
    return tuple(
        Question(purpose=one.id, channel=channel, action="process" if channel == NO_CHANNEL else "write_back")
        for one in policy.purposes.values()
        for channel in one.channels
        if purpose in (None, one.id)
    )


def case_of(
    policy: Policy, person: Person, question: Question, *, at: datetime, reads: Mapping[str, datetime]
) -> Case:
    """A question of the configuration about a person, as changes are tried on it."""
    return Case(
        person=person,
        purpose=policy.purposes[question.purpose],
        channel=question.channel,
        action=question.action,
        at=at,
        reads=reads,
        max_staleness=policy.max_staleness,
        claims=policy.claims,
    )


def audit(
    persons: Iterable[tuple[bytes, Person]],
    *,
    policy: Policy,
    questions: Sequence[Question],
    uses: Mapping[str, Sequence[Question]],
    unmapped: Unmapped,
    at: datetime,
    reads: Mapping[str, datetime],
    names_people: bool = False,
) -> AuditReport:
    """Decides everybody and sorts them by what is known of their consent; reads only.

    People whom the decision cannot tell apart are decided once, and so is what would change it.

    Args:
        persons: Everybody known.
        policy: What they are decided with.
        questions: What is asked about each.
        uses: Destination to all the questions that its labels need.
        unmapped: What sources may know beside what the configuration reads as consent.
        at: The time of the decision.
        reads: When each source was last read.
        names_people: Whether to keep who came in by claims.
    """
    needed = tuple(dict.fromkeys(one for asked in uses.values() for one in asked))
    crowd = Crowd(
        persons,
        (*questions, *needed),
        policy=policy,
        lists=unmapped.lists,
        at=at,
        names_people=names_people,
    )
    report = AuditReport(people=crowd.people)
    lets_in: dict[Question, list[tuple[int, ...]]] = {}
    for question in questions:
        lets_in[question] = [
            _count(
                report, alike, question, case_of(policy, alike.person, question, at=at, reads=reads), unmapped
            )
            for alike in crowd.groups(question)
        ]
    allows = {
        question: [
            policy.decide(alike.person, question, at=at, reads=reads).effect is None
            for alike in crowd.groups(question)
        ]
        for question in needed
    }
    for numbers, shared in crowd.together.items():
        for name, asked in uses.items():
            if all(allows[one][numbers[crowd.place(one)]] for one in asked):
                report.labelled[name] += shared.people
        helping = {one: lets_in[one][numbers[crowd.place(one)]] for one in questions}
        for claim in set().union(*helping.values()):
            report.lifted[claim] += shared.people
        report.came_in += [
            (sid, question, claims) for sid in shared.sids for question, claims in helping.items() if claims
        ]
    return report


def class_of(question: Question, case: Case, unmapped: Sequence[Place]) -> tuple[Class, Row]:
    """The class that one person alone makes, for one question."""
    one, event = _classified(question, case, unmapped)
    said_at = event.occurred_at if event is not None else None
    return one, Row(people=1, first=said_at, last=said_at)


def evidence_of(case: Case, decision: Decision) -> tuple[Evidence, Event | None]:
    """What is known of a case's consent, and the event it was read from: what the decision rests on."""
    voices = listen(case.person, case.purpose.id, case.channel)
    event = _telling(case.person, voices, decision)
    if event is None:
        status = "pending" if voices.is_pending else "nothing"
        return Evidence(source=", ".join(sorted(case.person.sources)), status=status), None
    grade, notice = event.grade, event.notice
    is_grant = event.state == "granted"
    claimed = proven(event, case.claims) if is_grant else (grade, notice)
    return Evidence(
        source=event.source,
        origin=event.origin or "",
        status="ended" if is_grant and _has_ended(decision) else event.state,
        grade=grade,
        has_time=event.occurred_at is not None,
        has_notice=notice is not None,
        has_claim=claimed != (grade, notice),
    ), event


def _classified(question: Question, case: Case, unmapped: Sequence[Place]) -> tuple[Class, Event | None]:
    decision = case.decide()
    evidence, event = evidence_of(case, decision)
    one = Class(
        question=question,
        evidence=evidence,
        is_allowed=decision.effect is None,
        reason=decision.reason,
        changes=smallest_change(case, unmapped),
    )
    return one, event


def _telling(person: Person, voices: Voices, decision: Decision) -> Event | None:
    """The event the decision rests on; else the latest yes, or the no, or an ending."""
    if decision.event_id is not None:
        return next(event for event in person.events if event.id == decision.event_id)
    if voices.grants:
        return max(voices.grants, key=lambda one: (one.occurred_at or one.first_observed_at, one.id))
    return voices.no


def _has_ended(decision: Decision) -> bool:
    """Whether a yes fails because its source shows it no longer: nobody said no."""
    return decision.reason == "CONSENT_WITHDRAWN" and decision.effect == "expire"


def _count(
    report: AuditReport, alike: Alike, question: Question, case: Case, unmapped: Unmapped
) -> tuple[int, ...]:
    """Counts a group under one question; gives the places of the claims that let it in."""
    one, event = _classified(question, case, unmapped.places(case, alike.lists))
    first = last = None
    if event is not None:
        first, last = alike.times.get(Place(source=event.source, origin=event.origin), (None, None))
    report.rows.setdefault(one, Row()).add(alike.people, first, last)
    if replace(case, claims=()).decide().effect is None:
        report.unclaimed[question] += alike.people
        return ()
    if not one.is_allowed:
        return ()
    return _helping(case)


def _helping(case: Case) -> tuple[int, ...]:
    """Places of the claims that let a case in: each by itself, or with another that cannot without it."""
    claims = case.claims
    return tuple(
        place
        for place, claim in enumerate(claims)
        if replace(case, claims=(claim,)).decide().effect is None
        or replace(case, claims=claims[:place] + claims[place + 1 :]).decide().effect is not None
    )
