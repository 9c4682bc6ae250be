"""The gate's answer at the moment of writing, as the sync stage receives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["", "remove", "refuse", "expire", "hold"]
"""What a denial does to a label already written; empty when nothing is denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What is decided for one record of a destination, all purposes together."""

    allowed: bool
    reason: str
    """Code of the denial of the strongest effect; empty when allowed."""
    effect: Effect
