"""In which CRM each basket stands: in one of its buyer's, and a few in two under the same order number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from .persons import Person
from .retailer import Basket
from .spread import Sighting

TWICE_PERCENT = 3
"""Of all baskets: in two CRMs, as a native connection between them copies orders."""
_REFUND_EVERY, _FULL_REFUND_EVERY, _YEN_EVERY = 997, 3, 9_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One basket, or what was paid back of one, as one CRM has it."""

    seller: Sighting
    """The buyer's record there."""
    number: int
    """The till's; the same wherever the basket stands."""
    at: datetime
    amount: Decimal
    """Negative for what was paid back."""
    currency: str
    is_refunded: bool = False
    """Paid back in full."""


def sales(baskets: Sequence[Basket], seen: Sequence[Sighting]) -> Iterator[Sale]:
    """Every basket of these people, in the order of time."""
    buyers = _buyers(seen)
    mine = [(index, basket) for index, basket in enumerate(baskets) if basket.household in buyers]
    several = [index for index, basket in mine if len(_crms(buyers[basket.household])) > 1]
    wanted = len(mine) * TWICE_PERCENT // 100
    twice = set(several[:: max(1, len(several) // max(1, wanted))][:wanted])
    for index, basket in mine:
        records = buyers[basket.household]
        one = records[basket.number % len(records)]
        yield from _sales(index, basket, one)
        if index in twice:
            copy = next(record for record in records if record.crm != one.crm)
            yield _sale(index, basket, copy)


def _buyers(seen: Sequence[Sighting]) -> Mapping[int, list[Sighting]]:
    found: dict[int, list[Sighting]] = {}
    for sighting in seen:
        if sighting.may_buy:
            found.setdefault(sighting.person.household, []).append(sighting)
    return found


def _crms(records: Sequence[Sighting]) -> set[str]:
    return {record.crm for record in records}


def _sales(index: int, basket: Basket, record: Sighting) -> Iterator[Sale]:
    sale = _sale(index, basket, record)
    if index % _REFUND_EVERY:
        yield sale
        return
    is_whole = index % _FULL_REFUND_EVERY == 0
    back = basket.amount if is_whole else basket.amount / 2
    yield _sale(index, basket, record, is_refunded=is_whole)
    # Mailchimp says only of a whole order that it was paid back, and says it in the order itself.
    if record.crm != "mailchimp":
        yield Sale(
            seller=record,
            number=basket.number,
            at=basket.at + timedelta(days=3),
            amount=-back,
            currency=sale.currency,
        )


def _sale(index: int, basket: Basket, record: Sighting, *, is_refunded: bool = False) -> Sale:
    return Sale(
        seller=record,
        number=basket.number,
        at=basket.at,
        amount=basket.amount,
        currency=_currency(index, record.person, record.crm),
        is_refunded=is_refunded,
    )


def _currency(index: int, person: Person, crm: str) -> str:
    # A shop of Mailchimp has one currency, and nobody opened one in Japan.
    return "JPY" if index % _YEN_EVERY == 0 and crm != "mailchimp" else person.currency
