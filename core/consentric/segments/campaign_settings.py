"""Settings of what stands above segments: personas, and selections of people for one campaign."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .settings import Key, SegmentNames, Texts

_Some = Annotated[SegmentNames, Field(min_length=1)]


class PersonaSettings(BaseModel):
    """One `[[persona]]`: a named combination of segments; counted when asked, never a membership."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    """Stable name."""
    name: Texts
    segments: _Some
    """Of each set named here, one of the segments named of it."""
    story: Texts | None = None
    """Who this is, in a few sentences."""
    goals: tuple[Texts, ...] = ()
    """What they want of us."""


class SelectionSettings(BaseModel):
    """One `[[selection]]`: people picked for one campaign; never stored as a segment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Key
    title: Texts | None = None
    purpose: str
    """Id of the campaign's purpose; only people whom it allows, now, are picked."""
    channel: str
    """Channel of that purpose."""
    include: _Some
    """Of each set named here, one of the segments named of it."""
    exclude: SegmentNames = ()
    """Whoever is in any of these is left out."""
    when: str | None = None
    """A rule that must hold as well."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many people, those who spent most."""
    connection: str | None = None
    """Only people with a record there, and only those records; all connections when absent."""
