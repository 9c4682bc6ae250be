"""A whole run as people read it: read, decided, computed, planned, written."""

from __future__ import annotations

from consentric.app.stages import SyncReport

from .apply import apply_text
from .consents import propagation_lines
from .gate import gate_text
from .plan import Titles, plan_text
from .pull import failure_lines, pulls_text
from .segments import segments_text
from .table import number


def sync_text(report: SyncReport, titles: Titles) -> str:
    """The report of one run; plans that were applied are shown by what became of them."""
    blocks = [f"Run {report.run}", pulls_text(report.pulls), *failure_lines(report.failures)]
    if report.gate is not None:
        blocks.append(gate_text(report.gate))
    if report.guard is not None:
        blocks.append(f"Nothing was computed: {report.guard.message}\n  hint: {report.guard.hint}")
    if report.segments is not None:
        blocks.append(segments_text(report.segments, titles).rsplit("\nNext:", 1)[0])
    applied = {one.plan for one in report.applies}
    blocks += [plan_text(one, titles) for one in report.plans if one.plan not in applied]
    blocks += [apply_text(one) for one in report.applies]
    if report.propagation is not None:
        blocks += propagation_lines(report.propagation)
    if not report.is_dry:
        blocks.append(f"{number(report.writes)} records changed in the CRMs.")
    return "\n".join(blocks)
