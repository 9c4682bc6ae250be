"""Contacts with their consent, merges and deletions: everything at first, then what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from consentric.sdk.records import Bookmark, Complete, Contact, Deletion, Incomplete, Merge, Record, RecordRef

from .client import HubSpotClient
from .consents import Statuses, Subscriptions, consent_events
from .paging import Tally, changed, listed
from .properties import ContactProperties, contact_properties, live_types, lost_field, require
from .values import Row, instant, is_true, properties_of, typed
from .watermark import Watermark

OBJECT = "contact"
_TYPE = "contacts"
_MODIFIED = "lastmodifieddate"
_NO_CONSENT = "subscription statuses could not be read; consent of some contacts is unknown"
_NO_OPTOUT = 'the property "hs_email_optout" cannot be read; consent of contacts is unknown'


def contact_ref(number: object) -> RecordRef:
    """The reference of a contact by its number."""
    return RecordRef(object=OBJECT, id=str(number))


def read_contacts(client: HubSpotClient, since: Bookmark | None) -> Iterator[Record]:
    """All contacts, or those changed since the bookmark, then those that were deleted.

    Raises:
        RemoteError: FATAL when a property everything rests on is gone.
        GuardError: The bookmark is not ours or lies in the future.
    """
    reading = _Reading(client, since, with_fields=True)
    yield from reading.everything() if since is None else reading.changes()
    yield from reading.deletions()
    yield from reading.ending()


def read_denials(client: HubSpotClient, since: Bookmark | None) -> Iterator[Record]:
    """Contacts changed since the bookmark with consent and what identifies them, nothing else."""
    reading = _Reading(client, since, with_fields=False)
    yield from reading.everything() if since is None else reading.changes()
    yield from reading.ending(is_enumeration=False)


class _Reading:
    """One read of the contacts: what is asked, how far it came, what it could not learn."""

    def __init__(self, client: HubSpotClient, since: Bookmark | None, *, with_fields: bool) -> None:
        self._client = client
        live = live_types(client, _TYPE)
        require(client, _TYPE, live, ("email", _MODIFIED))
        self._watermark = Watermark(client, since)
        self._properties = contact_properties(live, client.settings, client.context, with_fields=with_fields)
        self._subscriptions = Subscriptions(client)
        self._is_full = since is None
        self._knows_consent = True
        self._tally = Tally(client, _TYPE)
        self._merged: set[str] = set()

    def everything(self) -> Iterator[Record]:
        """Every live contact by number; such pages are in no order of time, so nothing is promised yet."""
        for rows in listed(self._client, _TYPE, self._properties.asked):
            yield from self._page(rows)

    def changes(self) -> Iterator[Record]:
        """Contacts changed since the bookmark less the overlap, with a bookmark after each page."""
        start = self._watermark.start
        assert start is not None
        for rows in changed(self._client, _TYPE, _MODIFIED, start, self._properties.asked):
            yield from self._page(rows)
            if rows and self._knows_consent:
                yield self._watermark.bookmark()

    def deletions(self) -> Iterator[Record]:
        """Contacts in the recycling bin; what was merged away is no deletion."""
        start = self._watermark.start
        for rows in listed(self._client, _TYPE, ("hs_object_id",), archived=True):
            for row in rows:
                at = instant(row.get("archivedAt"))
                is_old = start is not None and at is not None and at < start
                if not is_old and str(row["id"]) not in self._merged:
                    yield Deletion(record=contact_ref(row["id"]), at=at)

    def ending(self, *, is_enumeration: bool = True) -> Iterator[Record]:
        """Says whether the read was whole, then how far it came."""
        reasons = [lost_field(_TYPE, name) for name in self._properties.missing]
        if not self._properties.knows_optout:
            reasons.append(_NO_OPTOUT)
        if not self._knows_consent:
            reasons.append(_NO_CONSENT)
        shortfall = self._tally.shortfall() if self._is_full and is_enumeration else None
        if shortfall is not None:
            reasons.append(shortfall)
        if self._knows_consent and shortfall is None:
            # Contacts that did not come, or came without their consent, must be read again: no promise.
            yield self._watermark.bookmark()
        if reasons:
            yield Incomplete(reason="; ".join(reasons))
        elif self._is_full and is_enumeration:
            yield Complete(count=self._tally.count)

    def _page(self, rows: Sequence[Row]) -> Iterator[Record]:
        values = [(row, properties_of(row)) for row in rows]
        statuses = self._subscriptions.of(
            email for _, properties in values if (email := properties.get("email"))
        )
        for row, properties in values:
            contact = _contact(row, properties, statuses, self._properties, self._client.settings)
            self._knows_consent = self._knows_consent and contact.is_complete
            self._watermark.see(instant(properties.get(_MODIFIED)))
            self._tally.note(contact.ref.id)
            yield contact
            for loser in (properties.get("hs_merged_object_ids") or "").split(";"):
                if loser.strip() and loser.strip() != contact.ref.id:
                    self._merged.add(loser.strip())
                    yield Merge(loser=contact_ref(loser.strip()), winner=contact.ref)


def _contact(
    row: Row,
    properties: Mapping[str, str | None],
    statuses: Statuses,
    known: ContactProperties,
    settings: Any,
) -> Contact:
    email = properties.get("email")
    told = statuses.get(email.lower()) if email else ()
    country = properties.get(known.country) if known.country else None
    return Contact(
        ref=contact_ref(row["id"]),
        email=email,
        phone=properties.get(settings.phone) if settings.phone else None,
        external_ids={
            key: value for name, key in known.external_ids.items() if (value := properties.get(name))
        },
        fields={name: typed(properties.get(name), kind) for name, kind in known.fields.items()},
        consents=consent_events(properties, told or (), optouts=known.optouts, purposes=settings.consents),
        bounced=bool(properties.get("hs_email_hard_bounce_reason_enum"))
        or is_true(properties.get("hs_email_quarantined")),
        created_at=instant(properties.get("createdate") or row.get("createdAt")),
        last_contact_at=_latest(properties, known.acts),
        country=country.upper() if country and len(country) == 2 and country.isalpha() else None,
        is_complete=told is not None and known.knows_optout,
    )


def _latest(properties: Mapping[str, str | None], names: Sequence[str]) -> datetime | None:
    return max((at for name in names if (at := instant(properties.get(name)))), default=None)
