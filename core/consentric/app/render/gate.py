"""What the gate decided, as people read it: how many may be segmented and labelled, why not the others."""

from __future__ import annotations

from consentric.gate.gate import GateReport

from .table import number
from .words import counted

_MAY = {"process": "may be segmented", "write_back": "may be labelled", "export": "may be exported"}


def gate_text(report: GateReport) -> str:
    """One line for everybody known, then one per question."""
    decided = f"{number(report.decided)} decided again" if report.decided else "nobody changed"
    lines = [f"  {'people known':<18}{number(report.people):>9}    {decided}"]
    asked = sorted(report.allowed, key=lambda question: question.rpartition("/")[2])
    lines += [_line(report, question) for question in asked if not _is_told_already(report, question)]
    return "\n".join(lines)


def _line(report: GateReport, question: str) -> str:
    purpose, channel, action = question.split("/")
    on = "" if channel == "none" else f" by {channel}"
    denied = counted(report.denied[question])
    why = f"; not: {denied}" if denied else ""
    return f"  {_MAY[action]:<18}{number(report.allowed[question]):>9}    purpose {purpose}{on}{why}"


def _is_told_already(report: GateReport, question: str) -> bool:
    """Writing asks for the set's purpose too; it is worth a line only where the answer differs."""
    purpose, channel, action = question.split("/")
    computing = f"{purpose}/{channel}/process"
    return (
        action == "write_back"
        and report.allowed.get(computing) == report.allowed[question]
        and report.denied.get(computing) == report.denied[question]
    )
