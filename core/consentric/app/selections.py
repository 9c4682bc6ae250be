"""Picks the people of one campaign and asks the gate about each; the operator gets their records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from consentric.gate.gate import permits
from consentric.gate.questions import Question, Use, all_questions
from consentric.sdk.errors import GuardError
from consentric.sdk.permit import Permit
from consentric.segments.campaign_settings import SelectionSettings
from consentric.segments.selection import candidates_of
from consentric.segments.sets import by_set
from consentric.warehouse import lookups

from .messages import unknown_name
from .preconditions import require_current_rules
from .reading import policy_of, purposes_of_sets
from .subjects import names_of
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Who was picked, in counts; `records` are named as the operator names them."""

    name: str
    purpose: str
    channel: str
    as_of_day: date
    """Of the segments that it stands on."""
    found: int
    """People whom segments and rule pick."""
    withheld: Mapping[str, int]
    """Reason to the number of people who may not be written to for this purpose."""
    over_limit: int
    """People who may be, and are more than `limit`."""
    picked: int
    record_count: int
    records: tuple[str, ...]
    """As `crm:hubspot:4711`, people who spent most first; none unless they were asked for."""

    def as_json(self) -> dict[str, Any]:
        """Counts for `--json`; records are left out."""
        return {
            "selection": self.name,
            "purpose": self.purpose,
            "channel": self.channel,
            "as_of_day": self.as_of_day,
            "found": self.found,
            "withheld": dict(self.withheld),
            "over_limit": self.over_limit,
            "picked": self.picked,
            "records": self.record_count,
        }


def select(workspace: Workspace, name: str, *, is_listed: bool = False) -> Selection:
    """Picks the people of a selection now; nothing is stored but a note in the audit log.

    Args:
        is_listed: Whether the operator gets the records; else they are only counted.

    Raises:
        ConfigError: There is no such selection.
        GuardError: No segment was computed yet, or by other rules.
    """
    settings = workspace.settings
    chosen = next((one for one in settings.selection if one.name == name), None)
    if chosen is None:
        raise unknown_name("selection", name, [one.name for one in settings.selection])
    with workspace.locked("select"):
        run = lookups.last_run(workspace.warehouse.connection)
        if run is None:
            raise GuardError("no segment was computed yet", hint="consentric segment", code="CS514")
        require_current_rules(workspace)
        found = _people(workspace, chosen)
        allowed, withheld = _asked(workspace, chosen, found)
        kept = allowed[: chosen.limit]
        rrefs = [rref for person in kept for rref in person]
        names = names_of(workspace, rrefs) if is_listed else {}
        selection = Selection(
            name=name,
            purpose=chosen.purpose,
            channel=chosen.channel,
            as_of_day=run[1],
            found=len(found),
            withheld=withheld,
            over_limit=len(allowed) - len(kept),
            picked=len(kept),
            record_count=len(rrefs),
            records=tuple(names[rref] for rref in rrefs if rref in names),
        )
        workspace.note(
            "segments.select",
            selection=name,
            purpose=chosen.purpose,
            channel=chosen.channel,
            picked=selection.picked,
            records=selection.record_count,
            listed=int(is_listed),
        )
    return selection


def questions_of_selection(workspace: Workspace, selection: SelectionSettings) -> tuple[Question, ...]:
    """What must be allowed of everybody picked: the segments' purpose, and the campaign's."""
    named = by_set((*selection.include, *selection.exclude))
    purposes = {name: one for name, one in purposes_of_sets(workspace).items() if name in named}
    use = Use(sets=tuple(purposes), purpose=selection.purpose, channel=selection.channel)
    return all_questions(purposes, [use])


def _people(workspace: Workspace, selection: SelectionSettings) -> list[list[bytes]]:
    """The records of each person whom segments and rule pick, those who spent most first."""
    settings = workspace.settings
    first, *_ = by_set(selection.include)
    rows = candidates_of(
        workspace.warehouse.connection,
        selection,
        set_purpose=purposes_of_sets(workspace)[first],
        attributes=sorted({field.attribute for field in settings.field if field.attribute}),
        reporting_currency=settings.money.reporting,
    )
    return [[row.rref for row in records] for _, records in groupby(rows, key=lambda row: row.pid)]


def _asked(
    workspace: Workspace, selection: SelectionSettings, people: Sequence[Sequence[bytes]]
) -> tuple[list[Sequence[bytes]], dict[str, int]]:
    """People whom the gate allows at this moment, and the reasons for the others."""
    subjects = workspace.vault.subject_of(rref for person in people for rref in person)
    answers = permits(
        workspace.ledger,
        subjects,
        policy=policy_of(workspace),
        questions=questions_of_selection(workspace, selection),
        at=workspace.clock(),
    )
    unknown = Permit(allowed=False, reason="PERMISSION_MISSING", effect="hold")
    allowed, withheld = [], Counter[str]()
    for person in people:
        permit = answers.get(person[0], unknown)
        if permit.allowed:
            allowed.append(person)
        else:
            withheld[permit.reason] += 1
    return allowed, dict(withheld)
