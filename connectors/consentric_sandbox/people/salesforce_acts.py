"""What the demo's people did in Salesforce: orders and reductions, answers to campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from consentric_sandbox.salesforce.state import SalesforceState

from .baskets import Sale
from .retailer import Mailing
from .spread import Kind, Sighting

ORDER_NUMBER = "Shop_Order__c"
_TILL = ZoneInfo("Europe/Paris")
"""An order of Salesforce has a day and no time: the till's own."""


def add_orders(state: SalesforceState, sales: Iterable[Sale], ids: Mapping[Sighting, str]) -> None:
    """An activated order for each sale; what was paid back is an order of its own, below zero."""
    state.add_field("Order", ORDER_NUMBER, length=20)
    for sale in sales:
        state.add_order(
            {
                ORDER_NUMBER: str(sale.number),
                "BillToContactId": ids[sale.seller],
                "EffectiveDate": sale.at.astimezone(_TILL).date(),
                "TotalAmount": float(sale.amount),
                "CurrencyIsoCode": sale.currency,
            },
            created_at=sale.at,
        )


def add_answers(
    state: SalesforceState, clicks: Iterable[tuple[Sighting, Mailing]], ids: Mapping[Sighting, str]
) -> None:
    """Who redeemed a coupon responded to its campaign, once."""
    campaigns: dict[int, str] = {}
    answered: set[tuple[int, str]] = set()
    for sighting, mailing in clicks:
        person = ids[sighting]
        if sighting.kind is Kind.ARCHIVED or (mailing.campaign, person) in answered:
            continue
        answered.add((mailing.campaign, person))
        if mailing.campaign not in campaigns:
            name = f"Campaign {mailing.campaign}"
            campaigns[mailing.campaign] = state.add_campaign(name, created_at=mailing.at)
        answer = {"CampaignId": campaigns[mailing.campaign], "ContactId": person, "Status": "Responded"}
        answer["FirstRespondedDate"] = mailing.at.date().isoformat()
        state.add("CampaignMember", answer, created_at=mailing.at)
