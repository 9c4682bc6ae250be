"""E-commerce: shops, their customers and orders. Orders have no `since`: all are paged, every time."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, repeat
from typing import Any

from .account import MailchimpAccount
from .api import Answer, Request, links, not_found, page
from .records import Customer, Order, Store
from .shop_totals import Total

ORDER_FILTERS = ("campaign_id", "customer_id", "has_outreach", "outreach_id")
CUSTOMER_FILTERS = ("email_address",)


def list_stores(account: MailchimpAccount, request: Request) -> Answer:
    """The connected shops."""
    shown, total = page(request, list(account.state.stores.values()))
    return 200, {
        "stores": [_store(one, request) for one in shown],
        "total_items": total,
        "_links": links(request, "/ecommerce/stores"),
    }


def get_store(account: MailchimpAccount, request: Request) -> Answer:
    """One shop."""
    return 200, _store(account.store(request), request)


def list_all_orders(account: MailchimpAccount, request: Request) -> Answer:
    """Orders of all shops."""
    by_shop = (zip(repeat(shop), _filtered(shop, request)) for shop in account.state.stores.values())
    shown, total = page(request, list(chain.from_iterable(by_shop)))
    return 200, {
        "orders": [_order(account, shop, order, request) for shop, order in shown],
        "total_items": total,
        "_links": links(request, "/ecommerce/orders"),
    }


def list_orders(account: MailchimpAccount, request: Request) -> Answer:
    """Orders of one shop."""
    shop = account.store(request)
    shown, total = page(request, _filtered(shop, request))
    return 200, {
        "store_id": shop.id,
        "orders": [_order(account, shop, order, request) for order in shown],
        "total_items": total,
        "_links": links(request, f"/ecommerce/stores/{shop.id}/orders"),
    }


def get_order(account: MailchimpAccount, request: Request) -> Answer:
    """One order."""
    shop = account.store(request)
    return 200, _order(account, shop, _known_order(shop, request), request)


def delete_order(account: MailchimpAccount, request: Request) -> Answer:
    """Deletes an order."""
    shop = account.store(request)
    order = _known_order(shop, request)
    del shop.orders[order.id]
    account.spending.forget()
    account.accept("erase", request, [f"{shop.id}/{order.id}"])
    return 204, None


def list_customers(account: MailchimpAccount, request: Request) -> Answer:
    """The customers of a shop, or the one with an address."""
    shop = account.store(request)
    email = request.one("email_address").lower()
    found = [one for one in shop.customers.values() if not email or one.email.lower() == email]
    shown, total = page(request, found)
    return 200, {
        "store_id": shop.id,
        "customers": [_customer(account, shop, one, request) for one in shown],
        "total_items": total,
        "_links": links(request, f"/ecommerce/stores/{shop.id}/customers"),
    }


def get_customer(account: MailchimpAccount, request: Request) -> Answer:
    """One customer."""
    shop = account.store(request)
    return 200, _customer(account, shop, _known_customer(shop, request), request)


def delete_customer(account: MailchimpAccount, request: Request) -> Answer:
    """Deletes a customer with their orders."""
    shop = account.store(request)
    customer = _known_customer(shop, request)
    shop.orders = {id: one for id, one in shop.orders.items() if one.customer_id != customer.id}
    del shop.customers[customer.id]
    account.spending.forget()
    account.accept("erase", request, [f"{shop.id}/{customer.id}"])
    return 204, None


def _filtered(shop: Store, request: Request) -> list[Order]:
    campaign, customer = request.one("campaign_id"), request.one("customer_id")
    if request.one("has_outreach").lower() == "true" or request.one("outreach_id"):
        return []
    if not campaign and not customer:
        return list(shop.orders.values())
    return [
        one
        for one in shop.orders.values()
        if campaign in ("", one.campaign_id) and customer in ("", one.customer_id)
    ]


def _known_order(shop: Store, request: Request) -> Order:
    found = shop.orders.get(request.params["order"])
    if found is None:
        raise not_found()
    return found


def _known_customer(shop: Store, request: Request) -> Customer:
    found = shop.customers.get(request.params["customer"])
    if found is None:
        raise not_found()
    return found


def _store(shop: Store, request: Request) -> dict[str, Any]:
    return {
        "id": shop.id,
        "list_id": shop.list_id,
        "name": shop.name,
        "platform": "",
        "domain": "shop.example",
        "is_syncing": False,
        "email_address": "owner@example.com",
        "currency_code": shop.currency,
        "list_is_active": True,
        "created_at": shop.created_at,
        "updated_at": shop.created_at,
        "_links": links(request, f"/ecommerce/stores/{shop.id}"),
    }


def _customer(account: MailchimpAccount, shop: Store, customer: Customer, request: Request) -> dict[str, Any]:
    spent = account.spending.by_customer(shop.id).get(customer.id, Total(Decimal(0), 0, ""))
    return {
        "id": customer.id,
        "email_address": customer.email,
        "opt_in_status": customer.opt_in_status,
        "company": "",
        "first_name": "",
        "last_name": "",
        "orders_count": spent.number,
        "total_spent": float(spent.amount),
        "created_at": customer.created_at,
        "updated_at": customer.created_at,
        "_links": links(request, f"/ecommerce/stores/{shop.id}/customers/{customer.id}"),
    }


def _order(account: MailchimpAccount, shop: Store, order: Order, request: Request) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": order.id,
        "customer": _customer(account, shop, shop.customers[order.customer_id], request),
        "store_id": shop.id,
        "campaign_id": order.campaign_id,
        "landing_site": "",
        "financial_status": order.financial_status,
        "fulfillment_status": "",
        "currency_code": order.currency,
        "order_total": float(order.total),
        "discount_total": float(order.discount),
        "tax_total": float(order.tax),
        "shipping_total": float(order.shipping),
        "tracking_code": "prec",
        "processed_at_foreign": order.processed_at,
        "cancelled_at_foreign": order.cancelled_at,
        "updated_at_foreign": order.updated_at,
        "promos": [],
        "lines": [
            {
                "id": str(at),
                "product_id": product,
                "product_title": product,
                "product_variant_id": product,
                "product_variant_title": "",
                "image_url": "",
                "quantity": quantity,
                "price": float(price),
                "discount": 0,
                "_links": [],
            }
            for at, (product, quantity, price) in enumerate(order.lines, start=1)
        ],
        "_links": links(request, f"/ecommerce/stores/{shop.id}/orders/{order.id}"),
    }
    return document
