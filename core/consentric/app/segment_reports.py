"""Quality, moves and sheets of the segments of a workspace, from what its last run published; keyless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from consentric.sdk.errors import ConfigError, GuardError
from consentric.segments.explain import explain_set
from consentric.segments.movement import Movement, movement_of
from consentric.segments.quality import SetQuality, quality_of
from consentric.segments.sets import SegmentSet, by_set
from consentric.warehouse import figures
from consentric.warehouse.combinations import count_inside
from consentric.warehouse.figures import SegmentRun
from consentric.warehouse.money import exponent_of
from consentric.warehouse.quality import typical_subject
from consentric_privacy.files import write_atomic

from .messages import unknown_name
from .outlets import segment_sets
from .render.explanation import reason_lines
from .render.segments import titles_of
from .report.published import published
from .report.words import Words
from .reviews import today_of
from .segment_sheet import Sheet, sheet_of
from .workspace import Workspace


def titles_in(workspace: Workspace, lang: str) -> dict[str, str]:
    """`SET.SEGMENT` to the name of the segment in a language."""
    return titles_of(segment_sets(workspace), lang)


def words_in(workspace: Workspace, lang: str) -> Words:
    """The language and the reporting currency of what is shown."""
    return Words("fr" if lang == "fr" else "en", workspace.settings.money.reporting)


def qualities(workspace: Workspace, name: str) -> list[SetQuality]:
    """The figures of one set, or of all when no name is given.

    Raises:
        ConfigError: No set has this name.
        GuardError: It was not computed yet.
    """
    with published(workspace) as connection:
        return [_quality(workspace, connection, one) for one in _chosen(workspace, name)]


def movements(workspace: Workspace, name: str, *, start: str, end: str) -> list[tuple[list[str], Movement]]:
    """Keys of the segments of each set, and its movement between two runs.

    Args:
        start: Id of a run; the one before the other when empty.
        end: Id of a run; the last one when empty.

    Raises:
        ConfigError: No set or run has this name.
        GuardError: It was not computed yet.
    """
    with published(workspace) as connection:
        before, after = _runs(connection, start, end)
        return [
            ([segment.key for segment in one.segments], _movement(workspace, connection, one, before, after))
            for one in _chosen(workspace, name)
        ]


def sheets(workspace: Workspace, name: str, *, lang: str, is_for_export: bool) -> list[Sheet]:
    """The sheet of one set, or of all when no name is given.

    Args:
        is_for_export: Whether it leaves the operator's screen: counts below `[report] min_cell` are then
            hidden, with what would reveal them.

    Raises:
        ConfigError: No set has this name.
        GuardError: It was not computed yet.
    """
    least = workspace.settings.report.min_cell if is_for_export else 1
    with published(workspace) as connection:
        before, after = _runs(connection, "", "")
        personas = {one: count_inside(connection, by_set(one.segments)) for one in workspace.settings.persona}
        return [
            sheet_of(
                one,
                _quality(workspace, connection, one),
                _movement(workspace, connection, one, before, after),
                titles=titles_in(workspace, lang),
                words=words_in(workspace, lang),
                today=today_of(workspace.settings),
                least=least,
                personas=personas,
                examples=_examples(workspace, connection, one, lang, is_for_export=is_for_export),
            )
            for one in _chosen(workspace, name)
        ]


def write_sheets(path: Path, text: str) -> None:
    """Writes sheets to a file (0600).

    Raises:
        ConfigError: Its folder is not there.
    """
    if not path.parent.is_dir():
        raise ConfigError(
            f'the sheet cannot be written to "{path}"',
            hint="name a file in a folder that exists",
            happened="nothing was written.",
            code="CS287",
        )
    write_atomic(path, text.encode())


def _chosen(workspace: Workspace, name: str) -> Sequence[SegmentSet]:
    sets = segment_sets(workspace)
    if name and name not in [one.name for one in sets]:
        raise unknown_name("segment set", name, [one.name for one in sets])
    return [one for one in sets if name in ("", one.name)]


def _quality(workspace: Workspace, connection: duckdb.DuckDBPyConnection, one: SegmentSet) -> SetQuality:
    found = quality_of(connection, one, segment_sets(workspace), workspace.settings.quality)
    if found is None:
        raise GuardError(
            f'segment set "{one.name}" is not in the last run', hint="consentric segment", code="CS541"
        )
    return found


def _runs(connection: duckdb.DuckDBPyConnection, start: str, end: str) -> tuple[SegmentRun, SegmentRun]:
    runs = {one.run: one for one in figures.segment_runs(connection)}
    names = list(runs)
    for name in (start, end):
        if name and name not in runs:
            raise unknown_name("run", name, names)
    after = end or names[-1]
    before = start or names[max(names.index(after) - 1, 0)]
    return runs[before], runs[after]


def _movement(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    one: SegmentSet,
    before: SegmentRun,
    after: SegmentRun,
) -> Movement:
    shown_for = [to.purpose for to in workspace.settings.destination if one.name in to.sets]
    return movement_of(
        connection,
        one.name,
        before=before,
        after=after,
        purposes=sorted({one.purpose, *shown_for}),
        now=workspace.clock(),
    )


def _examples(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    one: SegmentSet,
    lang: str,
    *,
    is_for_export: bool,
) -> dict[str, list[str]]:
    """Segment to why somebody in the middle of it is there."""
    settings, titles = workspace.settings, titles_in(workspace, lang)
    run = figures.segment_runs(connection)[-1]
    attributes = sorted({field.attribute for field in settings.field if field.attribute})
    examples = {}
    for segment in one.segments:
        subject = typical_subject(connection, one.name, segment.key)
        if subject is None:
            continue
        found = explain_set(
            connection, one, subject, (run.run, run.day), attributes, exponent_of(settings.money.reporting)
        )
        inputs = found.inputs
        if is_for_export:  # what describes somebody would help to recognise them
            inputs = tuple(item for item in inputs if item.name not in attributes)
        # The cut points of a score end with the least and the most that anybody has.
        shown = replace(found, inputs=inputs, scores=())
        examples[segment.key] = reason_lines(shown, titles, lang=lang, currency=settings.money.reporting)
    return examples
