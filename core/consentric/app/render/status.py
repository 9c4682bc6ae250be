"""The state of a workspace, as people read it."""

from __future__ import annotations

from consentric.app.status import HeldPlan, JobStatus, StatusReport

from .consents import propagation_lines
from .table import number, table


def status_text(report: StatusReport) -> str:
    """One line for each job, and who is at work now."""
    lines = []
    if report.holder is not None:
        lines.append(f"At work now: {report.holder.run} since {report.holder.started}")
    if not report.jobs:
        return "\n".join([*lines, "Nothing has run yet.", "Next:  consentric doctor"])
    rows = [(job.job, _ended(job), _ago(job.age_seconds), job.run) for job in report.jobs]
    lines.append(table(("job", "state", "last run", "run"), rows))
    if report.propagation is not None:
        lines += propagation_lines(report.propagation)
    due = [f"{job.job} {job.next_due:%Y-%m-%d %H:%M} UTC" for job in report.jobs if job.next_due is not None]
    if due:
        lines.append(f"Next runs: {', '.join(due)}")
    lines += [f"  ! {job.job}: {_missed(job.missed)} missed since" for job in report.jobs if job.missed]
    lines += [_held(one) for one in report.held]
    lines.append(_next(report))
    return "\n".join(lines)


def _held(one: HeldPlan) -> str:
    changes = "1 record waits" if one.changes == 1 else f"{number(one.changes)} records wait"
    reasons = f" ({'; '.join(one.reasons)})" if one.reasons else ""
    return f"  ! {one.destination}: plan {one.plan} is held by the brake{reasons}; {changes} for an approval"


def _next(report: StatusReport) -> str:
    if report.is_overdue:
        return "Next:  consentric sync"
    if report.held:
        return f'Next:  consentric approve {report.held[0].plan} --reason "..."'
    return "Next:  consentric runs list"


def _ended(job: JobStatus) -> str:
    state = job.state or "never run"
    return f"{state}, OVERDUE" if job.is_overdue else state


def _missed(count: int) -> str:
    return "1 run was" if count == 1 else f"{count} runs were"


def _ago(seconds: int | None) -> str:
    if seconds is None:
        return ""
    for length, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
