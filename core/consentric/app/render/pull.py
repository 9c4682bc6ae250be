"""What a pull read, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consentric.pull.report import PullReport, StreamReport
from consentric.sdk.errors import ConsentricError

from .table import number

_LABEL_WIDTH = 17
_COUNTS = {
    "contacts": "contacts",
    "activities": "activities",
    "consents": "consents",
    "merges": "merges",
    "deletions": "deletions",
    "new_records": "new records",
    "joins": "joined",
    "unknown_record": "activities of addresses that are no contact here, left out",
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
        labels = _labels(report.streams)
        width = max(_LABEL_WIDTH, *map(len, labels)) if labels else _LABEL_WIDTH
        lines += [
            _stream_line(one, f"{label:<{width}}") for one, label in zip(report.streams, labels, strict=True)
        ]
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


def _labels(streams: Sequence[StreamReport]) -> list[str]:
    """The names of streams; of several with one name, which part of the account each one is."""
    names = [one.name for one in streams]
    return [
        f"{one.name} {one.partition}" if one.partition and names.count(one.name) > 1 else one.name
        for one in streams
    ]


def _stream_line(stream: StreamReport, label: str) -> str:
    known = [
        f"{number(stream.counts[key])} {words}" for key, words in _COUNTS.items() if stream.counts.get(key)
    ]
    told = "; ".join(filter(None, (", ".join(known), stream.reason)))
    return f"    {label} {stream.state:<11} {told}".rstrip()
