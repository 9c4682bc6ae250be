"""Verrerie du Nord: firms in Salesforce, households in HubSpot, and some people in both."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import shelves
from .company import States
from .invented import people

NAME = "business-and-consumer"


def make(count: int, now: datetime) -> States:
    """Of ten people three buy for their firm, six for themselves, one for both.

    Every fourth consent of a firm was confirmed, the others were not; two in ten households never agreed.
    Deals stand in Salesforce, orders of households in HubSpot; of people in both, every deal in both.
    """
    hubspot, salesforce = shelves.hubspot_portal(), shelves.salesforce_org()
    purpose = salesforce.add("DataUsePurpose", {"Name": "Newsletter"}, created_at=now - timedelta(days=900))
    for person in people(count, company=NAME, now=now):
        kind = person.number % 10
        if kind < 4:
            confirmed = person.number // 10 % 4 == 0
            individual = shelves.salesforce_yes(salesforce, person, purpose, confirmed=confirmed)
            firm = shelves.salesforce_contact(salesforce, person, individual=individual)
            shelves.salesforce_deals(salesforce, firm, person.purchases)
        if kind >= 3:
            contact = shelves.hubspot_contact(hubspot, person)
            if kind < 8:
                shelves.hubspot_yes(hubspot, person, by_form=True)
            shelves.hubspot_orders(hubspot, contact, person.purchases)
    return States(hubspot=hubspot, salesforce=salesforce)
