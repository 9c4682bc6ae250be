"""What `consentric report` says on the screen: the findings, and where the files are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from consentric.app.render.table import number

from .export import Export
from .report import Report


def report_text(report: Report, files: Sequence[Path]) -> str:
    """One finding after the other, each with its period and number."""
    blocks = [f"{one.finding}\n  {one.kind}. {one.period}" for one in report.pictures]
    shown = [f"Written: {path}" for path in files]
    return "\n".join([*blocks, *(shown or ["Next:  consentric report --html report.html"])])


def export_text(export: Export) -> str:
    """How many left, and in which file."""
    people = "person" if export.people == 1 else "people"
    lines = [
        f'{number(export.people)} {people} in {number(export.rows)} rows for "{export.domain}"',
        f"Written: {export.path}   (only you can read it; the export is in the audit log)",
    ]
    if export.too_small:
        lines.insert(1, f"  left out, too small or revealing: {', '.join(export.too_small)}")
    return "\n".join(lines)
