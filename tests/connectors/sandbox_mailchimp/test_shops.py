"""Shops, orders and customers."""

from __future__ import annotations

import pytest

SHOP = "/ecommerce/stores/myserver-shop"


@pytest.mark.behaviour("orders have no since filter", "crm-apis 3.B: page all and dedupe by store and id")
def test_orders_are_paged_only(service):
    assert service.get(f"{SHOP}/orders?since=2026-06-01T00:00:00Z").status == 400
    first = service.get("/ecommerce/orders?count=2").json
    second = service.get("/ecommerce/orders?count=2&offset=2").json
    assert [one["id"] for one in first["orders"] + second["orders"]] == ["o0", "o1", "o2"]
    assert first["total_items"] == 3


def test_an_order_tells_amounts_times_and_customer(service):
    order = service.get(f"{SHOP}/orders/o0").json
    assert (order["order_total"], order["currency_code"], order["campaign_id"]) == (20.0, "EUR", "c000000001")
    assert (order["processed_at_foreign"], order["cancelled_at_foreign"]) == (
        "2026-05-26T12:00:00+00:00",
        "",
    )
    assert [(line["product_id"], line["quantity"], line["price"]) for line in order["lines"]] == [
        ("soap", 2, 10.0)
    ]
    customer = order["customer"]
    assert (customer["email_address"], customer["orders_count"], customer["total_spent"]) == (
        "ada@example.com",
        1,
        20.0,
    )
    cancelled = service.get(f"{SHOP}/orders/o1").json
    assert cancelled["cancelled_at_foreign"] == "2026-06-14T12:00:00+00:00"


@pytest.mark.behaviour("a customer's opt_in_status is not the member's consent", "crm-apis 3.C")
def test_a_customer_who_did_not_opt_in_is_a_subscriber_all_the_same(service):
    found = service.get(f"{SHOP}/customers?email_address=Ada@example.com").json["customers"]
    assert [one["opt_in_status"] for one in found] == [False]
    assert service.get(f"/lists/{service.news}/members/ada@example.com").json["status"] == "subscribed"


def test_orders_are_filtered_by_customer_and_campaign(service):
    ada = service.get(f"{SHOP}/customers?email_address=ada@example.com").json["customers"][0]["id"]
    by_customer = service.get(f"{SHOP}/orders?customer_id={ada}").json["orders"]
    by_campaign = service.get("/ecommerce/orders?campaign_id=c000000001").json["orders"]
    assert [one["id"] for one in by_customer] == ["o0", "o1"]
    assert [one["id"] for one in by_campaign] == ["o0"]


def test_a_deleted_customer_takes_the_orders_along(service):
    ada = service.get(f"{SHOP}/customers?email_address=ada@example.com").json["customers"][0]["id"]
    assert service.get(f"{SHOP}/customers/{ada}").status == 200
    assert service.call("DELETE", f"{SHOP}/customers/{ada}").status == 204
    assert [one["id"] for one in service.get(f"{SHOP}/orders").json["orders"]] == ["o2"]
    assert service.call("DELETE", f"{SHOP}/orders/o2").status == 204
    assert service.call("DELETE", f"{SHOP}/orders/o2").status == 404
    assert service.get(f"{SHOP}/customers/{ada}").status == 404
    assert [line["kind"] for line in service.log()] == ["erase", "erase"]
    stats = service.get(f"/lists/{service.news}/members/ada@example.com").json["stats"]
    assert "ecommerce_data" not in stats


def test_shops_are_listed(service):
    assert [one["list_id"] for one in service.get("/ecommerce/stores").json["stores"]] == [service.news]
    assert service.get(SHOP).json["currency_code"] == "EUR"
    assert service.get("/ecommerce/stores/other/orders").status == 404
