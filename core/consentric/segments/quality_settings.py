"""Settings of the quality gates: what a segment set must be like to be of use."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class QualitySettings(BaseModel):
    """`[quality]` for every set, `[segment_set.quality]` for one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gate: Literal["warn", "stop"] = "warn"
    """Whether a set that misses a limit is reported, or ends the run before anything is planned."""
    most_segments: int = Field(default=5, ge=1)
    """Segments of one set, suspects and prospects not counted: who has more serves none of them."""
    least_eta_percent: int = Field(default=10, ge=0, le=100)
    """How much of the differences between people the segments must explain, for one measure at least."""
    most_outside_percent: int = Field(default=0, ge=0, le=100)
    """People whom a set with `allow_other` may leave in no segment."""

    def with_own(self, own: QualitySettings) -> QualitySettings:
        """The limits of one set: what it says itself, else these."""
        return self.model_copy(update=own.model_dump(exclude_unset=True))
