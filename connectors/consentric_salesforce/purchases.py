"""What an opportunity or an order is worth, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from consentric.sdk.records import Activity, RecordRef

from .activities import Link, Source
from .client import SalesforceClient
from .paging import rows_among
from .values import Row, amount, instant, is_true, person, text

_ROLE = "OpportunityContactRole"


def opportunities(order_number: str | None, currency: str | None) -> Source:
    """Opportunities: a purchase once won, at the close date; of the primary role, else the contact."""

    def shape(row: Row, record: RecordRef) -> tuple[Activity, ...]:
        at = instant(row.get("CloseDate"))
        if at is None or not is_true(row.get("IsWon")):
            return ()
        worth = amount(row.get("Amount"))
        return (
            _purchase(
                row, record, f"opportunity:{row['Id']}", worth, row.get("CloseDate"), order_number, currency
            ),
        )

    return Source(
        entity="Opportunity",
        required=("Amount", "CloseDate", "IsWon"),
        optional=("ContactId", "CurrencyIsoCode"),
        configured=(order_number,) if order_number else (),
        at_first="IsWon = true",
        keys=lambda id: (f"opportunity:{id}",),
        linked=_buyers,
        shape=shape,
        link=Link(entity=_ROLE, field="OpportunityId"),
    )


def orders(order_number: str | None, currency: str | None) -> Source:
    """Activated orders at their effective date, of who gets the bill, else the goods.

    A reduction order takes something back and is a refund of its own.
    """

    def shape(row: Row, record: RecordRef) -> tuple[Activity, ...]:
        if text(row.get("StatusCode")) != "Activated" or instant(row.get("EffectiveDate")) is None:
            return ()
        worth = amount(row.get("TotalAmount"))
        if is_true(row.get("IsReductionOrder")) and worth is not None:
            worth = -abs(worth)
        number = order_number or "OrderNumber"
        return (
            _purchase(row, record, f"order:{row['Id']}", worth, row.get("EffectiveDate"), number, currency),
        )

    return Source(
        entity="Order",
        required=("TotalAmount", "EffectiveDate", "StatusCode"),
        optional=("BillToContactId", "ShipToContactId", "CurrencyIsoCode", "IsReductionOrder", "OrderNumber"),
        configured=(order_number,) if order_number else (),
        at_first="StatusCode = 'Activated'",
        keys=lambda id: (f"order:{id}",),
        linked=lambda _, rows: _first_person(rows, ("BillToContactId", "ShipToContactId")),
        shape=shape,
    )


def _purchase(
    row: Row,
    record: RecordRef,
    key: str,
    worth: Decimal | None,
    day: object,
    order_number: str | None,
    currency: str | None,
) -> Activity:
    at = instant(day)
    assert at is not None
    return Activity(
        record=record,
        key=key,
        kind="refund" if worth is not None and worth < 0 else "order",
        at=at,
        amount=worth,
        currency=text(row.get("CurrencyIsoCode")) or currency,
        order_number=text(row.get(order_number)) if order_number else None,
    )


def _buyers(client: SalesforceClient, rows: Sequence[Row]) -> Mapping[str, RecordRef]:
    """Primary role, else the contact of the opportunity, else nobody."""
    won = [row for row in rows if is_true(row.get("IsWon"))]
    found = _first_person(won, ("ContactId",))
    ids = [str(row["Id"]) for row in won]
    for role in rows_among(
        client, _ROLE, ("OpportunityId", "ContactId"), "OpportunityId", ids, "IsPrimary = true"
    ):
        if (ref := person(role.get("ContactId"))) is not None:
            found[str(role["OpportunityId"])] = ref
    return found


def _first_person(rows: Sequence[Row], fields: Sequence[str]) -> dict[str, RecordRef]:
    found: dict[str, RecordRef] = {}
    for row in rows:
        refs = [ref for field in fields if (ref := person(row.get(field))) is not None]
        if refs:
            found[str(row["Id"])] = refs[0]
    return found
