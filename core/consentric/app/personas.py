"""How many people each persona fits, counted when asked from the last published run."""

from __future__ import annotations

from pathlib import Path

from consentric.sdk.errors import GuardError
from consentric.segments.sets import by_set
from consentric.warehouse.combinations import count_inside
from consentric.warehouse.snapshot import open_snapshot

from .places import ANALYTICS_FOLDER
from .settings import Settings


def persona_counts(folder: Path, settings: Settings) -> dict[str, int]:
    """Key of each persona to people; empty before the first run. Takes no lock and needs no key.

    Raises:
        UnsafeStoreError: The published file is damaged.
    """
    if not settings.persona:
        return {}
    limit = settings.workspace.memory_limit_mb
    try:
        with open_snapshot(folder / ANALYTICS_FOLDER, memory_limit_mb=limit) as connection:
            return {one.key: count_inside(connection, by_set(one.segments)) for one in settings.persona}
    except GuardError:
        return {}
