"""Every request this package can send to Mailchimp: none creates a member or touches a status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consentric import RemoteError
from consentric_mailchimp.client import MailchimpClient, fields_of
from consentric_mailchimp.paging import LIVE_STATUSES

_MEMBERS = "/lists/{list}/members"
_MEMBER = f"{_MEMBERS}/{{member}}"
_SEGMENTS = "/lists/{list}/segments"
UNTOUCHED = frozenset({"archived", "transactional"})
"""Members that get no label: they never subscribed, or were taken out (privacy.md 5.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member as far as labels need to know it; its number is an unkeyed hash of the address."""

    contact_id: str
    number: str
    status: str
    tags: frozenset[str]
    consent: str
    """Text that changes with status, permissions or the status of text messages."""


class Audience:
    """The calls of one audience that labels need, as Python values."""

    def __init__(self, client: MailchimpClient, list_id: str) -> None:
        self.id = list_id
        self._client = client
        self._parts = {"list": list_id}

    def tags(self) -> list[str]:
        """Names of all tags: a static segment is one too."""
        query = {"type": "static", "fields": fields_of("segments", "name")}
        pages = self._client.pages(_SEGMENTS, "segments.list", "segments", parts=self._parts, query=query)
        return [str(row.get("name") or "") for rows in pages for row in rows]

    def create_tag(self, name: str) -> None:
        """Creates a tag that nobody has; does nothing when one of that name came up meanwhile."""
        body = {"name": name, "static_segment": []}
        try:
            self._client.post(_SEGMENTS, "segments.create", body, parts=self._parts)
        except RemoteError as error:
            if error.status != 400 or name not in self.tags():
                raise

    def member(self, contact_id: str) -> Member | None:
        """One member by contact id, which the vendor takes there for the hash; None when it is gone."""
        parts = {**self._parts, "member": contact_id}
        try:
            row = self._client.get(_MEMBER, "members.get", parts=parts, query={"fields": ",".join(_FIELDS)})
        except RemoteError as error:
            if error.status != 404:
                raise
            return None
        return self._shaped(row)

    def members(self) -> Iterator[Member]:
        """All members but archived ones, page by page."""
        for status in LIVE_STATUSES:
            yield from self._of_status(status)

    def size(self) -> int:
        """How many members there are, archived ones left out; a call per status."""
        total = 0
        for status in LIVE_STATUSES:
            query = {"status": status, "count": 1, "fields": "total_items"}
            total += self._client.page(_MEMBERS, "members.list", "members", parts=self._parts, query=query)[1]
        return total

    def _of_status(self, status: str) -> Iterator[Member]:
        query = {"status": status, "fields": fields_of("members", *_FIELDS)}
        pages = self._client.pages(_MEMBERS, "members.list", "members", parts=self._parts, query=query)
        for rows in pages:
            yield from (self._shaped(row) for row in rows if row.get("contact_id"))

    def _shaped(self, row: Mapping[str, Any]) -> Member:
        contact_id = str(row.get("contact_id"))
        names = [str(tag.get("name")) for tag in row.get("tags") or () if isinstance(tag, dict)]
        count = row.get("tags_count")
        if isinstance(count, int) and count > len(names):
            names = self._all_tags(contact_id)  # a member shows 50 tags at most
        permissions = sorted(
            f"{one.get('marketing_permission_id')}={one.get('enabled')}"
            for one in row.get("marketing_permissions") or ()
            if isinstance(one, dict)
        )
        status = str(row.get("status"))
        return Member(
            contact_id=contact_id,
            number=str(row.get("id")),
            status=status,
            tags=frozenset(names),
            consent=";".join((status, str(row.get("sms_subscription_status") or ""), *permissions)),
        )

    def _all_tags(self, contact_id: str) -> list[str]:
        query = {"fields": fields_of("tags", "name")}
        parts = {**self._parts, "member": contact_id}
        pages = self._client.pages(f"{_MEMBER}/tags", "members.tags", "tags", parts=parts, query=query)
        return [str(row.get("name")) for rows in pages for row in rows]


_FIELDS: Sequence[str] = (
    "id",
    "contact_id",
    "status",
    "tags_count",
    "tags.name",
    "sms_subscription_status",
    "marketing_permissions.marketing_permission_id",
    "marketing_permissions.enabled",
)
