"""The hourly job: what people forbade is read and carried out; nothing is added, moved or computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from consentric.control.plans import unfinished_plans
from consentric.gate.gate import GateReport
from consentric.sdk.errors import ConsentricError, DataError, RemoteError
from consentric.sdk.progress import Progress
from consentric.sync.report import ApplyReport
from consentric.sync.settings import DestinationSettings
from consentric.sync.withdrawals import standing_denials

from .job import Job, running
from .messages import fields
from .propagation import LATE, Propagation
from .reading import Denials, Unread, authorities_of, decide, read_denials
from .stages import PARTLY, last_complete_day
from .withdrawals import measure
from .workspace import Workspace
from .writing import denied_of, seal_withdrawn, send_plan

JOB = "consents"
INTERRUPTED = 75


@dataclass(slots=True, kw_only=True)
class ConsentsReport:
    """One run: which authorities were read, and whose labels went."""

    run: str
    read: Denials = field(default_factory=Denials)
    gate: GateReport | None = None
    applies: list[ApplyReport] = field(default_factory=list)
    failures: dict[str, Unread] = field(default_factory=dict)
    """Destination to the error for which nothing could be taken off there."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Of a dry run: destination to the records whose labels would go."""
    propagation: Propagation | None = None
    is_dry: bool = False
    is_interrupted: bool = False
    exit_code: int = 0

    @property
    def removed(self) -> int:
        """Records whose labels went."""
        return sum(one.leave for one in self.applies)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "run": self.run,
            "removed": self.removed,
            "authorities": self.read.answers,
            "failures": {name: fields(error) for name, error in (self.read.failures | self.failures).items()},
            "gate": self.gate.as_json() if self.gate else None,
            "applies": [one.as_json() for one in self.applies],
            "waiting": self.waiting,
            "withdrawal_propagation_seconds": self.propagation.as_json() if self.propagation else None,
            "is_dry": self.is_dry,
            "exit_code": self.exit_code,
        }


def sync_consents(
    workspace: Workspace,
    *,
    dry_run: bool = False,
    progress: Progress,
    should_stop: Callable[[], bool] = lambda: False,
) -> ConsentsReport:
    """Reads what the authorities' changed records forbid, and takes the labels off in every destination.

    A destination that cannot be asked, or whose plugin is broken, keeps no other from it. No brake and no
    hold stands in its way. What only follows from absence or age waits for the whole run.

    Raises:
        RemoteError: When no authority could be read, and nothing was taken off.
    """
    with running(workspace, JOB, progress=progress, should_stop=should_stop) as job:
        report = ConsentsReport(run=job.run, is_dry=dry_run)
        report.read = read_denials(
            job, authorities_of(workspace, (one.id for one in workspace.settings.purpose))
        )
        report.gate = decide(job)
        for destination in workspace.settings.destination:
            if dry_run:
                report.waiting[destination.name] = _waiting(workspace, destination)
            elif not should_stop():
                _take_off(job, destination, report)
        report.is_interrupted = should_stop() or any(one.interrupted for one in report.applies)
        report.propagation = measure(job)
        report.exit_code = _exit_code(report, len(workspace.settings.destination))
        job.summary.update(
            removed=report.removed,
            decided=report.gate.decided,
            failed=len(report.read.failures) + len(report.failures),
            exit_code=report.exit_code,
            **report.propagation.as_summary(),
        )
        if not report.removed:
            _raise_if_alone(report)
    return report


def _waiting(workspace: Workspace, destination: DestinationSettings) -> int:
    standing = standing_denials(workspace.control, destination.name, denied_of(workspace, destination))
    return len({op.rref for op in standing})


def _take_off(job: Job, destination: DestinationSettings, report: ConsentsReport) -> None:
    """Goes on with removals that an earlier run left, then seals and sends what has come since."""
    control = job.workspace.control
    try:
        for begun in unfinished_plans(control, destination.name):
            if begun.head.kind == "denials":
                report.applies.append(send_plan(job, begun.id, destination))
        plan = seal_withdrawn(job, destination, as_of_day=last_complete_day(job.workspace))
        if plan is not None:
            report.applies.append(send_plan(job, plan, destination))
    except (RemoteError, DataError) as error:
        # Whatever is wrong with one destination, a no is carried out in all the others.
        report.failures[destination.name] = error


def _raise_if_alone(report: ConsentsReport) -> None:
    """Where nobody answered and nothing was done, the run has failed as a whole."""
    errors: list[ConsentricError] = [*report.read.failures.values()]
    if errors and len(errors) == len(report.read.answers):
        raise errors[0]


def _exit_code(report: ConsentsReport, destinations: int) -> int:
    """The most serious first: interrupted, stopped by a guard, too late, refused everywhere, partly done."""
    if report.is_interrupted:
        return INTERRUPTED
    stopped = {one.destination: one.stopped_by for one in report.applies if one.stopped_by is not None}
    guards = [error.exit_code for error in stopped.values() if not isinstance(error, RemoteError)]
    if guards:
        return max(guards)
    if report.propagation is not None and report.propagation.is_late:
        return LATE
    refused = [error.exit_code for error in (report.failures | stopped).values()]
    if refused and len(refused) == destinations:
        return max(refused)
    is_open = any(one.exit_code for one in report.applies)
    return PARTLY if is_open or refused or not report.read.is_whole else 0
