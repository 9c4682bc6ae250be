"""Households become people: names, addresses, consent and the dirt of real life, all from one seed."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

import faker


class Consent(Enum):
    """Every kind of consent state that CRMs hold about a newsletter."""

    FORM = "form"
    DOUBLE_OPT_IN = "double opt-in"
    BARE_FLAG = "subscribed, nobody knows how"
    LEGITIMATE_INTEREST = "written to on a legitimate interest"
    NEVER_ASKED = "never asked"
    UNSUBSCRIBED = "unsubscribed"
    OPTED_OUT_OF_ALL = "opted out of all e-mail"
    OTHER_LIST_LEFT = "left another list"
    CAME_BACK = "unsubscribed, then confirmed again"
    BOUNCED = "hard bounce"
    OLD_FORM = "form of years ago"
    PENDING = "asked to confirm, did not"


_CONSENT_SHARES = {
    Consent.FORM: 44, Consent.DOUBLE_OPT_IN: 12, Consent.BARE_FLAG: 9, Consent.LEGITIMATE_INTEREST: 4,
    Consent.NEVER_ASKED: 11, Consent.UNSUBSCRIBED: 6, Consent.OPTED_OUT_OF_ALL: 3, Consent.OTHER_LIST_LEFT: 2,
    Consent.CAME_BACK: 3, Consent.BOUNCED: 2, Consent.OLD_FORM: 2, Consent.PENDING: 2,
}  # fmt: skip
_ELSEWHERE_SHARES = {"the same": 40, Consent.NEVER_ASKED: 35, Consent.FORM: 16, Consent.UNSUBSCRIBED: 9}
"""What a person's other CRMs know, whatever the first one says."""


class Dirt(Enum):
    """What is odd about a person's records."""

    NONE = "in one CRM"
    SAME = "in two CRMs under the same address"
    TRIO = "in three CRMs under the same address"
    CASE = "in another CRM in capitals"
    SPACES = "in another CRM with spaces around the address"
    TAG = "in another CRM under a +tag, with the loyalty number"
    TAG_ALONE = "in another CRM under a +tag, without the number"
    CHANGED = "in another CRM under an old address, with the loyalty number"
    CHANGED_ALONE = "in another CRM under an old address, without the number"
    BOTH_KEYS = "in another CRM with another address, the same phone and loyalty number"
    SFID = "HubSpot carries the Salesforce id of a record with another address"
    SHARED_PHONE = "somebody else in another CRM with the same phone"
    ROLE = "in another CRM under info@ of a company"
    RECYCLED = "an address given up, now somebody else's in another CRM"
    CROWD = "four contacts in Salesforce on one address of a family"
    SECOND_CONTACT = "two contacts with one loyalty number"
    LEAD_AND_CONTACT = "a lead and a contact in Salesforce"
    LEAD_CONVERTED = "a lead converted to a contact, and in another CRM"
    MERGED = "two contacts merged in the CRM, and in another CRM"
    ARCHIVED = "archived in the only CRM"
    ARCHIVED_IN_ONE = "archived in one CRM, alive in another"
    TILL_ADDRESS = "in the shop file, in capitals and with spaces"
    TILL_NUMBER = "in the shop file under an old address, with the loyalty number"


_DIRT_COUNTS = {
    Dirt.SAME: 380, Dirt.TRIO: 140, Dirt.CASE: 80, Dirt.SPACES: 60, Dirt.TAG: 60, Dirt.TAG_ALONE: 42,
    Dirt.CHANGED: 60, Dirt.CHANGED_ALONE: 42, Dirt.BOTH_KEYS: 42, Dirt.SFID: 60, Dirt.SHARED_PHONE: 60,
    Dirt.ROLE: 42, Dirt.RECYCLED: 42, Dirt.CROWD: 40, Dirt.SECOND_CONTACT: 60, Dirt.LEAD_AND_CONTACT: 60,
    Dirt.LEAD_CONVERTED: 60, Dirt.MERGED: 80, Dirt.ARCHIVED: 42, Dirt.ARCHIVED_IN_ONE: 60,
    Dirt.TILL_ADDRESS: 100, Dirt.TILL_NUMBER: 60,
}  # fmt: skip
CROWD_SIZE = 4
"""Contacts of one account on one address: one more than may be one person."""
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
    elsewhere: Consent
    """What the person's other CRMs know."""
    dirt: Dirt
    rank: int
    """How many came before with the same dirt."""
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
    ranks: Counter[Dirt] = Counter()
    for index, household in enumerate(households):
        is_french = chance.random() < 0.62
        names = _names("fr_FR" if is_french else "en_GB", seed)
        first, last = names.first_name(), names.last_name()
        is_abroad = chance.random() < 0.012
        local = f"{_ascii(first)}.{_ascii(last)}{household}"
        consent, elsewhere = _consents(chance)
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
            consent=consent,
            elsewhere=elsewhere,
            dirt=dirt[index],
            rank=ranks[dirt[index]],
            currency="CHF" if is_abroad else "EUR",
        )
        ranks[dirt[index]] += 1


def _consents(chance: random.Random) -> tuple[Consent, Consent]:
    first = chance.choices(list(_CONSENT_SHARES), list(_CONSENT_SHARES.values()))[0]
    other = chance.choices(list(_ELSEWHERE_SHARES), list(_ELSEWHERE_SHARES.values()))[0]
    return first, other if isinstance(other, Consent) else first


def _dealt(count: int, chance: random.Random) -> list[Dirt]:
    """A fixed number of each kind of dirt, spread by chance."""
    numbers = {kind: times * count // 2469 for kind, times in _DIRT_COUNTS.items()}
    # Fewer than four on one address would be one person by every key, and they are not.
    numbers[Dirt.CROWD] -= numbers[Dirt.CROWD] % CROWD_SIZE
    dirt = [kind for kind, number in numbers.items() for _ in range(number)]
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
