"""What a pull read, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consentric.pull.report import PullReport, StreamReport
from consentric.sdk.errors import ConsentricError

from .table import number

_COUNTS = {
    "contacts": "contacts",
    "activities": "activities",
    "consents": "consents",
    "merges": "merges",
    "deletions": "deletions",
    "new_records": "new records",
    "joins": "joined",
    "unknown_record": "activities of nobody we know",
    "other_source": "purchases of a source that does not count",
    "crowded_addresses": "addresses on too many records to join any",
    "crowded_numbers": "numbers on too many records to join any",
}


def pulls_text(reports: Sequence[PullReport]) -> str:
    """Each connection with its streams; an incomplete one says why."""
    if not reports:
        return "No connection is configured, so nothing was read."
    lines = ["Read; no address, name or number was stored."]
    for report in reports:
        lines.append(f"  {report.connection}")
        lines += [_stream_line(stream) for stream in report.streams]
        lines += [f"    labels of ours in {name}: {number(count)}" for name, count in report.labels.items()]
    return "\n".join(lines)


def failure_lines(failures: Mapping[str, ConsentricError], what: str = "could not be read") -> list[str]:
    """Connections or destinations with which something could not be done, and the remedy."""
    lines = []
    for name, error in failures.items():
        lines.append(f"  ! {name} {what}: {error.message} [{error.code}]")
        told = (("-->", error.where), ("what happened:", error.happened), ("hint:", error.hint))
        lines += [f"      {label} {text}" for label, text in told if text]
    return lines


def _stream_line(stream: StreamReport) -> str:
    known = [
        f"{number(stream.counts[key])} {words}" for key, words in _COUNTS.items() if stream.counts.get(key)
    ]
    reason = f": {stream.reason}" if stream.reason else ""
    return f"    {stream.name:<17} {stream.state:<11} {', '.join(known)}{reason}".rstrip()
