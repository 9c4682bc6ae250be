"""Finds the members behind records: one by one, or whole audiences where that costs fewer calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from consentric import RecordRef
from consentric_mailchimp.client import PAGE, MailchimpClient
from consentric_mailchimp.paging import LIVE_STATUSES

from .audience import UNTOUCHED, Audience, Member

_FEW = 20
"""So many are asked for one by one without a thought."""


class Roster:
    """The members of an account's audiences, by contact id."""

    def __init__(self, client: MailchimpClient) -> None:
        self._client = client
        self._audiences: dict[str, Audience] = {}
        self._pages: dict[str, int] = {}
        self._numbers: dict[str, dict[str, str]] = {}
        self._asked: Counter[str] = Counter()

    def audience(self, list_id: str) -> Audience:
        """One audience of the account."""
        if list_id not in self._audiences:
            self._audiences[list_id] = Audience(self._client, list_id)
        return self._audiences[list_id]

    def read(self, records: Sequence[RecordRef]) -> dict[RecordRef, Member]:
        """The members as they are now; who is gone, archived or never subscribed is left out."""
        found: dict[RecordRef, Member] = {}
        for list_id, refs in _by_audience(records).items():
            for contact_id, member in self._read(list_id, refs).items():
                found[refs[contact_id]] = member
        return found

    def numbers(self, records: Sequence[RecordRef]) -> dict[RecordRef, str]:
        """The number by which each member is written to; as `read`, but asked for once.

        Whole audiences are read as soon as that would have cost no more calls than were made so far.
        """
        found: dict[RecordRef, str] = {}
        for list_id, refs in _by_audience(records).items():
            known = self._numbers.setdefault(list_id, {})
            unknown = [contact_id for contact_id in refs if contact_id not in known]
            self._asked[list_id] += len(unknown)
            if self._asked[list_id] > _FEW and self._asked[list_id] > self._cost(list_id) and unknown:
                known.update(_numbers(self.audience(list_id).members()))
                self._asked[list_id] = 0
                unknown = [contact_id for contact_id in refs if contact_id not in known]
            known.update(_numbers(self._one_by_one(list_id, unknown)))
            found.update((ref, known[id]) for id, ref in refs.items() if known.get(id))
        return found

    def _read(self, list_id: str, refs: Mapping[str, RecordRef]) -> dict[str, Member]:
        members: dict[str, Member] = {}
        if len(refs) > _FEW and len(refs) > self._cost(list_id):
            members = {one.contact_id: one for one in self.audience(list_id).members()}
            members = {id: members[id] for id in refs if id in members}
        # Pages are cut by offset: who is not in them may have been between two.
        rest = [contact_id for contact_id in refs if contact_id not in members]
        members.update((one.contact_id, one) for one in self._one_by_one(list_id, rest))
        return {id: one for id, one in members.items() if one.status not in UNTOUCHED}

    def _one_by_one(self, list_id: str, contact_ids: Iterable[str]) -> list[Member]:
        audience = self.audience(list_id)
        found = (audience.member(contact_id) for contact_id in contact_ids)
        return [member for member in found if member is not None]

    def _cost(self, list_id: str) -> int:
        """Calls that reading a whole audience takes."""
        if list_id not in self._pages:
            size = self.audience(list_id).size()
            self._pages[list_id] = ceil(size / PAGE) + len(LIVE_STATUSES)
        return self._pages[list_id]


def _by_audience(records: Iterable[RecordRef]) -> dict[str, dict[str, RecordRef]]:
    found: dict[str, dict[str, RecordRef]] = {}
    for record in records:
        found.setdefault(record.partition, {})[record.id] = record
    return found


def _numbers(members: Iterable[Member]) -> dict[str, str]:
    return {one.contact_id: "" if one.status in UNTOUCHED else one.number for one in members}
