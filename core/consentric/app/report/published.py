"""The report of an open workspace, from what its last run published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from consentric.app.places import ANALYTICS_FOLDER
from consentric.app.workspace import Workspace
from consentric.warehouse.snapshot import open_snapshot

from .report import Report, make_report
from .words import Lang


@contextmanager
def published(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The snapshot of a workspace.

    Raises:
        GuardError: Nothing was published yet.
    """
    limit = workspace.settings.workspace.memory_limit_mb
    with open_snapshot(workspace.folder / ANALYTICS_FOLDER, memory_limit_mb=limit) as connection:
        yield connection


def published_report(workspace: Workspace, *, lang: Lang) -> Report:
    """All six pictures.

    Raises:
        GuardError: Nothing was published yet.
    """
    with published(workspace) as connection:
        return make_report(connection, workspace.config, clock=workspace.clock, lang=lang)
