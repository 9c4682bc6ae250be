"""Settings of `[report]`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Address = Annotated[str, Field(pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")]


class ReportSettings(BaseModel):
    """`[report]`: what is shown, to whom it is sent, and what may leave as a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: str | None = None
    """Segment set of the pictures about sizes, moves and engagement; the first one when absent."""
    compare_days: int = Field(default=28, ge=1)
    """Moves are shown since the run that was so many days ago, or since the first one."""
    min_cell: int = Field(default=10, ge=1)
    """Smaller counts are hidden, and with them what would reveal them."""
    to: _Address | None = None
    """Address that gets the report by mail after the nightly run; sent as `[notify]` says."""
    send: Literal["nightly", "weekly"] = "weekly"
    """After every nightly run, or after the first one of a week."""
    export_to: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{0,39}$")
    """Who gets exported segments: the domain that has pseudonyms of its own."""
    export_transfer: Literal["eea", "adequacy", "scc", "bcr"] | None = None
    """Basis of the transfer to them (GDPR chapter V); without one nothing is exported."""

    @model_validator(mode="after")
    def _is_coherent(self) -> ReportSettings:
        if self.export_to is not None and self.export_transfer is None:
            raise ValueError('export_to needs export_transfer: "eea", "adequacy", "scc" or "bcr"')
        return self
