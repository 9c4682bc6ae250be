"""What an apply did, as people read it."""

from __future__ import annotations

from consentric.sync.report import ApplyReport

from .ledger import Ledger, ledger_lines, note_line
from .table import number


def apply_text(report: ApplyReport) -> str:
    """The five states of the account's records, what was read back, and what is left to do."""
    ledger = Ledger(
        total=report.total,
        enter=report.enter,
        move=report.move,
        leave=report.leave,
        unchanged=report.unchanged,
        no_segment=report.no_segment,
        withheld=report.withheld,
        rejected=report.rejected,
        not_finished=report.not_finished,
    )
    verified = f"{number(report.verified)} values read back"
    if report.calls_saved:
        verified += f"; {number(report.calls_saved)} stood there already and needed no call"
    lines = [
        f"Applied {report.plan} to {report.destination}",
        *ledger_lines(ledger),
        note_line("verified", verified),
    ]
    if report.stopped_by is not None:
        lines.append(f"  Stopped: {report.stopped_by.message}")
        if report.stopped_by.hint:
            lines.append(f"  hint: {report.stopped_by.hint}")
    return "\n".join([*lines, *_next(report)])


def _next(report: ApplyReport) -> list[str]:
    if report.interrupted or report.not_finished:
        return [f"Next:  consentric apply {report.plan}   (goes on where it stopped)"]
    if report.rejected:
        return ["Next:  consentric runs errors"]
    return ["Next:  consentric status"]
