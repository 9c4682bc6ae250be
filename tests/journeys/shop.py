"""The shop of the journeys: its people, their orders and consents, and what they do in the CRM."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consentric_sandbox.hubspot.object_store import iso
from consentric_sandbox.hubspot.state import Allowance, HubSpotState

START = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
NEWSLETTER = 501
CAMILLE, CAMILLE_AT_WORK = 2001, 2002
"""The two contacts of the protagonist; one loyalty number, two addresses, orders on both."""
HOME_ADDRESS, WORK_ADDRESS = "camille@maison.example", "camille@bureau.example"
FORM = "Form 'Newsletter sign-up' on the website, notice n2"

PLACE_OF_CAMILLE = 28
NEVER_ASKED, UNSUBSCRIBED, BOUNCED = 3, 9, 15
"""Places of those who may be segmented, but get no label."""

# Place i of thirty: last order in the i-th place of thirty, i % 5 + 1 orders. With 30 buyers the score is
# 1 + (number of strictly worse) // 6, so R = 1 + i // 6 and F = 1 + i % 5; the RF grid makes this of it:
SEGMENT_OF_PLACE = (
    "dormant", "dormant", "at_risk", "at_risk", "at_risk", "dormant",
    "dormant", "at_risk", "at_risk", "at_risk", "dormant", "dormant",
    "at_risk", "loyal", "loyal", "dormant", "dormant", "at_risk",
    "loyal", "loyal", "new", "loyal", "loyal", "loyal",
    "champions", "new", "loyal", "loyal", "champions", "champions",
)  # fmt: skip


def contact_of(place: int) -> int:
    """Number of the contact at a place; the protagonist's first one at hers."""
    return CAMILLE if place == PLACE_OF_CAMILLE else 1001 + place


def address_of(place: int) -> str:
    return HOME_ADDRESS if place == PLACE_OF_CAMILLE else f"person{place}@clients.example"


OTHERS = tuple(place for place in range(30) if place != PLACE_OF_CAMILLE)
LABELLED_OTHERS = {
    contact_of(place): SEGMENT_OF_PLACE[place]
    for place in OTHERS
    if place not in (NEVER_ASKED, UNSUBSCRIBED, BOUNCED)
}
"""Contact to segment of the 26 others whose consent holds."""
EVERYBODY = {**LABELLED_OTHERS, CAMILLE: "champions", CAMILLE_AT_WORK: "champions"}
A_CHAMPION = contact_of(29)


def portal() -> HubSpotState:
    state = HubSpotState()
    state.allowance = Allowance(burst=None, search_per_second=None, daily=None)
    state.add_property("contacts", "loyalty_number")
    state.add_property("contacts", "age_band")
    state.add_subscription_type(NEWSLETTER, "Newsletter")
    joined = START - timedelta(days=400)
    for place in range(30):
        _add_person(state, place, joined)
    work = {"email": WORK_ADDRESS, "loyalty_number": f"L{PLACE_OF_CAMILLE}"}
    state.add_contact(work, created_at=joined + timedelta(days=30), id=CAMILLE_AT_WORK)
    subscribe(state, CAMILLE_AT_WORK, at=joined + timedelta(days=30))
    for place in range(30):
        _add_orders(state, place)
    return state


def _add_person(state: HubSpotState, place: int, joined: datetime) -> None:
    contact = contact_of(place)
    properties = {"email": address_of(place), "loyalty_number": f"L{place}", "age_band": "30-39"}
    if place == BOUNCED:
        properties["hs_email_hard_bounce_reason_enum"] = "UNKNOWN_USER"
    state.add_contact(properties, created_at=joined, id=contact)
    if place != NEVER_ASKED:
        subscribe(state, contact, at=joined)
    if place == UNSUBSCRIBED:
        unsubscribe(state, contact, at=joined + timedelta(days=100))


def _add_orders(state: HubSpotState, place: int) -> None:
    last = START - timedelta(days=1 + 2 * (30 - place))
    for number in range(place % 5 + 1):
        is_work = place == PLACE_OF_CAMILLE and number % 2 == 1
        contact = CAMILLE_AT_WORK if is_work else contact_of(place)
        at = last - timedelta(days=30 * number)
        _add_order(state, 5000 + 10 * place + number, contact, f"B{place}-{number}", at)


def _add_order(state: HubSpotState, id: int, contact: int, number: str, at: datetime) -> None:
    order = state.add_object(
        "orders",
        {
            "hs_external_order_id": number,
            "hs_total_price": "25.00",
            "hs_currency_code": "EUR",
            "hs_external_created_date": iso(at),
            "hs_fulfillment_status": "fulfilled",
        },
        created_at=at,
        id=id,
    )
    state.associate("orders", order, "contacts", contact)


def write_till_file(path: Path) -> None:
    """The till's file: two of the others, written its own way, and somebody whom only the shop knows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("card", "email", "loyalty"))
        rows.writerow(("K5", address_of(5).upper(), ""))
        rows.writerow(("K7", "seven@ancien.example", "L7"))
        rows.writerow(("K900", "stranger@ailleurs.example", ""))
    path.chmod(0o600)


def subscribe(state: HubSpotState, contact: int, *, at: datetime, confirmed: bool = False) -> None:
    """The person fills in the form, and where `confirmed`, answers the mail that asks whether it was them."""
    record = state.objects["contacts"].live[contact]
    state.set_status(
        record.properties["email"],
        NEWSLETTER,
        "SUBSCRIBED",
        at=at,
        legal_basis="CONSENT_WITH_NOTICE",
        explanation=FORM,
    )
    if confirmed:
        record.properties["hs_emailconfirmationstatus"] = "Confirmed"
    state.objects["contacts"].touch(record, iso(at))


def unsubscribe(state: HubSpotState, contact: int, *, at: datetime) -> None:
    """The person follows the link at the foot of a mail."""
    record = state.objects["contacts"].live[contact]
    state.set_status(record.properties["email"], NEWSLETTER, "UNSUBSCRIBED", at=at, source="Email link")
    state.objects["contacts"].touch(record, iso(at))


def type_in(state: HubSpotState, contact: int, values: Mapping[str, str], *, at: datetime) -> None:
    """Somebody edits a contact by hand."""
    record = state.objects["contacts"].live[contact]
    for name, value in values.items():
        state.objects["contacts"].put(record, name, value)
    state.objects["contacts"].touch(record, iso(at))


def buy(state: HubSpotState, contact: int, *, at: datetime) -> None:
    """The person orders once more."""
    number = state.new_id()
    _add_order(state, number, contact, f"B{number}", at)
