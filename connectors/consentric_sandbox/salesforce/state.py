"""Everything the pretend org knows, with the builder methods that fill it before it is served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from .catalogue import Catalogue
from .derived import derived_fields
from .ids import new_id
from .jobs import Job
from .schema import SYSTEM, Entity, Field, shipped
from .shipped_objects import FEATURES
from .tables import Row, Table
from .times import stamp


@dataclass(slots=True, kw_only=True)
class Account:
    """The org, the connected app and the sessions it was given."""

    org_id: str = new_id("00D", 1)
    user_id: str = new_id("005", 1)
    username: str = "integration@example.com"
    consumer_key: str = "3MVG9pretend.consumer.key"
    consumer_secret: str = ""
    public_key: str = ""
    """PEM of the certificate's key that JWT assertions are checked against."""
    refresh_token: str = ""
    rotates_refresh_tokens: bool = False
    refresh_needs_secret: bool = True
    """The setting "Require secret for Refresh Token Flow" of the app."""
    is_preauthorised: bool = True
    """Whether an administrator approved the app for the user; JWT needs it."""
    audiences: list[str] = field(
        default_factory=lambda: ["https://login.salesforce.com", "https://test.salesforce.com"]
    )
    sessions: dict[str, str] = field(default_factory=dict)
    """Access token to the instant it ends."""
    session_seconds: int = 7200
    can_hard_delete: bool = False
    """The permission "Bulk API Hard Delete", which no profile has from the start."""


@dataclass(slots=True, kw_only=True)
class Allowance:
    """API requests in any 24 hours; an Enterprise org without licences added. None lifts the limit."""

    daily: int | None = 100_000
    used: dict[str, int] = field(default_factory=dict)
    """Hour, as `2026-06-15T12`, to the requests in it."""


class SalesforceState:
    """One pretend org in memory.

    The builder methods below prepare it and count as history: they write no log and meet no limit.
    Unknown field names are refused so that test data cannot drift from the definitions.
    """

    def __init__(self) -> None:
        self.account = Account()
        self.allowance = Allowance()
        self.entities: dict[str, Entity] = shipped()
        self.tables: dict[str, Table] = {name: Table() for name in self.entities}
        self.features: set[str] = {"individuals"}
        self.hidden_objects: set[str] = set()
        self.hidden_fields: set[str] = set()
        self.read_only_fields: set[str] = set()
        self.jobs: dict[str, Job] = {}
        self.next_number = 1
        self.log_seq = 0
        self.requests: dict[str, int] = {}
        """Operation to the number of requests answered."""
        self.derived = derived_fields(self.tables)
        self._catalogue: Catalogue | None = None
        self._defaults: dict[str, dict[str, str]] = {}
        self.tables["Organization"].add(
            Row(
                self.account.org_id,
                {
                    "Name": "Pretend Retail",
                    "OrganizationType": "Enterprise Edition",
                    "InstanceName": "EU99",
                    "IsSandbox": False,
                    "TimeZoneSidKey": "Europe/Paris",
                    "LanguageLocaleKey": "fr",
                },
                *["2019-01-01T00:00:00.000+0000"] * 3,
            )
        )

    @property
    def catalogue(self) -> Catalogue:
        """The schema as the user of the API sees it."""
        if self._catalogue is None:
            self._catalogue = Catalogue(
                self.entities,
                features=self.features,
                hidden_objects=self.hidden_objects,
                hidden_fields=self.hidden_fields,
                read_only_fields=self.read_only_fields,
            )
        return self._catalogue

    def set_feature(self, name: str, *, is_on: bool) -> None:
        """Switches Individual and consent objects, person accounts, currencies or country codes on or off."""
        if name not in FEATURES:
            raise ValueError(f"no feature named {name}; known: {', '.join(FEATURES)}")
        (self.features.add if is_on else self.features.discard)(name)
        self._catalogue = None

    def add_field(
        self,
        entity: str,
        name: str,
        *,
        type: str = "string",
        length: int = 255,
        values: Iterable[str] = (),
        is_closed: bool = True,
        is_external_id: bool = False,
        is_unique: bool = False,
        label: str = "",
        help: str = "",
    ) -> None:
        """Defines a field that the org's administrator would have made; its name ends in `__c`."""
        if not name.endswith("__c"):
            raise ValueError(f"{name}: a custom field ends in __c")
        self.entities[entity].add(
            Field(
                name=name,
                type=type,
                length=length if type in ("string", "textarea", "email", "phone", "url") else 0,
                label=label or name.removesuffix("__c").replace("_", " "),
                values=tuple(values),
                is_closed=is_closed and type in ("picklist", "multipicklist"),
                is_custom=True,
                is_external_id=is_external_id,
                is_unique=is_unique,
                help=help,
            )
        )
        self._catalogue = None

    def hide_field(self, entity: str, name: str) -> None:
        """Takes a field out of the user's sight, as field security does."""
        self._check_field(entity, name)
        self.hidden_fields.add(f"{entity}.{name}")
        self._catalogue = None

    def protect_field(self, entity: str, name: str) -> None:
        """Lets the user read a field but not write it."""
        self._check_field(entity, name)
        self.read_only_fields.add(f"{entity}.{name}")
        self._catalogue = None

    def hide_object(self, entity: str) -> None:
        """Takes an object out of the user's sight."""
        self.hidden_objects.add(self.entities[entity].name)
        self._catalogue = None

    def show_all(self) -> None:
        """Ends all that hide_object, hide_field and protect_field did."""
        for hidden in (self.hidden_objects, self.hidden_fields, self.read_only_fields):
            hidden.clear()
        self._catalogue = None

    def add(
        self,
        entity: str,
        fields: Mapping[str, Any],
        *,
        created_at: datetime,
        modified_at: datetime | None = None,
    ) -> str:
        """Adds a record and gives its id; `modified_at` is the creation unless given.

        Instants are aware datetimes, days are dates; None and empty texts are left out.
        """
        known = self.entities[entity].fields
        for name in fields:
            if name not in known or name in SYSTEM or (entity, name) in self.derived:
                raise ValueError(f"{entity}: no field named {name} that can be set")
        values: dict[str, Any] = dict(self._defaults_of(entity))
        for name, value in fields.items():
            if value is None or value == "":
                continue
            values[name] = value if isinstance(value, (str, bool, int, float)) else _printed(value)
        created = stamp(created_at)
        modified = created if modified_at is None else stamp(modified_at)
        id = self.new_id(entity)
        self.tables[entity].add(Row(id, values, created, modified, modified))
        return id

    def add_contact(
        self, fields: Mapping[str, Any], *, created_at: datetime, modified_at: datetime | None = None
    ) -> str:
        """Adds a contact; see `add`."""
        return self.add("Contact", fields, created_at=created_at, modified_at=modified_at)

    def add_lead(
        self, fields: Mapping[str, Any], *, created_at: datetime, modified_at: datetime | None = None
    ) -> str:
        """Adds a lead; see `add`."""
        return self.add("Lead", fields, created_at=created_at, modified_at=modified_at)

    def add_person_account(self, fields: Mapping[str, Any], *, created_at: datetime) -> tuple[str, str]:
        """Adds a person account from the fields of its contact; gives the ids of account and contact.

        Only reading is pretended: the vendor's own rules for writing either half are not.
        """
        contact = self.add("Contact", {**fields, "IsPersonAccount": True}, created_at=created_at)
        name = self.derived["Contact", "Name"](self.tables["Contact"].rows[contact])
        account = self.add("Account", {"Name": name, "PersonContactId": contact}, created_at=created_at)
        self.tables["Contact"].rows[contact].values["AccountId"] = account
        return account, contact

    def add_opportunity(
        self,
        fields: Mapping[str, Any],
        *,
        created_at: datetime,
        modified_at: datetime | None = None,
        contacts: Iterable[str] = (),
        role: str = "Decision Maker",
    ) -> str:
        """Adds an opportunity with one contact role for each contact, the first of them primary."""
        id = self.add("Opportunity", fields, created_at=created_at, modified_at=modified_at)
        for place, contact in enumerate(contacts):
            link = {"OpportunityId": id, "ContactId": contact, "Role": role, "IsPrimary": place == 0}
            self.add("OpportunityContactRole", link, created_at=created_at, modified_at=modified_at)
        return id

    def add_order(
        self, fields: Mapping[str, Any], *, created_at: datetime, modified_at: datetime | None = None
    ) -> str:
        """Adds an activated order with the next number, unless the fields say otherwise."""
        number = f"{len(self.tables['Order'].rows) + 1:08d}"
        values = {"OrderNumber": number, "Status": "Activated", "ActivatedDate": created_at, **fields}
        return self.add("Order", values, created_at=created_at, modified_at=modified_at)

    def add_task(
        self, fields: Mapping[str, Any], *, created_at: datetime, modified_at: datetime | None = None
    ) -> str:
        """Adds a task; see `add`."""
        return self.add("Task", fields, created_at=created_at, modified_at=modified_at)

    def add_campaign(
        self, name: str, *, created_at: datetime, members: Iterable[str] = (), status: str = "Sent"
    ) -> str:
        """Adds a campaign with its members, contacts or leads, all in one status."""
        id = self.add("Campaign", {"Name": name, "IsActive": True}, created_at=created_at)
        for person in members:
            self.add_member(id, person, created_at=created_at, status=status)
        return id

    def add_member(self, campaign: str, person: str, *, created_at: datetime, status: str = "Sent") -> str:
        """Makes a contact or lead a member of a campaign; gives the id of the membership."""
        link = {"CampaignId": campaign, "Status": status}
        link["LeadId" if person.startswith("00Q") else "ContactId"] = person
        return self.add("CampaignMember", link, created_at=created_at)

    def new_id(self, entity: str) -> str:
        """An id no record has."""
        self.next_number += 1
        return new_id(self.entities[entity].prefix, self.next_number - 1)

    def value_of(self, entity: str, definition: Field) -> Callable[[Row], Any]:
        """The function that reads a field of a record, as JSON would have it."""
        name = definition.name
        if (entity, name) in self.derived:
            return self.derived[entity, name]
        if name in _SYSTEM_VALUES:
            return _SYSTEM_VALUES[name]
        if name == "CreatedById":
            user = self.account.user_id
            return lambda _row: user
        if definition.type == "boolean":
            return lambda row: row.values.get(name, False)
        return lambda row: row.values.get(name)

    def _defaults_of(self, entity: str) -> dict[str, str]:
        if entity not in self._defaults:
            fields = self.entities[entity].fields.values()
            self._defaults[entity] = {one.name: one.default for one in fields if one.default}
        return self._defaults[entity]

    def _check_field(self, entity: str, name: str) -> None:
        if name not in self.entities[entity].fields:
            raise ValueError(f"{entity}: no field named {name}")


_SYSTEM_VALUES: dict[str, Callable[[Row], Any]] = {
    "Id": lambda row: row.id,
    "IsDeleted": lambda row: bool(row.deleted),
    "CreatedDate": lambda row: row.created,
    "LastModifiedDate": lambda row: row.modified,
    "SystemModstamp": lambda row: row.stamp,
}


def _printed(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError(f"a value of type {type(value).__name__} has no place in a record")
