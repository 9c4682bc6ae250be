"""Whose report line or order it is: the number of an address to the contact it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from math import ceil

from consentric.sdk.errors import RemoteError

from .client import PAGE, MailchimpClient, fields_of
from .paging import LIVE_STATUSES

_FEW = 25
"""So many are asked for one by one; of more, the whole audience is read, 1,000 a call."""


class Directory:
    """Finds members of one audience by `email_id`, the MD5 of their address; in memory, for one read.

    Reports name a person by that number alone, which is no key of ours (`members.member_ref`).
    """

    def __init__(self, client: MailchimpClient, list_id: str) -> None:
        self._client = client
        self._list_id = list_id
        self._contacts: dict[str, str | None] = {}
        self._is_whole = False

    def contacts(self, numbers: Iterable[str]) -> Mapping[str, str | None]:
        """The contact of each number; None, or nothing, for somebody who is not in the audience any more."""
        unknown = [number for number in dict.fromkeys(numbers) if number not in self._contacts]
        if len(unknown) > _FEW and not self._is_whole:
            self._read_all()
        elif not self._is_whole:
            self._contacts.update((number, self._find(number)) for number in unknown)
        return self._contacts

    def _find(self, number: str) -> str | None:
        try:
            found = self._client.get(
                "/lists/{list}/members/{member}",
                "members.get",
                parts={"list": self._list_id, "member": number},
                query={"fields": "contact_id,status"},
            )
        except RemoteError as error:
            if error.status != 404:
                raise
            return None
        return None if found.get("status") == "archived" else str(found.get("contact_id") or "") or None

    def _read_all(self) -> None:
        sample = self._client.context.preview_people
        # Of a preview the same first pages, in the same order, as the people that it takes.
        most = None if sample is None else ceil(sample / PAGE)
        order = {} if sample is None else {"sort_field": "last_changed", "sort_dir": "ASC"}
        for status in LIVE_STATUSES:
            pages = self._client.pages(
                "/lists/{list}/members",
                "members.list",
                "members",
                parts={"list": self._list_id},
                query={"status": status, "fields": fields_of("members", "id", "contact_id"), **order},
            )
            for rows in islice(pages, most):
                self._contacts.update((str(row.get("id")), str(row.get("contact_id"))) for row in rows)
        self._is_whole = True


class Directories:
    """One directory per audience of the connection."""

    def __init__(self, client: MailchimpClient) -> None:
        self._of = {list_id: Directory(client, list_id) for list_id in client.settings.audiences}

    def of(self, list_id: object) -> Directory | None:
        """The directory of an audience, None when the connection does not read it."""
        return self._of.get(str(list_id))
