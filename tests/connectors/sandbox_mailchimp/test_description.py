"""Every end point against the vendor's own description, and proof that the comparison can fail.

All other tests of this folder are held against it too, when they end.
"""

from __future__ import annotations

import pytest

from consentric_sandbox.mailchimp import members, routes

from .conftest import hash_of
from .vendor_description import VARIABLE, folder, vendor_description

needs_description = pytest.mark.skipif(
    folder() is None, reason=f"{VARIABLE} is unset: the vendor's description is not at hand"
)


def requests(service):
    """One request for each end point, destructive ones last: operation to method, path, body."""
    member = f"/lists/{service.news}/members/{hash_of('ada')}"
    tag = service.state.audiences[service.news].segment_named("VIP").id
    segment = f"/lists/{service.news}/segments/{tag}"
    shop = "/ecommerce/stores/myserver-shop"
    customer = next(iter(service.state.stores["myserver-shop"].customers))
    link = service.get("/reports/c000000001/click-details").json["urls_clicked"][0]["id"]
    new = {"email_address": "new@example.com", "status": "subscribed"}
    put = {"email_address": "put@example.com", "status_if_new": "pending"}
    batch = service.post("/batches", {"operations": [{"method": "GET", "path": "/ping"}]}).json["id"]
    return {
        "account.root": ("GET", "/", None),
        "account.ping": ("GET", "/ping", None),
        "lists.list": ("GET", "/lists?include_total_contacts=true", None),
        "lists.get": ("GET", f"/lists/{service.news}", None),
        "lists.batch": ("POST", f"/lists/{service.news}", {"members": [new], "update_existing": True}),
        "members.list": ("GET", f"/lists/{service.news}/members?status=archived", None),
        "members.create": ("POST", f"/lists/{service.partners}/members", new),
        "members.get": ("GET", member, None),
        "members.put": ("PUT", f"/lists/{service.news}/members/{hash_of('put')}", put),
        "members.update": ("PATCH", member, {"merge_fields": {"LNAME": "Byron"}}),
        "members.tags": ("GET", f"{member}/tags", None),
        "members.tag": ("POST", f"{member}/tags", {"tags": [{"name": "A", "status": "active"}]}),
        "tags.search": ("GET", f"/lists/{service.news}/tag-search?name=V", None),
        "merge_fields.list": ("GET", f"/lists/{service.news}/merge-fields", None),
        "merge_fields.get": ("GET", f"/lists/{service.news}/merge-fields/1", None),
        "segments.list": ("GET", f"/lists/{service.news}/segments", None),
        "segments.create": ("POST", f"/lists/{service.news}/segments", {"name": "B", "static_segment": []}),
        "segments.get": ("GET", segment, None),
        "segments.change": ("POST", segment, {"members_to_add": ["bob@example.com", "x@example.com"]}),
        "segments.update": ("PATCH", segment, {"name": "Gold"}),
        "segments.members": ("GET", f"{segment}/members", None),
        "campaigns.list": ("GET", "/campaigns", None),
        "campaigns.get": ("GET", "/campaigns/c000000001", None),
        "reports.list": ("GET", "/reports", None),
        "reports.get": ("GET", "/reports/c000000001", None),
        "reports.sent_to": ("GET", "/reports/c000000001/sent-to", None),
        "reports.clicks": ("GET", "/reports/c000000001/click-details", None),
        "reports.clickers": ("GET", f"/reports/c000000001/click-details/{link}/members", None),
        "reports.unsubscribed": ("GET", "/reports/c000000001/unsubscribed", None),
        "reports.activity": ("GET", "/reports/c000000001/email-activity", None),
        "reports.opens": ("GET", "/reports/c000000001/open-details", None),
        "orders.list_all": ("GET", "/ecommerce/orders", None),
        "stores.list": ("GET", "/ecommerce/stores", None),
        "stores.get": ("GET", shop, None),
        "orders.list": ("GET", f"{shop}/orders", None),
        "orders.get": ("GET", f"{shop}/orders/o0", None),
        "customers.list": ("GET", f"{shop}/customers", None),
        "customers.get": ("GET", f"{shop}/customers/{customer}", None),
        "batches.list": ("GET", "/batches", None),
        "batches.create": ("POST", "/batches", {"operations": [{"method": "GET", "path": "/ping"}]}),
        "batches.get": ("GET", f"/batches/{batch}", None),
        "batches.delete": ("DELETE", f"/batches/{batch}", None),
        "segments.remove": ("DELETE", f"{segment}/members/{hash_of('ada')}", None),
        "segments.delete": ("DELETE", segment, None),
        "orders.delete": ("DELETE", f"{shop}/orders/o0", None),
        "customers.delete": ("DELETE", f"{shop}/customers/{customer}", None),
        "members.archive": ("DELETE", member, None),
        "members.forget": ("POST", f"{member}/actions/delete-permanent", None),
    }


@needs_description
def test_every_answer_fits_the_vendors_description(service):
    asked = requests(service)
    assert set(asked) == {operation for _, operation, _, _ in routes._ROWS}
    for method, path, body in asked.values():
        assert service.call(method, path, body).status in (200, 204), path
    assert service.desk.departures == []


@needs_description
def test_every_query_parameter_is_the_vendors_own():
    described = vendor_description()
    assert described is not None
    for where, _, _, query in routes._ROWS:
        method, _, path = where.partition(" ")
        assert set(query) <= described.parameters(method, path.replace("{", "").replace("}", "")), where


@needs_description
def test_an_answer_with_a_field_of_our_own_is_found(service, monkeypatch):
    printed = members.printed

    def chatty(account, audience, member, request):
        return printed(account, audience, member, request) | {"mood": "fine", "vip": "no"}

    monkeypatch.setattr(members, "printed", chatty)
    service.get(f"/lists/{service.news}/members/{hash_of('ada')}")
    path = f"GET /lists/{service.news}/members/{hash_of('ada')}"
    assert service.desk.departures == [
        f"{path}: vip: 'no' is not of type 'boolean'",
        f"{path}: mood is not described",
    ]
    service.desk.departures.clear()
