"""The full list of a plan, each record named as its CRM names it, with what became of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from consentric.control.plans import plan_named
from consentric.control.store import ControlStore
from consentric.sdk.errors import ConfigError
from consentric.sync.ledger import RecordEnd, record_ends
from consentric.sync.listing import LISTING_FILE
from consentric_privacy.links import Link

from .places import PLANS_FOLDER

Row = tuple[str, str, str, str, str, str, str]
COLUMNS = ("record", "state", "set", "change", "before", "after", "reason")

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def read_rows(
    folder: Path,
    plan_id: str,
    *,
    store: ControlStore,
    links: Callable[[Sequence[bytes]], Mapping[bytes, Link]],
    states: Collection[str] = (),
) -> list[Row]:
    """One row for each set of each record that a plan does not leave unchanged.

    Once the plan is being applied, the state is what became of the record, not what was planned.

    Args:
        folder: The workspace.
        plan_id: The plan.
        store: Knows how records ended.
        links: Where records are in their CRM; the vault's.
        states: Only records that ended so; all when empty.

    Raises:
        ConfigError: When there is no such plan, or its list is gone.
    """
    import pyarrow.parquet as pq

    path = folder / PLANS_FOLDER / plan_named(store, plan_id).id / LISTING_FILE
    if not path.is_file():
        raise ConfigError(
            f"the list of plan {plan_id} is not kept any more",
            hint="consentric plan   makes a new one",
            code="CS229",
        )
    listed = pq.read_table(path).to_pylist()
    ends = {end.rref: end for end in record_ends(store, plan_id)}
    names = _names(links([*{row["rref"] for row in listed}]))
    rows = [_row(row, ends.get(row["rref"]), names) for row in listed]
    return sorted(row for row in rows if not states or row[1] in states)


def csv_text(rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> str:
    """The rows as RFC 4180; a cell that a spreadsheet would take for a formula gets a leading quote.

    >>> csv_text([("=1+1", "", "", "", "", "", "")]).splitlines()[1]
    "'=1+1,,,,,,"
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().rstrip("\r\n")


def _row(row: Mapping[str, str | None], end: RecordEnd | None, names: Mapping[bytes, str]) -> Row:
    rref = row["rref"]
    assert isinstance(rref, bytes)
    state, reason = row["state"] or "", row["reason"] or ""
    if end is not None and state in ("written", "rejected"):
        state = end.state
        reason = end.detail if end.state in ("rejected", "withheld") else reason
    return (
        names.get(rref, "gone"),
        state,
        row["set"] or "",
        row["change"] or "",
        row["segment_before"] or "",
        row["segment_after"] or "",
        reason,
    )


def _names(links: Mapping[bytes, Link]) -> dict[bytes, str]:
    return {
        rref: f"{link.object}/{link.partition}/{link.id}" if link.partition else f"{link.object}/{link.id}"
        for rref, link in links.items()
    }


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_FORMULA_SIGNS) else cell
