"""The stages as commands call them: each takes an open workspace, does its part, gives a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from consentric.control.fits import StoredFits
from consentric.control.plans import plan_named
from consentric.gate.gate import GateReport
from consentric.pull.report import PullReport
from consentric.sdk.errors import DataError, GuardError, RemoteError
from consentric.sdk.progress import Progress
from consentric.segments.compute import compute
from consentric.segments.engines import Engine, InWarehouse, engine_of
from consentric.segments.rates import Rate, read_rates
from consentric.segments.report import SegmentReport
from consentric.sync.apply import STALE, resumable_plans
from consentric.sync.part import Part
from consentric.sync.report import ApplyReport, PlanReport
from consentric.sync.seal import approvable_plan, approve_plan
from consentric.sync.settings import DestinationSettings

from .job import Job, running
from .messages import fields, unknown_name
from .outlets import segment_named, segment_sets
from .places import CACHE_FOLDER
from .preconditions import (
    NOT_GOOD_ENOUGH,
    require_current_rules,
    require_quality,
    require_whole_reads,
    rules_in_short,
)
from .propagation import LATE, Propagation
from .reading import Reading, Unread, decide, read_connections
from .reasons import require_anonymous
from .withdrawals import measure
from .workspace import Workspace
from .writing import destination_named, make_plan, seal_denials, seal_withdrawn, send_plan

PARTLY = 3
BRAKED = 5
REFUSED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Who may be segmented and labelled, and what would be written for them."""

    gate: GateReport
    plans: tuple[PlanReport, ...]
    failures: Mapping[str, Unread] = field(default_factory=dict)
    """Destination to the error for which no plan could be made."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "gate": self.gate.as_json(),
            "plans": [one.as_json() for one in self.plans],
            "failures": {name: fields(error) for name, error in self.failures.items()},
        }


@dataclass(slots=True, kw_only=True)
class SyncReport:
    """One whole run: what was read, decided, computed, planned and written."""

    run: str
    pulls: list[PullReport] = field(default_factory=list)
    failures: dict[str, Unread] = field(default_factory=dict)
    """Connection to the error that says why it could not be read."""
    gate: GateReport | None = None
    segments: SegmentReport | None = None
    guard: GuardError | None = None
    """Why nothing was computed, if so."""
    plans: list[PlanReport] = field(default_factory=list)
    applies: list[ApplyReport] = field(default_factory=list)
    propagation: Propagation | None = None
    """How long people's noes took; None of a dry run."""
    is_dry: bool = False
    exit_code: int = 0

    @property
    def writes(self) -> int:
        """Records changed in a CRM."""
        return sum(one.written for one in self.applies)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "run": self.run,
            "writes": self.writes,
            "pulls": [one.as_json() for one in self.pulls],
            "failures": {name: fields(error) for name, error in self.failures.items()},
            "gate": self.gate.as_json() if self.gate else None,
            "segments": asdict(self.segments) if self.segments else None,
            "guard": {"code": self.guard.code, "message": self.guard.message} if self.guard else None,
            "plans": [one.as_json() for one in self.plans],
            "applies": [one.as_json() for one in self.applies],
            "withdrawal_propagation_seconds": self.propagation.as_json() if self.propagation else None,
            "is_dry": self.is_dry,
            "exit_code": self.exit_code,
        }


def pull(
    workspace: Workspace, *, connections: Sequence[str] = (), full: bool = False, progress: Progress
) -> Reading:
    """Reads what changed and decides again about consent.

    Raises:
        RemoteError: When no CRM could be read.
    """
    names = _named(workspace, connections)
    with running(workspace, "pull", progress=progress) as job:
        reading = read_connections(job, names, is_full=full)
        job.summary.update(decided=decide(job).decided, failed=len(reading.failures))
    return reading


def segment(workspace: Workspace, *, as_of: date | None = None, progress: Progress) -> SegmentReport:
    """Computes segments from the warehouse alone: no key, no vault.

    Raises:
        GuardError: When permissions are too old, or a quality gate stops; nothing is changed then.
    """
    with running(workspace, "segment", progress=progress) as job:
        report = _compute_whole(job, as_of)
        workspace.warehouse.publish()
    return report


def plan(
    workspace: Workspace,
    *,
    destinations: Sequence[str] = (),
    as_of: date | None = None,
    canary: int | None = None,
    only: str = "",
    progress: Progress,
) -> Planning:
    """Seals a plan for each destination; writes nothing to a CRM.

    A destination that cannot be asked keeps no other from its plan.

    Args:
        canary: At most so many records with changes, for a first look in the CRM.
        only: Only what enters, moves to or leaves this segment; a key, `SET.KEY` or a title.

    Raises:
        RemoteError: When no destination could be asked.
        DataError: The same, and what reads or writes the first of them is broken.
    """
    segment = segment_named(workspace, only) if only else ""
    chosen = [destination_named(workspace, name) for name in destinations]
    with running(workspace, "plan", progress=progress) as job:
        require_current_rules(workspace)
        gate = decide(job)
        day = as_of or last_complete_day(workspace)
        plans: list[PlanReport] = []
        failures: dict[str, Unread] = {}
        for destination in chosen or workspace.settings.destination:
            try:
                part = Part(records=canary, segment=segment)
                plans.append(make_plan(job, destination, as_of_day=day, part=part))
            except (RemoteError, DataError) as error:
                failures[destination.name] = error
        job.summary.update(plans=" ".join(one.plan for one in plans), failed=len(failures))
        if failures and not plans:
            raise next(iter(failures.values()))
    return Planning(gate=gate, plans=tuple(plans), failures=failures)


def approve(workspace: Workspace, plan_id: str, reason: str, *, by: str) -> None:
    """Lifts the brake for exactly this plan; who did it and why is kept.

    Raises:
        ConfigError: No such plan, or the reason names somebody.
    """
    with workspace.locked("approve"):
        approvable_plan(workspace.control, plan_id)
        require_anonymous(reason, happened="nothing was approved, and the reason is not kept.")
        workspace.note("plan.approve", plan=plan_id, by=by, reason=reason)
        approve_plan(workspace.control, plan_id, by=by, reason=reason, clock=workspace.clock)


def apply(
    workspace: Workspace,
    plan_id: str,
    *,
    progress: Progress,
    should_stop: Callable[[], bool] = lambda: False,
) -> ApplyReport:
    """Writes a sealed plan to its CRM."""
    found = plan_named(workspace.control, plan_id)
    destination = destination_named(workspace, found.head.destination)
    with running(workspace, "apply", progress=progress, should_stop=should_stop) as job:
        report = send_plan(job, plan_id, destination)
        decide(job)
        job.summary.update(plan=plan_id, written=report.written)
    return report


def sync(
    workspace: Workspace,
    *,
    dry_run: bool = False,
    as_of: date | None = None,
    progress: Progress,
    should_stop: Callable[[], bool] = lambda: False,
) -> SyncReport:
    """The whole way: finish what a killed run left, pull, decide, segment, plan, brake, apply.

    Raises:
        RemoteError: When no CRM could be read; nothing was changed then.
    """
    with running(workspace, "sync", progress=progress, should_stop=should_stop) as job:
        report = SyncReport(run=job.run, is_dry=dry_run)
        if not dry_run:
            _resume(job, report)
        reading = read_connections(job, _named(workspace, ()), is_full=False)
        report.pulls = reading.pulls
        report.failures = reading.failures
        report.gate = decide(job)
        try:
            report.segments = _compute_whole(job, as_of)
        except GuardError as error:
            # What people said is known all the same: the plans below take off what they no longer allow.
            report.guard = error
        _write_all(job, report, as_of or last_complete_day(workspace))
        if report.applies:
            decide(job)
        workspace.warehouse.publish()
        if not dry_run:
            report.propagation = measure(job)
            job.summary.update(report.propagation.as_summary())
        report.exit_code = _exit_code(report, reading)
        job.summary.update(written=report.writes, exit_code=report.exit_code, failed=len(report.failures))
    return report


def last_complete_day(workspace: Workspace) -> date:
    """Yesterday in the business zone: several runs on one day then say the same."""
    return (workspace.clock().astimezone(workspace.settings.time.info) - timedelta(days=1)).date()


def _write_all(job: Job, report: SyncReport, as_of_day: date) -> None:
    """Plans and applies for every CRM that was read; one that refuses keeps no other from its labels."""
    refused: Unread | None = None
    for destination in job.workspace.settings.destination:
        if destination.to in report.failures:
            continue
        try:
            _write(job, destination, report, as_of_day)
        except (RemoteError, DataError) as error:
            refused = error
            report.failures[destination.to] = error
    if refused is not None and not report.plans:
        raise refused


def _write(job: Job, destination: DestinationSettings, report: SyncReport, as_of_day: date) -> None:
    """Plans one destination and applies the plan, or only its explicit denials where a guard stands."""
    if report.guard is not None and report.guard.code == NOT_GOOD_ENOUGH:
        _write_denials(job, destination, report, as_of_day)
        return
    plan_report = make_plan(job, destination, as_of_day=as_of_day)
    report.plans.append(plan_report)
    if report.is_dry or not plan_report.has_changes:
        return
    plan_id: str | None = plan_report.plan
    if plan_report.brake or plan_report.refused:
        plan_id = seal_denials(job, destination, plan_report.plan)
    if plan_id is not None:
        report.applies.append(send_plan(job, plan_id, destination))


def _write_denials(job: Job, destination: DestinationSettings, report: SyncReport, as_of_day: date) -> None:
    """Takes off what people forbade, and plans nothing else."""
    plan_id = None if report.is_dry else seal_withdrawn(job, destination, as_of_day=as_of_day)
    if plan_id is not None:
        report.applies.append(send_plan(job, plan_id, destination))


def _resume(job: Job, report: SyncReport) -> None:
    """Goes on with plans that a killed or interrupted run left half applied, before anything is read."""
    for destination in job.workspace.settings.destination:
        for plan_id in resumable_plans(job.workspace.control, destination.name):
            try:
                report.applies.append(send_plan(job, plan_id, destination))
            except GuardError as error:
                # The configuration or the labels moved on meanwhile: the next plan ends it and finds anew
                # what it had not done.
                if error.code != STALE:
                    raise
            except DataError:
                break  # its plugin is broken: told where it is read, and the plan waits


def _exit_code(report: SyncReport, reading: Reading) -> int:
    """The most serious first: interrupted, stopped, refused by configuration, braked, partly done."""
    codes = [one.exit_code for one in report.applies if one.exit_code]
    if codes:
        return max(codes)
    if report.guard is not None:
        return report.guard.exit_code
    if any(one.refused for one in report.plans):
        return REFUSED
    if any(one.brake and one.has_changes for one in report.plans):
        return BRAKED
    if report.propagation is not None and report.propagation.is_late:
        return LATE
    return 0 if reading.is_whole else PARTLY


def compute_segments(
    job: Job, as_of: date | None, *, accept: Callable[[SegmentReport], None] | None = None
) -> SegmentReport:
    """Every set of the configuration, from the tables of the workspace, whole or not.

    Args:
        accept: Given the result before it is kept; what it raises takes everything back.

    Raises:
        GuardError: When permissions are too old.
    """
    job.progress.step("segments")
    workspace, settings = job.workspace, job.workspace.settings
    report = compute(
        workspace.warehouse,
        segment_sets(workspace),
        now=workspace.clock(),
        as_of_day=as_of or last_complete_day(workspace),
        run=job.run,
        cache_folder=workspace.folder / CACHE_FOLDER,
        attributes=sorted({field.attribute for field in settings.field if field.attribute}),
        purchase_sources=settings.purchases.sources,
        reporting_currency=settings.money.reporting,
        rates=_rates(workspace),
        intent=settings.intent,
        fits=StoredFits(workspace.control),
        quality=settings.quality,
        accept=accept,
        engine=_engine(workspace),
    )
    job.summary["rules"] = rules_in_short(workspace)
    return report


def _engine(workspace: Workspace) -> Engine:
    if workspace.preview_people is not None:  # so few people that starting Spark would be most of the work
        return InWarehouse()
    settings = workspace.settings
    return engine_of(settings.workspace.engine, settings.spark, base=workspace.config.folder)


def _compute_whole(job: Job, as_of: date | None) -> SegmentReport:
    require_whole_reads(job.workspace)
    return compute_segments(job, as_of, accept=partial(require_quality, job.workspace))


def _rates(workspace: Workspace) -> list[Rate]:
    path = workspace.settings.money.rates
    return [] if path is None else read_rates(workspace.config.folder / path)


def _named(workspace: Workspace, names: Sequence[str]) -> list[str]:
    known = list(workspace.settings.connections)
    for name in names:
        if name not in known:
            raise unknown_name("connection", name, known)
    return list(names) or known
