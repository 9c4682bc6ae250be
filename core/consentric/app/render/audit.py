"""The audit of consent as people read it: how many today, who not, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence

from consentric.app.consent_audit import ConsentAudit
from consentric.app.evidence import EvidenceClaim
from consentric.gate.audit import Class, Evidence, Row
from consentric.gate.questions import NO_CHANNEL, Question

from .changes import change_text
from .table import number, printable, table
from .words import in_words

COLUMNS = (
    *("purpose", "channel", "people", "source", "origin", "status", "grade", "time", "notice", "claim"),
    *("allowed", "reason", "change", "first", "last"),
)
"""Of the file with one row for each class."""
GRADES = "Grades: A confirmed by the person, B form with time, C import or staff, D bare flag"
MOST_CLASSES = 20
"""Of one question on the screen; the file and `--json` have all."""


def audit_text(found: ConsentAudit) -> str:
    """First how many may be segmented and mailed today, then each question with its classes."""
    report = found.report
    if not report.people:
        return "Nobody is known yet:  consentric pull"
    lines = [_head("People known", report.people, "")]
    lines += [_head(_may(one), report.allowed(one), _asked(one)) for one in found.questions]
    lines += [_head("May get labels", people, name) for name, people in sorted(report.labelled.items())]
    lines += _claim_lines(found)
    for question in found.questions:
        lines += ["", f"{_asked(question)}"]
        classes = found.classes(question)
        for one, row in classes[:MOST_CLASSES]:
            lines += _class_lines(one, row)
        rest = classes[MOST_CLASSES:]
        if rest:
            people = sum(row.people for _, row in rest)
            lines.append(f"{number(people):>9}  in {len(rest)} smaller classes: --csv FILE lists them all")
    if any(one.evidence.grade for question in found.questions for one, _ in found.classes(question)):
        lines += ["", GRADES]
    return "\n".join(lines)


def claims_text(found: ConsentAudit) -> str:
    """Each claim with the people who came in by it, who made it and when, and whether it counts."""
    rows = [
        (
            one.number,
            _where(one),
            _says(one),
            found.lifted.get(one.number, 0),
            one.settings.by,
            one.settings.on.isoformat() if one.settings.on else "",
            one.document,
            one.state,
        )
        for one in found.claims
    ]
    head = ("claim", "where", "says", "people", "by", "on", "document", "")
    findings = [f"claim {one.number} does not count: {one.finding}" for one in found.claims if not one.stands]
    return "\n".join([table(head, rows), *findings])


def class_cells(one: Class, row: Row) -> tuple[str, ...]:
    """A class as cells under `COLUMNS`."""
    evidence = one.evidence
    return (
        one.question.purpose,
        one.question.channel,
        str(row.people),
        *(evidence.source, evidence.origin, evidence.status, evidence.grade),
        *(_yes(evidence.has_time), _yes(evidence.has_notice), _yes(evidence.has_claim)),
        *(_yes(one.is_allowed), one.reason, "" if one.is_allowed else change_text(one, row)),
        row.first.date().isoformat() if row.first else "",
        row.last.date().isoformat() if row.last else "",
    )


def _head(what: str, people: int, rest: str) -> str:
    return f"{what:<18}{number(people):>9}    {rest}".rstrip()


def _may(question: Question) -> str:
    if question.channel == NO_CHANNEL:
        return "May be segmented"
    return "May be mailed" if question.channel == "email" else "May be contacted"


def _asked(question: Question) -> str:
    by = "" if question.channel == NO_CHANNEL else f" by {question.channel}"
    return f"purpose {question.purpose}{by}"


def _claim_lines(found: ConsentAudit) -> list[str]:
    lines = []
    for question in found.questions:
        before, now = found.report.unclaimed[question], found.report.allowed(question)
        if now != before:
            lines.append(
                _head("Without claims", before, f"{_asked(question)}: claims let {number(now - before)} in")
            )
    for one in found.claims:
        people = found.lifted.get(one.number, 0)
        if people:
            signed = f"{one.settings.by}, {one.settings.on}" if one.settings.on else one.settings.by
            lines.append(_head(f"  claim {one.number}", people, f"{_where(one)}: {_says(one)} ({signed})"))
        elif not one.stands:
            lines.append(f"  claim {one.number} does not count: {one.finding}")
    return lines


def _class_lines(one: Class, row: Row) -> list[str]:
    verdict = "allowed" if one.is_allowed else in_words(one.reason)
    lines = [f"{number(row.people):>9}  {verdict}: {_known(one.evidence)}"]
    if not one.is_allowed:
        lines.append(f"{'':>9}  > {change_text(one, row)}")
    return lines


def _known(evidence: Evidence) -> str:
    place = printable(" ".join(filter(None, (evidence.source, evidence.origin)))) or "no record"
    if not evidence.grade:
        said = {"nothing": "nothing said", "pending": "sign-up not confirmed"}
        return f"{place}, {said.get(evidence.status, evidence.status)}"
    parts = [
        evidence.status,
        f"grade {evidence.grade}",
        "time" if evidence.has_time else "no time",
        "notice" if evidence.has_notice else "no notice",
    ]
    if evidence.has_claim:
        parts.append("claim applied")
    return f"{place}, {', '.join(parts)}"


def _where(claim: EvidenceClaim) -> str:
    settings = claim.settings
    days = ""
    if settings.from_ is not None or settings.to is not None:
        days = f" {settings.from_ or ''}..{settings.to or ''}"
    return " ".join(filter(None, (settings.source, settings.where))) + days


def _says(claim: EvidenceClaim) -> str:
    settings = claim.settings
    said: Sequence[str | None] = (
        f"grade {settings.grade}" if settings.grade else None,
        f"notice {settings.notice}" if settings.notice else None,
        "opt-out offered" if settings.optout_offered else None,
    )
    return ", ".join(filter(None, said))


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
