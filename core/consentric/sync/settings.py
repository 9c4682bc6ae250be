"""Settings of `[[destination]]` and of its mass-change brake."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Percent = Annotated[float, Field(ge=0, le=100)]


class BrakeSettings(BaseModel):
    """`[destination.brake]`: changes beyond these limits wait for an approval by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    removals_at_least: int = Field(default=25, ge=0)
    """Removals, other than a person's own no, that are always fine."""
    removals_percent: Percent = 10
    """Of the labels we own; the larger of the two limits counts."""
    moves_percent: Percent = 30
    """Of the people with a label."""
    moves_at_least: int = Field(default=25, ge=0)
    """Fewer moves are never compared with the median."""
    moves_times_median: float = Field(default=10, gt=0)
    """Of the last 14 finished plans."""
    rule_moves_percent: Percent = 5
    """Moves because a rule changed, of the people with a label."""
    population_fall_percent: Percent = 20
    rejected_percent: Percent = 5
    """Refused by the CRM while applying; checked from the 20th answer on."""


class DestinationSettings(BaseModel):
    """`[[destination]]`: where the labels of some segment sets go, and for which purpose."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    to: str = Field(min_length=1)
    """Name of the connection."""
    sets: tuple[str, ...] = Field(min_length=1)
    purpose: str = Field(min_length=1)
    channel: str = Field(min_length=1)
    automations: Literal["quiet", "fire"] = "quiet"
    transfer: Literal["eea", "adequacy", "scc", "bcr"] | None = None
    """Basis of the transfer (GDPR chapter V); without one nothing is planned (TRANSFER_NOT_COVERED)."""
    prefix: str = Field(default="consentric_", pattern=r"^[a-z][a-z0-9_]*$")
    lists: bool = True
    """One list per segment, beside the fields; a CRM without fields (Mailchimp) has its tags anyway."""
    brake: BrakeSettings = BrakeSettings()
