"""When people said no, and when the labels were gone: measured in a run, and told of one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consentric.control.outbox import removals_in, removals_of
from consentric.sync.settings import DestinationSettings
from consentric.sync.withdrawals import standing_denials
from consentric_privacy.withdrawals import Asked, said_no_at

from .job import Job
from .propagation import Propagation, percentile
from .reading import purposes_of_sets
from .workspace import Workspace
from .writing import denied_of

Denial = tuple[str, bytes, str]
"""Destination, record and reason code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """One no of one person, and when a destination no longer showed their labels."""

    destination: str
    reason: str
    said_at: datetime | None
    """None when nobody said it, as of a minor."""
    removed_at: datetime
    """End of the run that the CRM told so."""
    seconds: int | None


def measure(job: Job) -> Propagation:
    """What this run took off so far, and what still stands; asks no CRM."""
    workspace, now = job.workspace, job.workspace.clock()
    removed = [(one.destination, one.rref, one.reason) for one in removals_in(workspace.control, job.run)]
    standing = [
        (destination.name, op.rref, op.reason)
        for destination in workspace.settings.destination
        for op in standing_denials(workspace.control, destination.name, denied_of(workspace, destination))
    ]
    took, waits = _ages(workspace, removed, now), _ages(workspace, standing, now)
    open_people = set(workspace.vault.subject_of([rref for _, rref, _ in standing]).values())
    return Propagation(
        people=len(took),
        p50=percentile(took, 50),
        p95=percentile(took, 95),
        max=percentile(took, 100),
        open=len(open_people),
        open_max=percentile(waits, 100),
    )


def withdrawals_of(workspace: Workspace, rrefs: Sequence[bytes]) -> list[Withdrawal]:
    """The last time each destination took labels off some records of one person, oldest first."""
    last = {
        one.destination: one for one in removals_of(workspace.control, rrefs) if one.removed_at is not None
    }
    found = []
    for one in last.values():
        assert one.removed_at is not None
        said = _said(workspace, [(one.destination, one.rref, one.reason)])
        said_at = next(iter(said.values()), None)
        seconds = None if said_at is None else _seconds(said_at, one.removed_at)
        found.append(
            Withdrawal(
                destination=one.destination,
                reason=one.reason,
                said_at=said_at,
                removed_at=one.removed_at,
                seconds=seconds,
            )
        )
    return sorted(found, key=lambda one: (one.removed_at, one.destination))


def _ages(workspace: Workspace, denials: Iterable[Denial], now: datetime) -> list[int]:
    return [_seconds(at, now) for at in _said(workspace, denials).values()]


def _said(workspace: Workspace, denials: Iterable[Denial]) -> dict[bytes, datetime]:
    """When each of these people first said it, over all destinations."""
    by_destination: dict[str, dict[bytes, str]] = defaultdict(dict)
    for destination, rref, reason in denials:
        by_destination[destination][rref] = reason
    settings = {one.name: one for one in workspace.settings.destination}
    first: dict[bytes, datetime] = {}
    for name, reasons in by_destination.items():
        if name not in settings:
            continue  # no longer configured: nobody knows what its labels rested on
        subjects = workspace.vault.subject_of(list(reasons))
        by_subject = {sid: reasons[rref] for rref, sid in subjects.items()}
        asked = _asked(settings[name], purposes_of_sets(workspace))
        for sid, at in said_no_at(workspace.people, by_subject, asked).items():
            first[sid] = min(at, first.get(sid, at))
    return first


def _asked(destination: DestinationSettings, purposes: Mapping[str, str]) -> Asked:
    own = (destination.purpose, destination.channel)
    return {own, *((purposes[name], "none") for name in destination.sets)}


def _seconds(since: datetime, until: datetime) -> int:
    """Never negative: the clock of a source may be ahead of ours."""
    return max(0, int((until - since).total_seconds()))
