"""What the demo's people did in HubSpot: orders and refunds, marketing e-mails and clicks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from consentric_sandbox.hubspot.state import HubSpotState

from .baskets import Sale
from .retailer import Mailing
from .spread import Sighting


def add_orders(state: HubSpotState, sales: Iterable[Sale], numbers: Mapping[Sighting, str]) -> None:
    """An order for each sale; what was paid back is an order of its own, below zero."""
    for sale in sales:
        order = state.add_object(
            "orders",
            {
                "hs_order_name": f"Basket {sale.number}",
                "hs_external_order_id": str(sale.number),
                "hs_total_price": f"{sale.amount:.2f}",
                "hs_currency_code": sale.currency,
                "hs_external_created_date": sale.at.isoformat().replace("+00:00", "Z"),
                "hs_fulfillment_status": "fulfilled",
            },
            created_at=sale.at,
        )
        state.associate("orders", order, "contacts", int(numbers[sale.seller]))


def add_mailings(
    state: HubSpotState,
    sends: Iterable[tuple[Sighting, Mailing]],
    clicks: Iterable[tuple[Sighting, Mailing]],
) -> None:
    """Marketing e-mails delivered and clicked."""
    for kind, mailings in (("DELIVERED", sends), ("CLICK", clicks)):
        for sighting, mailing in mailings:
            if mailing.campaign not in state.campaigns:
                state.add_campaign(mailing.campaign, f"Campaign {mailing.campaign}")
            state.add_email_event(kind, sighting.email, at=mailing.at, campaign=mailing.campaign)
