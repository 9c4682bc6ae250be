"""One run of one job under the lock: begun and ended in the control store and in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import click

import consentric
from consentric.control.runs import RunState, end_run, start_run
from consentric.sdk.errors import ConsentricError
from consentric.sdk.progress import Progress

from .connecting import Connections
from .failing_stores import told_apart
from .workspace import Workspace


@dataclass(slots=True, kw_only=True)
class Job:
    """What every step of a run needs; `summary` goes into the store and the audit log at its end."""

    workspace: Workspace
    connections: Connections
    run: str
    progress: Progress
    should_stop: Callable[[], bool]
    summary: dict[str, Any] = field(default_factory=dict)


@contextmanager
def running(
    workspace: Workspace,
    name: str,
    *,
    progress: Progress,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Job]:
    """Holds the lock for one run; when it is free again, plugins are told how the run ended.

    Raises:
        LockedError: When another run holds it.
        UnsafeStoreError: A disk is full, or a store or the audit log damaged.
    """
    ended: list[dict[str, Any]] = []
    try:
        with workspace.locked(name):
            run = start_run(
                workspace.control,
                job=name,
                config_hash=workspace.config.hash,
                engine_version=consentric.__version__,
                now=workspace.clock(),
            )
            connections = Connections(workspace)
            job = Job(
                workspace=workspace,
                connections=connections,
                run=run,
                progress=progress,
                should_stop=should_stop,
            )
            try:
                with told_apart():
                    yield job
            except BaseException as error:
                if isinstance(error, ConsentricError):
                    job.summary["error"] = error.code
                # The disk that stopped the run may refuse this note too; what stopped it is the news.
                with suppress(ConsentricError, OSError):
                    ended += _end(
                        job, name, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
                    )
                raise
            finally:
                connections.close()
            ended += _end(job, name, "done")
    finally:
        for report in ended:
            _tell_plugins(workspace, report)


def _end(job: Job, name: str, state: RunState) -> list[dict[str, Any]]:
    """Notes how the run ended; gives it as plugins are told."""
    workspace = job.workspace
    end_run(workspace.control, job.run, state=state, summary=job.summary, now=workspace.clock())
    workspace.note(f"run.{name}", run=job.run, state=state, **job.summary)
    return [{"run": job.run, "job": name, "state": state, "summary": dict(job.summary)}]


def _tell_plugins(workspace: Workspace, report: dict[str, Any]) -> None:
    """Lets plugins watch; the run is over and its lock free, so one that raises or hangs undoes nothing."""
    for plugin in workspace.config.plugins.run_finished(report):
        said = f'warning: plugin "{plugin.name}": run_finished: {plugin.reason}; the run is unharmed'
        click.echo(said, err=True)
