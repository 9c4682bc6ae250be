"""Puts one invented person into a pretend CRM: the record, what it says of consent, what was bought there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from consentric_sandbox.hubspot.state import HubSpotState
from consentric_sandbox.mailchimp.state import MailchimpState
from consentric_sandbox.salesforce.state import SalesforceState

from .invented import Person, Purchase

NEWSLETTER, OFFERS = 501, 502
"""Numbers of the subscription types in HubSpot; only the first is the newsletter."""
FORM = "Form 'Newsletter sign-up' on the website, notice n2"
ORDER_FIELD = "Shop_Order__c"
Source = Literal["Embed Form", "Import"]


def hubspot_portal() -> HubSpotState:
    """A portal with two subscription types, without the vendor's limits: nothing is learnt by waiting."""
    state = HubSpotState()
    state.allowance.burst = state.allowance.search_per_second = state.allowance.daily = None
    state.add_subscription_type(NEWSLETTER, "Newsletter", description="News of the shop")
    state.add_subscription_type(OFFERS, "Partner offers", description="Offers of partners")
    return state


def hubspot_contact(state: HubSpotState, person: Person, *, confirmed: bool = False) -> int:
    """Adds the contact; `confirmed` is a double opt-in that the person answered."""
    properties = {"email": person.email, "firstname": person.first_name, "lastname": person.last_name}
    if confirmed:
        properties["hs_emailconfirmationstatus"] = "Confirmed"
    return state.add_contact(properties, created_at=person.joined)


def hubspot_yes(
    state: HubSpotState, person: Person, *, by_form: bool, subscription: int = NEWSLETTER
) -> None:
    """A yes with text and basis as a form leaves it, or the bare flag of an import."""
    state.set_status(
        person.email,
        subscription,
        "SUBSCRIBED",
        at=person.joined,
        legal_basis="CONSENT_WITH_NOTICE" if by_form else "",
        explanation=FORM if by_form else "",
        source="Form" if by_form else "Import",
    )


def hubspot_orders(state: HubSpotState, contact: int, purchases: Sequence[Purchase]) -> None:
    """Adds orders under the shop's numbers."""
    for one in purchases:
        properties = {
            "hs_order_name": one.number,
            "hs_external_order_id": one.number,
            "hs_total_price": one.amount,
            "hs_currency_code": "EUR",
            "hs_external_created_date": one.at.isoformat().replace("+00:00", "Z"),
            "hs_fulfillment_status": "fulfilled",
        }
        number = state.add_object("orders", properties, created_at=one.at)
        state.associate("orders", number, "contacts", contact)


def mailchimp_member(
    state: MailchimpState,
    audience: str,
    person: Person,
    *,
    status: str = "subscribed",
    source: Source = "Embed Form",
    opted_in_at: datetime | None = None,
) -> None:
    """Adds a member; `opted_in_at` is the moment of a confirmation."""
    names = {"FNAME": person.first_name, "LNAME": person.last_name}
    state.add_member(
        audience,
        person.email,
        at=person.joined,
        status=status,
        source=source,
        opted_in_at=opted_in_at,
        merge_fields=names,
    )


def salesforce_org() -> SalesforceState:
    """An org with a data use purpose for the newsletter and the shop's number on deals, without limits."""
    state = SalesforceState()
    state.allowance.daily = None
    state.add_field("Opportunity", ORDER_FIELD, length=40)
    return state


def salesforce_contact(
    state: SalesforceState, person: Person, *, individual: str | None = None, opted_out: bool = False
) -> str:
    """Adds the contact; the flag is the only no that most orgs know."""
    fields = {
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Email": person.email,
        "IndividualId": individual,
        "HasOptedOutOfEmail": opted_out,
    }
    return state.add_contact(fields, created_at=person.joined)


def salesforce_lead(state: SalesforceState, person: Person) -> str:
    """Adds a lead of the company's own name, as lists of fairs are imported."""
    fields = {
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Company": f"{person.last_name} SARL",
        "Email": person.email,
    }
    return state.add_lead(fields, created_at=person.joined)


def salesforce_yes(state: SalesforceState, person: Person, purpose: str, *, confirmed: bool) -> str:
    """A consent record and the individual it is about; gives the individual."""
    individual = state.add("Individual", {"LastName": person.last_name}, created_at=person.joined)
    fields = {
        "Name": f"Consent {person.number}",
        "PartyId": individual,
        "DataUsePurposeId": purpose,
        "ContactPointType": "Email",
        "PrivacyConsentStatus": "OptIn",
        "CaptureDate": person.joined,
        "CaptureSource": "Quotation form",
        "CaptureContactPointType": "Web",
        "DoubleConsentCaptureDate": person.joined if confirmed else None,
    }
    state.add("ContactPointTypeConsent", fields, created_at=person.joined)
    return individual


def salesforce_deals(state: SalesforceState, contact: str, purchases: Sequence[Purchase]) -> None:
    """Adds won opportunities under the shop's numbers."""
    for one in purchases:
        fields = {
            "Name": one.number,
            "StageName": "Closed Won",
            "CloseDate": one.at.date(),
            "Amount": float(one.amount),
            ORDER_FIELD: one.number,
        }
        state.add_opportunity(fields, created_at=one.at, contacts=[contact])
