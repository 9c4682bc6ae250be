"""Atelier Lune: a shop whose newsletter was always confirmed by the person, in Mailchimp and in HubSpot."""

from __future__ import annotations

from datetime import datetime, timedelta

from consentric_sandbox.mailchimp.state import MailchimpState

from . import shelves
from .company import States
from .invented import people

AUDIENCE = "1a2b3c4d5e"
NAME = "clean-opt-in"


def make(count: int, now: datetime) -> States:
    """Of 20 people 16 confirmed, two never did, one left, one bounced; every third is in Mailchimp alone.

    Orders stand in HubSpot.
    """
    mailchimp, hubspot = MailchimpState(), shelves.hubspot_portal()
    mailchimp.add_audience(
        "Lettre de l'atelier", id=AUDIENCE, at=now - timedelta(days=900), has_double_optin=True
    )
    for person in people(count, company=NAME, now=now):
        kind = person.number % 20
        status = {16: "pending", 17: "pending", 18: "unsubscribed", 19: "cleaned"}.get(kind, "subscribed")
        confirmed_at = person.joined + timedelta(minutes=4) if status == "subscribed" else None
        shelves.mailchimp_member(mailchimp, AUDIENCE, person, status=status, opted_in_at=confirmed_at)
        if person.number % 3:
            contact = shelves.hubspot_contact(hubspot, person, confirmed=status == "subscribed")
            if status == "subscribed":
                shelves.hubspot_yes(hubspot, person, by_form=True)
            shelves.hubspot_orders(hubspot, contact, person.purchases)
    return States(hubspot=hubspot, mailchimp=mailchimp)
