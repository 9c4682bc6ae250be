"""What a pull did, in counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

StreamState = Literal["unchanged", "changed", "complete", "incomplete"]


@dataclass(slots=True, kw_only=True)
class StreamReport:
    """One stream of one connection; grows while the stream is read."""

    name: str
    partition: str = ""
    """Part of the account, as an audience; empty when there are no parts."""
    state: StreamState = "unchanged"
    reason: str = ""
    """Why it is incomplete."""
    counts: Counter[str] = field(default_factory=Counter)
    """contacts, activities, consents, merges, deletions, new_records, joins; `unknown_record`: activities of
    addresses and records that are no contact here; `other_source`: purchases of a source that does not count;
    `crowded_addresses` and `crowded_numbers`: what joins nobody, because too many records carry it."""


@dataclass(slots=True, kw_only=True)
class PullReport:
    """One connection."""

    connection: str
    streams: list[StreamReport] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    """Destination to the number of our labels found in the CRM."""

    @property
    def is_complete(self) -> bool:
        """Whether every stream was read to its end."""
        return all(stream.state != "incomplete" for stream in self.streams)

    def total(self, what: str) -> int:
        """Sum of one count over the streams."""
        return sum(stream.counts[what] for stream in self.streams)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {**asdict(self), "streams": [{**asdict(s), "counts": dict(s.counts)} for s in self.streams]}
