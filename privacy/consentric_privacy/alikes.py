"""Which people the decision cannot tell apart: one of them is decided for all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime

from consentric_privacy.bases import expiry
from consentric_privacy.months import add_months
from consentric_privacy.person import Event, Facts, Hit, Person
from consentric_privacy.purpose import Claim, Purpose

_NONE = -1
_SAID = frozenset({"granted", "pending"})
"""States that have no time when their source knows none; the others count from when they were seen."""


class Alikes:
    """Gives each person a value that two share only when every question about them has one answer.

    The decision compares instants with each other, with its own time and with the limits of claims, and
    asks whether something is older than so many months; it looks at no instant for itself. So the value
    holds the outcome of these comparisons in place of the instants.

    Args:
        purposes: All that may be asked about.
        claims: All that may be applied.
        at: The time of the decision.
    """

    def __init__(self, purposes: Iterable[Purpose], claims: Iterable[Claim], at: datetime) -> None:
        known = tuple(purposes)
        self._at = at
        self._expiring = {one.id: one for one in known if one.max_age_months is not None}
        self._inactivity = tuple({one.inactivity_months for one in known if one.direct_marketing})
        limits = {limit for claim in claims for limit in (claim.from_at, claim.until_at) if limit is not None}
        self._limits = sorted({at, *limits})

    def value_of(self, person: Person) -> Hashable:
        """The value of a person; it holds no instant."""
        ranks = _ranks(person)
        return (
            self._events(person, ranks),
            tuple(sorted(self._hit(hit, ranks) for hit in person.hits)),
            tuple(
                sorted(
                    (one.kind, one.scope, one.has_compelling_grounds, self._place(one.lifted_at))
                    for one in person.objections
                )
            ),
            tuple(sorted(self._place(one.lifted_at) for one in person.restrictions)),
            self._facts(person.facts),
            _rank(ranks, person.facts.customer_since),
            tuple(sorted(person.sources)),
        )

    def _events(self, person: Person, ranks: Mapping[datetime, int]) -> Hashable:
        ordered = sorted((self._event(event, ranks), event.rref) for event in person.events)
        records = {rref: number for number, rref in enumerate(dict.fromkeys(rref for _, rref in ordered))}
        return tuple((value, records[rref]) for value, rref in ordered)

    def _event(self, event: Event, ranks: Mapping[datetime, int]) -> tuple[object, ...]:
        time = _time(event)
        purpose = self._expiring.get(event.purpose) if event.state == "granted" else None
        ends_at = expiry(event, purpose) if purpose is not None else None
        return (
            *(event.source, event.origin or "", event.purpose, event.channel, event.state),
            *(event.grade, event.notice or "", event.parental),
            *(self._place(time), _rank(ranks, time)),
            *(self._place(event.shown_again_at), _rank(ranks, event.shown_again_at)),
            ends_at is not None and self._at >= ends_at,
        )

    def _hit(self, hit: Hit, ranks: Mapping[datetime, int]) -> tuple[str | int, ...]:
        ends = (self._place(hit.expires_at), self._place(hit.closed_at))
        return hit.reason, hit.channel, hit.purpose, self._place(hit.since), ranks[hit.since], *ends

    def _facts(self, facts: Facts) -> Hashable:
        since = facts.last_contact_at or facts.created_at
        return (
            since is not None,
            *(since is not None and self._at >= add_months(since, months) for months in self._inactivity),
            self._place(facts.created_at),
            self._place(facts.consent_age_at),
            self._place(facts.adult_at),
            self._place(facts.customer_since),
            facts.optout_offered,
            self._place(facts.contract_until),
        )

    def _place(self, instant: datetime | None) -> int:
        """Where an instant lies among the limits: before, at or after each."""
        if instant is None:
            return _NONE
        return bisect_left(self._limits, instant) + bisect_right(self._limits, instant)


def _time(event: Event) -> datetime | None:
    return event.occurred_at if event.state in _SAID else event.occurred_at or event.first_observed_at


def _ranks(person: Person) -> dict[datetime, int]:
    """The person's instants that are compared with each other, in their order."""
    instants = {time for event in person.events for time in (_time(event), event.shown_again_at)}
    if person.hits:  # nothing from before an erasure counts after it
        instants |= {person.facts.customer_since, *(hit.since for hit in person.hits)}
    return {instant: rank for rank, instant in enumerate(sorted(filter(None, instants)))}


def _rank(ranks: Mapping[datetime, int], instant: datetime | None) -> int:
    return _NONE if instant is None else ranks.get(instant, _NONE)
