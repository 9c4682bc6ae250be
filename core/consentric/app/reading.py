"""Reading on behalf of a command: pull each connection, decide again, read our labels back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from consentric.gate.gate import GateReport, Policy, decide_permissions
from consentric.gate.questions import Question, Use, all_questions
from consentric.pull.moves import follow_moves
from consentric.pull.pull import pull, pull_denials
from consentric.pull.report import PullReport
from consentric.pull.stores import known_records
from consentric.sdk.errors import DataError, RemoteError, RemoteKind
from consentric.sync.mirror import read_labels
from consentric.sync.settings import DestinationSettings
from consentric_privacy.assessment import assessment_is_signed
from consentric_privacy.settings import purpose_from

from .evidence import record_new_documents, standing_claims
from .job import Job
from .outlets import outlet_of
from .workspace import Workspace

Unread = RemoteError | DataError
"""What ends the reading of one connection: its CRM does not answer as it should, or its file is faulty."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """What was read, and what could not be."""

    pulls: list[PullReport] = field(default_factory=list)
    failures: dict[str, Unread] = field(default_factory=dict)
    """Connection to the error that ended its pull; what was read before it is kept."""

    @property
    def is_whole(self) -> bool:
        """Whether every connection was read to its end."""
        return not self.failures and all(pull.is_complete for pull in self.pulls)


@dataclass(slots=True, kw_only=True)
class Denials:
    """Which authorities told the consents of everybody who changed."""

    answers: dict[str, bool] = field(default_factory=dict)
    """False: it could not be read, or not of everybody."""
    failures: dict[str, Unread] = field(default_factory=dict)
    """Authority to the error that ended its reading."""

    @property
    def is_whole(self) -> bool:
        """Whether what everybody said is known."""
        return all(self.answers.values())


def read_connections(job: Job, names: Sequence[str], *, is_full: bool) -> Reading:
    """Pulls the connections one after the other; one that fails does not stop the others.

    A faulty file or a broken plugin is such a failure too: else a person's no that a CRM has just told, or
    the files that were read, would wait for it.

    Raises:
        RemoteError: When there are CRMs among them and none answers.
        DataError: When nothing at all could be read, and the first of them is a file.
    """
    reading = Reading()
    for name in names:
        try:
            reading.pulls.append(_read_connection(job, name, is_full=is_full))
        except (RemoteError, DataError) as error:
            reading.failures[name] = placed(job.workspace, name, error)
    silent = [name for name, error in reading.failures.items() if isinstance(error, RemoteError)]
    read = [one.connection for one in reading.pulls]
    crms = [name for name in (*silent, *read) if job.connections.is_remote(name)]
    for asked in (crms, names):
        if asked and all(name in reading.failures for name in asked):
            raise reading.failures[asked[0]]
    return reading


def refresh_consents(job: Job, purposes: Iterable[str]) -> bool:
    """Reads the consent changes of all authorities of these purposes; False when one could not be read."""
    denials = read_denials(job, authorities_of(job.workspace, purposes))
    return denials.is_whole


def authorities_of(workspace: Workspace, purposes: Iterable[str]) -> list[str]:
    """The connections where the consent of these purposes is recorded."""
    wanted = set(purposes)
    return sorted(
        {
            source
            for purpose in workspace.settings.purpose
            if purpose.id in wanted
            for source in purpose.authorities
        }
    )


def read_denials(job: Job, authorities: Iterable[str]) -> Denials:
    """Reads the consent of whoever changed, one authority after the other, whatever becomes of one."""
    denials = Denials()
    for name in authorities:
        job.progress.step(f"{name}: consents")
        try:
            denials.answers[name] = _read_denials(job, name)
        except (RemoteError, DataError) as error:
            denials.answers[name] = False
            denials.failures[name] = placed(job.workspace, name, error)
    return denials


def decide(job: Job) -> GateReport:
    """Lets the gate decide again whoever changed, and forgets people without a record.

    The documents of claims that it relies on for the first time are recorded: from then on a changed one
    takes its claims with it.
    """
    workspace = job.workspace
    record_new_documents(workspace)
    follow_moves(workspace.stores)
    report = decide_permissions(
        workspace.ledger,
        workspace.pseudonyms,
        workspace.warehouse,
        policy=policy_of(workspace),
        questions=questions_of(workspace),
        run=job.run,
        at=workspace.clock(),
        progress=job.progress,
    )
    workspace.warehouse.prune_subjects()
    return report


def policy_of(workspace: Workspace) -> Policy:
    """Purposes and claims of the configuration, as far as what they rest on was signed and not altered."""
    return Policy(
        purposes={
            purpose.id: purpose_from(
                purpose,
                has_assessment=assessment_is_signed(workspace.people, purpose, workspace.config.folder),
            )
            for purpose in workspace.settings.purpose
        },
        claims=standing_claims(workspace),
    )


def questions_of(workspace: Workspace) -> tuple[Question, ...]:
    """Everything the configuration needs to have decided."""
    settings = workspace.settings
    return all_questions(
        purposes_of_sets(workspace),
        [use_of(one) for one in settings.destination],
        has_exports=settings.report.export_to is not None,
    )


def purposes_of_sets(workspace: Workspace) -> dict[str, str]:
    """Name of each set to the purpose it is computed for."""
    return {one.name: one.purpose for one in workspace.settings.segment_set}


def use_of(destination: DestinationSettings) -> Use:
    """What a destination does with labels, as the gate asks."""
    return Use(sets=destination.sets, purpose=destination.purpose, channel=destination.channel)


def _read_connection(job: Job, name: str, *, is_full: bool) -> PullReport:
    workspace = job.workspace
    report = pull(
        job.connections.connector(name),
        workspace.stores,
        job.connections.rules(name),
        clock=workspace.clock,
        is_full=is_full,
        progress=job.progress,
    )
    for destination in workspace.settings.destination:
        if destination.to == name:
            report.labels[destination.name] = _read_labels(job, destination)
    return report


def placed(workspace: Workspace, name: str, error: Unread) -> Unread:
    """The error with its place in the configuration and what was done, where its connector could not know."""
    config = workspace.config
    is_sign_in = isinstance(error, RemoteError) and error.kind is RemoteKind.AUTH
    error.where = error.where or (
        config.where_secret(name) if is_sign_in else config.where("connections", name)
    )
    error.happened = error.happened or (
        "what was read of it before is kept; nothing new was planned or written for it."
    )
    return error


def _read_denials(job: Job, name: str) -> bool:
    workspace = job.workspace
    return pull_denials(
        job.connections.connector(name),
        workspace.stores,
        job.connections.rules(name),
        clock=workspace.clock,
    )


def _read_labels(job: Job, destination: DestinationSettings) -> int:
    job.progress.step(f"{destination.name}: labels")
    vault, account = job.workspace.vault, destination.to
    return read_labels(outlet_of(job, destination), lambda refs: known_records(vault, account, refs)).shown
