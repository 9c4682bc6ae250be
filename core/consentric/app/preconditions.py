"""What must hold before segments are computed, kept, or planned from; each stops the run with a sentence."""

from __future__ import annotations

from consentric.control import first_reads
from consentric.control.runs import list_runs
from consentric.sdk.errors import GuardError
from consentric.segments.report import SegmentReport

from .outlets import rules_of, segment_sets
from .workspace import Workspace

NOT_GOOD_ENOUGH = "CS518"


def require_whole_reads(workspace: Workspace) -> None:
    """Segments of a part of the orders would move everybody; a part of the people is no population.

    Raises:
        GuardError: A first read broke off (CS515).
    """
    halves = first_reads.unfinished(workspace.control, workspace.warehouse.warehouse_id)
    if halves:
        names = ", ".join(f'"{stream}" of connection "{connection}"' for connection, stream in halves)
        raise GuardError(
            f"a first read never came to its end: {names}",
            happened="nothing was computed, planned or written.",
            hint="consentric pull   goes on with it",
            code="CS515",
        )


def require_quality(workspace: Workspace, report: SegmentReport) -> None:
    """Labels of segments that serve no campaign are not even planned, where the configuration says so.

    Raises:
        GuardError: A set misses a limit, and its gate says stop (CS518).
    """
    if not report.stopping:
        return
    from .render.findings import finding_text  # what is shown of plans imports the stages
    from .render.segments import titles_of

    titles = titles_of(segment_sets(workspace), "en")
    raise GuardError(
        "\n".join(
            [
                "the segments are not good enough, and their gate says stop",
                *(f"  {one.set}: {finding_text(one, titles)}" for one in report.stopping),
            ]
        ),
        happened="nothing was computed or planned; the segments are as they were.",
        hint='mend the sets, or look at them first:  gate = "warn"  and  consentric segment',
        code=NOT_GOOD_ENOUGH,
    )


def require_current_rules(workspace: Workspace) -> None:
    """A plan of what other rules gave would put their labels on people whom the new rules see otherwise.

    Raises:
        GuardError: The rules changed since (CS516).
    """
    computed = [
        run.summary["rules"] for run in list_runs(workspace.control, limit=500) if "rules" in run.summary
    ]
    if computed and computed[0] != rules_in_short(workspace):
        raise GuardError(
            "the rules of the segments changed since the segments were computed",
            happened="nothing was planned or written.",
            hint="consentric segment   computes them anew, and shows their sizes",
            code="CS516",
        )


def rules_in_short(workspace: Workspace) -> str:
    """The rules of all sets, in short; they contain no personal data."""
    rules = rules_of(workspace, [one.name for one in workspace.settings.segment_set])
    return " ".join(f"{name}:{digest[:16]}" for name, digest in sorted(rules.items()))
