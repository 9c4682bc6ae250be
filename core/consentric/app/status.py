"""When each job last ran, how it ended, whether it is overdue, and who holds the workspace now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from consentric.control.plans import Plan, held_plans
from consentric.control.runs import last_run
from consentric.control.store import ControlStore

from .control_reading import existing_control
from .lock import Holder, holder_of
from .propagation import Propagation, measured_runs
from .timetable import NOTHING_DUE, JobName, Timetable

JOBS = ("sync", "consents", "pull", "segment", "plan", "apply")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """The last run of one job."""

    job: str
    run: str = ""
    """Empty when it never ran."""
    state: str = ""
    started: datetime | None = None
    age_seconds: int | None = None
    next_due: datetime | None = None
    """None when no timer is expected to call it."""
    missed: int = 0
    """Due times that passed without a run since the last one."""
    is_overdue: bool = False
    """Whether a run was missed, or none was ever made of a job that is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPlan:
    """A plan that waits for somebody's approval; its labels are not written."""

    destination: str
    plan: str
    changes: int
    """Records that it would change."""
    reasons: tuple[str, ...]
    """Sentences of the brake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The state of a workspace for a person or a monitor; holds nothing about a person."""

    jobs: tuple[JobStatus, ...]
    holder: Holder | None = None
    """The run that is at work now."""
    held: tuple[HeldPlan, ...] = ()
    """Newest plans of their destinations that the brake holds."""
    propagation: Propagation | None = None
    """How long people's noes took in the last run that carried some out or looked for them."""

    @property
    def is_overdue(self) -> bool:
        """Whether any job should have run and has not."""
        return any(job.is_overdue for job in self.jobs)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        jobs = [
            {**asdict(job), "started": _text(job.started), "next_due": _text(job.next_due)}
            for job in self.jobs
        ]
        return {
            "jobs": jobs,
            "running": asdict(self.holder) if self.holder is not None else None,
            "held": [asdict(one) for one in self.held],
            "withdrawal_propagation_seconds": self.propagation.as_json() if self.propagation else None,
        }


def status_of(folder: Path, *, now: datetime, timetable: Timetable = NOTHING_DUE) -> StatusReport:
    """Reads the state of a workspace; takes no lock and makes no store.

    Args:
        folder: The workspace.
        now: The time that ages are counted to.
        timetable: When a timer should call which job.
    """
    holder = holder_of(folder)
    with existing_control(folder) as store:
        jobs = [_job_status(store, job, now=now) for job in JOBS]
        ends = {job: _last_end(store, job) for job in timetable.jobs}
        measured = measured_runs(store) if store is not None else []
        held = tuple(_held(plan) for plan in held_plans(store)) if store is not None else ()
    jobs = [_expected(one, timetable, ends, now=now, is_working=holder is not None) for one in jobs]
    shown = tuple(job for job in jobs if job.run or job.next_due)
    propagation = next((one for _, one in measured if one.people or one.open), None)
    return StatusReport(jobs=shown, holder=holder, held=held, propagation=propagation)


def _held(plan: Plan) -> HeldPlan:
    report = plan.report
    return HeldPlan(
        destination=plan.head.destination,
        plan=plan.id,
        changes=sum(report.get(kind, 0) for kind in ("enter", "move", "leave")),
        reasons=tuple(one["sentence"] for one in report.get("brake", ())),
    )


def _job_status(store: ControlStore | None, job: str, *, now: datetime) -> JobStatus:
    run = last_run(store, job) if store is not None else None
    if run is None:
        return JobStatus(job=job)
    return JobStatus(
        job=job,
        run=run.id,
        state=run.state,
        started=run.started,
        age_seconds=int((now - run.started).total_seconds()),
    )


def _last_end(store: ControlStore | None, job: str) -> datetime | None:
    """When the work of a job was last done; that of the hourly one is a part of the nightly one's."""
    names = ("consents", "sync") if job == "consents" else (job,)
    runs = [last_run(store, name) for name in names] if store is not None else []
    return max((run.ended or run.started for run in runs if run is not None), default=None)


def _expected(
    one: JobStatus,
    timetable: Timetable,
    ends: Mapping[JobName, datetime | None],
    *,
    now: datetime,
    is_working: bool,
) -> JobStatus:
    """The same with what the timetable says of it; while a run is at work, nothing is missed."""
    job = next((name for name in timetable.jobs if name == one.job), None)
    if job is None:
        return one
    end = ends[job]
    missed = 0 if end is None or is_working else timetable.missed(job, since=end, now=now)
    return replace(
        one,
        next_due=timetable.next_due(job, now),
        missed=missed,
        is_overdue=missed > 0 or (end is None and not is_working),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
