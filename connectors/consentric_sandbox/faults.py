"""The fault script: which request of a pretend CRM goes wrong, and how; the same seed, the same faults."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

# Answered instead of the request; nothing is applied.
INSTEAD = frozenset(
    {
        "reset-before-apply",
        "429-seconds",
        "429-date",
        "429-no-hint",
        "500",
        "502-html",
        "503",
        "html-page",
        "401-expired",
        "401-for-good",
        "403-scope-lost",
        "403-limit",
        "404-merged-id",
        "409-whole-batch",
        "423",
        "477",
    }
)
# The request is applied, then its answer goes wrong.
AFTERWARDS = frozenset({"reset-after-apply", "timeout-after-apply", "truncated-body", "invalid-json"})
# The handler answers, but not as usual.
WITHIN = frozenset(
    {
        "latency",
        "207-partial",
        "207-lying",
        "200-no-op",
        "duplicate-page",
        "short-page",
        "empty-page",
        "index-lag",
        "page-drift",
        "job-stuck",
        "job-lost",
        "job-failed",
        "lock-row",
    }
)
KINDS = INSTEAD | AFTERWARDS | WITHIN
INSIDE = "in_batch."
"""Before the name of an operation inside a batch: no request, so only lines that name it so meet it."""
_MATCHES = frozenset({"nth", "endpoint", "probability", "times"})


@dataclass(slots=True, kw_only=True)
class Fault:
    """One line of the script.

    `nth` counts all requests, or those of `endpoint` (a pattern over operation names, as `contacts.*`).
    Without `nth` every match counts, at most `times` of them, each with `probability`.
    """

    kind: str
    nth: int | None = None
    endpoint: str = "*"
    probability: float = 1.0
    times: int | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault of kind {self.kind!r}; known: {', '.join(sorted(KINDS))}")


class FaultScript:
    """Decides for each request whether a fault is due; the first line that fits wins."""

    def __init__(
        self, faults: list[Fault] | None = None, *, seed: int = 0, kinds: frozenset[str] = KINDS
    ) -> None:
        self.faults = list(faults or ())
        self.kinds = kinds
        """Those that this vendor's pretend CRM can play."""
        for fault in self.faults:
            self._check(fault)
        self.is_revoked = False
        """After `401-for-good`: no token is accepted any more."""
        self._random = random.Random(seed)  # noqa: S311 -- repeatable faults, not secrets

    @classmethod
    def load(cls, path: Path, *, kinds: frozenset[str] = KINDS) -> FaultScript:
        """Reads `{"seed": 1, "faults": [{"match": {...}, "kind": "...", "args": {...}}]}`; none when absent.

        Raises:
            ValueError: For a kind that is unknown or not played here, or an unknown word in `match`.
        """
        if not path.exists():
            return cls(kinds=kinds)
        document = json.loads(path.read_text())
        faults = []
        for line in document["faults"]:
            match = line.get("match", {})
            if unknown := match.keys() - _MATCHES:
                raise ValueError(f"{path}: match knows {sorted(_MATCHES)}, not {sorted(unknown)}")
            faults.append(Fault(kind=line["kind"], args=line.get("args", {}), **match))
        return cls(faults, seed=document.get("seed", 0), kinds=kinds)

    def add(self, kind: str, **match: Any) -> Fault:
        """Adds a line; keywords are those of `Fault`."""
        fault = Fault(kind=kind, **match)
        self._check(fault)
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Ends all faults, also a token lost for good."""
        self.faults.clear()
        self.is_revoked = False

    def due(self, operation: str) -> Fault | None:
        """The fault for this request, or None; call it once per request, and per operation of a batch."""
        found: Fault | None = None
        for fault in self.faults:
            is_inside = operation.startswith(INSIDE)
            if is_inside != fault.endpoint.startswith(INSIDE) or not fnmatchcase(operation, fault.endpoint):
                continue
            fault.seen += 1
            if fault.nth is not None and fault.seen != fault.nth:
                continue
            if fault.times is not None and fault.fired >= fault.times:
                continue
            if fault.probability < 1.0 and self._random.random() >= fault.probability:
                continue
            if found is None:
                found = fault
                fault.fired += 1
        if found is not None and found.kind == "401-for-good":
            self.is_revoked = True
        return found

    def _check(self, fault: Fault) -> None:
        if fault.kind not in self.kinds:
            raise ValueError(f"this pretend CRM plays no {fault.kind!r}; it plays {sorted(self.kinds)}")
