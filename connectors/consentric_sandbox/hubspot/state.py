"""Everything the pretend portal knows, with the builder methods that fill it before it is served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from .object_store import ObjectStore, StoredObject, iso
from .properties import Option, Property, shipped

# Object type: its id, the properties that hold its times, the singular used in association names.
OBJECT_TYPES = {
    "contacts": ("0-1", "createdate", "lastmodifieddate", "contact"),
    "deals": ("0-3", "createdate", "hs_lastmodifieddate", "deal"),
    "orders": ("0-123", "hs_createdate", "hs_lastmodifieddate", "order"),
    "calls": ("0-48", "hs_createdate", "hs_lastmodifieddate", "call"),
    "emails": ("0-49", "hs_createdate", "hs_lastmodifieddate", "email"),
    "meetings": ("0-47", "hs_createdate", "hs_lastmodifieddate", "meeting_event"),
    "notes": ("0-46", "hs_createdate", "hs_lastmodifieddate", "note"),
    "tasks": ("0-27", "hs_createdate", "hs_lastmodifieddate", "task"),
    "communications": ("0-18", "hs_createdate", "hs_lastmodifieddate", "communication"),
}
SCOPES = [
    "oauth",
    "account-info.security.read",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.orders.read",
    "crm.objects.orders.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.read",
    "crm.schemas.orders.read",
    "crm.lists.read",
    "crm.lists.write",
    "communication_preferences.read",
    "communication_preferences.statuses.batch.read",
    "communication_preferences.read_write",
    "sales-email-read",
    "content",
    "business-intelligence",
]


class Status(NamedTuple):
    """What the portal knows about one address and one subscription."""

    status: str
    """SUBSCRIBED, UNSUBSCRIBED or NOT_SPECIFIED."""
    legal_basis: str = ""
    legal_basis_explanation: str = ""
    source: str = ""
    timestamp: str = ""


class EmailEvent(NamedTuple):
    """One thing that happened to one marketing e-mail; the tuple order is the order of time."""

    created_ms: int
    kind: str
    """SENT, DELIVERED, CLICK, OPEN, BOUNCE, STATUSCHANGE, ..."""
    recipient: str
    campaign: int
    url: str = ""


class Occurrence(NamedTuple):
    """One behavioural event of one CRM record, as a page view."""

    occurred_at: str
    id: str
    kind: str
    object_type: str
    object_id: int
    properties: dict[str, str]


@dataclass(slots=True, kw_only=True)
class Subscription:
    """The definition of one subscription type."""

    id: int
    name: str
    description: str = ""
    purpose: str = "Marketing"
    communication_method: str = "Email"
    is_active: bool = True
    is_internal: bool = False
    created_at: str = "2019-01-01T00:00:00.000Z"


@dataclass(slots=True, kw_only=True)
class ContactList:
    """A list of contacts with the moment each of them joined."""

    id: int
    name: str
    processing_type: str
    created_at: str
    updated_at: str
    members: dict[int, str] = field(default_factory=dict)
    custom_properties: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Account:
    """Portal, credentials and granted scopes."""

    portal_id: int = 147000001
    time_zone: str = "Europe/Paris"
    currency: str = "EUR"
    token: str = ""
    client_id: str = "5a1d0000-0000-4000-8000-000000000001"
    client_secret: str = ""
    refresh_token: str = ""
    access_tokens: dict[str, str] = field(default_factory=dict)
    """OAuth access token to the instant it ends."""
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))


@dataclass(slots=True, kw_only=True)
class Allowance:
    """Rate limits; the defaults are a Professional portal's. None lifts a limit."""

    burst: int | None = 190
    burst_seconds: float = 10.0
    search_per_second: int | None = 5
    daily: int | None = 650_000
    used_today: int = 0
    day: str = ""


class HubSpotState:
    """One pretend portal in memory.

    The builder methods below prepare it and count as history: they write no log and meet no limit.
    Unknown property names are refused so that test data cannot drift from the definitions.
    """

    def __init__(self) -> None:
        self.account = Account()
        self.allowance = Allowance()
        self.objects: dict[str, ObjectStore] = {}
        self.properties: dict[str, dict[str, Property]] = {}
        for name, (type_id, created, modified, _) in OBJECT_TYPES.items():
            self.properties[name] = shipped(name)
            self.objects[name] = ObjectStore(name, type_id, created, modified)
        self.objects["contacts"].unique["email"] = {}
        self.property_groups: dict[str, dict[str, str]] = {name: {} for name in OBJECT_TYPES}
        self.associations: dict[tuple[str, str], dict[int, list[int]]] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.statuses: dict[str, dict[int, Status]] = {}
        self.opted_out: dict[str, str] = {}
        """Address that left all e-mail to the instant it did."""
        self.blocked: set[str] = set()
        """Addresses erased with gdpr-delete; they can never be created again."""
        self.lists: dict[int, ContactList] = {}
        self.campaigns: dict[int, str] = {}
        self.email_events: list[EmailEvent] = []
        self.is_email_log_sorted = True
        self.occurrences: list[Occurrence] = []
        self.next_id = 101
        self.log_seq = 0
        self.requests: dict[str, int] = {}
        """Operation to the number of requests answered."""

    def add_property(
        self,
        object_type: str,
        name: str,
        *,
        label: str = "",
        type: str = "string",
        field_type: str = "text",
        options: Iterable[str] = (),
        group: str = "",
        description: str = "",
        has_unique_value: bool = False,
        read_only_value: bool = False,
    ) -> None:
        """Defines a property the portal's owner would have made."""
        self.properties[object_type][name] = Property(
            name=name,
            label=label or name.replace("_", " ").capitalize(),
            type=type,
            field_type=field_type,
            group=group or ("contactinformation" if object_type == "contacts" else "custom"),
            description=description,
            options=[Option(label=value, value=value, displayOrder=at) for at, value in enumerate(options)],
            has_unique_value=has_unique_value,
            read_only_value=read_only_value,
        )
        if has_unique_value:
            self.objects[object_type].unique.setdefault(name, {})

    def add_subscription_type(
        self, id: int, name: str, *, description: str = "", active: bool = True
    ) -> None:
        """Defines a subscription and its contact property `hs_email_optout_<id>`."""
        self.subscriptions[id] = Subscription(id=id, name=name, description=description, is_active=active)
        self.add_property(
            "contacts",
            f"hs_email_optout_{id}",
            label=f"Opted out of email: {name}",
            type="bool",
            field_type="booleancheckbox",
            read_only_value=True,
        )

    def add_contact(
        self,
        properties: Mapping[str, str],
        *,
        created_at: datetime,
        updated_at: datetime | None = None,
        id: int | None = None,
    ) -> int:
        """Adds a contact; see `add_object`. The e-mail address must be new."""
        email = properties.get("email", "").lower()
        if email and email in self.objects["contacts"].unique["email"]:
            raise ValueError("contacts: this e-mail address is taken")
        return self.add_object("contacts", properties, created_at=created_at, updated_at=updated_at, id=id)

    def add_object(
        self,
        object_type: str,
        properties: Mapping[str, str],
        *,
        created_at: datetime,
        updated_at: datetime | None = None,
        id: int | None = None,
    ) -> int:
        """Adds a record and gives its number; `updated_at` is the creation unless given.

        Empty values are left out. Times and `hs_object_id` are the system's: pass them as arguments.
        """
        unknown = properties.keys() - self.properties[object_type].keys()
        if unknown:
            raise ValueError(f"{object_type}: no property named {', '.join(sorted(unknown))}")
        if id is None:
            id = self.next_id
        self.next_id = max(self.next_id, id + 1)
        created = iso(created_at)
        self.objects[object_type].add(
            StoredObject(
                id,
                {name: value for name, value in properties.items() if value},
                created,
                created if updated_at is None else iso(updated_at),
            )
        )
        return id

    def associate(self, from_type: str, from_id: int, to_type: str, to_id: int) -> None:
        """Links two records with HubSpot's default association, in both directions."""
        self.associations.setdefault((from_type, to_type), {}).setdefault(from_id, []).append(to_id)
        self.associations.setdefault((to_type, from_type), {}).setdefault(to_id, []).append(from_id)

    def associated(self, from_type: str, from_id: int, to_type: str) -> list[int]:
        """Numbers of the linked records, in the order they were linked."""
        return self.associations.get((from_type, to_type), {}).get(from_id, [])

    def set_status(
        self,
        email: str,
        subscription: int,
        status: str,
        *,
        at: datetime,
        legal_basis: str = "",
        explanation: str = "",
        source: str = "Form",
    ) -> None:
        """Records a subscription status and mirrors an opt-out in the contact's property."""
        entry = Status(status, legal_basis, explanation, source, iso(at))
        self.statuses.setdefault(email.lower(), {})[subscription] = entry
        contact = self.objects["contacts"].by_unique("email", email)
        if contact is not None:
            name = f"hs_email_optout_{subscription}"
            if status == "UNSUBSCRIBED":
                contact.properties[name] = "true"
            else:
                contact.properties.pop(name, None)

    def opt_out_of_all(self, email: str, *, at: datetime) -> None:
        """Records that the address left all e-mail, with `hs_email_optout` of its contact."""
        self.opted_out[email.lower()] = iso(at)
        contact = self.objects["contacts"].by_unique("email", email)
        if contact is not None:
            contact.properties["hs_email_optout"] = "true"

    def add_campaign(self, id: int, name: str) -> None:
        """Names a marketing e-mail; events refer to it by number."""
        self.campaigns[id] = name

    def add_email_event(
        self, kind: str, recipient: str, *, at: datetime, campaign: int, url: str = ""
    ) -> None:
        """Adds one event of a marketing e-mail (SENT, DELIVERED, CLICK, OPEN, BOUNCE, ...)."""
        self.is_email_log_sorted = False
        self.email_events.append(
            EmailEvent(int(at.timestamp() * 1000), kind, recipient.lower(), campaign, url)
        )

    def add_occurrence(
        self, kind: str, contact: int, *, at: datetime, properties: Mapping[str, str] | None = None
    ) -> None:
        """Adds one behavioural event of a contact, as `e_visited_page`; never of a marketing e-mail."""
        id = f"00000000-0000-4000-8000-{len(self.occurrences):012d}"
        self.occurrences.append(Occurrence(iso(at), id, kind, "contact", contact, dict(properties or {})))

    def add_list(
        self, name: str, members: Iterable[int] = (), *, at: datetime, processing_type: str = "MANUAL"
    ) -> int:
        """Adds a list of contacts and gives its number."""
        id = self.new_id()
        moment = iso(at)
        self.lists[id] = ContactList(
            id=id, name=name, processing_type=processing_type, created_at=moment, updated_at=moment
        )
        self.lists[id].members.update(dict.fromkeys(members, moment))
        return id

    def new_id(self) -> int:
        """A number no record has."""
        self.next_id += 1
        return self.next_id - 1
