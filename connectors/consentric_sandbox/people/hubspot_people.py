"""Fills a pretend HubSpot portal with the demo's people: contacts, merged and archived, what they allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from consentric_sandbox.hubspot.object_store import iso
from consentric_sandbox.hubspot.state import HubSpotState

from .persons import Consent
from .spread import Kind, Sighting

NEWSLETTER = 501
PARTNERS = 502
SALESFORCE_ID = "hs_salesforcecontactid"
_FORM_TEXT = "Form 'Newsletter sign-up' on the website, notice n2"


def fill(
    state: HubSpotState,
    seen: Sequence[Sighting],
    age_bands: Mapping[int, str],
    salesforce_ids: Mapping[Sighting, str],
) -> dict[Sighting, str]:
    """Adds a contact for each sighting; gives their numbers."""
    _define(state)
    numbers: dict[Sighting, str] = {}
    for sighting in seen:
        properties = _properties(sighting, age_bands)
        if sighting.salesforce is not None:
            properties[SALESFORCE_ID] = salesforce_ids[sighting.salesforce]
        number = state.add_contact(properties, created_at=sighting.joined)
        if sighting.kind is Kind.MERGED:
            number = _merge(state, number, properties, sighting)
        _add_consent(state, sighting)
        numbers[sighting] = str(number)
    return numbers


def archive(state: HubSpotState, numbers: Mapping[Sighting, str]) -> None:
    """Archives who is to be; what they bought stays theirs."""
    contacts = state.objects["contacts"]
    for sighting, number in numbers.items():
        if sighting.kind is Kind.ARCHIVED:
            record = contacts.live[int(number)]
            contacts.archive(record, iso(sighting.joined + timedelta(days=60)))


def _define(state: HubSpotState) -> None:
    state.add_property("contacts", "loyalty_number", label="Loyalty number")
    state.add_property("contacts", SALESFORCE_ID, label="Salesforce contact ID")
    state.add_property("contacts", "age_band", label="Age band")
    state.add_property("contacts", "internal_note", label="Internal note")
    state.add_subscription_type(NEWSLETTER, "Newsletter", description="Offers and news by e-mail")
    state.add_subscription_type(PARTNERS, "Partner offers", description="Offers of partners by e-mail")


def _properties(sighting: Sighting, age_bands: Mapping[int, str]) -> dict[str, str]:
    person = sighting.person
    properties = {
        "email": sighting.email,
        "firstname": sighting.first_name,
        "lastname": person.last_name,
        "phone": sighting.phone,
        "zip": person.postcode,
        "country": person.country,
        "hs_language": person.language,
        "loyalty_number": sighting.loyalty,
        "age_band": age_bands.get(person.household, "") if sighting.is_person else "",
        "internal_note": f"{sighting.first_name} {person.last_name} called about the card",
    }
    if sighting.consent in (Consent.DOUBLE_OPT_IN, Consent.CAME_BACK):
        properties["hs_emailconfirmationstatus"] = "Confirmed"
    if sighting.consent is Consent.BOUNCED:
        properties["hs_email_hard_bounce_reason_enum"] = "UNKNOWN_USER"
    return properties


def _merge(state: HubSpotState, number: int, properties: Mapping[str, str], sighting: Sighting) -> int:
    """Two contacts became one under a new number, as merging does since 2025; both old ones lead to it."""
    contacts = state.objects["contacts"]
    other = state.add_contact({**properties, "email": sighting.former_email}, created_at=sighting.joined)
    for old in (number, other):
        contacts.remove(contacts.live[old])
    survivor = state.add_contact(
        {**properties, "hs_merged_object_ids": f"{number};{other}"}, created_at=sighting.joined
    )
    contacts.redirects.update({number: survivor, other: survivor})
    return survivor


def _add_consent(state: HubSpotState, sighting: Sighting) -> None:
    def status(
        subscription: int, value: str, *, days: int = 0, basis: str = "", text: str = "", source: str = "Form"
    ) -> None:
        at = sighting.joined + timedelta(days=days)
        state.set_status(
            sighting.email, subscription, value, at=at, legal_basis=basis, explanation=text, source=source
        )

    def subscribed(days: int = 0) -> None:
        status(NEWSLETTER, "SUBSCRIBED", days=days, basis="CONSENT_WITH_NOTICE", text=_FORM_TEXT)

    match sighting.consent:
        case Consent.FORM | Consent.DOUBLE_OPT_IN | Consent.BOUNCED:
            subscribed()
        case Consent.OLD_FORM:
            subscribed(-1500)
        case Consent.BARE_FLAG:
            status(NEWSLETTER, "SUBSCRIBED", source="Import")
        case Consent.LEGITIMATE_INTEREST:
            status(NEWSLETTER, "SUBSCRIBED", basis="LEGITIMATE_INTEREST_CLIENT")
        case Consent.UNSUBSCRIBED:
            status(NEWSLETTER, "UNSUBSCRIBED", days=20)
        case Consent.CAME_BACK:
            subscribed(40)
        case Consent.OPTED_OUT_OF_ALL:
            state.opt_out_of_all(sighting.email, at=sighting.joined + timedelta(days=15))
        case Consent.OTHER_LIST_LEFT:
            subscribed()
            status(PARTNERS, "UNSUBSCRIBED", days=10)
        case Consent.NEVER_ASKED | Consent.PENDING:
            pass
