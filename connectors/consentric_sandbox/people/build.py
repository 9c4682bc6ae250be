"""Builds the demo's world: three pretend CRMs, a shop's file, the truth about who is who."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from consentric.testing.identifiers import PEOPLE_FILE
from consentric_sandbox.hubspot import snapshot as hubspot_files
from consentric_sandbox.hubspot.state import HubSpotState
from consentric_sandbox.mailchimp import snapshot as mailchimp_files
from consentric_sandbox.mailchimp.state import MailchimpState
from consentric_sandbox.salesforce import snapshot as salesforce_files
from consentric_sandbox.salesforce.state import SalesforceState

from . import (
    expected,
    hubspot_acts,
    hubspot_people,
    mailchimp_acts,
    mailchimp_people,
    persons,
    retailer,
    salesforce_acts,
    salesforce_people,
    shop_file,
)
from .baskets import Sale, sales
from .retailer import Mailing, Retailer
from .spread import CRMS, SHOP, Sighting, sightings

NOW = datetime(2026, 11, 16, 6, tzinfo=UTC)
"""The morning after the last basket, at which the demo's clock stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crms:
    """The three CRMs with people in them."""

    hubspot: HubSpotState
    salesforce: SalesforceState
    mailchimp: MailchimpState


def build(folder: Path, *, seed: int, households: int | None = None) -> Crms:
    """Writes everything into `folder`; the same seed gives the same world.

    The CRMs' rate limits are lifted: a year of orders at the vendors' real pace would take a quarter of an
    hour, and nothing is learnt by it.

    Args:
        folder: The sandbox's folder; made when missing.
        seed: Of names, consent and dirt.
        households: Only so many, for tests; all 2,469 when None.

    Raises:
        ConfigError: The demo's purchases are not installed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shop = retailer.load()
    people = list(persons.people(shop.households[:households], seed=seed))
    seen = sightings(people, {basket.household: basket.at for basket in reversed(shop.baskets)})
    crms = Crms(hubspot=HubSpotState(), salesforce=SalesforceState(), mailchimp=MailchimpState())
    found = _fill(crms, seen, shop) | shop_file.write(_of(seen, SHOP), folder)
    expected.write(found, folder)
    _write_people(seen, folder)
    limits = crms.hubspot.allowance
    limits.burst = limits.search_per_second = limits.daily = crms.salesforce.allowance.daily = None
    hubspot_files.save(crms.hubspot, folder)
    salesforce_files.save(crms.salesforce, folder)
    mailchimp_files.save(crms.mailchimp, folder)
    return crms


def _fill(crms: Crms, seen: Sequence[Sighting], shop: Retailer) -> dict[Sighting, str]:
    """People first, then what they did, then who goes; gives the id of each record."""
    salesforce = salesforce_people.fill(crms.salesforce, _of(seen, "salesforce"), now=NOW)
    hubspot = hubspot_people.fill(crms.hubspot, _of(seen, "hubspot"), shop.age_bands, salesforce)
    mailchimp = mailchimp_people.fill(crms.mailchimp, _of(seen, "mailchimp"))
    sold: dict[str, list[Sale]] = {crm: [] for crm in CRMS}
    for sale in sales(shop.baskets, seen):
        sold[sale.seller.crm].append(sale)
    hubspot_acts.add_orders(crms.hubspot, sold["hubspot"], hubspot)
    salesforce_acts.add_orders(crms.salesforce, sold["salesforce"], salesforce)
    mailchimp_acts.add_orders(crms.mailchimp, sold["mailchimp"])
    sends, clicks = _mailings(shop.sends, seen), _mailings(shop.redemptions, seen)
    hubspot_acts.add_mailings(crms.hubspot, sends["hubspot"], clicks["hubspot"])
    salesforce_acts.add_answers(crms.salesforce, clicks["salesforce"], salesforce)
    mailchimp_acts.add_mailings(crms.mailchimp, sends["mailchimp"], clicks["mailchimp"])
    hubspot_people.archive(crms.hubspot, hubspot)
    salesforce_people.archive(crms.salesforce, salesforce, now=NOW)
    return salesforce | hubspot | mailchimp


def _of(seen: Iterable[Sighting], crm: str) -> list[Sighting]:
    return [sighting for sighting in seen if sighting.crm == crm]


def _mailings(
    mailings: Iterable[Mailing], seen: Iterable[Sighting]
) -> Mapping[str, list[tuple[Sighting, Mailing]]]:
    """Each mailing by the CRM that has the person's first record, in the order of time."""
    readers = {sighting.person.household: sighting for sighting in seen if sighting.is_first}
    found: dict[str, list[tuple[Sighting, Mailing]]] = {crm: [] for crm in CRMS}
    for mailing in sorted(mailings, key=lambda one: one.at):
        if mailing.household in readers:
            reader = readers[mailing.household]
            found[reader.crm].append((reader, mailing))
    return found


def _write_people(seen: Sequence[Sighting], folder: Path) -> None:
    """Everything that names anybody in any CRM, for a scanner that looks for it where it must not be."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for sighting in seen:
        for email in filter(None, (sighting.email.strip(), sighting.former_email)):
            row = {
                "first_name": sighting.first_name,
                "last_name": sighting.person.last_name,
                "email": email,
                "phone": sighting.phone,
                "loyalty_number": sighting.loyalty,
            }
            rows.setdefault((email.lower(), sighting.first_name, sighting.phone), row)
    (folder / PEOPLE_FILE).write_text(json.dumps(list(rows.values()), ensure_ascii=False), encoding="utf-8")
