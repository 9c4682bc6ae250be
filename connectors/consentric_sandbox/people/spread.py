"""Where a person stands: their records in CRMs and in the shop's file, by what is odd about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import permutations

from .persons import CROWD_SIZE, Consent, Dirt, Person

CRMS = ("hubspot", "salesforce", "mailchimp")
SHOP = "shop"
_PAIRS = tuple(permutations(CRMS, 2))
_PATTERN = (0, 1, 0, 2, 0, 1, 2, 0, 1, 1)
"""People in one CRM: of ten four in HubSpot, four in Salesforce, two in Mailchimp, which tells all orders
each time."""


class Kind(Enum):
    """What a record is in its CRM."""

    CONTACT = "contact"
    LEAD = "lead"
    CONVERTED = "a contact that was a lead"
    MERGED = "a contact that swallowed another"
    ARCHIVED = "archived, or in the recycle bin"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One record, as a builder of a CRM is to make it; each is itself and equals no other."""

    person: Person
    crm: str
    email: str
    phone: str = ""
    loyalty: str = ""
    consent: Consent
    joined: datetime
    kind: Kind = Kind.CONTACT
    is_first: bool = False
    """The record the person had first; only others are odd."""
    is_person: bool = True
    """False: somebody else, who is mistaken for the person easily."""
    is_joinable: bool = True
    """False: the same person, but no key says so; joining it would be a guess (privacy by design)."""
    salesforce: Sighting | None = None
    """The record whose Salesforce id this one carries."""

    @property
    def first_name(self) -> str:
        """The person's, or somebody else's of the same family."""
        return self.person.first_name if self.is_person else "Dominique"

    @property
    def is_read(self) -> bool:
        """Whether a pull meets it as a live record."""
        return self.kind is not Kind.ARCHIVED

    @property
    def former_email(self) -> str:
        """The address of the record that it swallowed."""
        return self.person.old_email if self.kind is Kind.MERGED else ""

    @property
    def may_buy(self) -> bool:
        """Whether baskets of the person may stand here: those of one who is archived everywhere too."""
        if self.person.dirt is Dirt.ARCHIVED:
            return True
        is_apart = not (self.is_person and self.is_joinable)
        return self.crm != SHOP and self.is_read and not is_apart and self.kind is not Kind.LEAD


def sightings(people: Iterable[Person], first_bought: Mapping[int, datetime]) -> list[Sighting]:
    """All records of all people, in the order of the people, who were known before they bought."""
    return [
        sighting
        for person in people
        for sighting in _of(
            person, first_bought[person.household] - timedelta(days=person.household % 400 + 1)
        )
    ]


def _of(person: Person, joined: datetime) -> Iterator[Sighting]:
    """The records of one person, the first one first."""
    home, away = _crms(person)
    first = Sighting(
        person=person,
        crm=home,
        email=person.email,
        phone=person.phone,
        loyalty=person.loyalty_number,
        consent=person.consent,
        joined=joined,
        is_first=True,
    )
    later = joined + timedelta(days=30)
    other = Sighting(person=person, crm=away, email=person.email, consent=person.elsewhere, joined=later)
    local, _, domain = person.email.partition("@")
    number = person.loyalty_number
    tagged = f"{local}+shop@{domain}"
    match person.dirt:
        case Dirt.NONE:
            yield first
        case Dirt.SAME:
            yield from (first, other)
        case Dirt.TRIO:
            third = next(crm for crm in CRMS if crm not in (home, away))
            yield from (first, other, replace(other, crm=third))
        case Dirt.CASE:
            yield from (first, replace(other, email=person.email.upper()))
        case Dirt.SPACES:
            yield from (first, replace(other, email=f"  {person.email} ", phone=_national(person)))
        case Dirt.TAG:
            yield from (first, replace(other, email=tagged, loyalty=number))
        case Dirt.TAG_ALONE:
            yield from (first, replace(other, email=tagged, is_joinable=False))
        case Dirt.CHANGED:
            yield from (first, replace(other, email=person.old_email, loyalty=number))
        case Dirt.CHANGED_ALONE:
            yield from (first, replace(other, email=person.old_email, is_joinable=False))
        case Dirt.BOTH_KEYS:
            changed = f"z{person.household}@ancien.example"
            yield from (first, replace(other, email=changed, phone=person.phone, loyalty=number))
        case Dirt.SFID:
            linked = replace(other, email=person.old_email)
            yield from (replace(first, salesforce=linked), linked)
        case Dirt.SHARED_PHONE:
            cousin = replace(_stranger(other), email=f"cousin{person.household}@famille.example")
            yield from (first, replace(cousin, phone=person.phone))
        case Dirt.ROLE:
            yield from (
                first,
                replace(other, email=f"info@firm{person.household}.example", is_joinable=False),
            )
        case Dirt.RECYCLED:
            given_up = replace(other, email=person.old_email, kind=Kind.ARCHIVED)
            third = next(crm for crm in CRMS if crm not in (home, away))
            yield from (first, given_up, replace(_stranger(other), crm=third, email=person.old_email))
        case Dirt.CROWD:
            yield replace(first, email=f"famille{person.rank // CROWD_SIZE}@foyer.example", loyalty="")
        case Dirt.SECOND_CONTACT:
            yield from (first, replace(first, email=person.old_email, phone="", is_first=False))
        case Dirt.LEAD_AND_CONTACT:
            yield from (first, replace(other, kind=Kind.LEAD))
        case Dirt.LEAD_CONVERTED:
            yield from (first, replace(other, kind=Kind.CONVERTED))
        case Dirt.MERGED:
            yield from (replace(first, kind=Kind.MERGED), other)
        case Dirt.ARCHIVED:
            yield replace(first, kind=Kind.ARCHIVED)
        case Dirt.ARCHIVED_IN_ONE:
            yield from (first, replace(other, kind=Kind.ARCHIVED))
        case Dirt.TILL_ADDRESS:
            typed = f"  {person.email.upper()} "
            yield from (first, replace(other, crm=SHOP, email=typed, phone=_national(person)))
        case Dirt.TILL_NUMBER:
            yield from (first, replace(other, crm=SHOP, email=person.old_email, loyalty=number))


def _crms(person: Person) -> tuple[str, str]:
    """The CRM of the first record, and of another one; every pair in turn where any will do."""
    rank = person.rank
    match person.dirt:
        case Dirt.NONE | Dirt.ARCHIVED | Dirt.TILL_ADDRESS | Dirt.TILL_NUMBER:
            home = CRMS[_PATTERN[rank % len(_PATTERN)]]
            return home, home
        case Dirt.CASE:  # HubSpot keeps addresses in small letters
            return ("hubspot", ("salesforce", "mailchimp")[rank % 2])
        case Dirt.SPACES | Dirt.LEAD_CONVERTED:
            return ("hubspot", "mailchimp")[rank % 2], "salesforce"
        case Dirt.SFID:
            return "hubspot", "salesforce"
        case Dirt.SECOND_CONTACT:
            return "hubspot", "hubspot"
        case Dirt.CROWD | Dirt.LEAD_AND_CONTACT:  # elsewhere an address is unique
            return "salesforce", "salesforce"
        case Dirt.MERGED:  # Mailchimp knows no merging
            return (("hubspot", "salesforce"), ("salesforce", "hubspot"), ("hubspot", "mailchimp"))[rank % 3]
        case _:
            return _PAIRS[rank % len(_PAIRS)]


def _stranger(other: Sighting) -> Sighting:
    return replace(other, is_person=False, consent=Consent.FORM)


def _national(person: Person) -> str:
    return person.phone.replace("+33", "0")
