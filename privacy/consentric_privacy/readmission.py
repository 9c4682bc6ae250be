"""Whether an act of a person who was erased lets them in again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from consentric_privacy.purpose import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAct:
    """Something the person did: a grant, or a purchase, which counts as grade B."""

    grade: Grade
    at: datetime


def closes_erasure(act: OwnAct, *, erased_at: datetime) -> bool:
    """Whether an act closes an erasure entry: of grade A or B and after the erasure, not at its instant."""
    return act.grade in ("A", "B") and act.at > erased_at
