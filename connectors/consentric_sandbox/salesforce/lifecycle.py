"""What people do to records inside the org: merge, convert, delete, take out of the recycle bin.

None of it goes through the REST API; a test calls it between requests, while it holds the org's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .state import SalesforceState
from .tables import Row
from .times import stamp

MOST_MERGED = 3
# Fields by which other records hang on a person: moved to the winner of a merge.
_CHILDREN = {
    "Contact": (
        ("OpportunityContactRole", "ContactId"),
        ("Opportunity", "ContactId"),
        ("Order", "BillToContactId"),
        ("Order", "ShipToContactId"),
        ("Task", "WhoId"),
        ("Event", "WhoId"),
        ("EmailMessageRelation", "RelationId"),
        ("CampaignMember", "ContactId"),
        ("CommSubscriptionConsent", "ConsentGiverId"),
    ),
    "Lead": (
        ("Task", "WhoId"),
        ("Event", "WhoId"),
        ("EmailMessageRelation", "RelationId"),
        ("CampaignMember", "LeadId"),
    ),
    "Individual": (
        ("Contact", "IndividualId"),
        ("Lead", "IndividualId"),
        ("ContactPointTypeConsent", "PartyId"),
        ("ContactPointEmail", "ParentId"),
        ("CommSubscriptionConsent", "ConsentGiverId"),
    ),
}


def merge(state: SalesforceState, entity: str, winner: str, losers: Sequence[str], *, at: datetime) -> None:
    """Merges contacts, leads or individuals: losers go to the bin and name the winner as their master.

    What hangs on a loser hangs on the winner from then on; only queryAll still shows the losers.

    Raises:
        ValueError: More than three records at once, or one that does not live.
    """
    if len(losers) >= MOST_MERGED:
        raise ValueError("at most three records are merged at once")
    table, moment = state.tables[entity], stamp(at)
    rows = [_living(state, entity, id) for id in (winner, *losers)]
    for row in rows[1:]:
        _hang_on(state, entity, row.id, winner, moment)
        row.values["MasterRecordId"] = winner
        table.delete(row, moment)
    rows[0].modified = rows[0].stamp = moment


def convert(state: SalesforceState, lead: str, *, at: datetime, contact: str = "") -> str:
    """Converts a lead into a contact, a new one with an account unless one is given; gives the contact.

    Activities move; a campaign membership names both from then on.

    Raises:
        ValueError: The lead does not live or is converted already.
    """
    row, moment = _living(state, "Lead", lead), stamp(at)
    if row.values.get("IsConverted"):
        raise ValueError(f"lead {lead} is converted")
    if not contact:
        account = state.add("Account", {"Name": row.values["Company"]}, created_at=at)
        known = state.entities["Contact"].fields
        kept = {name: value for name, value in row.values.items() if name in known and name != "IsConverted"}
        contact = state.add("Contact", {**kept, "AccountId": account}, created_at=at)
    _hang_on(state, "Lead", lead, contact, moment, is_conversion=True)
    row.values |= {
        "IsConverted": True,
        "ConvertedDate": moment[:10],
        "ConvertedContactId": contact,
        "Status": "Closed - Converted",
    }
    if account_id := state.tables["Contact"].rows[contact].values.get("AccountId"):
        row.values["ConvertedAccountId"] = account_id
    row.modified = row.stamp = moment
    return contact


def delete(state: SalesforceState, entity: str, id: str, *, at: datetime) -> None:
    """Puts a record into the recycle bin."""
    state.tables[entity].delete(_living(state, entity, id), stamp(at))


def undelete(state: SalesforceState, entity: str, id: str, *, at: datetime) -> None:
    """Takes a record out of the recycle bin, not one that was lost in a merge.

    Raises:
        ValueError: The record does not lie there.
    """
    table = state.tables[entity]
    row = table.rows.get(id)
    if row is None or not row.deleted or row.values.get("MasterRecordId"):
        raise ValueError(f"{id} does not lie in the recycle bin")
    table.restore(row, stamp(at))


def _living(state: SalesforceState, entity: str, id: str) -> Row:
    row = state.tables[entity].live(id)
    if row is None:
        raise ValueError(f"{entity} {id} does not live")
    return row


def _hang_on(
    state: SalesforceState, entity: str, old: str, new: str, at: str, *, is_conversion: bool = False
) -> None:
    for name, field in _CHILDREN[entity]:
        table = state.tables[name]
        if name == "CampaignMember":
            _move_memberships(state, field, old, new, at, is_conversion=is_conversion)
            continue
        for row in table.each():
            if row.values.get(field) == old:
                row.values[field] = new
                row.stamp = at


def _move_memberships(
    state: SalesforceState, field: str, old: str, new: str, at: str, *, is_conversion: bool
) -> None:
    """One membership of a campaign per person: of two that met in a merge the winner's stays."""
    table = state.tables["CampaignMember"]
    target = "ContactId" if is_conversion else field
    has = {row.values["CampaignId"] for row in table.each() if row.values.get(target) == new}
    for row in list(table.each()):
        if row.values.get(field) != old:
            continue
        if row.values["CampaignId"] in has:
            table.delete(row, at)
        else:
            row.values[target] = new
            row.stamp = at
