"""What the program knows of one purpose that rests on legitimate interest: the facts of its worksheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from consentric.control.runs import list_runs
from consentric.pull.settings import FieldSettings
from consentric.segments.sets import SegmentSet
from consentric.sync.settings import DestinationSettings
from consentric_privacy.settings import ControllerSettings, PurposeSettings

from .assessments import BASIS
from .consent_audit import audit_consent
from .control_reading import existing_control
from .messages import unknown_name
from .outlets import segment_sets
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaFacts:
    """Facts of the configuration, and counts of what was pulled; no person is in them."""

    today: date
    config_hash: str
    controller: ControllerSettings | None
    purpose: PurposeSettings
    sources: tuple[tuple[str, str], ...]
    """Connection and connector of every account that is read."""
    fields: tuple[FieldSettings, ...]
    sets: tuple[SegmentSet, ...]
    """Computed for this purpose."""
    destinations: tuple[DestinationSettings, ...]
    """That take labels of these sets."""
    people: int
    """Known today; none before the first pull."""
    allowed: int
    """Of them, whom the purpose would allow today."""
    last_run: date | None


def lia_facts(workspace: Workspace, purpose: str | None = None) -> list[LiaFacts]:
    """The facts of each purpose that may rest on legitimate interest, or of one of them.

    Raises:
        ConfigError: None of them has this name.
    """
    found = [one for one in workspace.settings.purpose if BASIS in one.basis]
    chosen = [one for one in found if purpose in (None, one.id)]
    if not chosen:
        raise unknown_name("purpose of legitimate interest", purpose or "", [one.id for one in found])
    return [_facts_of(workspace, one) for one in chosen]


def _facts_of(workspace: Workspace, purpose: PurposeSettings) -> LiaFacts:
    settings = workspace.settings
    sets = tuple(one for one in segment_sets(workspace) if one.settings.purpose == purpose.id)
    names = {one.name for one in sets}
    found = audit_consent(workspace, purpose=purpose.id)
    return LiaFacts(
        today=workspace.clock().date(),
        config_hash=workspace.config.hash[:12],
        controller=settings.controller,
        purpose=purpose,
        sources=tuple((name, one.connector) for name, one in settings.connections.items()),
        fields=tuple(one for one in settings.field if one.is_requested),
        sets=sets,
        destinations=tuple(one for one in settings.destination if names & set(one.sets)),
        people=found.report.people,
        allowed=max((found.report.allowed(one) for one in found.questions), default=0),
        last_run=_last_run(workspace),
    )


def _last_run(workspace: Workspace) -> date | None:
    with existing_control(workspace.folder) as store:
        runs = list_runs(store, limit=1) if store is not None else []
    return runs[0].started.date() if runs else None
