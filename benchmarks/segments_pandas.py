"""The segment job as somebody fluent in pandas writes it: Parquet in, labels out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from . import town

_CHANNELS = {
    "email": {"click": 10, "reply": 20},
    "web": {"visit": 3, "form": 30},
    "shop": {"order": 50},
    "expected": {"send": 1},
}
_CAP = 200_000_000
_MILLION = 1_000_000
_HALF_LIFE_DAYS = 30


def labels(folder: Path) -> pa.Table:
    """Computes set, subject, segment."""
    import pandas as pd

    people, acts = _read(pd, folder)
    person = people.join(_acts(acts)).join(_bought(pd, acts))
    person["orders"] = person["orders"].fillna(0)
    named = (("rfm5", _rfm(person)), ("lifecycle", _lifecycle(person)), ("engagement", _engagement(person)))
    return pa.concat_tables(
        pa.table({"set": [name] * len(one), "subject": one.index.to_numpy(), "segment": one.to_numpy(str)})
        for name, one in named
    )


def _read(pd: Any, folder: Path) -> tuple[Any, Any]:
    permission = pd.read_parquet(folder / "permission.parquet")
    record = pd.read_parquet(folder / "record.parquet", columns=["record", "subject", "live"])
    allowed = permission[
        (permission["purpose"] == town.PURPOSE)
        & (permission["channel"] == "none")
        & (permission["action"] == "process")
        & (permission["verdict"] == "ALLOW")
    ]
    live = record.loc[record["live"], "subject"].unique()
    people = pd.DataFrame(index=pd.Index(np.intersect1d(allowed["subject"], live), name="subject"))
    columns = ["record", "kind", "day", "amount_minor", "machine", "order_number"]
    acts = pd.read_parquet(folder / "activity.parquet", columns=columns)
    # Records are counted from 1, so the subject of a record stands at its place.
    acts["subject"] = record["subject"].to_numpy()[acts["record"].to_numpy() - 1]
    acts["kind"] = acts["kind"].astype("category")
    days = acts["day"].to_numpy().astype("datetime64[D]")
    acts["age"] = (np.datetime64(town.AS_OF_DAY) - days).astype(np.int64)
    acts = acts[(acts["age"] >= 0) & acts["subject"].isin(people.index)]
    return people, acts.drop(columns=["record", "day"])


def _acts(acts: Any) -> Any:
    kind, by_person, in_year = acts["kind"], ~acts["machine"], acts["age"] < 365
    parts = {}
    for channel, weights in _CHANNELS.items():
        rows = acts.loc[kind.isin(list(weights)) & by_person, ["subject", "kind", "age"]]
        weight = rows["kind"].map(weights).astype(float)
        rows["points"] = np.round(weight * _MILLION * 2.0 ** (-rows["age"] / _HALF_LIFE_DAYS)).astype(
            np.int64
        )
        summed = rows.groupby("subject")["points"].sum()
        parts[channel] = summed if channel == "expected" else summed.clip(upper=_CAP)
    is_act = ~kind.isin(["send", "bounce", "unsubscribe"]) & by_person
    is_answer = kind.isin(["click", "open", "reply"]) & by_person & in_year
    parts["sends_year"] = acts.loc[(kind == "send") & in_year].groupby("subject").size()
    parts["answers_year"] = acts.loc[is_answer].groupby("subject").size()
    parts["acted"] = acts.loc[is_act].groupby("subject").size()
    parts["unsubscribed"] = acts.loc[kind == "unsubscribe"].groupby("subject").size()
    import pandas as pd

    return pd.DataFrame(parts)


def _bought(pd: Any, acts: Any) -> Any:
    rows = acts.loc[acts["kind"].isin(["order", "refund"])]
    is_order = rows["kind"] == "order"
    one = pd.DataFrame(
        {
            "subject": rows["subject"],
            "number": rows["order_number"],
            "net": rows["amount_minor"],
            "age": rows["age"].where(is_order),
            "is_refund": ~is_order,
        }
    )
    one = one.groupby(["subject", "number"], sort=False).agg(
        net=("net", "sum"), age=("age", "max"), has_refund=("is_refund", "any")
    )
    counted = one[one["age"].notna() & ~(one["has_refund"] & (one["net"] <= 0))].reset_index()
    summed = counted.groupby("subject")["age"].agg(["size", "min", "max"])
    days = counted[["subject", "age"]].drop_duplicates().sort_values(["subject", "age"])
    gap = days.groupby("subject")["age"].diff()
    gaps = days.assign(gap=gap).dropna(subset=["gap"]).groupby("subject")["gap"].agg(["size", "median"])
    cadence = np.ceil(gaps.loc[gaps["size"] >= 2, "median"])
    return summed.rename(columns={"size": "orders", "min": "last_age", "max": "first_age"}).join(
        cadence.rename("cadence")
    )


def _rfm(person: Any) -> Any:
    buyers = person[person["orders"] > 0]
    r = _score(buyers["last_age"].rank(method="min", ascending=False), buyers["last_age"])
    f = _score(buyers["orders"].rank(method="min"), buyers["orders"])
    conditions = [(r == 5) & (f >= 4), ((r >= 3) & (f >= 4)) | ((r >= 4) & (f >= 2)), r >= 4, f >= 3]
    return _cases(buyers, conditions, ["champions", "loyal", "new", "at_risk"], "dormant")


def _score(rank: Any, value: Any) -> Any:
    if value.nunique() == 1:
        return rank * 0 + 3
    return 1 + 5 * (rank.astype(np.int64) - 1) // len(rank)


def _lifecycle(person: Any) -> Any:
    known = person["cadence"].dropna()
    usual = np.ceil(known.median()) if len(known) >= 30 else 90
    cadence = person["cadence"].fillna(usual)
    last, orders = person["last_age"], person["orders"]
    is_silent = (person["sends_year"].fillna(0) > 0) & (person["answers_year"].fillna(0) == 0)
    has_left = person["unsubscribed"].notna() | is_silent
    conditions = [
        (orders == 0) & person["acted"].isna(),
        orders == 0,
        (orders < 3) & (person["first_age"] <= 60),
        (last > 6 * cadence) | ((last > 3 * cadence) & has_left),
        last > 3 * cadence,
    ]
    return _cases(person, conditions, ["suspect", "prospect", "new", "lost", "inactive"], "active")


def _engagement(person: Any) -> Any:
    filled = person[["email", "web", "shop"]].fillna(0).astype(np.int64)
    points = filled.sum(axis=1) * 100
    expected = person["expected"].fillna(0).astype(np.int64).clip(lower=10 * _MILLION)
    limits = (25, 50, 100, 200)
    band = sum((points >= expected * limit).astype(np.int64) for limit in limits)
    return "band_" + band.astype(str)


def _cases(people: Any, conditions: list[Any], names: list[str], otherwise: str) -> Any:
    import pandas as pd

    return pd.Series(np.select(conditions, names, otherwise), index=people.index)
