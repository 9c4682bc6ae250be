"""The small world, read for real: who is one person, and what joining leaves as it was."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import timedelta

from consentric.app import stages
from consentric.app.workspace import Workspace
from consentric.sdk.progress import SilentProgress
from consentric_sandbox.demo_world import World
from consentric_sandbox.hubspot import snapshot as hubspot_files
from consentric_sandbox.hubspot.object_store import iso
from consentric_sandbox.mailchimp import snapshot as mailchimp_files
from consentric_sandbox.people import expected
from consentric_sandbox.people.build import NOW
from consentric_sandbox.people.mailchimp_people import NEWSLETTER
from consentric_sandbox.salesforce import snapshot as salesforce_files


def pull(world: World, *connections: str) -> None:
    with Workspace.open(world.config) as workspace:
        assert stages.pull(workspace, connections=connections, progress=SilentProgress()).is_whole


def groups(world: World) -> list[list[str]]:
    """The records of each person, as `hubspot:101`."""
    found: dict[bytes, list[str]] = {}
    with Workspace.open(world.config) as workspace:
        live = list(workspace.vault.live(None))
        links = workspace.vault.links([record.rref for record in live])
        for record in live:
            found.setdefault(record.sid, []).append(f"{record.account}:{links[record.rref].id}")
    return list(found.values())


def activities_of_hubspot(world: World) -> Counter[int]:
    """Record of HubSpot in the warehouse to its activities."""
    query = (
        "SELECT a.record, count(*) FROM activity AS a JOIN record AS r USING (record)"
        " WHERE r.account = 'hubspot' GROUP BY a.record"
    )
    with Workspace.open(world.config) as workspace:
        return Counter(dict(workspace.warehouse.connection.execute(query).fetchall()))


def denials_of_hubspot(world: World) -> Counter[bytes]:
    """Record to the denials that HubSpot tells of it."""
    query = (
        "SELECT rref, count(*) FROM consent_event WHERE source = 'hubspot' AND state = 'withdrawn' GROUP BY 1"
    )
    with Workspace.open(world.config) as workspace:
        return Counter(dict(workspace.people.connection.execute(query).fetchall()))


def test_joins_are_those_of_the_people_and_move_no_activity_and_lose_no_denial(world: World) -> None:
    pull(world, "hubspot")
    people, acts, denials = len(groups(world)), activities_of_hubspot(world), denials_of_hubspot(world)

    pull(world)
    found = groups(world)
    compared = expected.compare(found, world.sandbox)

    assert (compared.wrong, compared.missed) == (0, 0)
    assert compared.joined > 80
    assert compared.missed_as_listed > 0
    assert len(found) > people > 0
    assert activities_of_hubspot(world) == acts
    assert denials_of_hubspot(world) == denials
    assert acts.total() > 3_000
    assert denials.total() > 5


def verdict(world: World, household: int) -> str:
    """What is decided about writing to the person of a household, whose contact is in HubSpot."""
    contacts = hubspot_files.load(world.sandbox).objects["contacts"].live.values()
    [number] = [
        str(one.id) for one in contacts if re.fullmatch(rf"[a-z.]+{household}@.*", one.properties["email"])
    ]
    query = (
        "SELECT p.reason FROM permission AS p JOIN subject USING (subject)"
        " WHERE pid = ? AND p.purpose = 'email_marketing' AND p.action = 'write_back'"
    )
    with Workspace.open(world.config) as workspace:
        rref = workspace.vault.find("hubspot", "contact", "", [number])[number]
        pid = workspace.pseudonyms.pid(workspace.vault.subject_of([rref])[rref])
        [(reason,)] = workspace.warehouse.connection.execute(query, [pid]).fetchall()
    return str(reason)


def test_a_no_in_another_crm_denies_and_a_later_yes_in_another_one_allows(world: World) -> None:
    pull(world)
    # A form in HubSpot; unsubscribed fifty days later in Salesforce, in Mailchimp.
    assert verdict(world, 28) == "CONSENT_WITHDRAWN"
    assert verdict(world, 60) == "CONSENT_WITHDRAWN"
    # Unsubscribed in HubSpot after twenty days; the form of another CRM after thirty.
    assert verdict(world, 125) == "CONSENT_VALID"
    assert verdict(world, 143) == "CONSENT_VALID"


def test_an_address_given_to_somebody_else_brings_nothing_along(world: World) -> None:
    pull(world, "hubspot", "mailchimp")
    before = groups(world)
    alone = [int(group[0].split(":")[1]) for group in before if len(group) == 1 and "hubspot" in group[0]][
        :10
    ]
    portal, account = hubspot_files.load(world.sandbox), mailchimp_files.load(world.sandbox)
    contacts = portal.objects["contacts"]
    for number in alone:
        contact = contacts.live[number]
        given_up = contact.properties["email"]
        contacts.put(contact, "email", f"new{number}@neuf.example")
        contacts.touch(contact, iso(NOW - timedelta(hours=1)))
        account.add_member(NEWSLETTER, given_up, at=NOW - timedelta(minutes=30), source="Embed Form")
    hubspot_files.save(portal, world.sandbox)
    mailchimp_files.save(account, world.sandbox)

    pull(world, "hubspot", "mailchimp")

    after = groups(world)
    assert len(alone) == 10
    assert len(after) == len(before) + 10
    assert {tuple(group) for group in map(sorted, before)} <= {tuple(group) for group in map(sorted, after)}


def test_whoever_stands_in_any_of_the_crms_stands_in_the_list_for_the_scanner(world: World) -> None:
    rows = json.loads((world.sandbox / "people.json").read_text())
    portal, org = hubspot_files.load(world.sandbox), salesforce_files.load(world.sandbox)
    account = mailchimp_files.load(world.sandbox)
    contacts = portal.objects["contacts"]
    addresses = {one.properties["email"] for one in (*contacts.live.values(), *contacts.archived.values())}
    phones = {one.properties.get("phone") for one in contacts.live.values()}
    for entity in ("Contact", "Lead"):
        for row in org.tables[entity].each(with_deleted=True):
            addresses.add(row.values["Email"])
            phones.add(row.values.get("Phone"))
    for audience in account.audiences.values():
        addresses |= {member.email for member in audience.members.values()}
        phones |= {member.merge_fields.get("PHONE") for member in audience.members.values()}
    addresses |= {customer.email for shop in account.stores.values() for customer in shop.customers.values()}
    with (world.sandbox / "shop.csv").open(encoding="utf-8") as file:
        shop = list(csv.DictReader(file))
    addresses |= {row["email"] for row in shop}
    phones |= {row["phone"] for row in shop}

    assert len(addresses) > 180
    assert {one.strip().lower() for one in addresses} <= {row["email"].lower() for row in rows}
    assert phones - {None, ""} <= {row["phone"] for row in rows}
