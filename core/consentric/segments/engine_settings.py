"""Settings of the engine that computes segments: which one, and where it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EngineName = Literal["duckdb", "spark"]


class SparkSettings(BaseModel):
    """`[spark]`: the machine or cluster that computes when `[workspace] engine` is `spark`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    master: str = Field(default="local[2]", pattern=r"^(local(\[.+\])?|[a-z0-9+-]+:.+|yarn)$")
    """`local[2]` for two threads of this machine, or the address of a cluster: `spark://HOST:7077`."""
    memory_mb: int = Field(default=2048, ge=512)
    """Memory of Spark on this machine, and on each worker."""
    folder: Path | None = None
    """Where tables and results are handed over; workers must see it under the same path."""
