"""Brocante du Port: three CRMs filled by imports, flags that nobody can prove, lists that nobody mapped."""

from __future__ import annotations

from datetime import datetime, timedelta

from consentric_sandbox.hubspot.state import HubSpotState
from consentric_sandbox.mailchimp.state import MailchimpState
from consentric_sandbox.salesforce.state import SalesforceState

from . import shelves
from .company import States
from .invented import Person, people

NEWSLETTER, FAIR = "b0b0b0b0b1", "b0b0b0b0b2"
"""The newsletter, and the visitors of a fair, which means nothing about consent."""
NAME = "imported-mess"


def make(count: int, now: datetime) -> States:
    """People fall into ten kinds, by their number's last digit.

    - 0, 1: signed up by the shop's form in Mailchimp: the only ones who may be labelled from the start
    - 2, 3: imported into Mailchimp's newsletter, with a date
    - 4, 5: a bare flag in HubSpot, with a date
    - 6: subscribed to partner offers in HubSpot alone
    - 7: imported into the audience of the fair, and a lead in Salesforce
    - 8: the flag in HubSpot says yes, Mailchimp says unsubscribed
    - 9: the flag in HubSpot says yes, Salesforce says no e-mail

    The shop feeds Mailchimp; the orders of whoever is in HubSpot stand there as well, under the same number.
    """
    hubspot, mailchimp, salesforce = shelves.hubspot_portal(), MailchimpState(), shelves.salesforce_org()
    long_ago = now - timedelta(days=900)
    mailchimp.add_audience("Newsletter", id=NEWSLETTER, at=long_ago)
    mailchimp.add_audience("Fair visitors", id=FAIR, at=long_ago)
    mailchimp.add_store(NEWSLETTER, "port-shop", at=long_ago)
    for person in people(count, company=NAME, now=now):
        _add_to_mailchimp(mailchimp, person)
        _add_to_hubspot(hubspot, person)
        _add_to_salesforce(salesforce, person)
    return States(hubspot=hubspot, mailchimp=mailchimp, salesforce=salesforce)


def _add_to_mailchimp(mailchimp: MailchimpState, person: Person) -> None:
    kind = person.number % 10
    if kind in (0, 1, 2, 3, 8):
        status = "unsubscribed" if kind == 8 else "subscribed"
        source: shelves.Source = "Embed Form" if kind < 2 else "Import"
        shelves.mailchimp_member(mailchimp, NEWSLETTER, person, status=status, source=source)
    if kind == 7:
        shelves.mailchimp_member(mailchimp, FAIR, person, source="Import")
    for one in person.purchases:
        mailchimp.add_order("port-shop", one.number, person.email, one.amount, at=one.at)


def _add_to_hubspot(hubspot: HubSpotState, person: Person) -> None:
    kind = person.number % 10
    if kind in (4, 5, 6, 8, 9):
        contact = shelves.hubspot_contact(hubspot, person)
        subscription = shelves.OFFERS if kind == 6 else shelves.NEWSLETTER
        shelves.hubspot_yes(hubspot, person, by_form=False, subscription=subscription)
        shelves.hubspot_orders(hubspot, contact, person.purchases)


def _add_to_salesforce(salesforce: SalesforceState, person: Person) -> None:
    kind = person.number % 10
    if kind == 7:
        shelves.salesforce_lead(salesforce, person)
    if kind in (1, 9):
        shelves.salesforce_contact(salesforce, person, opted_out=kind == 9)
