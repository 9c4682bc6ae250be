"""The audit of consent: who stands where, and what would change it, held against the decision itself."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from consentric.gate.audit import AuditReport, Unmapped, audit, case_of, questions_about
from consentric.gate.gate import Policy
from consentric.testing.consent_worlds import NOON, SOURCES, World, worlds
from consentric_privacy.changes import Case, Change, Place, all_applied, smallest_change
from consentric_privacy.decision import Person

SHIFTS = [timedelta(seconds=seconds) for seconds in (0, 0, 0, 0, 1, -1, 86_400)]
LISTS = (Place(source="mailchimp", origin="a1"),)


def policy_of(world: World) -> Policy:
    return Policy(purposes={"news": world.purpose}, claims=world.claims)


def report_of(world: World, people: list[Person], unmapped: dict[bytes, tuple[Place, ...]]) -> AuditReport:
    policy = policy_of(world)
    return audit(
        [(bytes([number]), person) for number, person in enumerate(people)],
        policy=policy,
        questions=questions_about(policy),
        uses={},
        unmapped=Unmapped(lists=unmapped),
        at=NOON,
        reads=reads_of(world),
    )


def reads_of(world: World) -> dict[str, object]:
    return dict.fromkeys(SOURCES, NOON if world.is_read else NOON - timedelta(days=2))


def cases_of(world: World, people: list[Person]) -> list[Case]:
    policy = policy_of(world)
    [question] = questions_about(policy)
    return [case_of(policy, person, question, at=NOON, reads=reads_of(world)) for person in people]


def tried(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def at_other_times(person: Person, rng: random.Random) -> Person:
    """The same history, some of it a little earlier or later: most such people are decided alike, not all."""

    def moved(part: Any) -> Any:
        names = part._fields if isinstance(part, tuple) else part.__dataclass_fields__
        values = {name: getattr(part, name) for name in names}
        times = {name: value - rng.choice(SHIFTS) for name, value in values.items() if is_time(value)}
        return part._replace(**times) if isinstance(part, tuple) else replace(part, **times)

    return replace(
        person,
        events=tuple(map(moved, person.events)),
        hits=tuple(map(moved, person.hits)),
        objections=tuple(map(moved, person.objections)),
        facts=moved(person.facts),
    )


def is_time(value: object) -> bool:
    return isinstance(value, datetime)


@seed(1)
@tried(150)
@given(worlds(), st.integers(0, 1 << 16))
def test_people_counted_together_are_people_whom_the_decision_answers_alike(world: World, luck: int) -> None:
    rng = random.Random(luck)
    people = [world.person, *(at_other_times(world.person, rng) for _ in range(12))]
    drawn = [world]
    unmapped = {bytes([number]): LISTS for number in range(0, len(people), 3)}
    report = report_of(drawn[0], people, unmapped)

    expected: Counter[tuple[str, tuple[Change, ...]]] = Counter()
    for number, case in enumerate(cases_of(drawn[0], people)):
        changes = smallest_change(case, unmapped.get(bytes([number]), ()))
        expected[case.decide().reason, changes] += 1
    counted: Counter[tuple[str, tuple[Change, ...]]] = Counter()
    for one, row in report.rows.items():
        counted[one.reason, one.changes] += row.people
    assert counted == expected
    assert report.people == sum(counted.values()) == len(people)


@seed(2)
@tried(400)
@given(worlds())
def test_what_is_said_to_change_a_verdict_does_and_nothing_less_would(world: World) -> None:
    [case] = cases_of(world, [world.person])
    changes = smallest_change(case, LISTS)
    if case.decide().verdict == "ALLOW":
        assert changes == ()
        return
    if changes:
        assert all_applied(changes, case).decide().verdict == "ALLOW"
    for count in range(len(changes)):
        for fewer in combinations(changes, count):
            assert all_applied(fewer, case).decide().verdict == "DENY"
