"""How easily somebody could be recognised by coarse attributes: sizes of the smallest groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from consentric.app.render.table import number, table
from consentric.app.settings import Settings
from consentric.warehouse import figures

SAFE = 5
"""A group with fewer people is worth a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRisk:
    """People grouped by the values of some attributes; having none is a value."""

    attributes: tuple[str, ...]
    groups: int
    smallest: int
    groups_below: int
    people_below: int
    """People in groups of fewer than `SAFE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReport:
    """Each column alone, then all together."""

    people: int
    rows: tuple[GroupRisk, ...]

    @property
    def is_safe(self) -> bool:
        """Whether no group is smaller than `SAFE`."""
        return all(row.smallest >= SAFE or not row.groups for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "people": self.people,
            "warn_below": SAFE,
            "is_safe": self.is_safe,
            "columns": [asdict(row) for row in self.rows],
        }


def risk_of(connection: duckdb.DuckDBPyConnection, settings: Settings) -> RiskReport:
    """Groups people by the columns of class `quasi`, each alone and all together."""
    columns = sorted(
        {one.attribute for one in settings.field if one.field_class == "quasi" and one.attribute is not None}
    )
    asked = [(column,) for column in columns] + ([tuple(columns)] if len(columns) > 1 else [])
    return RiskReport(
        people=figures.people_known(connection),
        rows=tuple(_risk(one, figures.group_sizes(connection, one)) for one in asked),
    )


def _risk(attributes: tuple[str, ...], sizes: Sequence[int]) -> GroupRisk:
    below = [size for size in sizes if size < SAFE]
    return GroupRisk(
        attributes=attributes,
        groups=len(sizes),
        smallest=min(sizes, default=0),
        groups_below=len(below),
        people_below=sum(below),
    )


def risk_text(report: RiskReport) -> str:
    """What a person reads; sizes only, no value of any attribute."""
    if not report.rows:
        return "No field of class quasi is kept, so nobody can be recognised by one."
    head = ("columns", "groups", "smallest", f"groups below {SAFE}", "people in them")
    rows = [
        (" + ".join(row.attributes), row.groups, row.smallest, row.groups_below, row.people_below)
        for row in report.rows
    ]
    lines = [f"{number(report.people)} people by what is kept of their quasi fields", table(head, rows)]
    if not report.is_safe:
        lines.append(
            f"! groups of fewer than {SAFE}: whoever knows somebody could find them;"
            " keep less of a field, or a coarser form of it"
        )
    return "\n".join(lines)
