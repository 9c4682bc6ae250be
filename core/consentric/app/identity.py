"""Who is one person, for the operator: everybody in counts, one person, and parting and linking by hand."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from consentric.control.ownership import owned_by
from consentric.sdk.errors import ConfigError, NotIdentifiedError
from consentric.sdk.progress import Progress
from consentric_privacy.identity_report import (
    Finding,
    IdentityReport,
    PersonRecord,
    former_numbers,
    known_since,
    records_of_person,
    report_identity,
    shared_keys,
)

from .job import Job, running
from .reading import decide
from .reasons import require_anonymous
from .subjects import RECORD, names_of, person_named, records_named, refuse_address
from .workspace import Workspace

_NOTHING_CHANGED = "nothing was changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedReport:
    """The report, and how the operator names the records of its findings."""

    report: IdentityReport
    names: dict[bytes, str]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        plain = asdict(self.report)
        for several in ("two_values", "crowded", "alike"):
            findings: dict[str, Finding] = getattr(self.report, several)
            plain[several] = {kind: self._plain(one) for kind, one in findings.items()}
        return plain | {"apart": self._plain(self.report.apart)}

    def _plain(self, finding: Finding) -> dict[str, Any]:
        named = [self.names[rref] for rref in finding.records]
        return {"count": finding.count, "records": named} | ({"most": finding.most} if finding.most else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """One record of a person as the operator sees it."""

    name: str
    """As `crm:hubspot:4711`; empty when it ended, for its number in the CRM is not kept."""
    account: str
    object: str
    partition: str
    state: str
    """live, deleted or merged."""
    ended_on: str | None
    is_apart: bool
    labels: int
    """Labels of ours that it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonShown:
    """One person: what their records are, and why these are one person."""

    pid: str
    known_since: str
    joined_persons: int
    """Persons that became this one."""
    records: tuple[RecordLine, ...]
    shared: tuple[tuple[str, tuple[str, ...]], ...]
    """Kind of a key, and the records that carry it; never what it stands for."""
    unshared: tuple[str, ...]
    """Live records beside others that share no key with them today."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What parting or linking changed."""

    records: int
    """Records whose person changed, those that were merged into them included."""
    decided: int
    """People decided again."""


def report(workspace: Workspace) -> NamedReport:
    """Counts everybody's joins, conflicts and possible doubles; the look is noted in the audit log."""
    with workspace.locked("identity"):
        found = report_identity(workspace.people.connection)
        findings = [*found.two_values.values(), *found.crowded.values(), *found.alike.values(), found.apart]
        names = names_of(workspace, {rref for one in findings for rref in one.records})
        workspace.note("identity.report", people=found.people, records=found.records)
    return NamedReport(report=found, names=names)


def show(workspace: Workspace, subject: str) -> PersonShown:
    """Shows one person's records and what joins them; the look is noted in the audit log.

    Raises:
        NotIdentifiedError: Nobody is known under it (exit 7).
    """
    with workspace.locked("identity"):
        sid = _person(workspace, subject)
        connection = workspace.people.connection
        records = records_of_person(connection, sid)
        names = names_of(workspace, [record.rref for record in records])
        shared = shared_keys(connection, sid)
        joined = {rref for _, rrefs in shared for rref in rrefs}
        workspace.note("identity.show", ref=workspace.vault.audit_ref(sid), records=len(records))
        return PersonShown(
            pid=workspace.pseudonyms.pid(sid),
            known_since=known_since(connection, sid),
            joined_persons=former_numbers(connection, sid),
            records=tuple(_lines(workspace, records, names)),
            shared=tuple((kind, tuple(names[rref] for rref in rrefs)) for kind, rrefs in shared),
            unshared=tuple(name for rref, name in names.items() if rref not in joined)
            if len(names) > 1
            else (),
        )


def split(
    workspace: Workspace, subject: str, records: Sequence[str], reason: str, *, progress: Progress
) -> Change:
    """Parts records of a person from the others: two people, both with every objection and restriction.

    Raises:
        ConfigError: The reason names somebody (CS239), or the records are not some of the person's (CS271).
        NotIdentifiedError: Nobody is known under a name (exit 7).
    """
    require_anonymous(reason, happened="nobody was parted, and the reason is not kept.")
    with running(workspace, "identity", progress=progress) as job:
        sid = _person(workspace, subject)
        rrefs = _some_of(workspace, sid, records)
        with workspace.people.transaction():
            parting = workspace.vault.split(rrefs)
            workspace.ledger.part_subject(parting.stays, parting.leaves)
            _note(workspace, "identity.split", parting.stays, reason, records=parting.records)
        return _followed(job, parting.records)


def link(workspace: Workspace, subject: str, other: str, reason: str, *, progress: Progress) -> Change | None:
    """Makes two people one, also such as were parted; None when they are one already.

    Raises:
        ConfigError: The reason names somebody (CS239), or a name stands for several people (CS272).
        NotIdentifiedError: Nobody is known under a name (exit 7).
    """
    require_anonymous(reason, happened="nobody was linked, and the reason is not kept.")
    with running(workspace, "identity", progress=progress) as job:
        one, two = _person(workspace, subject), _person(workspace, other)
        if one == two:
            return None
        sizes = {sid: len(records_of_person(workspace.people.connection, sid)) for sid in (one, two)}
        with workspace.people.transaction():
            old, survivor = workspace.vault.link(one, two)
            workspace.ledger.move_subject(old, survivor)
            records = sizes[old]
            _note(workspace, "identity.link", survivor, reason, records=records)
        return _followed(job, records)


def _followed(job: Job, records: int) -> Change:
    """Lets warehouse and permissions follow at once; a run that is killed before leaves it to the next."""
    decided = decide(job).decided
    job.summary.update(records=records, decided=decided)
    return Change(records=records, decided=decided)


def _note(workspace: Workspace, action: str, sid: bytes, reason: str, *, records: int) -> None:
    """Notes the act in its own transaction: what cannot be noted is not done."""
    workspace.note(
        action, ref=workspace.vault.audit_ref(sid), reason=reason, by=getpass.getuser(), records=records
    )


def _person(workspace: Workspace, subject: str) -> bytes:
    """The person whom a record names.

    Raises:
        ConfigError: It is an address (CS219) or no name of a record (CS271), or stands for records of
            several people (CS272).
        NotIdentifiedError: Nobody is known under it (exit 7).
    """
    refuse_address(subject)
    if not subject.startswith(RECORD):
        raise ConfigError(
            "a person is named by a record",
            hint="write it as crm:CONNECTION:ID, as  consentric explain  and  consentric runs rows  show it",
            happened=_NOTHING_CHANGED,
            code="CS271",
        )
    if len(set(workspace.vault.subject_of(records_named(workspace, subject)).values())) > 1:
        raise ConfigError(
            "this number stands for records of several people in that account",
            hint="name another record of the person you mean",
            happened=_NOTHING_CHANGED,
            code="CS272",
        )
    return person_named(workspace, subject)


def _some_of(workspace: Workspace, sid: bytes, records: Sequence[str]) -> list[bytes]:
    """The live records of a person that are named; some must be left, and none be somebody else's."""
    own = {record.rref for record in workspace.vault.records_of(sid)}
    wanted: dict[bytes, None] = {}
    for name in records:
        refuse_address(name)
        named = records_named(workspace, name) if name.startswith(RECORD) else []
        if not named:
            raise NotIdentifiedError(
                "one of the records to part is not known",
                hint="consentric identity show SUBJECT   lists the records by name",
                happened=_NOTHING_CHANGED,
            )
        wanted.update(dict.fromkeys(named))
    if not wanted.keys() < own:
        what = "one of the records is another person's" if wanted.keys() - own else "no record would be left"
        raise ConfigError(
            f"{what}, so nobody can be parted",
            hint="name some of the records, and not all, that  consentric identity show SUBJECT  lists",
            happened=_NOTHING_CHANGED,
            code="CS273",
        )
    return list(wanted)


def _lines(
    workspace: Workspace, records: Sequence[PersonRecord], names: dict[bytes, str]
) -> list[RecordLine]:
    rrefs = [record.rref for record in records]
    labels = dict.fromkeys(rrefs, 0)
    for destination in workspace.settings.destination:
        for rref, owned in owned_by(workspace.control, destination.name, rrefs).items():
            labels[rref] += len(owned)
    return [
        RecordLine(
            name=names.get(record.rref, ""),
            account=record.account,
            object=record.object,
            partition=record.partition,
            state=record.state,
            ended_on=record.ended_on,
            is_apart=record.is_apart,
            labels=labels[record.rref],
        )
        for record in records
    ]
