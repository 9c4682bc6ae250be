"""What a pretend Mailchimp account holds: audiences with members and tags, campaigns, shops, batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MERGE_TYPES = (
    "text",
    "number",
    "address",
    "phone",
    "date",
    "url",
    "imageurl",
    "radio",
    "dropdown",
    "birthday",
    "zip",
)
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")


def iso(at: datetime) -> str:
    """The instant as Mailchimp prints it: UTC with offset, whole seconds; such texts sort like instants."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def member_id(email: str) -> str:
    """The number of a member in any audience: MD5 of the address in lower case."""
    return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True, kw_only=True)
class Member:
    """One address in one audience; unknown dates are empty texts, as the vendor prints them."""

    email: str
    contact_id: str
    unique_email_id: str
    web_id: int
    status: str
    last_changed: str
    status_before: str = ""
    """What an archived member was."""
    timestamp_signup: str = ""
    ip_signup: str = ""
    timestamp_opt: str = ""
    ip_opt: str = ""
    source: str = "Import"
    email_type: str = "html"
    language: str = ""
    country: str = ""
    is_vip: bool = False
    rating: int = 2
    merge_fields: dict[str, Any] = field(default_factory=dict)
    """Merge tag to a text, a number, or the parts of an address; an unset one is an empty text."""
    permissions: dict[str, bool] = field(default_factory=dict)
    """Marketing permission to whether it is given; one never asked for is not given."""
    tags: dict[int, str] = field(default_factory=dict)
    """Tag to the moment it was added."""
    unsubscribed_at: str = ""
    unsubscribe_reason: str = ""
    is_locked: bool = False
    """Left or bounced by themselves: nobody but they can subscribe them again."""
    phone: str = ""
    phone_status: str = ""
    phone_changed: str = ""
    takes_personal_messages: bool = False

    @property
    def id(self) -> str:
        """The number in paths and listings; changes with the address."""
        return member_id(self.email)


@dataclass(slots=True, kw_only=True)
class Segment:
    """A static segment, which is what a tag is."""

    id: int
    name: str
    created_at: str
    updated_at: str
    members: dict[str, None] = field(default_factory=dict)
    """Contact ids in the order they joined."""


@dataclass(slots=True, kw_only=True)
class MergeField:
    """One field of an audience's members."""

    id: int
    tag: str
    type: str = "text"
    name: str = ""


@dataclass(slots=True, kw_only=True)
class Audience:
    """One list of members, with its own tags and permissions."""

    id: str
    web_id: int
    name: str
    created_at: str
    has_double_optin: bool = False
    permissions: dict[str, str] = field(default_factory=dict)
    """Marketing permission to its text; none when the audience has no GDPR fields."""
    merge_fields: dict[str, MergeField] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    by_contact: dict[str, Member] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    """Member ids erased for good; only the person can come back."""
    revision: int = 0
    """Counts changes of members, for listings kept between pages."""

    def put(self, member: Member) -> None:
        """Takes in a member, new or with a new address."""
        self.members[member.id] = member
        self.by_contact[member.contact_id] = member
        self.revision += 1

    def drop(self, member: Member) -> None:
        """Forgets a member and takes it out of its segments."""
        del self.members[member.id], self.by_contact[member.contact_id]
        for tag in member.tags:
            self.segments[tag].members.pop(member.contact_id, None)
        self.revision += 1

    def segment_named(self, name: str) -> Segment | None:
        """The static segment with exactly this name."""
        return next((one for one in self.segments.values() if one.name == name), None)

    def tag(self, member: Member, segment: Segment, *, at: str) -> bool:
        """Adds a member to a segment; False when it was in."""
        if segment.id in member.tags:
            return False
        member.tags[segment.id] = at
        segment.members[member.contact_id] = None
        segment.updated_at = at
        return True

    def untag(self, member: Member, segment: Segment, *, at: str) -> bool:
        """Takes a member out of a segment; False when it was not in."""
        if member.tags.pop(segment.id, None) is None:
            return False
        segment.members.pop(member.contact_id, None)
        segment.updated_at = at
        return True


@dataclass(slots=True, kw_only=True)
class Campaign:
    """One e-mail sent to an audience; people are known by address, times are texts."""

    id: str
    web_id: int
    list_id: str
    title: str
    created_at: str
    send_time: str = ""
    """Empty while it is not sent."""
    links: list[str] = field(default_factory=list)
    sends: dict[str, str] = field(default_factory=dict)
    """Address to sent, hard or soft."""
    clicks: list[tuple[str, int, str]] = field(default_factory=list)
    """Address, position of the link, time."""
    opens: list[tuple[str, str, bool]] = field(default_factory=list)
    """Address, time, whether a machine opened it."""
    bounces: dict[str, str] = field(default_factory=dict)
    """Address to the time of its bounce; `sends` says which kind."""
    unsubscribes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Address to time and reason."""


@dataclass(slots=True, kw_only=True)
class Customer:
    """Somebody who bought in a shop."""

    id: str
    email: str
    opt_in_status: bool
    created_at: str


@dataclass(slots=True, kw_only=True)
class Order:
    """One order; amounts are decimal texts."""

    id: str
    customer_id: str
    total: str
    currency: str
    processed_at: str
    updated_at: str
    cancelled_at: str = ""
    campaign_id: str = ""
    discount: str = "0.00"
    tax: str = "0.00"
    shipping: str = "0.00"
    financial_status: str = "paid"
    lines: list[tuple[str, int, str]] = field(default_factory=list)
    """Product, quantity, price."""


@dataclass(slots=True, kw_only=True)
class Store:
    """A shop connected to one audience."""

    id: str
    list_id: str
    name: str
    currency: str
    created_at: str
    customers: dict[str, Customer] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Batch:
    """A job of many operations; `status` moves with every request the account receives."""

    id: str
    submitted_at: str
    status: str = "pending"
    waiting: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    """Emptied into `archive` at the end."""
    total: int = 0
    finished: int = 0
    errored: int = 0
    archive: str = ""
    """The results as they are fetched, in base 64."""
    completed_at: str = ""
    is_stuck: bool = False
    is_lost: bool = False
