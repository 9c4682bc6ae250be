"""Published figures: the sample of R `rfm`, scored by rank."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from consentric.segments.settings import SegmentSetSettings
from consentric.warehouse import intake

from .people import Town

GOLDEN = os.environ.get("CONSENTRIC_GOLDEN")


@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN, reason="CONSENTRIC_GOLDEN names no folder with rfm_orders.csv")
def test_the_sample_of_r_rfm_gives_the_published_scores_and_cells(tmp_path: Path) -> None:
    town = _town_of_the_sample(tmp_path, Path(GOLDEN or "") / "rfm_orders.csv")
    rfm = SegmentSetSettings(name="rfm5", purpose="segmentation", method="rfm")

    report = town.run(rfm, as_of_day=date(2006, 12, 31)).sets[0]

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


def _counts(town: Town, score: str) -> list[int]:
    return [n for (n,) in town.rows(f"SELECT count(*) FROM score GROUP BY {score} ORDER BY {score}")]


def _town_of_the_sample(folder: Path, path: Path) -> Town:
    with path.open(newline="") as file:
        orders = list(csv.DictReader(file))
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
