"""A small warehouse whose every count was chosen by hand, and the workspace around it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from consentric.app.config import load_config
from consentric.app.places import ANALYTICS_FOLDER
from consentric.app.report.report import Report, make_report
from consentric.app.report.words import Lang
from consentric.warehouse.snapshot import open_snapshot
from consentric.warehouse.store import Warehouse

NOW = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
FIRST, LAST = "2026-10-01T02-00-00Z", "2026-11-16T02-00-00Z"
DAYS = {FIRST: date(2026, 9, 30), LAST: date(2026, 11, 15)}

# Segment now: people, r_score, f_score, euros each.
SEGMENTS = {
    "champions": (40, 5, 5, 100),
    "loyal": (30, 4, 4, 50),
    "new": (12, 5, 1, 10),
    "at_risk": (3, 2, 3, 20),
    "dormant": (15, 1, 1, 5),
}
# Of them, so many were elsewhere in the first run; everybody else has stayed.
CAME_FROM = {"champions": ("loyal", 20), "new": ("", 12), "dormant": ("at_risk", 2)}

CONFIG = """
[connections.hubspot]
connector = "hubspot"
token = "env:NO_SUCH_TOKEN"

[controller]
name = {controller}

[[purpose]]
id = "segmentation"
basis = ["contract"]

[[purpose]]
id = "email_marketing"
basis = ["consent"]
channel = "email"

[[field]]
connection = "hubspot"
name = "zip"
class = "quasi"
generalise = "department"
as = "department"

[[segment_set]]
name = "rfm5"
purpose = "segmentation"
method = "rfm"
{segments}
[[segment_set]]
name = "engagement"
purpose = "segmentation"
method = "engagement"

[[destination]]
name = "hubspot-test"
to = "hubspot"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "adequacy"
"""


@dataclass
class House:
    """A workspace with a warehouse that tests fill."""

    folder: Path
    more: str = ""
    controller: str = "Épicerie SAS"
    titles: dict[str, str] = field(default_factory=dict)
    filled: Path | None = None
    """An analytics folder with the hundred people; they are put down anew when None."""

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def write_config(self) -> None:
        cells = {
            "champions": ["champions"],
            "loyal": ["loyal", "potential_loyalists"],
            "new": ["new", "promising"],
            "at_risk": ["at_risk", "cant_lose", "need_attention"],
            "dormant": ["about_to_sleep", "hibernating"],
        }
        segments = "".join(
            f'[[segment]]\nset = "rfm5"\nkey = "{key}"\ncells = {cells[key]}\n'
            f"name = {{ fr = {json.dumps(title)}, en = {json.dumps(title)} }}\n"
            for key, title in self.titles.items()
        )
        text = CONFIG.format(controller=json.dumps(self.controller), segments=segments) + self.more
        self.config.touch(mode=0o600)
        self.config.write_text(text, encoding="utf-8")

    def publish(self, *, is_empty: bool = False) -> None:
        self.write_config()
        if self.filled is not None and not is_empty:
            shutil.copytree(self.filled, self.folder / ANALYTICS_FOLDER)
            return
        with Warehouse.open(self.folder / ANALYTICS_FOLDER) as warehouse:
            if not is_empty:
                with warehouse.transaction() as connection:
                    fill(connection)
            warehouse.publish()

    def report(self, lang: Lang = "en") -> Report:
        with open_snapshot(self.folder / ANALYTICS_FOLDER, memory_limit_mb=200) as connection:
            return make_report(connection, load_config(self.config), clock=lambda: NOW, lang=lang)


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """A hundred people; consent: 70 valid, 10 withdrawn, 15 never asked, 5 unproved."""
    people = [(key, *rest) for key, (count, *rest) in SEGMENTS.items() for _ in range(count)]
    verdicts = (
        [""] * 70 + ["CONSENT_WITHDRAWN"] * 10 + ["CONSENT_MISSING"] * 15 + ["EVIDENCE_INSUFFICIENT"] * 5
    )
    put(
        connection, "segment_run", [{"run": run, "as_of": NOW, "as_of_day": day} for run, day in DAYS.items()]
    )
    put(connection, "permission_run", [{"decided_at": NOW, "policy_hash": "x"}])
    put(connection, "subject", [{"subject": n, "pid": f"p1.{n}"} for n in range(100)])
    put(
        connection,
        "record",
        [
            {"record": n, "rref": bytes([n]) * 16, "subject": n, "account": "hubspot", "live": True}
            for n in range(100)
        ],
    )
    put(
        connection,
        "attribute",
        [{"record": n, "name": "department", "value": "75" if n < 97 else "2A"} for n in range(100)],
    )
    put(connection, "measure", [{"subject": n, "spent_minor": one[3] * 100} for n, one in enumerate(people)])
    put(connection, "score", [_value(n, key, r, f) for n, (key, r, f, _) in enumerate(people)])
    put(connection, "score", [_engagement(n, key) for n, (key, *_) in enumerate(people)])
    put(connection, "membership", _memberships([key for key, *_ in people]))
    asked = [("segmentation", "none", n, "") for n in range(100)]
    asked += [("email_marketing", "email", n, reason) for n, reason in enumerate(verdicts)]
    put(connection, "permission", [_permission(*one) for one in asked])


def _value(subject: int, key: str, r: int, f: int) -> dict[str, Any]:
    scores = {"r_score": r, "f_score": f, "m_score": 1}
    return {"set": "rfm5", "subject": subject, "segment": key, **scores}


def _engagement(subject: int, key: str) -> dict[str, Any]:
    points = 30 if key == "dormant" else 250
    return {"set": "engagement", "subject": subject, "points": points, "expected": 100}


def _memberships(segments: list[str]) -> list[dict[str, Any]]:
    rows = []
    moved: dict[str, int] = {}
    for subject, key in enumerate(segments):
        before, most = CAME_FROM.get(key, ("", 0))
        moved[key] = moved.get(key, 0) + 1
        has_moved = moved[key] <= most
        one = {"set": "rfm5", "subject": subject}
        rows.append({**one, "segment": key, "from_run": LAST if has_moved else FIRST, "to_run": None})
        if has_moved and before:
            rows.append({**one, "segment": before, "from_run": FIRST, "to_run": LAST})
    return rows


def _permission(purpose: str, channel: str, subject: int, reason: str) -> dict[str, Any]:
    verdict = "DENY" if reason else "ALLOW"
    asked = {"purpose": purpose, "channel": channel, "action": "write_back", "subject": subject}
    return {**asked, "verdict": verdict, "reason": reason or "CONSENT_VALID"}


def put(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Adds rows; what a row does not name is empty where it may be, else zero, false or no text."""
    columns = connection.execute(f"PRAGMA table_info('{table}')").fetchall()
    nothing = {"INTEGER": 0, "BIGINT": 0, "BOOLEAN": False, "VARCHAR": ""}
    names = [name for _, name, *_ in columns]
    usual = {name: nothing.get(kind) if is_needed else None for _, name, kind, is_needed, *_ in columns}
    marks = ", ".join("?" * len(names))
    values = [[row.get(name, usual[name]) for name in names] for row in rows]
    quoted = ", ".join(f'"{name}"' for name in names)
    connection.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", values)
