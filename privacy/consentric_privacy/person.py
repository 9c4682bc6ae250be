"""What is known about one person when a decision is made: events, hits, objections, restrictions, facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from consentric_privacy.purpose import Grade

EventState = Literal["granted", "denied", "withdrawn", "pending", "ended"]
HitReason = Literal["erasure", "objection", "complaint", "bounce"]


class Event(NamedTuple):
    """One consent event of one record; `*` as purpose or channel counts for denials and endings only.

    A tuple, because a gate reads millions of them: a frozen dataclass of 13 fields takes six times as long.
    """

    id: bytes
    rref: bytes
    source: str
    purpose: str
    channel: str
    state: EventState
    grade: Grade
    occurred_at: datetime | None
    first_observed_at: datetime
    notice: str | None = None
    origin: str | None = None
    parental: bool = False
    shown_again_at: datetime | None = None
    """When a finished read of its source showed a grant again after it had ended there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """The fact that one of the person's records matched a suppression entry, or that its address bounces."""

    reason: HitReason
    since: datetime
    channel: str = "*"
    purpose: str = "*"
    expires_at: datetime | None = None
    closed_at: datetime | None = None
    """When an own act closed an erasure entry; acts from before the erasure never count again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """An objection under Art. 21 GDPR; it counts until lifted by the person's own act."""

    kind: Literal["21.1", "21.2"]
    scope: str = "*"
    lifted_at: datetime | None = None
    has_compelling_grounds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A restriction of processing under Art. 18 GDPR."""

    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Dates that rules depend on; a missing one is unknown.

    `consent_age_at` and `adult_at` are the birthdays of the national age of digital consent and of 18;
    one in the past says that the age is known and reached.
    """

    created_at: datetime | None = None
    last_contact_at: datetime | None = None
    """Last act of the person; an open of an e-mail is none."""
    consent_age_at: datetime | None = None
    adult_at: datetime | None = None
    customer_since: datetime | None = None
    optout_offered: bool = False
    contract_until: datetime | None = None


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The whole world of one subject, as the decision sees it: no identifier in it."""

    events: tuple[Event, ...] = ()
    hits: tuple[Hit, ...] = ()
    objections: tuple[Objection, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    facts: Facts = field(default=NO_FACTS)
    sources: tuple[str, ...] = ()
    """Accounts in which the person has a live record."""
