"""The audit of consent over a whole workspace: everybody in classes, and who came in by claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from consentric.gate.audit import AuditReport, Class, Row, Unmapped, audit, questions_about
from consentric.gate.gate import Policy
from consentric.gate.questions import Question
from consentric.sdk.errors import ConfigError
from consentric_privacy.changes import Place
from consentric_privacy.worlds import read_persons, read_times

from .evidence import EvidenceClaim, claims_of
from .messages import unknown_name
from .reading import policy_of, purposes_of_sets, use_of
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAudit:
    """What is known of everybody's consent at one instant."""

    at: datetime
    questions: tuple[Question, ...]
    report: AuditReport
    claims: tuple[EvidenceClaim, ...]
    """Those of the configuration, standing or not."""
    lifted: dict[int, int]
    """Number of a claim to the people who came in by it."""

    def classes(self, question: Question) -> list[tuple[Class, Row]]:
        """The classes of a question: the allowed first, then by size."""
        found = [(one, row) for one, row in self.report.rows.items() if one.question == question]
        return sorted(
            found, key=lambda pair: (not pair[0].is_allowed, -pair[1].people, repr(pair[0].evidence))
        )


def audit_consent(
    workspace: Workspace,
    *,
    purpose: str | None = None,
    without_claims: bool = False,
    names_people: bool = False,
) -> ConsentAudit:
    """Decides everybody known, now; reads `people.sqlite` alone and needs no key.

    Args:
        workspace: Open.
        purpose: Only questions about this one.
        without_claims: As if the configuration made no claim.
        names_people: Whether to keep who came in by claims.

    Raises:
        ConfigError: No purpose has this name.
    """
    policy = policy_of(workspace)
    if purpose is not None and purpose not in policy.purposes:
        raise unknown_name("purpose", purpose, list(policy.purposes))
    claims = claims_of(workspace)
    if without_claims:
        policy = replace(policy, claims=())
    questions, at = questions_about(policy, purpose), workspace.clock()
    connection = workspace.people.connection
    report = audit(
        # As the gate counts: people of whom a CRM still has a record.
        (known for known in read_persons(connection, None) if known[1].sources),
        policy=policy,
        questions=questions,
        uses=_uses(workspace, purpose),
        unmapped=unmapped_of(workspace, policy),
        at=at,
        reads=read_times(connection),
        names_people=names_people,
    )
    numbers = [one.number for one in claims if one.stands]
    lifted = {number: report.lifted[place] for place, number in enumerate(numbers)}
    return ConsentAudit(at=at, questions=questions, report=report, claims=tuple(claims), lifted=lifted)


def records_that_came_in(workspace: Workspace, found: ConsentAudit) -> list[tuple[str, ...]]:
    """One row for each record of somebody who came in by claims: record, purpose, channel, numbers of claims.

    Needs the vault; it is the one part of an audit that names anybody.
    """
    numbers = [one.number for one in found.claims if one.stands]
    rows = []
    for sid, question, places in found.report.came_in:
        rrefs = [record.rref for record in workspace.vault.records_of(sid)]
        by = " ".join(str(numbers[place]) for place in places)
        for link in workspace.vault.links(rrefs).values():
            rows.append((f"crm:{link.account}:{link.id}", question.purpose, question.channel, by))
    return sorted(rows)


def unmapped_of(workspace: Workspace, policy: Policy) -> Unmapped:
    """What CRMs may know of people's consent that the configuration takes for no purpose."""
    places: dict[str, set[str]] = defaultdict(set)
    query = "SELECT DISTINCT account, partition FROM record WHERE state = 'live'"
    for account, partition in workspace.people.connection.execute(query):
        places[account].add(partition)
    lists: dict[bytes, tuple[Place, ...]] = {}
    sources: dict[str, set[str]] = defaultdict(set)
    for name, connection in workspace.settings.connections.items():
        if not _has_consents_setting(workspace, connection.connector):
            continue
        mapped = connection.of_connector.get("consents") or {}
        if places[name] - {""}:
            _add_lists(workspace, lists, name, places[name] - set(mapped))
        else:
            for purpose in policy.purposes.keys() - set(mapped.values()):
                sources[purpose].add(name)
    return Unmapped(lists=lists, sources={purpose: frozenset(names) for purpose, names in sources.items()})


def _has_consents_setting(workspace: Workspace, connector: str) -> bool:
    """Whether `consents` may say more; a file's columns are named one by one."""
    try:
        kind = workspace.config.plugins.connector(connector)
    except ConfigError:
        return False  # its plugin is broken: what its settings are cannot be known
    return kind.is_remote and "consents" in kind.settings_model.model_fields


def _add_lists(
    workspace: Workspace, lists: dict[bytes, tuple[Place, ...]], account: str, partitions: set[str]
) -> None:
    """Adds to each person the lists of an account that they are on and nothing is known of."""
    for partition in sorted(partitions):
        place = Place(source=account, origin=partition)
        query = "SELECT DISTINCT sid FROM record WHERE state = 'live' AND account = ? AND partition = ?"
        for (sid,) in workspace.people.connection.execute(query, (account, partition)):
            lists[sid] = (*lists.get(sid, ()), place)


def _uses(workspace: Workspace, purpose: str | None) -> dict[str, Sequence[Question]]:
    purposes = purposes_of_sets(workspace)
    return {
        one.name: use_of(one).questions(purposes)
        for one in workspace.settings.destination
        if purpose in (None, one.purpose)
    }


def as_json(found: ConsentAudit) -> dict[str, Any]:
    """Plain values for `--json`; counts and codes only."""
    report = found.report
    return {
        "at": found.at.isoformat(),
        "people": report.people,
        "questions": [
            {
                "purpose": question.purpose,
                "channel": question.channel,
                "action": question.action,
                "allowed": report.allowed(question),
                "allowed_without_claims": report.unclaimed[question],
                "classes": [_class_json(one, row) for one, row in found.classes(question)],
            }
            for question in found.questions
        ],
        "labelled": dict(report.labelled),
        "claims": claims_json(found),
    }


def claims_json(found: ConsentAudit) -> list[dict[str, Any]]:
    """Each claim with the people it lets in, author, date, and the state of its document."""
    return [
        {
            "number": one.number,
            "source": one.settings.source,
            "where": one.settings.where,
            "grade": one.settings.grade,
            "notice": one.settings.notice,
            "optout_offered": one.settings.optout_offered,
            "document": one.document,
            "by": one.settings.by,
            "on": one.settings.on,
            "state": one.state,
            "people": found.lifted.get(one.number, 0),
        }
        for one in found.claims
    ]


def _class_json(one: Class, row: Row) -> dict[str, Any]:
    evidence = one.evidence
    return {
        "people": row.people,
        "source": evidence.source,
        "origin": evidence.origin,
        "status": evidence.status,
        "grade": evidence.grade,
        "has_time": evidence.has_time,
        "has_notice": evidence.has_notice,
        "has_claim": evidence.has_claim,
        "first": row.first.date().isoformat() if row.first else None,
        "last": row.last.date().isoformat() if row.last else None,
        "is_allowed": one.is_allowed,
        "reason": one.reason,
        "changes": [
            {
                "kind": change.kind,
                "source": change.place.source if change.place else None,
                "origin": change.place.origin if change.place else None,
            }
            for change in one.changes
        ],
    }
