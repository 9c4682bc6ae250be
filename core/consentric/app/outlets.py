"""What a destination shows, and everything that writing to it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from consentric.sdk.contracts import LabelSet, SegmentLabel
from consentric.sdk.errors import ConfigError
from consentric.sdk.records import RecordRef
from consentric.segments.assembly import assemble
from consentric.segments.sets import SegmentSet, segments_named
from consentric.segments.settings import Texts
from consentric.sync.outlet import Outlet, open_outlet
from consentric.sync.settings import DestinationSettings

from .job import Job
from .messages import unknown_name
from .workspace import Workspace


def segment_sets(workspace: Workspace) -> tuple[SegmentSet, ...]:
    """The configured sets with their segments."""
    return assemble(workspace.settings.segment_set, workspace.settings.segment)


def segment_named(workspace: Workspace, name: str) -> str:
    """The one segment that somebody means, as `SET.KEY`.

    Raises:
        ConfigError: No segment has this name, or several have.
    """
    sets = segment_sets(workspace)
    found = [f"{one.name}.{one.segments[0].key}" for one in segments_named(sets, name)]
    if not found:
        raise unknown_name("segment", name, [f"{one.name}.{s.key}" for one in sets for s in one.segments])
    if len(found) > 1:
        raise ConfigError(
            f'"{name}" is a segment of several sets',
            hint=f"say which: {', '.join(found)}",
            code="CS243",
        )
    return found[0]


def rules_of(workspace: Workspace, names: Iterable[str]) -> dict[str, str]:
    """Each set to a hash of its rules: when it changes, people move because a rule changed."""
    wanted = set(names)
    return {
        one.name: hashlib.sha256(_rules_text(workspace, one).encode()).hexdigest()
        for one in segment_sets(workspace)
        if one.name in wanted
    }


def _rules_text(workspace: Workspace, segment_set: SegmentSet) -> str:
    """What decides who is in which segment; what the measure `intent` counts, where a rule asks for it."""
    asks_intent = any("intent" in (segment.when or "") for segment in segment_set.segments)
    return repr(segment_set.rules) + (repr(workspace.settings.intent) if asks_intent else "")


def labels_of(workspace: Workspace, destination: DestinationSettings) -> tuple[LabelSet, ...]:
    """One label set per segment set of the destination, in the language of the workspace."""
    text = partial(_text, workspace.settings.workspace.language)
    return tuple(
        LabelSet(
            name=one.name,
            title=text(one.settings.title) or one.name,
            segments=tuple(
                SegmentLabel(key=segment.key, title=text(segment.name), meaning=text(segment.meaning))
                for segment in one.segments
            ),
            prefix=destination.prefix,
            marker=f"managed by consentric {workspace.control.store_id}",
            fires_automations=destination.automations == "fire",
        )
        for one in segment_sets(workspace)
        if one.name in destination.sets
    )


def outlet_of(job: Job, destination: DestinationSettings) -> Outlet:
    """The destination with its writer, its labels and the way to its CRM ids."""
    workspace = job.workspace
    return open_outlet(
        workspace.control,
        destination=destination,
        labels=labels_of(workspace, destination),
        writer=job.connections.writer(destination.to),
        links=partial(links, workspace),
        clock=workspace.clock,
        run=job.run,
    )


def links(workspace: Workspace, rrefs: Sequence[bytes]) -> Mapping[bytes, RecordRef]:
    """Where records are in their CRM; those that ended are left out."""
    return {
        rref: RecordRef(object=link.object, partition=link.partition, id=link.id)
        for rref, link in workspace.vault.links(rrefs).items()
    }


def _text(language: str, texts: Texts | None) -> str:
    if texts is None:
        return ""
    return texts.fr if language == "fr" else texts.en
