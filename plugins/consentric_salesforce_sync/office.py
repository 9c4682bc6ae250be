"""Every request this package can send to Salesforce: none creates a person or touches an opt-out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consentric import RecordRef
from consentric_salesforce.client import SalesforceClient
from consentric_salesforce.fields import OPT_OUTS, PEOPLE
from consentric_salesforce.paging import Rows, rows_among
from consentric_salesforce.schema import Described, Schema
from consentric_salesforce.soql import IDS
from consentric_salesforce.values import Row, person, text

ROWS = 200
"""Records of a collection at most ("Update Multiple Records with Fewer Round-Trips")."""
_HEADERS = {
    # A field of ours makes nobody a duplicate, and no assignment rule may act on it.
    "Sforce-Duplicate-Rule-Header": "allowSave=true",
    "Sforce-Auto-Assign": "FALSE",
}
_COLLECTION = "composite/sobjects"
_SIDES = {"Contact": "ContactId", "Lead": "LeadId"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign, as far as labels need it."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One contact or lead on one campaign."""

    id: str
    campaign: str
    record: RecordRef


class Office:
    """The calls of one org that labels need, as Python values; definitions are asked for once and kept."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._schema = Schema(client)

    def forget(self) -> None:
        """Asks for definitions again next time."""
        self._schema = Schema(self._client)

    def people(self) -> list[Described]:
        """Contacts, and leads where the org has them."""
        found = (self._schema.find(name) for name in PEOPLE)
        return [one for one in found if one is not None]

    def campaigns(self, stem: str) -> list[Campaign]:
        """Campaigns whose name begins so, the oldest first; none where the org or the user has none."""
        if self._schema.find("Campaign") is None:
            return []
        # LIKE knows no letter case.
        rows = Rows(self._client, "Campaign", ("Name", "Description"), "Name LIKE '{:like}%'", stem)
        return [
            Campaign(id=row["Id"], name=row["Name"], description=text(row.get("Description")) or "")
            for page in rows.pages()
            for row in sorted(page, key=lambda row: str(row["Id"]))
            if str(row["Name"]).startswith(stem)
        ]

    def can_create_campaigns(self) -> bool:
        """Whether the user may: it takes the feature "Marketing User" besides the profile."""
        found = self._schema.find("Campaign")
        return found is not None and found.is_createable

    def create_campaign(self, name: str, description: str) -> None:
        """Creates a campaign that automations know nothing of yet."""
        body = {"Name": name, "Description": description, "IsActive": True}
        self._client.write("POST", "sobjects/Campaign", "Campaign.create", body=body)

    def read_people(self, entity: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Row]:
        """Contacts or leads by id; who is gone, merged or converted is left out."""
        return rows_among(self._client, entity, fields, "Id", ids, self._unconverted(entity))

    def people_with(self, entity: str, fields: Sequence[str]) -> Iterator[Row]:
        """Every contact or lead in which one of these fields is filled."""
        condition = " OR ".join(f"{name} != null" for name in fields)
        if unconverted := self._unconverted(entity):
            condition = f"({condition}) AND {unconverted}"
        for page in Rows(self._client, entity, fields, condition).pages():
            yield from page

    def opt_outs(self, entity: str) -> tuple[str, ...]:
        """The consent fields of contacts or leads that can be read."""
        found = self._schema.find(entity)
        return () if found is None else found.present(OPT_OUTS)

    def members(self, campaigns: Sequence[str]) -> Iterator[Membership]:
        """Everybody on these campaigns."""
        yield from _memberships(
            rows_among(self._client, "CampaignMember", _MEMBER_FIELDS, "CampaignId", campaigns)
        )

    def memberships(self, campaigns: Sequence[str], records: Sequence[RecordRef]) -> Iterator[Membership]:
        """Which of these records are on which of these campaigns."""
        for entity, side in _SIDES.items():
            ids = [record.id for record in records if record.object == entity]
            for start in range(0, len(ids) if campaigns else 0, IDS):
                where = f"CampaignId IN {{}} AND {side} IN {{}}"
                part = ids[start : start + IDS]
                rows = Rows(self._client, "CampaignMember", _MEMBER_FIELDS, where, list(campaigns), part)
                for page in rows.pages():
                    yield from _memberships(page)

    def update(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Updates up to 200 existing records by id; one answer for each, in their order."""
        body = {"allOrNone": False, "records": list(rows)}
        answer = self._client.write("PATCH", _COLLECTION, "people.update", body=body, headers=_HEADERS)
        return answer if isinstance(answer, list) else []

    def add_members(self, pairs: Sequence[tuple[str, RecordRef]]) -> list[Any]:
        """Puts up to 200 existing people on campaigns; one answer for each, in their order."""
        records = [
            {
                "attributes": {"type": "CampaignMember"},
                "CampaignId": campaign,
                _SIDES[record.object]: record.id,
            }
            for campaign, record in pairs
        ]
        body = {"allOrNone": False, "records": records}
        answer = self._client.write("POST", _COLLECTION, "members.add", body=body, headers=_HEADERS)
        return answer if isinstance(answer, list) else []

    def remove_members(self, memberships: Sequence[str]) -> list[Any]:
        """Deletes up to 200 memberships; one answer for each, in their order."""
        query = {"ids": ",".join(memberships), "allOrNone": "false"}
        answer = self._client.write("DELETE", _COLLECTION, "members.remove", query=query)
        return answer if isinstance(answer, list) else []

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _unconverted(self, entity: str) -> str:
        # A converted lead is its contact from then on, and refuses every change.
        found = self._schema.find(entity)
        return "IsConverted = false" if found is not None and "IsConverted" in found.fields else ""


_MEMBER_FIELDS = ("CampaignId", "ContactId", "LeadId")


def _memberships(rows: Sequence[Row] | Iterator[Row]) -> Iterator[Membership]:
    for row in rows:
        record = person(row.get("ContactId")) or person(row.get("LeadId"))
        if record is not None:
            yield Membership(id=row["Id"], campaign=row["CampaignId"], record=record)
