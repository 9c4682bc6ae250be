"""A made-up HubSpot portal of any size: contacts with all kinds of consent, orders, e-mails; one seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

from consentric_sandbox.hubspot import snapshot
from consentric_sandbox.hubspot.state import HubSpotState

from .workspace import NOW

ORDERS_PER_CONTACT = 2
_NEWSLETTER, _PARTNERS = 501, 502
_FORM = "Form 'Newsletter sign-up' on the website, notice n2"
_CONSENTS = {
    "form": 44, "confirmed": 12, "bare flag": 9, "legitimate interest": 4, "never asked": 13,
    "unsubscribed": 6, "left everything": 3, "left another list": 2, "came back": 3, "bounced": 2,
    "old form": 2,
}  # fmt: skip
"""Kind of consent to its share in per cent, about as in the demo."""
_SHARED_NUMBER = 0.03
"""Share of contacts that carry the loyalty number of the contact before."""
_CAMPAIGNS = 12


def build(folder: Path, *, contacts: int, seed: int) -> None:
    """Writes the portal; the same seed and size give the same one.

    Two orders a contact (performance.md's 20 activities are for the segments alone), given out unevenly:
    a third of the people has none. Half of the contacts got one e-mail, a tenth clicked.
    """
    chance = random.Random(seed)
    state = HubSpotState()
    state.add_property("contacts", "loyalty_number", label="Loyalty number")
    state.add_property("contacts", "age_band", label="Age band")
    state.add_subscription_type(_NEWSLETTER, "Newsletter")
    state.add_subscription_type(_PARTNERS, "Partner offers")
    for campaign in range(_CAMPAIGNS):
        state.add_campaign(campaign + 1, f"Campaign {campaign + 1}")
    kinds = chance.choices(list(_CONSENTS), list(_CONSENTS.values()), k=contacts)
    numbers = [_add_contact(state, at, kind, chance) for at, kind in enumerate(kinds)]
    _add_orders(state, numbers, chance)
    _add_emails(state, contacts, chance)
    snapshot.save(state, folder)


def _email(at: int) -> str:
    return f"person.{at}@mel.example"


def _add_contact(state: HubSpotState, at: int, kind: str, chance: random.Random) -> int:
    joined = NOW - timedelta(days=chance.randrange(30, 1000), seconds=chance.randrange(86_400))
    holder = at - 1 if at and chance.random() < _SHARED_NUMBER else at
    properties = {
        "email": _email(at),
        "phone": f"+336{at:08d}",
        "zip": chance.choice(("75011", "13006", "69003", "59000", "97410")),
        "country": "FR",
        "loyalty_number": f"C{holder:08d}",
        "age_band": chance.choice(("", "25-34", "35-44", "45-54")),
    }
    if kind in ("confirmed", "came back"):
        properties["hs_emailconfirmationstatus"] = "Confirmed"
    if kind == "bounced":
        properties["hs_email_hard_bounce_reason_enum"] = "UNKNOWN_USER"
    number = state.add_contact(properties, created_at=joined)
    _add_consent(state, _email(at), kind, joined)
    return number


def _add_consent(state: HubSpotState, email: str, kind: str, joined: datetime) -> None:
    def status(value: str, *, days: int = 0, basis: str = "", text: str = "", of: int = _NEWSLETTER) -> None:
        at = joined + timedelta(days=days)
        state.set_status(email, of, value, at=at, legal_basis=basis, explanation=text)

    if kind in ("form", "confirmed", "bounced", "left another list"):
        status("SUBSCRIBED", basis="CONSENT_WITH_NOTICE", text=_FORM)
    elif kind == "came back":
        status("SUBSCRIBED", days=20, basis="CONSENT_WITH_NOTICE", text=_FORM)
    elif kind == "old form":
        status("SUBSCRIBED", days=-1500, basis="CONSENT_WITH_NOTICE", text=_FORM)
    elif kind == "bare flag":
        status("SUBSCRIBED")
    elif kind == "legitimate interest":
        status("SUBSCRIBED", basis="LEGITIMATE_INTEREST_CLIENT")
    elif kind == "unsubscribed":
        status("UNSUBSCRIBED", days=20)
    elif kind == "left everything":
        state.opt_out_of_all(email, at=joined + timedelta(days=15))
    if kind == "left another list":
        status("UNSUBSCRIBED", days=10, of=_PARTNERS)


def _add_orders(state: HubSpotState, contacts: list[int], chance: random.Random) -> None:
    for basket in range(ORDERS_PER_CONTACT * len(contacts)):
        at = NOW - timedelta(days=chance.randrange(1, 730), seconds=chance.randrange(86_400))
        number = state.add_object(
            "orders",
            {
                "hs_order_name": f"Basket {basket}",
                "hs_external_order_id": str(basket),
                "hs_total_price": f"{chance.randrange(500, 20_000) / 100:.2f}",
                "hs_currency_code": "EUR",
                "hs_external_created_date": at.isoformat().replace("+00:00", "Z"),
                "hs_fulfillment_status": "fulfilled",
            },
            created_at=at,
        )
        # The square of an even chance: few buy often, many never.
        buyer = contacts[int(len(contacts) * chance.random() ** 2)]
        state.associate("orders", number, "contacts", buyer)


def _add_emails(state: HubSpotState, contacts: int, chance: random.Random) -> None:
    for at in range(0, contacts, 2):
        campaign = chance.randrange(_CAMPAIGNS)
        sent = NOW - timedelta(days=30 * campaign + 2)
        state.add_email_event("DELIVERED", _email(at), at=sent, campaign=campaign + 1)
        if chance.random() < 0.2:
            state.add_email_event("CLICK", _email(at), at=sent + timedelta(hours=1), campaign=campaign + 1)
