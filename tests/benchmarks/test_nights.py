"""Nights replayed: who is back soon is counted, and whether anything that the person did explains it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.nights import Calm, _calm

from consentric.warehouse.store import Warehouse

FIRST = date(2026, 9, 1)


def test_a_return_counts_unless_an_order_or_an_act_explains_it(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "analytics") as warehouse:
        connection = warehouse.connection
        for day in range(40):
            at = datetime(2026, 9, 1, 2, tzinfo=UTC).replace(tzinfo=None) + timedelta(days=day)
            connection.execute(
                "INSERT INTO segment_run VALUES (?, ?, ?)", [f"r{day:02}", at, FIRST + timedelta(days=day)]
            )
        # Everybody is in a from the first night, in b from the tenth, and back in a from the twentieth; the
        # last one from the thirtieth, which is no longer soon.
        for person, back in ((1, 20), (2, 20), (3, 20), (4, 30)):
            connection.execute(
                "INSERT INTO record VALUES (?, ?, ?, 'crm', 'contact', '', true)",
                [person, person.to_bytes(16), person],
            )
            for segment, began, ended in (("a", 0, 10), ("b", 10, back), ("a", back, None)):
                connection.execute(
                    "INSERT INTO membership VALUES (?, ?, ?, ?, ?)",
                    ["rfm5", person, segment, f"r{began:02}", None if ended is None else f"r{ended:02}"],
                )
        # 2 bought meanwhile, 3 clicked meanwhile; 1 did nothing.
        for person, kind, day in ((2, "order", 15), (3, "click", 20), (1, "order", 9)):
            connection.execute(
                "INSERT INTO activity (record, kind, day, machine, source_key)"
                " VALUES (?, ?, ?, false, uuid())",
                [person, kind, FIRST + timedelta(days=day)],
            )

        [found] = _calm(connection, {"rfm5": [0, 4, 2]}, {"rfm5": 4}, FIRST)

    assert found == Calm(set="rfm5", people=4, moves=6, share=0.5, busiest=1.0, flaps=2, idle=1)
