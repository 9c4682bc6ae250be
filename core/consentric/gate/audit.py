"""What the decision says of everybody, by what is known of their consent, and what would change it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from consentric_privacy.alikes import Alikes
from consentric_privacy.bases import Voices, listen, proven
from consentric_privacy.changes import Case, Change, Place, smallest_change
from consentric_privacy.decision import Decision, Event, Person

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


@dataclass(slots=True)
class _Alike:
    """People who are decided alike, with one of them for all."""

    person: Person
    unmapped: tuple[Place, ...]
    people: int = 0
    sids: list[bytes] = field(default_factory=list)
    times: dict[tuple[str, str, str, str | None], tuple[datetime, datetime]] = field(default_factory=dict)
    """Purpose, channel, source and origin of grants to the first and last time."""


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
    unmapped: Mapping[bytes, tuple[Place, ...]],
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
        unmapped: Person to the lists they are on that no purpose is mapped to.
        at: The time of the decision.
        reads: When each source was last read.
        names_people: Whether to keep who came in by claims.
    """
    report = AuditReport()
    for alike in _grouped(persons, policy, unmapped, at, keeps_sids=names_people):
        report.people += alike.people
        for question in questions:
            case = case_of(policy, alike.person, question, at=at, reads=reads)
            _count(report, alike, case, question)
        for name, asked in uses.items():
            if all(policy.decide(alike.person, one, at=at, reads=reads).effect is None for one in asked):
                report.labelled[name] += alike.people
    return report


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


def _grouped(
    persons: Iterable[tuple[bytes, Person]],
    policy: Policy,
    unmapped: Mapping[bytes, tuple[Place, ...]],
    at: datetime,
    *,
    keeps_sids: bool,
) -> Iterator[_Alike]:
    alikes = Alikes(policy.purposes.values(), policy.claims, at)
    groups: dict[object, _Alike] = {}
    for sid, person in persons:
        places = unmapped.get(sid, ())
        value = (alikes.value_of(person), places)
        group = groups.get(value)
        if group is None:
            group = groups[value] = _Alike(person, places)
        group.people += 1
        if keeps_sids:
            group.sids.append(sid)
        for event in person.events:
            if event.state == "granted" and event.occurred_at is not None:
                place = (event.purpose, event.channel, event.source, event.origin)
                first, last = group.times.get(place, (event.occurred_at, event.occurred_at))
                group.times[place] = (min(first, event.occurred_at), max(last, event.occurred_at))
    yield from groups.values()


def _count(report: AuditReport, alike: _Alike, case: Case, question: Question) -> None:
    decision = case.decide()
    is_allowed = decision.effect is None
    evidence, event = evidence_of(case, decision)
    one = Class(
        question=question,
        evidence=evidence,
        is_allowed=is_allowed,
        reason=decision.reason,
        changes=() if is_allowed else smallest_change(case, alike.unmapped),
    )
    first = last = None
    if event is not None:
        place = (event.purpose, event.channel, event.source, event.origin)
        first, last = alike.times.get(place, (None, None))
    report.rows.setdefault(one, Row()).add(alike.people, first, last)
    is_unclaimed = replace(case, claims=()).decide().effect is None
    if is_unclaimed:
        report.unclaimed[question] += alike.people
    if is_allowed and not is_unclaimed:
        _count_claims(report, alike, case, question)


def _count_claims(report: AuditReport, alike: _Alike, case: Case, question: Question) -> None:
    """Counts people for each claim that lets them in: by itself, or with another that cannot without it."""
    helping = tuple(
        place
        for place, claim in enumerate(case.claims)
        if replace(case, claims=(claim,)).decide().effect is None
        or replace(case, claims=case.claims[:place] + case.claims[place + 1 :]).decide().effect is not None
    )
    for place in helping:
        report.lifted[place] += alike.people
    report.came_in += [(sid, question, helping) for sid in alike.sids]
