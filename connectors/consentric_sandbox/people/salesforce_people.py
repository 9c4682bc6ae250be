"""Fills a pretend Salesforce org with the demo's people: contacts, leads, individuals and what they allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from consentric_sandbox.salesforce import lifecycle
from consentric_sandbox.salesforce.state import SalesforceState

from .persons import Consent
from .spread import Kind, Sighting

LOYALTY = "Loyalty_Number__c"
FORM = "Newsletter sign-up"
"""Capture source of the form; the demo's data protection officer can prove what it showed."""
_MADE = datetime(2020, 1, 1, tzinfo=UTC)
_ASKED = (Consent.FORM, Consent.OLD_FORM, Consent.DOUBLE_OPT_IN, Consent.CAME_BACK, Consent.OTHER_LIST_LEFT)


def fill(state: SalesforceState, seen: Sequence[Sighting], *, now: datetime) -> dict[Sighting, str]:
    """Adds a contact or lead for each sighting; gives the ids of those that live on."""
    org = _Org(state, now)
    return {sighting: org.add(sighting) for sighting in seen}


def archive(state: SalesforceState, ids: dict[Sighting, str], *, now: datetime) -> None:
    """Puts who is to be deleted into the recycle bin; what they bought stays theirs."""
    for sighting, id in ids.items():
        if sighting.kind is Kind.ARCHIVED:
            lifecycle.delete(state, "Contact", id, at=now - timedelta(days=3))


class _Org:
    """An org that is being filled."""

    def __init__(self, state: SalesforceState, now: datetime) -> None:
        self._state = state
        self._now = now
        state.set_feature("multi_currency", is_on=True)
        for entity in ("Contact", "Lead"):
            state.add_field(entity, LOYALTY, length=20)
        self._account = state.add("Account", {"Name": "Shoppers"}, created_at=_MADE)
        self._newsletter = state.add("DataUsePurpose", {"Name": "Newsletter"}, created_at=_MADE)
        self._partners = state.add("DataUsePurpose", {"Name": "Partner offers"}, created_at=_MADE)

    def add(self, sighting: Sighting) -> str:
        """Adds what one sighting stands for."""
        fields = self._fields(sighting)
        if sighting.kind in (Kind.LEAD, Kind.CONVERTED):
            lead = self._state.add_lead({**fields, "Company": "-"}, created_at=sighting.joined)
            if sighting.kind is Kind.LEAD:
                return lead
            return lifecycle.convert(self._state, lead, at=sighting.joined + timedelta(days=10))
        address = {"MailingPostalCode": sighting.person.postcode, "AccountId": self._account}
        contact = self._state.add_contact({**fields, **address}, created_at=sighting.joined)
        if sighting.kind is Kind.MERGED:
            other = {**fields, "Email": sighting.former_email}
            loser = self._state.add_contact(other, created_at=sighting.joined)
            lifecycle.merge(self._state, "Contact", contact, [loser], at=self._now - timedelta(days=5))
        return contact

    def _fields(self, sighting: Sighting) -> dict[str, Any]:
        is_bounced = sighting.consent is Consent.BOUNCED
        return {
            "FirstName": sighting.first_name,
            "LastName": sighting.person.last_name,
            "Email": sighting.email,
            "Phone": sighting.phone,
            LOYALTY: sighting.loyalty,
            "HasOptedOutOfEmail": sighting.consent is Consent.OPTED_OUT_OF_ALL,
            "EmailBouncedDate": sighting.joined + timedelta(days=5) if is_bounced else None,
            "IndividualId": self._individual(sighting),
        }

    def _individual(self, sighting: Sighting) -> str | None:
        """The person behind the record, where there is a consent to hang on them."""
        joined, consent = sighting.joined, sighting.consent
        said: list[dict[str, Any]] = []
        if consent in _ASKED or consent is Consent.BOUNCED:
            days = {Consent.OLD_FORM: -1500, Consent.CAME_BACK: 40}.get(consent, 0)
            at = joined + timedelta(days=days)
            is_confirmed = consent in (Consent.DOUBLE_OPT_IN, Consent.CAME_BACK)
            said.append({"CaptureDate": at, "DoubleConsentCaptureDate": at if is_confirmed else None})
        elif consent is Consent.BARE_FLAG:
            said.append({"CaptureDate": joined, "CaptureSource": "Import"})
        elif consent in (Consent.LEGITIMATE_INTEREST, Consent.PENDING):
            said.append({"CaptureDate": joined, "PrivacyConsentStatus": "Seen"})
        elif consent is Consent.UNSUBSCRIBED:
            left = joined + timedelta(days=20)
            said.append({"CaptureDate": left, "PrivacyConsentStatus": "OptOut"})
        if consent is Consent.OTHER_LIST_LEFT:
            left = joined + timedelta(days=10)
            no = {"PrivacyConsentStatus": "OptOut", "DataUsePurposeId": self._partners}
            said.append({"CaptureDate": left, **no})
        if not said:
            return None
        name = {"FirstName": sighting.first_name, "LastName": sighting.person.last_name}
        individual = self._state.add("Individual", name, created_at=joined)
        usual = {
            "Name": "Newsletter",
            "PartyId": individual,
            "DataUsePurposeId": self._newsletter,
            "ContactPointType": "Email",
            "PrivacyConsentStatus": "OptIn",
            "CaptureSource": FORM,
            "CaptureContactPointType": "Web",
        }
        for one in said:
            self._state.add("ContactPointTypeConsent", usual | one, created_at=joined)
        return individual
