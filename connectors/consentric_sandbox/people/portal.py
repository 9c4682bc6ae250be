"""Fills a pretend HubSpot portal with the demo's people and what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from consentric_sandbox.hubspot.state import HubSpotState

from .persons import Consent, Dirt, Person
from .retailer import Basket, Mailing, Retailer

NEWSLETTER = 501
PARTNERS = 502
_FORM_TEXT = "Form 'Newsletter sign-up' on the website, notice n2"
_REFUND_EVERY, _FULL_REFUND_EVERY, _YEN_EVERY = 997, 3, 9_001


def fill(state: HubSpotState, people: Sequence[Person], retailer: Retailer) -> Mapping[int, tuple[int, ...]]:
    """Adds contacts, consents, orders, sends and clicks.

    Gives the numbers of each household's live contacts; a household archived in the CRM has none.
    """
    _define(state)
    first_seen = {basket.household: basket.at for basket in reversed(retailer.baskets)}
    contacts: dict[int, tuple[int, ...]] = {}
    for person in people:
        joined = first_seen[person.household] - timedelta(days=person.household % 400 + 1)
        contacts[person.household] = _add_person(state, person, joined, retailer)
        _add_consent(state, person, joined)
    _add_orders(state, people, retailer.baskets, contacts)
    _add_mailings(state, people, "DELIVERED", retailer.sends)
    _add_mailings(state, people, "CLICK", retailer.redemptions)
    for person in people:
        if person.dirt is Dirt.ARCHIVED:
            contacts[person.household] = ()
    return contacts


def _define(state: HubSpotState) -> None:
    state.add_property("contacts", "loyalty_number", label="Loyalty number")
    state.add_property("contacts", "age_band", label="Age band")
    state.add_property("contacts", "internal_note", label="Internal note")
    state.add_subscription_type(NEWSLETTER, "Newsletter", description="Offers and news by e-mail")
    state.add_subscription_type(PARTNERS, "Partner offers", description="Offers of partners by e-mail")


def _add_person(state: HubSpotState, person: Person, joined: datetime, retailer: Retailer) -> tuple[int, ...]:
    properties = {
        "email": person.email,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "phone": person.phone,
        "zip": person.postcode,
        "country": person.country,
        "hs_language": person.language,
        "loyalty_number": person.loyalty_number,
        "age_band": retailer.age_bands.get(person.household, ""),
        "internal_note": f"{person.first_name} {person.last_name} called about the card",
    }
    if person.consent in (Consent.DOUBLE_OPT_IN, Consent.CAME_BACK):
        properties["hs_emailconfirmationstatus"] = "Confirmed"
    if person.consent is Consent.BOUNCED:
        properties["hs_email_hard_bounce_reason_enum"] = "UNKNOWN_USER"
    number = state.add_contact(properties, created_at=joined)
    if person.dirt is Dirt.SECOND_CONTACT:
        second = {**properties, "email": person.old_email, "phone": ""}
        return number, state.add_contact(second, created_at=joined + timedelta(days=30))
    if person.dirt is Dirt.MERGED:
        return (_merge(state, number, properties, person, joined),)
    return (number,)


def _merge(
    state: HubSpotState, number: int, properties: Mapping[str, str], person: Person, joined: datetime
) -> int:
    """Two contacts became one under a new number, as merging does since 2025; both old ones lead to it."""
    contacts = state.objects["contacts"]
    other = state.add_contact({**properties, "email": person.old_email}, created_at=joined)
    for old in (number, other):
        contacts.remove(contacts.live[old])
    survivor = state.add_contact(
        {**properties, "hs_merged_object_ids": f"{number};{other}"}, created_at=joined
    )
    contacts.redirects.update({number: survivor, other: survivor})
    return survivor


def _add_consent(state: HubSpotState, person: Person, joined: datetime) -> None:
    def status(
        subscription: int, value: str, *, days: int = 0, basis: str = "", text: str = "", source: str = "Form"
    ) -> None:
        at = joined + timedelta(days=days)
        state.set_status(
            person.email, subscription, value, at=at, legal_basis=basis, explanation=text, source=source
        )

    def subscribed(days: int = 0) -> None:
        status(NEWSLETTER, "SUBSCRIBED", days=days, basis="CONSENT_WITH_NOTICE", text=_FORM_TEXT)

    match person.consent:
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
            state.opt_out_of_all(person.email, at=joined + timedelta(days=15))
        case Consent.OTHER_LIST_LEFT:
            subscribed()
            status(PARTNERS, "UNSUBSCRIBED", days=10)
        case Consent.NEVER_ASKED:
            pass


def _add_orders(
    state: HubSpotState,
    people: Sequence[Person],
    baskets: Sequence[Basket],
    contacts: Mapping[int, tuple[int, ...]],
) -> None:
    by_household = {person.household: person for person in people}
    for index, basket in enumerate(baskets):
        person = by_household.get(basket.household)
        if person is None:
            continue
        currency = "JPY" if index % _YEN_EVERY == 0 else person.currency
        _add_order(state, basket, str(basket.amount), currency, contacts[basket.household], basket.at)
        if index % _REFUND_EVERY == 0:
            back = basket.amount if index % _FULL_REFUND_EVERY == 0 else basket.amount / 2
            refunded_at = basket.at + timedelta(days=3)
            _add_order(state, basket, f"-{back:.2f}", currency, contacts[basket.household], refunded_at)
    archived = state.objects["contacts"]
    for person in people:
        if person.dirt is Dirt.ARCHIVED:
            record = archived.live[contacts[person.household][0]]
            archived.archive(record, record.updated_at)


def _add_order(
    state: HubSpotState,
    basket: Basket,
    amount: str,
    currency: str,
    contacts: tuple[int, ...],
    at: datetime,
) -> None:
    number = state.add_object(
        "orders",
        {
            "hs_order_name": f"Basket {basket.number}",
            "hs_external_order_id": str(basket.number),
            "hs_total_price": amount,
            "hs_currency_code": currency,
            "hs_external_created_date": at.isoformat().replace("+00:00", "Z"),
            "hs_fulfillment_status": "fulfilled",
        },
        created_at=at,
    )
    # A person with two contacts buys now under the one, now under the other.
    state.associate("orders", number, "contacts", contacts[basket.number % len(contacts)])


def _add_mailings(
    state: HubSpotState, people: Sequence[Person], kind: str, mailings: Sequence[Mailing]
) -> None:
    addresses = {person.household: person.email for person in people}
    for campaign in sorted({mailing.campaign for mailing in mailings} - state.campaigns.keys()):
        state.add_campaign(campaign, f"Campaign {campaign}")
    for mailing in sorted(mailings, key=lambda mailing: mailing.at):
        if mailing.household in addresses:
            state.add_email_event(
                kind, addresses[mailing.household], at=mailing.at, campaign=mailing.campaign
            )
