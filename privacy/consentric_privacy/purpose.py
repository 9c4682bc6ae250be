"""Purposes and evidence claims as the decision reads them: plain values, resolved from the settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

Basis = Literal["consent", "legitimate_interest", "soft_opt_in", "contract", "legal_obligation"]
Grade = Literal["A", "B", "C", "D"]
Action = Literal["process", "store", "export", "write_back", "send", "legal_claim", "rights_request"]
Transfer = Literal["eea", "adequacy", "scc", "bcr", "uncovered"]

RULES_VERSION = 1
"""Version of the rules of decision: raise it when a verdict can change with nothing else changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why data is used, and on what conditions."""

    id: str
    basis: tuple[Basis, ...]
    """Legal bases in order of preference; any of them suffices (GDPR Art. 6(1))."""
    channels: tuple[str, ...] = ("none",)
    """Channels it contacts people through; `none` for a purpose that contacts nobody."""
    direct_marketing: bool = False
    profiling: bool = False
    significant_effect: bool = False
    special_category: bool = False
    min_grade: Grade = "B"
    max_age_months: int | None = None
    accepted_notices: tuple[str, ...] = ()
    """Notices a consent may rest on; empty accepts every notice."""
    authorities: tuple[str, ...] = ()
    """Sources that must have been read recently before anything leaves the house."""
    has_assessment: bool = False
    """Whether the balancing test of its legitimate interest is signed and its file unchanged."""
    inactivity_months: int = 36
    child_directed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the controller claims to be able to prove about grants of one source; applied when deciding.

    A claim gives no time and never overrules a no. `origin` None covers every form, list and tag.
    """

    source: str
    origin: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    """The first instant it no longer covers."""
    grade: Grade | None = None
    notice: str | None = None
    optout_offered: bool = False

    def covers(self, source: str, origin: str | None, at: datetime | None) -> bool:
        """Whether it speaks about this source and origin; without a time only if it has no limits."""
        if source != self.source or (self.origin is not None and origin != self.origin):
            return False
        if at is None:
            return self.from_at is None and self.until_at is None
        return (self.from_at is None or at >= self.from_at) and (self.until_at is None or at < self.until_at)


def policy_hash(purposes: Iterable[Purpose], claims: Iterable[Claim]) -> str:
    """SHA-256 (hex) of all that verdicts depend on beside the person: another one decides everybody again.

    The order of purposes does not matter, that of claims does (the first notice counts).
    """
    policy = {
        "rules": RULES_VERSION,
        "purposes": sorted((asdict(purpose) for purpose in purposes), key=lambda purpose: str(purpose["id"])),
        "claims": [asdict(claim) for claim in claims],
    }
    text = json.dumps(policy, sort_keys=True, separators=(",", ":"), default=_as_text)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a policy")
