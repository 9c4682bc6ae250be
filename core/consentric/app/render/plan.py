"""A plan as people read it: summary, the five states and their sum, what deserves a look, what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consentric.app.plan_samples import Sample, Samples
from consentric.app.stages import Planning
from consentric.sync.report import Cost, PlanReport

from .gate import gate_text
from .ledger import Ledger, ledger_lines, note_line
from .pull import failure_lines
from .table import number
from .words import counted, in_words

FIRST_LOOK = 50
"""Records of the part that a first apply offers to begin with."""

Titles = Mapping[str, str]
"""`SET.SEGMENT` to the segment's name; a segment that is not in it shows its key."""


def plans_text(planning: Planning, titles: Titles, samples: Samples | None = None) -> str:
    """Who may be segmented and labelled, then all plans of one command, one below the other."""
    if not planning.plans and not planning.failures:
        return "No destination is configured, so there is nothing to plan."
    if not planning.gate.people:
        return "Nobody is known yet, so there is nobody to plan for.\nNext:  consentric pull"
    plans = [plan_text(report, titles, (samples or {}).get(report.plan, ())) for report in planning.plans]
    failed = failure_lines(planning.failures, "could not be planned")
    return "\n\n".join([gate_text(planning.gate), *plans, *(["\n".join(failed)] if failed else [])])


def plan_text(report: PlanReport, titles: Titles, samples: Sequence[Sample] = ()) -> str:
    """One plan, with examples of what it does when there are some."""
    parts = [
        f"Plan {report.plan}   data as of {report.as_of_day}" + (f"   {report.part}" if report.part else ""),
        f'  {report.destination} "{report.account}"',
        *_states(report, titles),
        note_line("why", counted(report.causes, {}) or "nothing changed"),
        note_line("cost", _cost(report.cost)),
        *_attention(report),
        *_examples(samples, titles),
        f"Nothing has been written.   Full list: {report.rows} (by record reference)",
        *_next(report),
    ]
    return "\n".join(parts)


def title_of(titles: Titles, segment: str) -> str:
    """The name of `SET.SEGMENT`, or its key."""
    return titles.get(segment, segment.partition(".")[2] or segment)


def _states(report: PlanReport, titles: Titles) -> list[str]:
    enters = {title_of(titles, key): count for key, count in report.enter_by_segment.items()}
    moves = ""
    if report.moves:
        most = report.moves[0]
        before = title_of(titles, f"{most.set}.{most.before}")
        moves = f"most: {before} to {title_of(titles, f'{most.set}.{most.after}')} {number(most.people)}"
    leaves = (
        f"{number(report.leave_by_consent)} of them because consent denies" if report.leave_by_consent else ""
    )
    ledger = Ledger(
        total=report.total,
        enter=report.enter,
        move=report.move,
        leave=report.leave,
        unchanged=report.unchanged,
        no_segment=report.no_segment,
        withheld=report.withheld,
        rejected={"REJECTED_BEFORE": report.rejected} if report.rejected else {},
    )
    return ledger_lines(ledger, enter=counted(enters, {}), move=moves, leave=leaves)


def _cost(cost: Cost) -> str:
    seconds = "under 1 s" if cost.seconds < 1 else f"about {number(round(cost.seconds))} s"
    calls = "1 call" if cost.calls == 1 else f"{number(cost.calls)} calls"
    return f"{calls}, {seconds}, {cost.share_of_day * 100:.3f} % of today's allowance"


def _attention(report: PlanReport) -> list[str]:
    found = [f"the brake holds this plan: {reason.sentence}" for reason in report.brake]
    found += [
        f"this destination is refused: {in_words(code)} ({number(count)} records)"
        for code, count in report.refused.items()
    ]
    found += [
        f"{'will be created' if one.is_possible else 'must be created in the CRM'}: {one.description}"
        for one in report.provisions
    ]
    if report.not_adopted:
        found.append(
            f"{number(report.not_adopted)} labels stand there though we never wrote them; left alone"
        )
    if report.explicit_denials:
        found.append(f"{number(report.explicit_denials)} changes are a person's own no; no brake holds them")
    return ["  Attention", *(f"    ! {sentence}" for sentence in found)] if found else []


def _examples(samples: Sequence[Sample], titles: Titles) -> list[str]:
    if not samples:
        return []
    lines = ["  Examples"]
    for one in samples:
        before, after = (
            title_of(titles, f"{one.set}.{key}") if key else "" for key in (one.before, one.after)
        )
        words = {"enter": f"enter {after}", "move": f"{before} to {after}", "leave": f"leave {before}"}
        told = words.get(one.change) or f"{one.state}: {in_words(one.reason)}"
        lines.append(f"    {told:<34}{', '.join(one.records)}")
    return lines


def _next(report: PlanReport) -> list[str]:
    if report.refused:
        # An assessment that was altered is no fault of the files; the rest is.
        mend = "doctor" if "LIA_MISSING" in report.refused else "config check"
        return [f"Next:  consentric {mend}"]
    if not report.has_changes:
        return ["Next:  nothing; the CRM shows what it should"]
    if report.brake:
        return [
            f'Next:  consentric approve {report.plan} --reason "..."',
            f"       consentric apply {report.plan}",
            *_then(report),
        ]
    return [f"Next:  consentric apply {report.plan}", *_then(report)]


def _then(report: PlanReport) -> list[str]:
    if report.part:
        return [f"       look at it in the CRM, then  consentric plan {report.destination}   for the rest"]
    if report.first_apply and report.enter > FIRST_LOOK:
        return [f"or first a few:  consentric plan {report.destination} --canary {FIRST_LOOK}"]
    return []
