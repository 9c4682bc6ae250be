"""What happens inside the demo's pretend CRMs: an admin makes fields, people leave, labels stand there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from .hubspot import snapshot as hubspot_files
from .hubspot.object_store import iso
from .mailchimp import snapshot as mailchimp_files
from .people import expected
from .people.hubspot_people import NEWSLETTER
from .people.spread import CRMS
from .salesforce import snapshot as salesforce_files
from .salesforce.times import stamp
from .snapshot_files import SnapshotFiles

_PREFIX = "consentric_rfm5"
_OURS = f"{_PREFIX}: "
_OWNER = f"{_OURS}managed by"


def make_fields(folder: Path, *, marker: str) -> None:
    """The admin of the org makes the three fields that the API may not; `marker` says whose they are."""
    state = salesforce_files.load(folder)
    for entity in ("Contact", "Lead"):
        state.add_field(entity, f"{_PREFIX}__c", length=80, help=marker)
        state.add_field(entity, f"{_PREFIX}_previous__c", length=80, help=marker)
        state.add_field(entity, f"{_PREFIX}_since__c", type="date", help=marker)
    salesforce_files.save(state, folder)


def labelled(folder: Path) -> dict[str, str]:
    """Records that the CRMs themselves show with a label of ours, as `hubspot:101`, with its name."""
    found: dict[str, str] = {}
    for one in hubspot_files.load(folder).lists.values():
        found.update({f"hubspot:{member}": one.name for member in one.members})
    tables = salesforce_files.load(folder).tables
    for row in tables["CampaignMember"].each():
        name = tables["Campaign"].rows[row.values["CampaignId"]].values["Name"]
        if name.startswith(_OURS):
            found[f"salesforce:{row.values.get('ContactId') or row.values['LeadId']}"] = name
    for audience in mailchimp_files.load(folder).audiences.values():
        for segment in audience.segments.values():
            if segment.name.startswith(_OURS) and not segment.name.startswith(_OWNER):
                found.update({f"mailchimp:{contact}": segment.name for contact in segment.members})
    return found


def counted(labels: Iterable[str]) -> Counter[str]:
    """CRM to the number of its records among these."""
    return Counter(record.partition(":")[0] for record in labels)


def labelled_groups(folder: Path, labels: Mapping[str, str]) -> list[list[str]]:
    """The labelled records of each person; people in several CRMs first, and nobody whom keys do not join."""
    groups, untied = expected.groups_of(folder)
    shown = [[name for name in group if name in labels] for group in groups if not untied & set(group)]
    return sorted((group for group in shown if group), key=len, reverse=True)


def withdraw(folder: Path, labels: Mapping[str, str], count: int, *, at: datetime) -> dict[str, list[str]]:
    """In each CRM so many people with a label leave the newsletter there, by themselves.

    Gives the record in which each of them said so, and all of the person's records that had a label.
    """
    chosen: dict[str, list[str]] = {}
    taken: set[int] = set()
    groups = labelled_groups(folder, labels)
    for crm in CRMS:
        able = [
            (number, said)
            for number, group in enumerate(groups)
            if number not in taken and (said := next((one for one in group if one.startswith(crm)), None))
        ]
        for number, said in able[:: max(1, len(able) // count)][:count]:
            taken.add(number)
            chosen[said] = groups[number]
    _leave(folder, [record.partition(":") for record in chosen], at)
    return chosen


def writes_seen(folder: Path) -> dict[str, Counter[str]]:
    """CRM to the kinds of writes that it accepted, by its own log; kinds that could harm anybody included."""
    found = {}
    for crm in CRMS:
        log = folder / SnapshotFiles(crm).log
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        found[crm] = Counter(json.loads(line)["kind"] for line in lines)
    return found


def _leave(folder: Path, records: Iterable[tuple[str, str, str]], at: datetime) -> None:
    hubspot, salesforce = hubspot_files.load(folder), salesforce_files.load(folder)
    mailchimp = mailchimp_files.load(folder)
    for crm, _, id in records:
        if crm == "hubspot":
            contacts = hubspot.objects["contacts"]
            contact = contacts.live[int(id)]
            address = contact.properties["email"]
            hubspot.set_status(address, NEWSLETTER, "UNSUBSCRIBED", at=at, source="Preference page")
            contacts.touch(contact, iso(at))
        elif crm == "salesforce":
            person = salesforce.tables["Lead" if id.startswith("00Q") else "Contact"].rows[id]
            person.values["HasOptedOutOfEmail"] = True
            person.modified = person.stamp = stamp(at)
        else:
            for audience in mailchimp.audiences.values():
                if id in audience.by_contact:
                    mailchimp.leave(audience.id, audience.by_contact[id].email, at=at)
    hubspot_files.save(hubspot, folder)
    salesforce_files.save(salesforce, folder)
    mailchimp_files.save(mailchimp, folder)
