"""What a company consists of: the pretend CRMs it works with, and how they are put into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path

from consentric_privacy.files import write_atomic
from consentric_sandbox.hubspot import snapshot as hubspot_snapshot
from consentric_sandbox.hubspot.state import HubSpotState
from consentric_sandbox.mailchimp import snapshot as mailchimp_snapshot
from consentric_sandbox.mailchimp.state import MailchimpState
from consentric_sandbox.salesforce import snapshot as salesforce_snapshot
from consentric_sandbox.salesforce.state import SalesforceState

CONSUMER_KEY_FILE = "salesforce.consumer"


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """The CRMs of one company; None where it has none."""

    hubspot: HubSpotState | None = None
    mailchimp: MailchimpState | None = None
    salesforce: SalesforceState | None = None


def make_company(name: str, folder: Path, *, people: int, now: datetime) -> list[str]:
    """Puts the CRMs of a company into one folder, with the credentials a connection needs.

    Args:
        name: One of `COMPANIES`.
        folder: Made when missing; CRMs of that kind in it are replaced.
        people: How many there are.
        now: The last orders are of the days before.

    Returns:
        Names of the vendors.
    """
    module = import_module(f"consentric_sandbox.companies.{name.replace('-', '_')}")
    states: States = module.make(people, now)
    made = []
    if states.hubspot is not None:
        hubspot_snapshot.save(states.hubspot, folder)
        made.append("hubspot")
    if states.mailchimp is not None:
        mailchimp_snapshot.save(states.mailchimp, folder)
        made.append("mailchimp")
    if states.salesforce is not None:
        salesforce_snapshot.save(states.salesforce, folder)
        write_atomic(folder / CONSUMER_KEY_FILE, states.salesforce.account.consumer_key.encode() + b"\n")
        made.append("salesforce")
    return made
