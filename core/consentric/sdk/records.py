"""What a connector yields: contacts, activities, consent events, merges, deletions, bookmarks.

These objects live in memory only. They are the one place where names and addresses are in clear;
`pull` turns them into keyed fingerprints and pseudonyms before anything is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

ConsentState = Literal["granted", "denied", "withdrawn", "pending", "ended"]
Grade = Literal["A", "B", "C", "D"]
ActivityKind = Literal[
    "order", "refund", "send", "click", "open", "visit", "form", "reply", "redemption", "cart", "search",
    "call", "meeting", "unsubscribe", "bounce",
]  # fmt: skip
Counting = Literal["always", "if_new", "if_granted"]
"""Whether an event counts for itself, or by the last word of its record, source, purpose and channel.

`if_new`: not when that was the same state; for a source that tells of a no but not its time, only one that
it is not after and that later edits move. `if_granted`: only when that was a grant; a box that is not
ticked is no answer, one that no longer is ticked is a no.
"""
FieldValue = str | int | bool | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """Names one object in one account, as the CRM does."""

    object: str
    """Object type, as `contact`."""
    id: str
    partition: str = ""
    """Sub-collection with its own identifiers, as a Mailchimp audience; mostly empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One thing a person said, or a system recorded, about the use of their data.

    A missing `occurred_at` means the source does not know; the engine adds when it first saw it.
    Absence of an opt-out is never a grant (GDPR recital 32): yield no event for a default value.
    """

    state: ConsentState
    purpose: str
    """Purpose id, or `*` (counts for denials and withdrawals only)."""
    channel: str
    """`email`, `phone`, `sms`, `post`, `none`, or `*`."""
    grade: Grade
    """A confirmed act of the person, B act with time and notice, C staff or import, D bare flag."""
    occurred_at: datetime | None = None
    method: Literal["doi", "form", "preference_centre", "phone", "paper", "import", "crm_flag", "api"] = (
        "crm_flag"
    )
    notice: str | None = None
    origin: str | None = None
    """Form, list or tag, as the source names it; evidence claims refer to it."""
    parental: bool = False
    record: RecordRef | None = None
    """The record it belongs to; None when the event travels inside a `Contact`."""
    counts: Counting = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """An objection under Art. 21 GDPR that the source records."""

    kind: Literal["21.1", "21.2"]
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person-like object of one account, with all that the source says about consent.

    `fields` holds only fields named in the configuration, raw; the engine generalises or drops them.
    """

    ref: RecordRef
    email: str | None = None
    phone: str | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)
    """Name of the number (`loyalty`) to its value."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    consents: tuple[ConsentEvent, ...] = ()
    objections: tuple[Objection, ...] = ()
    bounced: bool = False
    created_at: datetime | None = None
    last_contact_at: datetime | None = None
    """Last act of the person (click, reply, form, purchase); an open of an e-mail is none."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    birth_date: date | None = None
    """Used for people under 18 only; never stored as such."""
    optout_offered: bool | None = None
    """Whether an opt-out was offered when the address was collected (soft opt-in)."""
    is_complete: bool = True
    """False when the source could not be asked everything: nothing follows from absence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing that happened between a record and the company."""

    record: RecordRef
    key: str
    """Unique in the account, as `deal:123`; the same key again is the same activity."""
    kind: ActivityKind
    at: datetime
    amount: Decimal | None = None
    """Money in major units as the source gives it; negative for a refund."""
    currency: str | None = None
    """ISO 4217."""
    order_number: str | None = None
    """Number by which other sources know the same purchase; leave it out when only this account knows it."""
    refund_of: str | None = None
    """Of a refund without an order number: the key of the order that it pays back."""
    campaign: str | None = None
    category: str | None = None
    machine: bool = False
    """Known to be done by a machine (mail proxy), so it says nothing about the person."""
    is_cancelled: bool = False
    """The same activity turned out not to count (cancelled, test, no longer won): it leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Two records became one in the CRM: `loser` now lives on as `winner`."""

    loser: RecordRef
    winner: RecordRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A record left the CRM (deleted or archived)."""

    record: RecordRef
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """A promise: everything before `watermark` was yielded. Give it back and reading goes on there."""

    watermark: str
    """Comparable text in the connector's own format, usually ISO 8601 in UTC."""
    tie: str | None = None
    """CRM id of the last record at `watermark`, where the source can resume inside one instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """A verified whole enumeration of the stream ended: only now may absence mean something."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """The stream ended early or lost a field; nothing may be inferred from absence.

    A bookmark yielded before it is still a promise. `reason` is a sentence without personal data.
    """

    reason: str


Record = Contact | Activity | ConsentEvent | Merge | Deletion | Bookmark | Complete | Incomplete
