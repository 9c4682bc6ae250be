"""What people spent, added up from the orders of the shops and kept until one of them changes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from .records import Order
from .state import MailchimpState


class Total(NamedTuple):
    """Orders that were not cancelled."""

    amount: Decimal
    number: int
    currency: str


class Spending:
    """Totals per member and per customer."""

    def __init__(self, state: MailchimpState) -> None:
        self._state = state
        self._by_email: dict[str, dict[str, Total]] = {}
        self._by_customer: dict[str, dict[str, Total]] = {}

    def by_email(self, list_id: str) -> dict[str, Total]:
        """Address to what it spent in the shops of an audience."""
        if list_id not in self._by_email:
            self._by_email[list_id] = _added(
                (shop.customers[order.customer_id].email.lower(), order)
                for shop in self._state.stores.values()
                if shop.list_id == list_id
                for order in shop.orders.values()
            )
        return self._by_email[list_id]

    def by_customer(self, store_id: str) -> dict[str, Total]:
        """Customer to what they spent in one shop."""
        if store_id not in self._by_customer:
            orders = self._state.stores[store_id].orders.values()
            self._by_customer[store_id] = _added((order.customer_id, order) for order in orders)
        return self._by_customer[store_id]

    def forget(self) -> None:
        """Orders or customers changed."""
        self._by_email.clear()
        self._by_customer.clear()


def _added(orders: Iterable[tuple[str, Order]]) -> dict[str, Total]:
    found: dict[str, Total] = {}
    for key, order in orders:
        if not order.cancelled_at:
            amount, number, _ = found.get(key, Total(Decimal(0), 0, ""))
            found[key] = Total(amount + Decimal(order.total), number + 1, order.currency)
    return found
