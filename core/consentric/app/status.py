"""When each job last ran, how it ended, whether it is overdue, and who holds the workspace now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from consentric.control.runs import last_run
from consentric.control.store import ControlStore

from .control_reading import existing_control
from .lock import Holder, holder_of
from .propagation import Propagation, measured_runs

JOBS = ("sync", "consents", "pull", "segment", "plan", "apply")
OVERDUE_AFTER = {"sync": timedelta(hours=26), "consents": timedelta(hours=4)}
"""A nightly job may be late by the length of a long run, not by a night; an hourly one waits for that run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """The last run of one job."""

    job: str
    run: str = ""
    """Empty when it never ran."""
    state: str = ""
    started: datetime | None = None
    age_seconds: int | None = None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The state of a workspace for a person or a monitor; holds nothing about a person."""

    jobs: tuple[JobStatus, ...]
    holder: Holder | None = None
    """The run that is at work now."""
    propagation: Propagation | None = None
    """How long people's noes took in the last run that carried some out or looked for them."""

    @property
    def is_overdue(self) -> bool:
        """Whether any job should have run and has not."""
        return any(job.is_overdue for job in self.jobs)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        jobs = [
            {**asdict(job), "started": job.started and job.started.strftime("%Y-%m-%dT%H:%M:%SZ")}
            for job in self.jobs
        ]
        return {
            "jobs": jobs,
            "running": asdict(self.holder) if self.holder is not None else None,
            "withdrawal_propagation_seconds": self.propagation.as_json() if self.propagation else None,
        }


def status_of(folder: Path, *, now: datetime, expected: frozenset[str] = frozenset()) -> StatusReport:
    """Reads the state of a workspace; takes no lock and makes no store.

    Args:
        folder: The workspace.
        now: The time that ages are counted to.
        expected: Jobs that a timer should call.
    """
    with existing_control(folder) as store:
        jobs = [_job_status(store, job, now=now, is_expected=job in expected) for job in JOBS]
        measured = measured_runs(store) if store is not None else []
    shown = tuple(job for job in jobs if job.run or job.job in expected)
    propagation = next((one for _, one in measured if one.people or one.open), None)
    return StatusReport(jobs=shown, holder=holder_of(folder), propagation=propagation)


def _job_status(store: ControlStore | None, job: str, *, now: datetime, is_expected: bool) -> JobStatus:
    run = last_run(store, job) if store is not None else None
    if run is None:
        return JobStatus(job=job, is_overdue=is_expected)
    age = now - run.started
    return JobStatus(
        job=job,
        run=run.id,
        state=run.state,
        started=run.started,
        age_seconds=int(age.total_seconds()),
        is_overdue=is_expected and age > OVERDUE_AFTER[job],
    )
