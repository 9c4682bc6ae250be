"""The hourly run as people read it: who was asked, whose labels went, and how long it took them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consentric.app.propagation import LATE_CODE, Propagation

from .apply import apply_text
from .pull import failure_lines
from .table import number

if TYPE_CHECKING:
    from consentric.app.consents import ConsentsReport

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def consents_text(report: ConsentsReport) -> str:
    """The report of one run; it names nobody."""
    lines = [f"Run {report.run}   consents only"]
    for name, is_known in report.read.answers.items():
        if name not in report.read.failures:
            lines.append(f"  {name}: " + ("read" if is_known else "not everybody's consent could be read"))
    lines += failure_lines(report.read.failures)
    lines += failure_lines(report.failures, "nothing could be taken off")
    for one in report.applies:
        lines.append(apply_text(one).rsplit("\nNext:", 1)[0])
    lines += [
        f"  {name}: labels of {number(count)} records would go" for name, count in report.waiting.items()
    ]
    if report.propagation is not None:
        lines += propagation_lines(report.propagation)
    if not report.is_dry:
        lines.append(f"{number(report.removed)} records lost their labels; nothing was added or moved.")
    return "\n".join(lines)


def propagation_lines(one: Propagation) -> list[str]:
    """How long noes took, and which still wait; nothing when there were none."""
    lines = []
    if one.people and one.p50 is not None and one.p95 is not None and one.max is not None:
        times = (
            f"half within {duration(one.p50)}, 95 % within {duration(one.p95)}, longest {duration(one.max)}"
        )
        lines.append(f"From a person's no to the label gone: {number(one.people)} people, {times}")
    if one.open:
        since = f", the oldest for {duration(one.open_max)}" if one.open_max is not None else ""
        lines.append(f"  ! {number(one.open)} people said no and still carry a label{since}")
    if one.is_late:
        lines.append(f"  ! FAILED: a no must be carried out within 24 hours [{LATE_CODE}]")
        lines.append(
            "      hint: run  consentric sync consents  every hour; consentric doctor  says what is wrong"
        )
    return lines


def duration(seconds: int) -> str:
    """A length of time in its two largest units.

    >>> duration(45), duration(3_720), duration(93_600)
    ('45 s', '1 h 2 min', '1 d 2 h')
    """
    parts = []
    rest = seconds
    for length, unit in _UNITS:
        if rest >= length:
            parts.append(f"{rest // length} {unit}")
            rest %= length
    return " ".join(parts[:2]) or f"{seconds} s"
