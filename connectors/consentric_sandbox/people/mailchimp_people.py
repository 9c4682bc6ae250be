"""Fills a pretend Mailchimp account with the demo's people: a newsletter, and a club with double opt-in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from consentric_sandbox.mailchimp.state import MailchimpState

from .persons import Consent
from .spread import Kind, Sighting

NEWSLETTER = "4e45570001"
CLUB = "4e45570002"
"""Double opt-in."""
_MADE = datetime(2020, 1, 1, tzinfo=UTC)
_FIELDS = {"FNAME": "text", "LNAME": "text", "LOYALTY": "text", "PHONE": "phone"}
_TO_CLUB = (Consent.DOUBLE_OPT_IN, Consent.CAME_BACK, Consent.PENDING)


def audience_of(sighting: Sighting) -> str:
    """Where the member is."""
    return CLUB if sighting.consent in _TO_CLUB else NEWSLETTER


def fill(state: MailchimpState, seen: Sequence[Sighting]) -> dict[Sighting, str]:
    """Adds a member for each sighting; gives their contact ids."""
    state.add_audience("Newsletter", id=NEWSLETTER, at=_MADE, merge_fields=_FIELDS)
    state.add_audience("Club", id=CLUB, at=_MADE, merge_fields=_FIELDS, has_double_optin=True)
    return {sighting: _add_member(state, sighting) for sighting in seen}


def _add_member(state: MailchimpState, sighting: Sighting) -> str:
    fields = {
        "FNAME": sighting.first_name,
        "LNAME": sighting.person.last_name,
        "LOYALTY": sighting.loyalty,
        "PHONE": sighting.phone,
    }
    told = _status(sighting)
    if sighting.kind is Kind.ARCHIVED:
        told = {"status": "archived", "source": "Embed Form"}
    return state.add_member(
        audience_of(sighting),
        sighting.email,
        **({"at": sighting.joined} | told),
        merge_fields={tag: value for tag, value in fields.items() if value},
        country=sighting.person.country,
    ).contact_id


def _status(sighting: Sighting) -> dict[str, Any]:
    """Status, source and times of a member."""
    joined = sighting.joined
    match sighting.consent:
        case Consent.FORM:
            return {"source": "Embed Form"}
        case Consent.OLD_FORM:
            return {"source": "Embed Form", "at": joined - timedelta(days=1500)}
        case Consent.DOUBLE_OPT_IN:
            return {"source": "Hosted Signup Form", "opted_in_at": joined + timedelta(hours=1)}
        case Consent.CAME_BACK:
            return {"source": "Hosted Signup Form", "opted_in_at": joined + timedelta(days=40)}
        case Consent.PENDING:
            return {"source": "Hosted Signup Form", "status": "pending"}
        case Consent.BARE_FLAG:
            return {"source": "Import"}
        case Consent.BOUNCED:
            return {"source": "Embed Form", "status": "cleaned"}
        case Consent.NEVER_ASKED if not sighting.is_first:
            return {"source": "List Import from another CRM"}
        case Consent.NEVER_ASKED | Consent.LEGITIMATE_INTEREST:
            # A customer of the shop who was never asked; the vendor mails receipts to them, nothing else.
            return {"source": "API - Shop", "status": "transactional"}
        case Consent.UNSUBSCRIBED | Consent.OPTED_OUT_OF_ALL | Consent.OTHER_LIST_LEFT:
            left = joined + timedelta(days=20)
            return {"source": "Embed Form", "status": "unsubscribed", "changed_at": left}
