"""A warehouse filled from few words, for the tests of segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from consentric.segments.assembly import assemble
from consentric.segments.cache import cache_key
from consentric.segments.compute import compute
from consentric.segments.report import SegmentReport
from consentric.segments.sets import SegmentSet
from consentric.segments.settings import SegmentSetSettings, SegmentSettings
from consentric.warehouse import intake, permissions
from consentric.warehouse.store import Warehouse

TODAY = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


_COMPILED = TemporaryDirectory(prefix="segments-compiled-")


class Town:
    """People by a one-word name; each has one record of the account `crm` unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = Warehouse.open(folder / "analytics")
        self.warehouse.set_permission_run(NOW, "policy")
        self._keys = 0
        self._acts: list[dict[str, Any]] = []
        self._runs = 0

    def add(
        self, *names: str, account: str = "crm", verdict: str = "ALLOW", until: datetime | None = None
    ) -> None:
        self.warehouse.put_records(
            pa.Table.from_pylist(
                [
                    {
                        "rref": rref(name, account),
                        "pid": f"p1.{name}",
                        "account": account,
                        "object": "contact",
                        "partition": "",
                        "live": True,
                    }
                    for name in names
                ],
                schema=intake.RECORDS,
            )
        )
        self.permit(*names, verdict=verdict, until=until)

    def permit(
        self,
        *names: str,
        verdict: str = "ALLOW",
        until: datetime | None = None,
        purpose: str = "segmentation",
    ) -> None:
        row = {
            "purpose": purpose,
            "channel": "none",
            "action": "process",
            "verdict": verdict,
            "reason": "LEGITIMATE_INTEREST" if verdict == "ALLOW" else "OBJECTED",
            "effect": None if verdict == "ALLOW" else "remove",
            "valid_until": None if until is None else until.astimezone(UTC).replace(tzinfo=None),
        }
        self.warehouse.put_permissions(
            pa.Table.from_pylist(
                [{"pid": f"p1.{name}", **row} for name in names], schema=permissions.PERMISSIONS
            )
        )

    def act(self, name: str, kind: str, *ages: int, account: str = "crm", **fields: Any) -> None:
        """One activity of this kind for each age in days; it arrives with the next run."""
        for age in ages:
            self._keys += 1
            key = self._keys.to_bytes(16)
            self._acts.append(
                {
                    "rref": rref(name, account),
                    "kind": kind,
                    "day": days_ago(age),
                    "machine": False,
                    "source_key": key,
                    **fields,
                }
            )

    def order(
        self, name: str, age: int, amount_minor: int = 1000, *, currency: str = "EUR", **fields: Any
    ) -> None:
        self.act(name, "order", age, amount_minor=amount_minor, currency=currency, **fields)

    def describe(self, name: str, *, account: str = "crm", **attributes: str) -> None:
        rows = [
            {"rref": rref(name, account), "name": key, "value": value} for key, value in attributes.items()
        ]
        self.warehouse.put_attributes(pa.Table.from_pylist(rows, schema=intake.ATTRIBUTES))

    def run(
        self,
        sets: SegmentSetSettings | Iterable[SegmentSetSettings],
        segments: Iterable[SegmentSettings] = (),
        **options: Any,
    ) -> SegmentReport:
        self._runs += 1
        self.warehouse.put_activities(pa.Table.from_pylist(self._acts, schema=intake.ACTIVITIES))
        self._acts.clear()
        settings = [sets] if isinstance(sets, SegmentSetSettings) else list(sets)
        assembled = assemble(settings, list(segments))
        given = {
            "now": NOW,
            "as_of_day": TODAY,
            "run": f"2026-07-01T02-00-0{self._runs}Z",
            "cache_folder": _shared_cache(assembled, options.get("attributes", ())),
            **options,
        }
        return compute(self.warehouse, assembled, **given)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.warehouse.connection.execute(query).fetchall()

    def segments(self, set_name: str) -> dict[str, str]:
        rows = self.rows(
            f"""SELECT pid[4:], segment FROM current_membership JOIN subject USING (subject)
                WHERE "set" = '{set_name}' ORDER BY 1"""
        )
        return dict(rows)

    def cells(self, set_name: str) -> dict[str, str]:
        rows = self.rows(
            f"""SELECT pid[4:], cell FROM score JOIN subject USING (subject) WHERE "set" = '{set_name}'"""
        )
        return dict(sorted(rows))


def _shared_cache(sets: Sequence[SegmentSet], attributes: Collection[str]) -> Path:
    """A folder of its own for each configuration: compiling it once is enough for all tests."""
    return Path(_COMPILED.name) / cache_key(sets, attributes=attributes, reporting_currency="EUR")


def rref(name: str, account: str) -> bytes:
    return f"{account}-{name}".encode().ljust(16, b".")[:16]
