"""The shop's people in three CRMs at once: HubSpot as ever, some in Salesforce, some in Mailchimp."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from consentric.app.stages import SyncReport
from consentric.sync.report import ApplyReport
from consentric_sandbox.mailchimp import snapshot as mailchimp
from consentric_sandbox.mailchimp.state import MailchimpState
from consentric_sandbox.salesforce import snapshot as salesforce
from consentric_sandbox.salesforce.state import SalesforceState
from consentric_sandbox.salesforce.times import stamp

from .shop import HOME_ADDRESS, LABELLED_OTHERS, SEGMENT_OF_PLACE, START, WORK_ADDRESS, address_of
from .vendor_journey import LABEL_FIELDS, add_label_fields, write_private
from .world import CONFIG, World, build

NEWS = "0a1b2c3d4e"
IN_SALESFORCE, IN_MAILCHIMP = (29, 0, 1, 2), (29, 20, 21, 22)
"""Places of the others who stand there too."""
OTHER_MEMBERS = {address_of(place): SEGMENT_OF_PLACE[place] for place in IN_MAILCHIMP}
MEMBER = f"{NEWS}/4681d4d2ab91bc616ca1a5eea1058d24"
"""The protagonist in Mailchimp's log: the MD5 of the address."""
DESTINATIONS = ("hubspot-test", "mailchimp-test", "salesforce-test")
CONNECTIONS = """
[connections.salesforce]
connector = "salesforce"
sandbox = "../salesforce"
domain = "acme.my"
consumer_key = "file:../consumer.key"
consumer_secret = "file:../salesforce/salesforce.token"
consents = {{ "Newsletter" = "email_marketing" }}
calls_per_second = 1000

[connections.mailchimp]
connector = "mailchimp"
sandbox = "../mailchimp"
api_key = "file:../mailchimp/mailchimp.token"
audiences = ["0a1b2c3d4e"]
consents = {{ "0a1b2c3d4e" = "email_marketing" }}
calls_per_second = 1000

[[destination]]
name = "salesforce-test"
to = "salesforce"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "scc"

[[destination]]
name = "mailchimp-test"
to = "mailchimp"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "scc"
lists = false
"""


@dataclass(slots=True)
class InThree(World):
    """The protagonist stands in HubSpot twice, in Mailchimp under one address, in Salesforce as a lead."""

    def config(self) -> str:
        every = 'authorities = ["hubspot", "mailchimp", "salesforce"]'
        return CONFIG.replace('authorities = ["hubspot"]', every) + CONNECTIONS

    def write_crms(self) -> None:
        World.write_crms(self)
        org = _org()
        mailchimp.save(_account(), self.root / "mailchimp")
        with self.opened() as workspace:
            add_label_fields(org, workspace.control.store_id)
        salesforce.save(org, self.root / "salesforce")
        write_private(self.root / "consumer.key", org.account.consumer_key)

    @contextmanager
    def org(self) -> Iterator[SalesforceState]:
        """What people do in Salesforce between two runs."""
        yield from self._changed(salesforce, "salesforce")

    @contextmanager
    def account(self) -> Iterator[MailchimpState]:
        """What people do in Mailchimp between two runs."""
        yield from self._changed(mailchimp, "mailchimp")

    def break_mailchimp(self, *faults: Mapping[str, Any]) -> None:
        """What goes wrong in Mailchimp from now on; nothing when none is given."""
        path = self.root / "mailchimp" / "mailchimp.faults.json"
        path.write_text(json.dumps({"faults": list(faults)}), encoding="utf-8")

    # What the CRMs show and counted

    def in_salesforce(self) -> dict[str, tuple[str, str, str]]:
        """Contact or live lead to segment, segment before, and since."""
        tables = salesforce.load(self.root / "salesforce").tables
        shown = {
            row.id: tuple(row.values.get(name, "") for name in LABEL_FIELDS)
            for entity in ("Contact", "Lead")
            for row in tables[entity].each()
            if not row.values.get("IsConverted")
        }
        return {id: (one[0], one[1], one[2]) for id, one in shown.items() if any(one)}

    def in_campaigns(self) -> dict[str, str]:
        """Contact or lead to the segment whose campaign it is on; nobody may be on two."""
        tables, found = salesforce.load(self.root / "salesforce").tables, dict[str, str]()
        for member in tables["CampaignMember"].each():
            person = member.values.get("ContactId") or member.values["LeadId"]
            assert person not in found
            name = tables["Campaign"].rows[member.values["CampaignId"]].values["Name"]
            found[person] = name.removeprefix("consentric_rfm5: ")
        return found

    def in_mailchimp(self) -> dict[str, str]:
        """Address of a member to the segment of its tag; nobody may have two."""
        audience, found = mailchimp.load(self.root / "mailchimp").audiences[NEWS], dict[str, str]()
        for member in audience.members.values():
            for id in member.tags:
                assert member.email not in found
                found[member.email] = audience.segments[id].name.removeprefix("consentric_rfm5: ")
        return found

    def logs(self) -> dict[str, list[dict[str, Any]]]:
        """Each CRM's own log of the writes it accepted."""
        return {
            "hubspot": self.writes(),
            "mailchimp": _log(self.root / "mailchimp" / mailchimp.FILES.log),
            "salesforce": _log(self.root / "salesforce" / salesforce.FILES.log),
        }

    def new_writes(self, before: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[tuple[str, Any]]]:
        """Labels written since then in each CRM where any was: operation, and record to what was written."""
        found = {
            name: [
                (line["operation"], dict(zip(line["ids"], line["values"] or line["ids"], strict=True)))
                for line in lines[len(before[name]) :]
                if line["kind"] != "other"
            ]
            for name, lines in self.logs().items()
        }
        return {name: lines for name, lines in found.items() if lines}

    def _changed(self, module: ModuleType, folder: str) -> Iterator[Any]:
        state = module.load(self.root / folder)
        yield state
        module.save(state, self.root / folder)


def add_consent(org: SalesforceState, individual: str, status: str, *, at: datetime) -> None:
    """Somebody answers a form about the newsletter, and confirms it."""
    (news,) = org.tables["DataUsePurpose"].rows
    consent = {
        "Name": "c",
        "PartyId": individual,
        "DataUsePurposeId": news,
        "ContactPointType": "Email",
        "PrivacyConsentStatus": status,
        "CaptureDate": at,
        "CaptureSource": "Web form",
        "CaptureContactPointType": "Web",
        "DoubleConsentCaptureDate": at,
    }
    org.add("ContactPointTypeConsent", consent, created_at=at)


def opt_out_in_salesforce(world: InThree, entity: str, id: str, *, at: datetime) -> None:
    """Somebody ticks the box by which the person gets no more mail."""
    with world.org() as org:
        row = org.tables[entity].rows[id]
        row.values["HasOptedOutOfEmail"] = True
        row.modified = row.stamp = stamp(at)


def lead_of(world: InThree) -> str:
    """Number of the protagonist's lead."""
    (lead,) = salesforce.load(world.root / "salesforce").tables["Lead"].rows
    return lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The world once the first labels were approved and written in all three, and what came before."""

    root: Path
    waiting: SyncReport
    """The first run of all."""
    written_before_approval: dict[str, list[dict[str, Any]]]
    applied: list[ApplyReport]


def begin(root: Path) -> Beginning:
    """Takes the first plan of each destination as far as its labels, under an empty folder."""
    world = build(root, InThree)
    waiting, logs = world.sync(), world.logs()
    for one in waiting.plans:
        world.approve(one.plan)
    applied = [world.apply(one.plan) for one in waiting.plans]
    return Beginning(root=root, waiting=waiting, written_before_approval=logs, applied=applied)


def in_its_fields(values: tuple[str, str, str]) -> dict[str, str]:
    """A label as Salesforce's log has it: segment, segment before, since."""
    return dict(zip(LABEL_FIELDS, values, strict=True))


def as_tag(segment: str, status: str) -> dict[str, str]:
    """A tag put on or taken off, as Mailchimp's log has it."""
    return {"is_syncing": "true", "status": status, "tag": f"consentric_rfm5: {segment}"}


def is_off_all_three(world: InThree) -> None:
    """The protagonist carries nothing of ours, and everybody else what they carried."""
    assert world.segments() == world.members() == LABELLED_OTHERS
    assert world.in_mailchimp() == OTHER_MEMBERS
    others = {contact_of_place(world, place): SEGMENT_OF_PLACE[place] for place in IN_SALESFORCE}
    assert world.in_campaigns() == {id: shown[0] for id, shown in world.in_salesforce().items()} == others


def member_of(world: InThree, address: str) -> str:
    """The number by which Mailchimp knows a member through all addresses."""
    members = mailchimp.load(world.root / "mailchimp").audiences[NEWS].members.values()
    (found,) = [one.contact_id for one in members if one.email == address]
    return found


def contact_of_place(world: InThree, place: int) -> str:
    """Number of somebody else's contact in Salesforce."""
    rows = salesforce.load(world.root / "salesforce").tables["Contact"].each()
    (found,) = [row.id for row in rows if row.values["Email"] == address_of(place)]
    return found


def _org() -> SalesforceState:
    state, joined = SalesforceState(), START - timedelta(days=300)
    state.add("DataUsePurpose", {"Name": "Newsletter"}, created_at=joined)
    people = [("Contact", {"LastName": "Other", "Email": address_of(place)}) for place in IN_SALESFORCE]
    for entity, values in [("Lead", {"LastName": "C", "Company": "B", "Email": WORK_ADDRESS}), *people]:
        individual = state.add("Individual", {"LastName": values["LastName"]}, created_at=joined)
        state.add(entity, {**values, "IndividualId": individual}, created_at=joined)
        add_consent(state, individual, "OptIn", at=joined)
    return state


def _account() -> MailchimpState:
    state, joined = MailchimpState(), START - timedelta(days=200)
    state.add_audience("News", id=NEWS, at=joined)
    for address in (HOME_ADDRESS, *map(address_of, IN_MAILCHIMP)):
        state.add_member(NEWS, address, at=joined, source="Embed Form")
    return state


def _log(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
