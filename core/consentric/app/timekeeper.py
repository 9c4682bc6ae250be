"""Runs both jobs by the clock in one process that stays, for containers: one at a time, never two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any

import click

from consentric.sdk.errors import ConfigError, ConsentricError

from . import messages
from .defects import write_defect
from .interruption import Interruption
from .session import Session
from .status import status_of
from .timetable import JobName, Timetable

LOOK_SECONDS = 0.5
"""A stop signal is noticed so fast while nothing runs."""
INTERRUPTED = messages.INTERRUPTED

RunJob = Callable[[JobName], int]


def keep_time(
    waiting: SimpleQueue[JobName], run: RunJob, interruption: Interruption, *, look: float = LOOK_SECONDS
) -> int:
    """Runs what is due, one after the other, until it is asked to stop.

    A job that became due several times meanwhile runs once; the hourly one goes first.

    Returns:
        75 when a job was interrupted, to be taken up by the next start; else 0.
    """
    while not interruption.is_asked:
        for job in sorted(_due(waiting, look)):
            if run(job) == INTERRUPTED:
                return INTERRUPTED
            if interruption.is_asked:
                break
    return 0


@contextmanager
def scheduled(timetable: Timetable, waiting: SimpleQueue[JobName]) -> Iterator[None]:
    """Puts jobs into the queue when they are due.

    Raises:
        ConfigError: APScheduler is not installed.
    """
    try:
        from apscheduler.schedulers.background import BackgroundScheduler
    except ImportError:
        raise ConfigError(
            "schedule run needs APScheduler, which is not installed",
            hint="pip install 'consentric[schedule]', or use  consentric schedule install --systemd",
            happened="no job was started.",
            code="CS283",
        ) from None
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    )
    for job in timetable.jobs:
        scheduler.add_job(waiting.put, trigger=_trigger(timetable, job), args=[job], id=job)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def missed_jobs(session: Session, timetable: Timetable, *, now: datetime) -> list[JobName]:
    """Jobs whose time passed while nothing ran; one that never ran waits for its time."""
    jobs = status_of(session.folder, now=now, timetable=timetable).jobs
    return [job for job in timetable.jobs if any(one.job == job and one.missed for one in jobs)]


def run_and_report(session: Session, job: JobName) -> int:
    """Runs one job and prints its errors: whatever becomes of it, the next one is started in its time."""
    from .jobs import run_job

    try:
        return run_job(session, job)
    except ConsentricError as error:
        click.echo(messages.as_text(error), err=True)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a defect in one run must not end the process
        log = write_defect(error, session.folder)
        fault = messages.defect(type(error).__name__, log=log)
        click.echo(messages.as_text(fault, log=log), err=True)
        return fault.exit_code


def _due(waiting: SimpleQueue[JobName], look: float) -> set[JobName]:
    """What is due now, each once; waits a moment when nothing is."""
    found: set[JobName] = set()
    try:
        found.add(waiting.get(timeout=look))
        while True:
            found.add(waiting.get_nowait())
    except Empty:
        return found


def _trigger(timetable: Timetable, job: JobName) -> Any:
    """Our own table as APScheduler asks for it, so that every way to schedule means the same."""
    from apscheduler.triggers.base import BaseTrigger

    class Due(BaseTrigger):  # type: ignore[misc,unused-ignore]
        def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
            return timetable.next_due(job, now if previous is None else previous)

    return Due()
