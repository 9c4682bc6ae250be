"""Writing on behalf of a command: plan a destination, let the gate answer at the moment of sending, apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial

from consentric.gate.gate import permits
from consentric.sdk.permit import Permit
from consentric.sync.apply import apply_plan
from consentric.sync.part import Part
from consentric.sync.removals import denials_only
from consentric.sync.report import ApplyReport, PlanReport
from consentric.sync.seal import seal_plan
from consentric.sync.settings import DestinationSettings
from consentric.sync.wanted import Wanted, read_denied, read_wanted
from consentric.sync.withdrawals import seal_withdrawals

from .job import Job
from .messages import unknown_name
from .outlets import labels_of, links, outlet_of, rules_of
from .places import PLANS_FOLDER
from .reading import policy_of, purposes_of_sets, refresh_consents, use_of
from .workspace import Workspace


def destination_named(workspace: Workspace, name: str) -> DestinationSettings:
    """The settings of one destination.

    Raises:
        ConfigError: When none has this name.
    """
    known = {one.name: one for one in workspace.settings.destination}
    if name not in known:
        raise unknown_name("destination", name, list(known))
    return known[name]


def make_plan(
    job: Job, destination: DestinationSettings, *, as_of_day: date, part: Part | None = None
) -> PlanReport:
    """Seals a plan of what this destination should show, or of a part; writes nothing to its CRM."""
    workspace = job.workspace
    job.progress.step(f"{destination.name}: planning")
    return seal_plan(
        workspace.control,
        destination=destination,
        labels=labels_of(workspace, destination),
        wanted=read_wanted(
            workspace.warehouse.connection,
            destination,
            purposes=purposes_of_sets(workspace),
            at=workspace.clock(),
        ),
        writer=job.connections.writer(destination.to),
        links=partial(links, workspace),
        clock=workspace.clock,
        run=job.run,
        as_of_day=as_of_day,
        plans_folder=workspace.folder / PLANS_FOLDER,
        rules=rules_of(workspace, destination.sets),
        part=part,
    )


def send_plan(job: Job, plan: str, destination: DestinationSettings) -> ApplyReport:
    """Applies a sealed plan; consent is read and decided again before each batch."""
    workspace = job.workspace
    job.progress.step(f"{destination.name}: writing")
    purposes = purposes_of_sets(workspace)
    concerned = {destination.purpose, *(purposes[name] for name in destination.sets)}
    return apply_plan(
        workspace.control,
        plan,
        destination=destination,
        labels=labels_of(workspace, destination),
        writer=job.connections.writer(destination.to),
        links=partial(links, workspace),
        refresh_consents=partial(refresh_consents, job, concerned),
        permits=partial(_permits, workspace, destination),
        clock=workspace.clock,
        run=job.run,
        progress=job.progress,
        should_stop=job.should_stop,
    )


def seal_denials(job: Job, destination: DestinationSettings, plan: str) -> str | None:
    """Seals the explicit denials of a plan that may not be applied; None when it has none."""
    removals = denials_only(outlet_of(job, destination), plan)
    return None if removals is None else removals.id


def seal_withdrawn(job: Job, destination: DestinationSettings, *, as_of_day: date) -> str | None:
    """Seals the removals that people asked for since the last run; None when nothing of theirs stands.

    Raises:
        RemoteError: When the CRM cannot be asked.
    """
    job.progress.step(f"{destination.name}: withdrawals")
    denied = denied_of(job.workspace, destination)
    plan = seal_withdrawals(outlet_of(job, destination), denied, as_of_day=as_of_day)
    return None if plan is None else plan.id


def denied_of(workspace: Workspace, destination: DestinationSettings) -> Iterator[Wanted]:
    """Who said no to what this destination shows, as the gate last decided."""
    return read_denied(
        workspace.warehouse.connection,
        destination,
        purposes=purposes_of_sets(workspace),
        at=workspace.clock(),
    )


def _permits(
    workspace: Workspace, destination: DestinationSettings, rrefs: Sequence[bytes]
) -> Mapping[bytes, Permit]:
    return permits(
        workspace.ledger,
        workspace.vault.subject_of(rrefs),
        policy=policy_of(workspace),
        questions=use_of(destination).questions(purposes_of_sets(workspace)),
        at=workspace.clock(),
    )
