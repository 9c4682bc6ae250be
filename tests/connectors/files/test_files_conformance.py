"""Our connector for files passes the public suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from consentric import RecordRef
from consentric.testing import ConnectorBench, ConnectorSuite
from consentric_files.connector import FilesConnector

ROWS = "card,email,newsletter,city\nc1,ada@example.org,yes,Lyon\nc2,grace@example.org,no,Paris\nc3,,,\n"
ORDERS = "number,card,day,amount\no1,c1,2026-01-02,12.50\no2,c2,2026-01-03,3.00\n"


class TestFilesConnector(ConnectorSuite):
    has_increments = False

    @pytest.fixture
    def bench(self, connect: Callable[..., FilesConnector], tmp_path: Path) -> ConnectorBench:
        (tmp_path / "people.csv").write_text(ROWS, encoding="utf-8")
        (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")

        def change() -> RecordRef:
            (tmp_path / "people.csv").write_text(ROWS.replace("Lyon", "Nice"), encoding="utf-8")
            return RecordRef(object="contact", id="c1")

        contacts = {"path": "people.csv", "columns": {"id": "card", "email": "email"}}
        columns = {"key": "number", "contact": "card", "at": "day", "amount": "amount"}
        orders = {"path": "orders.csv", "kind": "order", "currency": "EUR", "columns": columns}
        return ConnectorBench(
            connector=connect({"contacts": contacts, "activities": [orders]}, fields={"contact": ["city"]}),
            personal=["ada@example.org", "grace@example.org"],
            change=change,
        )
