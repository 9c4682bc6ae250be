"""Invented people and what they bought, few enough to be looked at; one number is always one person."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_FIRST = (
    "Alma",
    "Basile",
    "Cleo",
    "Darius",
    "Elin",
    "Farid",
    "Gilda",
    "Hugo",
    "Ines",
    "Joris",
    "Kamila",
    "Leon",
)
_LAST = ("Abelin", "Bruneval", "Corvel", "Dastray", "Embrun", "Falguier", "Gardanne", "Hostier", "Ivernel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One order of a shop."""

    number: str
    at: datetime
    amount: str
    """Decimal text, in euros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who does not exist."""

    number: int
    first_name: str
    last_name: str
    email: str
    joined: datetime
    purchases: Sequence[Purchase]


def people(count: int, *, company: str, now: datetime) -> list[Person]:
    """So many people of one company: one to six orders in the 400 days before `now`, some none at all."""
    # Not cryptography: these people are invented and must be the same each time.
    chance = random.Random(company)  # noqa: S311
    return [_person(number, company, now, chance) for number in range(count)]


def _person(number: int, company: str, now: datetime, chance: random.Random) -> Person:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    bought = sorted(chance.randrange(3, 400) for _ in range(chance.choice((0, 1, 1, 2, 3, 4, 6))))
    return Person(
        number=number,
        first_name=first,
        last_name=last,
        email=f"{first}.{last}{number}@{company}-people.example".lower(),
        joined=now - timedelta(days=420 + chance.randrange(300)),
        purchases=[
            Purchase(
                number=f"{company[:1].upper()}{number:05d}-{place}",
                at=now - timedelta(days=days),
                amount=f"{chance.randrange(900, 24_000) / 100:.2f}",
            )
            for place, days in enumerate(reversed(bought))
        ],
    )
