"""Everybody, sorted for each purpose and channel into people who are decided alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consentric_privacy.alikes import Alikes
from consentric_privacy.changes import Place
from consentric_privacy.decision import Event, Person

from .gate import Policy
from .questions import Question


@dataclass(slots=True)
class Alike:
    """People whom a purpose and channel cannot tell apart, with one of them for all."""

    person: Person
    lists: tuple[Place, ...]
    """Those they are on that no purpose is mapped to."""
    people: int = 0
    times: dict[Place, tuple[datetime, datetime]] = field(default_factory=dict)
    """Where grants come from to the time of the first and the last."""

    def add(self, events: Iterable[Event]) -> None:
        """Counts somebody into it, by the events that speak about the purpose and channel."""
        self.people += 1
        for event in events:
            at = event.occurred_at
            if event.state == "granted" and at is not None:
                place = Place(source=event.source, origin=event.origin)
                first, last = self.times.get(place, (at, at))
                self.times[place] = (min(first, at), max(last, at))


@dataclass(slots=True)
class Shared:
    """People who are together in every one of their groups."""

    people: int = 0
    sids: list[bytes] = field(default_factory=list)
    """Only where it was asked for."""


class Crowd:
    """Everybody, read once.

    Args:
        persons: Everybody known.
        questions: What will be asked about them; the action does not matter.
        policy: What they will be decided with.
        lists: Person to the lists they are on that no purpose is mapped to.
        at: The time of the decision.
        names_people: Whether to keep who is in which group.
    """

    def __init__(
        self,
        persons: Iterable[tuple[bytes, Person]],
        questions: Iterable[Question],
        *,
        policy: Policy,
        lists: Mapping[bytes, tuple[Place, ...]],
        at: datetime,
        names_people: bool,
    ) -> None:
        self._places = {
            place: number
            for number, place in enumerate(dict.fromkeys((one.purpose, one.channel) for one in questions))
        }
        self._alikes = [
            Alikes(policy.purposes[purpose], channel, policy.claims, at) for purpose, channel in self._places
        ]
        self._groups: list[list[Alike]] = [[] for _ in self._places]
        self._known: list[dict[object, int]] = [{} for _ in self._places]
        self.together: dict[tuple[int, ...], Shared] = {}
        """The number of somebody's group in each place to the people who share them all."""
        for sid, person in persons:
            shared = self.together.setdefault(self._sorted(person, lists.get(sid, ())), Shared())
            shared.people += 1
            if names_people:
                shared.sids.append(sid)

    @property
    def people(self) -> int:
        """How many they are."""
        return sum(one.people for one in self.together.values())

    def groups(self, question: Question) -> Sequence[Alike]:
        """The groups of people whom a question is answered alike for."""
        return self._groups[self.place(question)]

    def place(self, question: Question) -> int:
        """Where the groups of a question stand among the numbers of `together`."""
        return self._places[question.purpose, question.channel]

    def _sorted(self, person: Person, lists: tuple[Place, ...]) -> tuple[int, ...]:
        """Adds a person to a group of each purpose and channel; gives the numbers of the groups."""
        numbers = []
        for alikes, groups, known in zip(self._alikes, self._groups, self._known, strict=True):
            value = (alikes.value_of(person), lists)
            number = known.setdefault(value, len(groups))
            if number == len(groups):
                groups.append(Alike(person, lists))
            groups[number].add(alikes.heard(person))
            numbers.append(number)
        return tuple(numbers)
