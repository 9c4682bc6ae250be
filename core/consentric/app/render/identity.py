"""Who is one person, as the operator reads it: counts and numbers of records, never names or addresses."""

from __future__ import annotations

from collections.abc import Mapping

from consentric.app.identity import Change, NamedReport, PersonShown, RecordLine
from consentric_privacy.identity_report import Finding

from .table import number, table

MOST_RECORDS = 5
"""Of one finding on the screen; `--json` has all that were kept as examples."""


def report_text(named: NamedReport) -> str:
    """Joins, then what to look at, then what may be one person and is not joined."""
    report = named.report
    lines = [f"{number(report.people)} people with {number(report.records)} live records", ""]
    lines.append("People of several records, by what joins them today")
    lines += [f"  {number(people):>9}  {kinds}" for kinds, people in report.joined_by.items()]
    lines += [
        f"  {number(report.joined_before):>9}  no key they share today: a lost key, a merge, or by hand"
    ]
    lines += ["", _sizes("records", report.by_records), _sizes("CRMs", report.by_accounts)]
    lines += ["", "To look at"]
    lines += [
        _finding(named, one, f"people with two values of {_shown(kind)}")
        for kind, one in report.two_values.items()
    ]
    lines += [
        _finding(
            named,
            one,
            f"values of {_shown(kind)} on more than 3 records of one account (up to {number(one.most)}):"
            " they join nobody",
        )
        for kind, one in report.crowded.items()
    ]
    lines.append(
        _finding(named, report.apart, "records marked apart: only  consentric identity link  joins them")
    )
    lines += ["", "Possible, not joined"]
    lines += [
        _finding(named, one, f"shared by two or three people: {kind}") for kind, one in report.alike.items()
    ]
    lines.append(f"  {number(report.shared_lines):>9}  shared by more people than that")
    lines += ["", "One of them:  consentric identity show crm:CONNECTION:ID"]
    return "\n".join(lines)


def person_text(person: PersonShown) -> str:
    """The person's records, and by which kinds of keys they are one."""
    lines = [f"{person.pid}   known since {person.known_since}"]
    if person.joined_persons:
        lines.append(f"made of {person.joined_persons + 1} people that were known apart before")
    rows = [(_name(one), one.object, one.partition or "-", _state(one), one.labels) for one in person.records]
    lines += ["", table(("record", "object", "part", "state", "labels"), rows), ""]
    lines += [f"share {_shown(kind)}: {', '.join(names)}" for kind, names in person.shared]
    if person.unshared:
        lines.append(f"share no key today (a lost key, a merge, or by hand): {', '.join(person.unshared)}")
    if len(person.records) == 1:
        lines.append("a single record: nothing is joined")
    return "\n".join(lines).rstrip()


def split_text(change: Change) -> str:
    """What parting changed, and what comes next."""
    return (
        f"Parted: records that are another person now: {number(change.records)}. No key joins the two.\n"
        "Objections and restrictions count for both. Permission was decided again; labels stay as they are.\n"
        "Next:  consentric pull --full    reads again what helps to allow (first purchase, opt-out offered)\n"
        "       consentric segment"
    )


def link_text(change: Change | None) -> str:
    """What linking changed, and what comes next."""
    if change is None:
        return "They are one person already; nothing was changed."
    return (
        f"Linked: records that went over to the person known longer: {number(change.records)}.\n"
        "A no of either counts for both. Permission was decided again; labels stay as they are.\n"
        "Next:  consentric segment"
    )


def _sizes(of: str, people: Mapping[int, int]) -> str:
    told = ", ".join(f"{size}: {number(count)}" for size, count in people.items())
    return f"People by number of {of:<8} {told or 'none'}"


def _finding(named: NamedReport, finding: Finding, words: str) -> str:
    lines = [f"  {number(finding.count):>9}  {words}"]
    if finding.records:
        shown = [named.names[rref] for rref in finding.records[:MOST_RECORDS]]
        rest = len(finding.records) - len(shown)
        more = f" and {number(rest)} more (--json)" if rest else ""
        lines.append(f"             {', '.join(shown)}{more}")
    return "\n".join(lines)


def _shown(kind: str) -> str:
    return kind.replace("email", "e-mail")


def _name(one: RecordLine) -> str:
    return one.name or f"({one.account}, number not kept)"


def _state(one: RecordLine) -> str:
    state = one.state if one.ended_on is None else f"{one.state} {one.ended_on}"
    return f"{state}, apart" if one.is_apart else state
