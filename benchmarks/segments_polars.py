"""The segment job as somebody fluent in polars writes it: Parquet in, labels out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from . import town

_CHANNELS = {
    "email": {"click": 10, "reply": 20},
    "web": {"visit": 3, "form": 30},
    "shop": {"order": 50},
    "expected": {"send": 1},
}
_CAP = 200_000_000
_HALF_LIFE_DAYS = 30


def labels(folder: Path) -> pa.Table:
    """Computes set, subject, segment."""
    import polars as pl

    record = pl.scan_parquet(folder / "record.parquet").select("record", "subject", "live")
    people = (
        pl.scan_parquet(folder / "permission.parquet")
        .filter(purpose=town.PURPOSE, channel="none", action="process", verdict="ALLOW")
        .select("subject")
        .join(record.filter("live"), on="subject", how="semi")
    )
    age = (pl.lit(town.AS_OF_DAY) - pl.col("day")).dt.total_days()
    acts = (
        pl.scan_parquet(folder / "activity.parquet")
        .filter(pl.col("day") <= town.AS_OF_DAY)
        .join(record.join(people, on="subject", how="semi").select("record", "subject"), on="record")
        .with_columns(pl.col("kind").cast(pl.String), age=age)
    )
    person = people.join(_acts(pl, acts), on="subject", how="left").join(
        _bought(pl, acts), on="subject", how="left"
    )
    frame = person.with_columns(pl.col("orders").fill_null(0)).collect(engine="streaming")
    return pl.concat([_rfm(pl, frame), _lifecycle(pl, frame), _engagement(pl, frame)]).to_arrow()


def _acts(pl: Any, acts: Any) -> Any:
    kind, age, by_person = pl.col("kind"), pl.col("age"), ~pl.col("machine")
    sums = {}
    for channel, weights in _CHANNELS.items():
        weight = kind.replace_strict(weights, default=0, return_dtype=pl.Float64)
        points = (weight * 1e6 * (2.0 ** (-age / _HALF_LIFE_DAYS))).round().cast(pl.Int64)
        earned = points.filter(by_person).sum()
        sums[channel] = earned if channel == "expected" else earned.clip(upper_bound=_CAP)
    return acts.group_by("subject").agg(
        **sums,
        sends_year=((kind == "send") & (age < 365)).sum(),
        answers_year=(kind.is_in(["click", "open", "reply"]) & by_person & (age < 365)).sum(),
        acted=(~kind.is_in(["send", "bounce", "unsubscribe"]) & by_person).any(),
        unsubscribed=(kind == "unsubscribe").any(),
    )


def _bought(pl: Any, acts: Any) -> Any:
    is_order = pl.col("kind") == "order"
    orders = (
        acts.filter(pl.col("kind").is_in(["order", "refund"]))
        .group_by("subject", "order_number")
        .agg(
            net=pl.col("amount_minor").sum(),
            age=pl.col("age").filter(is_order).max(),
            has_refund=(~is_order).any(),
        )
        .filter(pl.col("age").is_not_null(), ~(pl.col("has_refund") & (pl.col("net") <= 0)))
    )
    gaps = (
        orders.select("subject", "age")
        .unique()
        .group_by("subject")
        .agg(gaps=pl.col("age").sort().diff(1).drop_nulls())
    )
    cadences = gaps.filter(pl.col("gaps").list.len() >= 2).select(
        "subject", cadence=pl.col("gaps").list.median().ceil()
    )
    return (
        orders.group_by("subject")
        .agg(orders=pl.len(), last_age=pl.col("age").min(), first_age=pl.col("age").max())
        .join(cadences, on="subject", how="left")
    )


def _rfm(pl: Any, person: Any) -> Any:
    def score(value: Any, *, descending: bool) -> Any:
        worse = value.rank("min", descending=descending).cast(pl.Int64) - 1
        return pl.when(value.n_unique() == 1).then(3).otherwise(1 + 5 * worse // pl.len())

    buyers = person.filter(pl.col("orders") > 0).with_columns(
        r=score(pl.col("last_age"), descending=True), f=score(pl.col("orders"), descending=False)
    )
    r, f = pl.col("r"), pl.col("f")
    segment = (
        pl.when((r == 5) & (f >= 4)).then(pl.lit("champions"))
        .when(((r >= 3) & (f >= 4)) | ((r >= 4) & (f >= 2))).then(pl.lit("loyal"))
        .when(r >= 4).then(pl.lit("new"))
        .when(f >= 3).then(pl.lit("at_risk"))
        .otherwise(pl.lit("dormant"))
    )  # fmt: skip
    return buyers.select(pl.lit("rfm5").alias("set"), "subject", segment.alias("segment"))


def _lifecycle(pl: Any, person: Any) -> Any:
    known = person["cadence"].drop_nulls()
    usual = -(-known.median() // 1) if len(known) >= 30 else 90
    cadence, last, orders = pl.col("cadence").fill_null(usual), pl.col("last_age"), pl.col("orders")
    is_silent = (pl.col("sends_year").fill_null(0) > 0) & (pl.col("answers_year").fill_null(0) == 0)
    has_left = pl.col("unsubscribed").fill_null(value=False) | is_silent
    stage = (
        pl.when((orders == 0) & ~pl.col("acted").fill_null(value=False)).then(pl.lit("suspect"))
        .when(orders == 0).then(pl.lit("prospect"))
        .when((orders < 3) & (pl.col("first_age") <= 60)).then(pl.lit("new"))
        .when((last > 6 * cadence) | ((last > 3 * cadence) & has_left)).then(pl.lit("lost"))
        .when(last > 3 * cadence).then(pl.lit("inactive"))
        .otherwise(pl.lit("active"))
    )  # fmt: skip
    return person.select(pl.lit("lifecycle").alias("set"), "subject", stage.alias("segment"))


def _engagement(pl: Any, person: Any) -> Any:
    points = pl.sum_horizontal(pl.col(channel).fill_null(0) for channel in ("email", "web", "shop")) * 100
    expected = pl.max_horizontal(pl.col("expected").fill_null(0), pl.lit(10_000_000))
    band = pl.sum_horizontal((points >= expected * limit).cast(pl.Int64) for limit in (25, 50, 100, 200))
    segment = pl.concat_str([pl.lit("band_"), band.cast(pl.String)])
    return person.select(pl.lit("engagement").alias("set"), "subject", segment.alias("segment"))
