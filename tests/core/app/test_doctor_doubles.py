"""`doctor` estimates the purchases that two sources tell of twice: counts only, and silent about chance."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from consentric.app.cli import run
from consentric.app.doctor import Check, examine
from consentric.warehouse import intake
from consentric.warehouse.store import Warehouse

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
FIRST = date(2025, 1, 1)
CONFIG = '[connections.hubspot]\nconnector = "hubspot"\ntoken = "env:X"\norder_number = "number"\n'
TWO = '[connections.shop]\nconnector = "hubspot"\ntoken = "env:X"\norder_number = "number"\n'


class Till:
    """Purchases of people named by a number, to be published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: list[dict[str, Any]] = []

    def buys(self, account: str, person: int, day: int, amount: int | None, number: str | None) -> None:
        self._rows.append(
            {
                "rref": f"{account}-{person}".encode().ljust(16, b"."),
                "kind": "order",
                "day": FIRST + timedelta(days=day),
                "amount_minor": amount,
                "currency": "EUR",
                "machine": False,
                "source_key": len(self._rows).to_bytes(16),
                "order_number": number,
            }
        )

    def publish(self) -> None:
        rrefs = sorted({row["rref"] for row in self._rows})
        records = [
            {
                "rref": rref,
                "pid": "p1." + rref.decode().strip(".").partition("-")[2],
                "account": rref.decode().partition("-")[0],
                "object": "contact",
                "partition": "",
                "live": True,
            }
            for rref in rrefs
        ]
        with Warehouse.open(self.folder / "analytics") as warehouse:
            warehouse.put_records(pa.Table.from_pylist(records, schema=intake.RECORDS))
            warehouse.put_activities(pa.Table.from_pylist(self._rows, schema=intake.ACTIVITIES))
            warehouse.publish()


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Till:
    monkeypatch.setenv("CONSENTRIC_ROOT_KEY", bytes(range(32)).hex())
    (tmp_path / "config.toml").write_text(f'[purchases]\nfrom = ["hubspot", "shop"]\n{CONFIG}{TWO}')
    return Till(tmp_path)


@contextmanager
def nobody(*_: object) -> Any:
    raise AssertionError("asks no CRM")
    yield


def doubles(till: Till) -> list[Check]:
    till.publish()
    return examine(till.folder / "config.toml", now=NOW, open_connector=nobody, only="doubles")


def test_purchases_alike_under_other_numbers_are_a_warning_with_the_figure(till: Till) -> None:
    for n in range(40):
        till.buys("hubspot", n % 7, n, 1000 + n, f"D{n}")
    for n in range(10):  # told again by the shop, and nine of these ten under a number of its own
        till.buys("shop", n % 7, n, 1000 + n, "D0" if n == 0 else f"S{n}")
    for n in range(10):  # of other days
        till.buys("shop", n % 7, 100 + n, 1000 + n, f"S{10 + n}")

    (check,) = doubles(till)

    assert (check.name, check.state) == ("doubles", "warning")
    assert check.finding == (
        '"hubspot" and "shop" tell of 9 purchases of the same person, day and amount under different order'
        " numbers (45 % of the smaller source): they may count twice"
    )
    assert "order_number" in check.fix
    assert "[purchases] from" in check.fix


def test_two_alike_of_one_day_meet_two_of_the_other_source(till: Till) -> None:
    for n in range(3):
        till.buys("hubspot", 1, 5, 1000, f"D{n}")
        till.buys("hubspot", 2, 6, 1000, f"E{n}")
    for n in range(2):
        till.buys("shop", 1, 5, 1000, f"S{n}")
    for _ in range(5):
        till.buys("shop", 2, 6, 1000, None)

    (check,) = doubles(till)

    assert "tell of 5 purchases" in check.finding  # 2 of three and two, 3 of three and five


@pytest.mark.parametrize(
    ("alike", "others"),
    [(4, 0), (5, 496)],  # fewer than five; five of 501 are less than one per cent
)
def test_what_chance_explains_is_not_said(till: Till, alike: int, others: int) -> None:
    for n in range(alike + others):
        till.buys("hubspot", n, n, 1000, f"D{n}")
        till.buys("shop", n, n if n < alike else n + 1, 1000, f"S{n}")

    assert doubles(till) == []


def test_purchases_without_an_amount_are_not_compared(till: Till) -> None:
    for n in range(20):
        till.buys("hubspot", n, n, 0 if n % 2 else None, f"D{n}")
        till.buys("shop", n, n, 0 if n % 2 else None, f"S{n}")

    assert doubles(till) == []


def test_a_source_that_does_not_count_is_not_compared(till: Till) -> None:
    (till.folder / "config.toml").write_text(f'[purchases]\nfrom = ["hubspot"]\n{CONFIG}{TWO}')
    for n in range(20):
        till.buys("hubspot", n, n, 1000, f"D{n}")
        till.buys("shop", n, n, 1000, f"S{n}")

    assert doubles(till) == []


def test_before_anything_was_published_there_is_nothing_to_say(till: Till) -> None:
    found = examine(till.folder / "config.toml", now=NOW, open_connector=nobody, only="doubles")

    assert found == []


def test_a_warning_is_shown_with_its_fix_and_fails_nothing(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(9):
        till.buys("hubspot", n, n, 1000, f"D{n}")
        till.buys("shop", n, n, 1000, f"S{n}")
    till.publish()

    code = run(["-c", str(till.folder / "config.toml"), "doctor", "--only", "doubles"])

    shown = capsys.readouterr().out
    assert code == 0
    assert "(100 % of the smaller source)" in shown
    assert "fix for doubles: let  order_number" in shown
    assert shown.endswith("\n1 warning\n")
