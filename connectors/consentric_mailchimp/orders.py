"""Orders of the shops that feed an audience, as purchases of its members."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from consentric.sdk.records import Activity, Bookmark, Incomplete, Record, RecordRef
from consentric.sdk.watermark import Watermark

from .client import MailchimpClient, fields_of
from .directory import Directories
from .members import member_ref
from .values import Row, amount, currency, instant, member_id

logger = logging.getLogger(__name__)

_LAG = timedelta(minutes=1)
_PATH, _OPERATION = "/ecommerce/orders", "orders.list"
_PASSES = 3
_CANCELLED = frozenset({"cancelled", "canceled", "voided", "expired"})
_UNPAID = frozenset({"pending", "unpaid", "authorized"})
"""Not bought yet. A shop that tells no state is believed: its orders are in the list."""
_REFUNDED = frozenset({"refunded"})
"""Mailchimp has no amount for what was paid back; of a part of an order nothing is known."""
_FIELDS = (
    "id",
    "store_id",
    "customer.email_address",
    "campaign_id",
    "currency_code",
    "order_total",
    "financial_status",
    "processed_at_foreign",
    "cancelled_at_foreign",
)


def read_orders(client: MailchimpClient, since: Bookmark | None) -> Iterator[Record]:
    """All orders, each time: the list has no "since", and shops send old orders late.

    An order belongs to the member with its customer's address in the audience that the shop feeds; whether
    the customer opted in there is no consent of the member.
    """
    reading = _Orders(client)
    watermark = Watermark(
        client.context.connection,
        "Mailchimp",
        server_time=client.server_time,
        since=since,
        overlap=timedelta(minutes=client.settings.overlap_minutes),
        lag=_LAG,
    )
    for _ in range(_PASSES):
        yield from reading.unseen()
        missing = reading.missing()
        if not missing:
            break
    logger.info("orders: %d of nobody in the audience", reading.unlinked)
    watermark.see(watermark.signpost)
    yield watermark.bookmark()
    if missing:
        yield Incomplete(reason=f"Mailchimp did not list {missing} orders")


class _Orders:
    """One read of all orders; the list is cut by offset, so it is read again until nothing is missing."""

    def __init__(self, client: MailchimpClient) -> None:
        self.unlinked = 0
        self._has_number = client.settings.order_number is not None
        self._client = client
        self._directories = Directories(client)
        self._seen: set[int] = set()
        stores = client.pages(
            "/ecommerce/stores",
            "stores.list",
            "stores",
            query={"fields": fields_of("stores", "id", "list_id")},
        )
        self._audiences = {str(row.get("id")): row.get("list_id") for rows in stores for row in rows}

    def unseen(self) -> Iterator[Activity]:
        """The activities of every order not seen before."""
        query = {"fields": fields_of("orders", *_FIELDS)}
        for rows in self._client.pages(_PATH, _OPERATION, "orders", query=query):
            fresh = [row for row in rows if self._is_fresh(row)]
            for row, record in self._linked(fresh):
                yield from _activities(row, record, has_number=self._has_number)

    def missing(self) -> int:
        """How many orders are there that were not seen."""
        _, total = self._client.page(_PATH, _OPERATION, "orders", query={"count": 1, "fields": "total_items"})
        return max(0, total - len(self._seen))

    def _is_fresh(self, row: Row) -> bool:
        key = hash((row.get("store_id"), row.get("id")))
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _linked(self, rows: list[Row]) -> Iterator[tuple[Row, RecordRef]]:
        by_audience: dict[str, list[tuple[Row, str]]] = {}
        for row in rows:
            customer = row.get("customer")
            address = customer.get("email_address") if isinstance(customer, Mapping) else None
            list_id = str(self._audiences.get(str(row.get("store_id"))))
            if isinstance(address, str) and address:
                by_audience.setdefault(list_id, []).append((row, member_id(address)))
        for list_id, found in by_audience.items():
            directory = self._directories.of(list_id)
            if directory is None:
                continue
            contacts = directory.contacts(number for _, number in found)
            for row, number in found:
                contact = contacts.get(number)
                if contact is None:
                    self.unlinked += 1
                # Nobody is known under the number of the order: the engine counts it, for nobody.
                nobody = RecordRef(object="order", id=f"{row.get('store_id')}:{row.get('id')}")
                yield row, nobody if contact is None else member_ref(list_id, contact)


def _activities(row: Row, record: RecordRef, *, has_number: bool) -> tuple[Activity, ...]:
    """The order, and what was paid back of it as an activity of its own; none without a date."""
    at = instant(row.get("processed_at_foreign"))
    if at is None:
        return ()
    state = str(row.get("financial_status") or "").strip().lower()
    worth = amount(row.get("order_total"))
    order = Activity(
        record=record,
        key=f"order:{row.get('store_id')}:{row.get('id')}",
        kind="refund" if worth is not None and worth < 0 else "order",
        at=at,
        amount=worth,
        currency=currency(row.get("currency_code")),
        order_number=(str(row.get("id") or "") or None) if has_number else None,
        campaign=str(row.get("campaign_id") or "") or None,
        is_cancelled=bool(row.get("cancelled_at_foreign")) or state in _CANCELLED | _UNPAID,
    )
    if order.kind == "refund" or not worth or state not in _REFUNDED:
        return (order,)
    return (
        order,
        replace(order, key=f"{order.key}:refund", kind="refund", amount=-worth, refund_of=order.key),
    )
