"""What the demo's people did in Mailchimp: orders of the shops behind the audiences, campaigns and clicks."""

from __future__ import annotations

from collections.abc import Iterable

from consentric_sandbox.mailchimp.state import MailchimpState

from .baskets import Sale
from .mailchimp_people import audience_of
from .retailer import Mailing
from .spread import Kind, Sighting


def add_orders(state: MailchimpState, sales: Iterable[Sale]) -> None:
    """An order for each sale, in the shop of the member's audience and of its currency."""
    for sale in sales:
        audience = audience_of(sale.seller)
        shop = f"{audience}-{sale.currency.lower()}"
        if shop not in state.stores:
            state.add_store(audience, shop, at=sale.at, name="Till", currency=sale.currency)
        state.add_order(
            shop,
            str(sale.number),
            sale.seller.email,
            f"{sale.amount:.2f}",
            at=sale.at,
            financial_status="refunded" if sale.is_refunded else "paid",
        )


def add_mailings(
    state: MailchimpState,
    sends: Iterable[tuple[Sighting, Mailing]],
    clicks: Iterable[tuple[Sighting, Mailing]],
) -> None:
    """One campaign for each audience and mailing; archived members were sent none."""
    for sighting, mailing in sends:
        if sighting.kind is not Kind.ARCHIVED:
            state.add_send(_campaign(state, sighting, mailing), sighting.email)
    for sighting, mailing in clicks:
        if sighting.kind is not Kind.ARCHIVED:
            state.add_click(_campaign(state, sighting, mailing), sighting.email, at=mailing.at)


def _campaign(state: MailchimpState, sighting: Sighting, mailing: Mailing) -> str:
    audience = audience_of(sighting)
    id = f"c{mailing.campaign:04d}{audience[-2:]}"
    if id not in state.campaigns:
        state.add_campaign(audience, f"Campaign {mailing.campaign}", at=mailing.at, id=id)
    return id
