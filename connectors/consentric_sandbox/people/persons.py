"""Households become people: names, addresses, consent and the dirt of real life, all from one seed."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

import faker


class Consent(Enum):
    """Every kind of consent state a HubSpot portal can hold about a newsletter."""

    FORM = "form"
    DOUBLE_OPT_IN = "double opt-in"
    BARE_FLAG = "subscribed, nobody knows how"
    LEGITIMATE_INTEREST = "subscribed on a legitimate interest"
    NEVER_ASKED = "never asked"
    UNSUBSCRIBED = "unsubscribed"
    OPTED_OUT_OF_ALL = "opted out of all e-mail"
    OTHER_LIST_LEFT = "left another list"
    CAME_BACK = "unsubscribed, then confirmed again"
    BOUNCED = "hard bounce"
    OLD_FORM = "form of years ago"


_CONSENT_SHARES = {
    Consent.FORM: 44, Consent.DOUBLE_OPT_IN: 12, Consent.BARE_FLAG: 9, Consent.LEGITIMATE_INTEREST: 4,
    Consent.NEVER_ASKED: 13, Consent.UNSUBSCRIBED: 6, Consent.OPTED_OUT_OF_ALL: 3, Consent.OTHER_LIST_LEFT: 2,
    Consent.CAME_BACK: 3, Consent.BOUNCED: 2, Consent.OLD_FORM: 2,
}  # fmt: skip


class Dirt(Enum):
    """What is odd about a person's records."""

    NONE = "none"
    SECOND_CONTACT = "two contacts with one loyalty number"
    MERGED = "two contacts merged in the CRM"
    ARCHIVED = "archived in the CRM"
    FILE_SAME = "in the shop file under the same address"
    FILE_CASE = "in the shop file in capitals"
    FILE_SPACES = "in the shop file with spaces"
    FILE_TAG = "in the shop file under a +tag, with the loyalty number"
    FILE_TAG_ALONE = "in the shop file under a +tag, without the number"
    FILE_CHANGED = "in the shop file under an old address, with the loyalty number"
    FILE_CHANGED_ALONE = "in the shop file under an old address, without the number"
    FILE_SHARED_PHONE = "somebody else in the shop file with the same phone"
    FILE_ROLE = "in the shop file under info@ of a company"
    FILE_BOTH_KEYS = "in the shop file with another address, the same phone and loyalty number"


_DIRT_COUNTS = {
    Dirt.SECOND_CONTACT: 60, Dirt.MERGED: 40, Dirt.ARCHIVED: 40, Dirt.FILE_SAME: 400, Dirt.FILE_CASE: 100,
    Dirt.FILE_SPACES: 100, Dirt.FILE_TAG: 60, Dirt.FILE_TAG_ALONE: 40, Dirt.FILE_CHANGED: 60,
    Dirt.FILE_CHANGED_ALONE: 40, Dirt.FILE_SHARED_PHONE: 60, Dirt.FILE_ROLE: 40, Dirt.FILE_BOTH_KEYS: 40,
}  # fmt: skip
# Departments by population, roughly (INSEE, 2020); the rest lives abroad.
_POSTCODES = (
    "75011",
    "75018",
    "13006",
    "69003",
    "59000",
    "33000",
    "31000",
    "44000",
    "06000",
    "67000",
    "97410",
)
_DOMAINS = ("mel.example", "poste.example", "courriel.example", "inbox.example", "fastmail.example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One household as one person."""

    household: int
    first_name: str
    last_name: str
    email: str
    old_email: str
    phone: str
    postcode: str
    country: str
    language: str
    consent: Consent
    dirt: Dirt
    currency: str

    @property
    def loyalty_number(self) -> str:
        """Number on the card."""
        return f"C{self.household:06d}"


def people(households: Sequence[int], *, seed: int) -> Iterator[Person]:
    """One person per household; the same seed gives the same people."""
    # Not cryptography: these people are invented and must be the same each time.
    chance = random.Random(seed)  # noqa: S311
    dirt = _dealt(len(households), chance)
    for index, household in enumerate(households):
        is_french = chance.random() < 0.62
        names = _names("fr_FR" if is_french else "en_GB", seed)
        first, last = names.first_name(), names.last_name()
        is_abroad = chance.random() < 0.012
        local = f"{_ascii(first)}.{_ascii(last)}{household}"
        yield Person(
            household=household,
            first_name=first,
            last_name=last,
            email=f"{local}@{chance.choice(_DOMAINS)}",
            old_email=f"{_ascii(last)}.{household}@ancien.example",
            # 06 39 98 xx xx is kept for fiction by the French regulator (ARCEP, décision 2018-0881).
            phone=f"+3363998{index:04d}",
            postcode=chance.choice(_POSTCODES),
            country="CH" if is_abroad else "FR",
            language="fr" if is_french else "en",
            consent=chance.choices(list(_CONSENT_SHARES), list(_CONSENT_SHARES.values()))[0],
            dirt=dirt[index],
            currency="CHF" if is_abroad else "EUR",
        )


def _dealt(count: int, chance: random.Random) -> list[Dirt]:
    """A fixed number of each kind of dirt, spread by chance."""
    dirt = [kind for kind, times in _DIRT_COUNTS.items() for _ in range(times * count // 2469)]
    dirt += [Dirt.NONE] * (count - len(dirt))
    chance.shuffle(dirt)
    return dirt


@cache
def _names(locale: str, seed: int) -> faker.Faker:
    names = faker.Faker(locale)
    names.seed_instance(seed)
    return names


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalpha())
