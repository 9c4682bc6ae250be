"""The table of end points: operation names, handlers and the query parameters they know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from consentric_sandbox.path_tree import PathTree

from . import (
    access,
    audiences,
    batches,
    campaigns,
    member_writes,
    members,
    merge_fields,
    reports,
    segments,
    shops,
    tags,
)
from .account import MailchimpAccount
from .api import Answer, Problem, Request, not_found

Handler = Callable[[MailchimpAccount, Request], Answer]

_FIELDS = ("fields", "exclude_fields")
_PAGE = (*_FIELDS, "count", "offset")
_LIST, _MEMBER = "/lists/{list}", "/lists/{list}/members/{member}"
_SEGMENT, _REPORT = "/lists/{list}/segments/{segment}", "/reports/{campaign}"
_STORE = "/ecommerce/stores/{store}"
_SENT = ("type", "since_send_time", "before_send_time")
_MERGE = ("skip_merge_validation",)

# Method and path, operation, handler, query parameters.
_ROWS: tuple[tuple[str, str, Handler, tuple[str, ...]], ...] = (
    ("GET /", "account.root", access.root, _FIELDS),
    ("GET /ping", "account.ping", access.ping, ()),
    ("GET /lists", "lists.list", audiences.list_all, (*_PAGE, *audiences.FILTERS)),
    (f"GET {_LIST}", "lists.get", audiences.get, (*_FIELDS, "include_total_contacts")),
    (f"POST {_LIST}", "lists.batch", member_writes.batch, (*_MERGE, "skip_duplicate_check")),
    (f"GET {_LIST}/members", "members.list", members.list_members, (*_PAGE, *members.MEMBER_FILTERS)),
    (f"POST {_LIST}/members", "members.create", member_writes.create, _MERGE),
    (f"GET {_MEMBER}", "members.get", members.get_member, _FIELDS),
    (f"PUT {_MEMBER}", "members.put", member_writes.put, _MERGE),
    (f"PATCH {_MEMBER}", "members.update", member_writes.update, _MERGE),
    (f"DELETE {_MEMBER}", "members.archive", member_writes.archive, ()),
    (f"POST {_MEMBER}/actions/delete-permanent", "members.forget", member_writes.forget, ()),
    (f"GET {_MEMBER}/tags", "members.tags", tags.list_tags, _PAGE),
    (f"POST {_MEMBER}/tags", "members.tag", tags.change_tags, ()),
    (f"GET {_LIST}/tag-search", "tags.search", tags.search_tags, ("name",)),
    (
        f"GET {_LIST}/merge-fields",
        "merge_fields.list",
        merge_fields.list_all,
        (*_PAGE, *merge_fields.FILTERS),
    ),
    (f"GET {_LIST}/merge-fields/{{merge}}", "merge_fields.get", merge_fields.get, _FIELDS),
    (f"GET {_LIST}/segments", "segments.list", segments.list_all, (*_PAGE, *segments.LIST_FILTERS)),
    (f"POST {_LIST}/segments", "segments.create", segments.create, ()),
    (f"GET {_SEGMENT}", "segments.get", segments.get, (*_FIELDS, *segments.ONE_FILTERS)),
    (f"POST {_SEGMENT}", "segments.change", segments.change, ()),
    (f"PATCH {_SEGMENT}", "segments.update", segments.update, ()),
    (f"DELETE {_SEGMENT}", "segments.delete", segments.delete, ()),
    (f"GET {_SEGMENT}/members", "segments.members", segments.members, (*_PAGE, *segments.ONE_FILTERS)),
    (f"DELETE {_SEGMENT}/members/{{member}}", "segments.remove", segments.remove_member, ()),
    ("GET /campaigns", "campaigns.list", campaigns.list_all, (*_PAGE, *campaigns.FILTERS)),
    ("GET /campaigns/{campaign}", "campaigns.get", campaigns.get, _FIELDS),
    ("GET /reports", "reports.list", reports.list_all, (*_PAGE, *_SENT)),
    (f"GET {_REPORT}", "reports.get", reports.get, _FIELDS),
    (f"GET {_REPORT}/sent-to", "reports.sent_to", reports.sent_to, _PAGE),
    (f"GET {_REPORT}/click-details", "reports.clicks", reports.click_details, _PAGE),
    (f"GET {_REPORT}/click-details/{{link}}/members", "reports.clickers", reports.click_members, _PAGE),
    (f"GET {_REPORT}/unsubscribed", "reports.unsubscribed", reports.unsubscribed, _PAGE),
    (f"GET {_REPORT}/email-activity", "reports.activity", reports.email_activity, (*_PAGE, "since")),
    (f"GET {_REPORT}/open-details", "reports.opens", reports.open_details, (*_PAGE, "since")),
    ("GET /ecommerce/orders", "orders.list_all", shops.list_all_orders, (*_PAGE, *shops.ORDER_FILTERS)),
    ("GET /ecommerce/stores", "stores.list", shops.list_stores, _PAGE),
    (f"GET {_STORE}", "stores.get", shops.get_store, _FIELDS),
    (f"GET {_STORE}/orders", "orders.list", shops.list_orders, (*_PAGE, *shops.ORDER_FILTERS)),
    (f"GET {_STORE}/orders/{{order}}", "orders.get", shops.get_order, _FIELDS),
    (f"DELETE {_STORE}/orders/{{order}}", "orders.delete", shops.delete_order, ()),
    (f"GET {_STORE}/customers", "customers.list", shops.list_customers, (*_PAGE, *shops.CUSTOMER_FILTERS)),
    (f"GET {_STORE}/customers/{{customer}}", "customers.get", shops.get_customer, _FIELDS),
    (f"DELETE {_STORE}/customers/{{customer}}", "customers.delete", shops.delete_customer, ()),
    ("GET /batches", "batches.list", batches.list_all, _PAGE),
    ("POST /batches", "batches.create", batches.create, ()),
    ("GET /batches/{batch}", "batches.get", batches.get, _FIELDS),
    ("DELETE /batches/{batch}", "batches.delete", batches.delete, ()),
)
_SILENT = frozenset(
    {
        "members.tag",
        "members.archive",
        "members.forget",
        "segments.delete",
        "segments.remove",
        "orders.delete",
        "customers.delete",
        "batches.delete",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An end point with what its path said."""

    operation: str
    handler: Handler
    query: frozenset[str]
    params: dict[str, str]

    @property
    def is_silent(self) -> bool:
        """Whether success has no body."""
        return self.operation in _SILENT


def match(method: str, segments: list[str]) -> Match:
    """The end point for a path below `/3.0`.

    Raises:
        Problem: 404 for an unknown path, 405 for a known path with another method.
    """
    found = _tree().find([part for part in segments if part] or [""])
    if not found:
        raise not_found()
    for ends, params in found:
        if method in ends:
            operation, handler, query = ends[method]
            return Match(operation=operation, handler=handler, query=query, params=params)
    raise Problem(
        405,
        "Method Not Allowed",
        "The requested method and resource are not compatible. See the Allow header for this resource's"
        " available methods.",
    )


@cache
def _tree() -> PathTree[tuple[str, Handler, frozenset[str]]]:
    tree: PathTree[tuple[str, Handler, frozenset[str]]] = PathTree()
    for where, operation, handler, query in _ROWS:
        method, _, path = where.partition(" ")
        tree.add(method, path, (operation, handler, frozenset(query)))
    return tree
