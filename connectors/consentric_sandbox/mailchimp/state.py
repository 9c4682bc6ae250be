"""Everything the pretend account knows, with the builder methods that fill it before it is served."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from .records import (
    MERGE_TYPES,
    STATUSES,
    Audience,
    Batch,
    Campaign,
    Customer,
    Member,
    MergeField,
    Order,
    Segment,
    Store,
    iso,
    member_id,
)

_CLICK_BASE = "https://shop.example"


@dataclass(slots=True, kw_only=True)
class Credentials:
    """What opens the account; empty ones are made when it is saved first."""

    api_key: str = ""
    """Secret and data centre, as `0123abcd-us6`."""
    access_token: str = ""
    data_centre: str = "us6"
    account_name: str = "Pretend shop"
    login_id: str = "1000001"


class MailchimpState:
    """One pretend account in memory.

    The builder methods below prepare it and count as history: they write no log and meet no limit.
    """

    def __init__(self) -> None:
        self.credentials = Credentials()
        self.audiences: dict[str, Audience] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.stores: dict[str, Store] = {}
        self.batches: dict[str, Batch] = {}
        self.next_id = 1001
        self.log_seq = 0
        self.requests: dict[str, int] = {}
        """Operation to the number of requests answered."""

    def add_audience(
        self,
        name: str,
        *,
        at: datetime,
        id: str = "",
        permissions: Mapping[str, str] | None = None,
        has_double_optin: bool = False,
        merge_fields: Mapping[str, str] = MappingProxyType({"FNAME": "text", "LNAME": "text"}),
    ) -> str:
        """Adds an audience and gives its id; `permissions` maps marketing permissions to their texts."""
        number = self.new_id()
        id = id or f"{number:010x}"
        self.audiences[id] = Audience(
            id=id,
            web_id=number,
            name=name,
            created_at=iso(at),
            has_double_optin=has_double_optin,
            permissions=dict(permissions or {}),
        )
        for tag, kind in merge_fields.items():
            self.add_merge_field(id, tag, kind)
        return id

    def add_merge_field(self, audience: str, tag: str, type: str = "text", *, name: str = "") -> None:
        """Adds a field of members; its tag is upper case and at most ten characters long."""
        held = self.audiences[audience]
        if type not in MERGE_TYPES:
            raise ValueError(f"a merge field is one of {MERGE_TYPES}, not {type!r}")
        id = max((one.id for one in held.merge_fields.values()), default=0) + 1
        held.merge_fields[tag] = MergeField(id=id, tag=tag, type=type, name=name or tag)

    def drop_merge_field(self, audience: str, tag: str) -> None:
        """The owner deletes a field; its values go with it."""
        held = self.audiences[audience]
        del held.merge_fields[tag]
        for member in held.members.values():
            member.merge_fields.pop(tag, None)

    def add_member(
        self,
        audience: str,
        email: str,
        *,
        at: datetime,
        status: str = "subscribed",
        changed_at: datetime | None = None,
        opted_in_at: datetime | None = None,
        permissions: Mapping[str, bool] | None = None,
        merge_fields: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        country: str = "",
        source: str = "Import",
        phone: str = "",
        unsubscribe_reason: str = "",
    ) -> Member:
        """Adds a member who joined at `at`; unknown statuses, fields and permissions are refused.

        `opted_in_at` is the confirmation that the vendor prints as `timestamp_opt`; a subscriber without
        one has the moment of joining. An unsubscribed or cleaned one went by themselves and is locked;
        an archived one was a subscriber before.
        """
        held = self.audiences[audience]
        if status not in STATUSES:
            raise ValueError(f"a member is one of {STATUSES}, not {status!r}")
        if unknown := set(permissions or {}) - held.permissions.keys():
            raise ValueError(f"{held.name}: no marketing permission {sorted(unknown)}")
        if unknown := set(merge_fields or {}) - set(held.merge_fields):
            raise ValueError(f"{held.name}: no merge field {sorted(unknown)}")
        member = self.new_member(held, email, at=iso(at))
        member.status = status
        member.last_changed = iso(changed_at or at)
        member.timestamp_signup = iso(at)
        confirmed = opted_in_at or (at if status in ("subscribed", "archived") else None)
        member.timestamp_opt = iso(confirmed) if confirmed else ""
        member.permissions = dict(permissions or {})
        member.merge_fields = dict(merge_fields or {})
        member.country, member.source, member.phone = country, source, phone
        member.phone_status, member.phone_changed = ("subscribed", iso(at)) if phone else ("", "")
        if status in ("unsubscribed", "cleaned"):
            member.is_locked = True
            member.unsubscribed_at = member.last_changed
            member.unsubscribe_reason = unsubscribe_reason
        member.status_before = "subscribed" if status == "archived" else ""
        for name in tags:
            held.tag(member, self.tag_named(held, name, at=iso(at)), at=iso(at))
        return member

    def add_tag(self, audience: str, name: str, *, at: datetime) -> int:
        """Makes a tag without members and gives its number."""
        return self.tag_named(self.audiences[audience], name, at=iso(at)).id

    def add_campaign(
        self,
        audience: str,
        title: str,
        *,
        at: datetime,
        id: str = "",
        links: Iterable[str] = (f"{_CLICK_BASE}/",),
        is_sent: bool = True,
    ) -> str:
        """Adds a campaign, sent at `at` unless it is a draft, and gives its id."""
        number = self.new_id()
        id = id or f"c{number:09x}"
        self.campaigns[id] = Campaign(
            id=id,
            web_id=number,
            list_id=self.audiences[audience].id,
            title=title,
            created_at=iso(at),
            send_time=iso(at) if is_sent else "",
            links=list(links),
        )
        return id

    def add_send(self, campaign: str, email: str, *, outcome: str = "sent") -> None:
        """The campaign went to an address; `outcome` is sent, hard or soft (it bounced then)."""
        sent = self.campaigns[campaign]
        sent.sends[email.lower()] = outcome
        if outcome != "sent":
            sent.bounces[email.lower()] = sent.send_time

    def add_click(self, campaign: str, email: str, *, at: datetime, link: int = 0) -> None:
        """Somebody followed a link of the campaign."""
        self.campaigns[campaign].clicks.append((email.lower(), link, iso(at)))

    def add_open(self, campaign: str, email: str, *, at: datetime, is_proxy: bool = False) -> None:
        """Somebody, or a mail program's machine, opened the campaign."""
        self.campaigns[campaign].opens.append((email.lower(), iso(at), is_proxy))

    def add_unsubscribe(self, campaign: str, email: str, *, at: datetime, reason: str = "None given") -> None:
        """Somebody left through the campaign's link; the member is unsubscribed and locked."""
        sent = self.campaigns[campaign]
        sent.unsubscribes[email.lower()] = (iso(at), reason)
        self.leave(sent.list_id, email, at=at, reason=reason)

    def leave(self, audience: str, email: str, *, at: datetime, reason: str = "") -> None:
        """The person unsubscribes, as through a link or the preference page."""
        held = self.audiences[audience]
        member = held.members[member_id(email)]
        member.status, member.is_locked = "unsubscribed", True
        member.unsubscribed_at = member.last_changed = iso(at)
        member.unsubscribe_reason = reason
        held.revision += 1

    def add_store(
        self, audience: str, id: str, *, at: datetime, name: str = "", currency: str = "EUR"
    ) -> str:
        """Connects a shop to an audience."""
        self.stores[id] = Store(
            id=id,
            list_id=self.audiences[audience].id,
            name=name or id,
            currency=currency,
            created_at=iso(at),
        )
        return id

    def add_order(
        self,
        store: str,
        id: str,
        email: str,
        total: str,
        *,
        at: datetime,
        cancelled_at: datetime | None = None,
        campaign: str = "",
        lines: Iterable[tuple[str, int, str]] = (),
        financial_status: str = "paid",
    ) -> None:
        """Adds an order and, if new, its customer; `total` is a decimal text as "20.00"."""
        shop = self.stores[store]
        customer = hashlib.sha256(f"{store}\n{email.lower()}".encode()).hexdigest()[:12]
        if customer not in shop.customers:
            shop.customers[customer] = Customer(
                id=customer, email=email, opt_in_status=False, created_at=iso(at)
            )
        shop.orders[id] = Order(
            id=id,
            customer_id=customer,
            total=total,
            currency=shop.currency,
            processed_at=iso(at),
            updated_at=iso(cancelled_at or at),
            cancelled_at=iso(cancelled_at) if cancelled_at else "",
            campaign_id=campaign,
            lines=list(lines),
            financial_status=financial_status,
        )

    def new_member(self, audience: Audience, email: str, *, at: str) -> Member:
        """Puts a member without a history into an audience; the address must be new there."""
        number = self.new_id()
        member = Member(
            email=email,
            contact_id=hashlib.sha256(f"{audience.id}\n{number}".encode()).hexdigest()[:32],
            unique_email_id=hashlib.sha256(email.lower().encode()).hexdigest()[:10],
            web_id=number,
            status="pending",
            last_changed=at,
        )
        if member.id in audience.members:
            raise ValueError(f"{audience.name}: this address is a member already")
        audience.put(member)
        return member

    def tag_named(self, audience: Audience, name: str, *, at: str) -> Segment:
        """The tag of this name, made if there is none."""
        found = audience.segment_named(name)
        if found is None:
            found = Segment(id=self.new_id(), name=name, created_at=at, updated_at=at)
            audience.segments[found.id] = found
        return found

    def new_id(self) -> int:
        """A number nothing has."""
        self.next_id += 1
        return self.next_id - 1
