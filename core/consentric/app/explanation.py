"""Everything that explains one person: segments, consent, and what was written where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from consentric.control.ownership import owned_by
from consentric.segments.explain import explain
from consentric.segments.explanation import SetExplanation

from .outlets import segment_sets
from .reading import questions_of
from .subjects import names_of, person_named
from .unwritten import Unwritten, unwritten_of
from .verdicts import Verdict, verdicts_about
from .withdrawals import Withdrawal, withdrawals_of
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLabel:
    """One label of ours that a CRM shows for the person."""

    destination: str
    label: str
    segment: str
    previous: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One person, named by their records; holds no name, address or number."""

    records: tuple[str, ...]
    """As `crm:hubspot:4711`."""
    sets: tuple[SetExplanation, ...]
    verdicts: tuple[Verdict, ...]
    labels: tuple[WrittenLabel, ...]
    unwritten: tuple[Unwritten, ...] = ()
    """Why destinations have no label of the person, as far as their newest plans say."""
    currency: str = "EUR"
    """Of every amount, each in its minor unit."""
    withdrawals: tuple[Withdrawal, ...] = ()
    """What was taken off because the person said no, and how long that took."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return asdict(self)


def explain_subject(workspace: Workspace, subject: str) -> Explanation:
    """Explains the person whom a record or an address names.

    Args:
        workspace: Holds the vault, whose keys it needs.
        subject: `crm:CONNECTION:ID`, an address, or a telephone number; the latter two are turned into a
            fingerprint and forgotten.

    Raises:
        NotIdentifiedError: Nobody is known under it (exit 7).
    """
    sid = person_named(workspace, subject)
    live = workspace.vault.records_of(sid)
    rrefs = [record.rref for record in live]
    names = names_of(workspace, rrefs)
    return Explanation(
        records=tuple(names[rref] for rref in rrefs if rref in names),
        sets=tuple(_sets(workspace, sid)),
        verdicts=tuple(verdicts_about(workspace, sid, questions_of(workspace))),
        labels=tuple(_labels(workspace, rrefs)),
        unwritten=tuple(unwritten_of(workspace, rrefs)),
        withdrawals=tuple(withdrawals_of(workspace, rrefs)),
        currency=workspace.settings.money.reporting,
    )


def _sets(workspace: Workspace, sid: bytes) -> list[SetExplanation]:
    settings = workspace.settings
    return explain(
        workspace.warehouse,
        segment_sets(workspace),
        workspace.pseudonyms.pid(sid),
        attributes=sorted({field.attribute for field in settings.field if field.attribute}),
        reporting_currency=settings.money.reporting,
    )


def _labels(workspace: Workspace, rrefs: Sequence[bytes]) -> list[WrittenLabel]:
    return [
        WrittenLabel(
            destination=destination.name,
            label=label.label,
            segment=label.segment,
            previous=label.previous,
            since=label.since,
        )
        for destination in workspace.settings.destination
        for labels in owned_by(workspace.control, destination.name, rrefs).values()
        for label in labels
    ]
