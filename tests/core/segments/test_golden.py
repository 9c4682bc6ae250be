"""Published figures: the sample of R `rfm` scored as its author scores it, by rank, and as Klaviyo does."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from consentric.segments.score_maps import MAPS
from consentric.segments.settings import RfmSettings, SegmentSetSettings
from consentric.warehouse import intake

from . import published
from .people import Town

GOLDEN = os.environ.get("CONSENTRIC_GOLDEN")
ANALYSIS_DAY = date(2006, 12, 31)

pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(not GOLDEN, reason="CONSENTRIC_GOLDEN names no folder with rfm_orders.csv"),
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = _town_of_the_sample(tmp_path_factory.mktemp("sample"))
    yield town
    town.warehouse.close()


@pytest.fixture(scope="module")
def scores_of_r() -> dict[str, published.Scores]:
    """Customer to the scores that R `rfm` 0.3.0 gives."""
    history: dict[str, list[tuple[date, int]]] = {}
    for row in _orders():
        history.setdefault(row["customer_id"], []).append(
            (date.fromisoformat(row["order_date"]), int(row["revenue"]))
        )
    values = {
        name: ((ANALYSIS_DAY - max(day for day, _ in rows)).days, len(rows), sum(paid for _, paid in rows))
        for name, rows in history.items()
    }
    days, orders, spent = (published.thresholds_of_r(column) for column in zip(*values.values(), strict=True))
    assert [[float(limit) for limit in limits] for limits in (days, orders, spent)] == [
        [115, 181, 297.4, 482],
        [4, 5, 6, 8],
        [255.8, 382, 506.4, 666],
    ]
    return {
        name: (
            published.score_of_r(age, days, is_age=True),
            published.score_of_r(count, orders),
            published.score_of_r(amount, spent),
        )
        for name, (age, count, amount) in values.items()
    }


def test_the_rows_that_r_rfm_publishes(scores_of_r: dict[str, published.Scores]) -> None:
    assert {name: scores_of_r[name] for name in (
        "Abbey O'Reilly", "Add Senger", "Aden Lesch", "Aden Murphy", "Admiral Senger"
    )} == {
        "Abbey O'Reilly": (3, 4, 3),
        "Add Senger": (4, 1, 2),
        "Aden Lesch": (3, 2, 3),
        "Aden Murphy": (5, 4, 4),
        "Admiral Senger": (4, 3, 3),
    }  # fmt: skip
    counted = [Counter(scores[axis] for scores in scores_of_r.values()) for axis in range(3)]
    assert [[found[score] for score in range(1, 6)] for found in counted] == [
        [197, 200, 199, 199, 200],
        [268, 187, 176, 244, 120],
        [200, 200, 198, 202, 195],
    ]


def test_the_segments_that_r_rfm_publishes(scores_of_r: dict[str, published.Scores]) -> None:
    old = Counter(published.first_match(published.B, scores) for scores in scores_of_r.values())
    assert old == {
        "Champions": 158,
        "Loyal Customers": 278,
        "Potential Loyalist": 229,
        "Need Attention": 35,
        "About To Sleep": 50,
        "At Risk": 86,
        "Lost": 111,
        "Others": 48,
    }
    new = Counter(published.first_match(published.A, scores) for scores in scores_of_r.values())
    assert new == {
        "Champions": 35,
        "Potential Loyalist": 342,
        "Loyal Customers": 170,
        "Promising": 9,
        "New Customers": 104,
        "Can't Lose Them": 47,
        "At Risk": 28,
        "Need Attention": 10,
        "About To Sleep": 102,
        "Lost": 148,
    }
    grid = Counter(MAPS["rf"].cell(r=r, f=f, m=m) for r, f, m in scores_of_r.values())
    assert grid == {
        "hibernating": 240,
        "loyal": 170,
        "potential_loyalists": 146,
        "at_risk": 135,
        "champions": 99,
        "about_to_sleep": 76,
        "need_attention": 46,
        "promising": 31,
        "new": 30,
        "cant_lose": 22,
    }


def test_by_rank_the_sample_has_the_published_scores_and_cells(
    town: Town, scores_of_r: dict[str, published.Scores]
) -> None:
    rfm = SegmentSetSettings(name="rfm5", purpose="segmentation", method="rfm")

    report = town.run(rfm, as_of_day=ANALYSIS_DAY).sets[0]

    assert report.population == 995
    assert _counts(town, "r_score") == [200, 198, 202, 199, 196]
    assert _counts(town, "f_score") == [268, 187, 176, 244, 120]
    assert _counts(town, "m_score") == [199, 201, 197, 203, 195]
    assert dict(town.rows("SELECT cell, count(*) FROM score GROUP BY cell")) == {
        "hibernating": 240,
        "loyal": 170,
        "potential_loyalists": 144,
        "at_risk": 136,
        "champions": 98,
        "about_to_sleep": 77,
        "need_attention": 47,
        "promising": 32,
        "new": 29,
        "cant_lose": 22,
    }
    assert report.sizes == {"champions": 98, "loyal": 314, "new": 61, "at_risk": 205, "dormant": 317}

    ours = _scores(town)
    differs = [
        sum(ours[name][axis] != scores[axis] for name, scores in scores_of_r.items()) for axis in range(3)
    ]
    assert differs == [12, 0, 2]


def test_in_thirds_the_sample_has_the_groups_of_klaviyo(town: Town) -> None:
    thirds = SegmentSetSettings(
        name="thirds", purpose="segmentation", method="rfm", rfm=RfmSettings(scoring="thirds")
    )

    report = town.run(thirds, as_of_day=ANALYSIS_DAY).sets[0]

    assert report.sizes == {
        "champions": 167,
        "loyal": 148,
        "recent": 224,
        "needs_attention": 86,
        "at_risk": 150,
        "inactive": 220,
    }


def test_equal_counts_split_ties_by_the_order_of_rows(scores_of_r: dict[str, published.Scores]) -> None:
    orders = Counter(row["customer_id"] for row in _orders())
    names = sorted(scores_of_r)
    counts = [orders[name] for name in names]
    tiles = published.ntile(counts, 5)
    flipped = published.ntile(counts[::-1], 5)[::-1]

    assert sum(tile != scores_of_r[name][1] for name, tile in zip(names, tiles, strict=True)) == 239
    assert sum(one != other for one, other in zip(tiles, flipped, strict=True)) == 350


def _orders() -> list[dict[str, str]]:
    with (Path(GOLDEN or "") / "rfm_orders.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _scores(town: Town) -> dict[str, published.Scores]:
    names = sorted({row["customer_id"] for row in _orders()})
    rows = town.rows("SELECT pid[4:]::INT, r_score, f_score, m_score FROM score JOIN subject USING (subject)")
    return {names[number]: (r, f, m) for number, r, f, m in rows}


def _counts(town: Town, score: str) -> list[int]:
    return [n for (n,) in town.rows(f"SELECT count(*) FROM score GROUP BY {score} ORDER BY {score}")]


def _town_of_the_sample(folder: Path) -> Town:
    orders = _orders()
    numbers = {name: number for number, name in enumerate(sorted({row["customer_id"] for row in orders}))}
    town = Town(folder)
    town.warehouse.put_records(
        pa.Table.from_pylist(
            [
                {
                    "rref": number.to_bytes(16),
                    "pid": f"p1.{number}",
                    "account": "crm",
                    "object": "contact",
                    "partition": "",
                    "live": True,
                }
                for number in numbers.values()
            ],
            schema=intake.RECORDS,
        )
    )
    town.permit(*(str(number) for number in numbers.values()))
    town.warehouse.put_activities(
        pa.Table.from_pylist(
            [
                {
                    "rref": numbers[row["customer_id"]].to_bytes(16),
                    "kind": "order",
                    "day": date.fromisoformat(row["order_date"]),
                    "amount_minor": int(row["revenue"]) * 100,
                    "currency": "EUR",
                    "machine": False,
                    "source_key": number.to_bytes(16),
                }
                for number, row in enumerate(orders)
            ],
            schema=intake.ACTIVITIES,
        )
    )
    return town
