"""One run of one job under the lock: begun and ended in the control store and in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

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
    """Holds the lock for one run.

    Raises:
        LockedError: When another run holds it.
        UnsafeStoreError: A disk is full, or a store or the audit log damaged.
    """
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
                _end(job, name, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            raise
        finally:
            connections.close()
        _end(job, name, "done")


def _end(job: Job, name: str, state: RunState) -> None:
    workspace = job.workspace
    end_run(workspace.control, job.run, state=state, summary=job.summary, now=workspace.clock())
    workspace.note(f"run.{name}", run=job.run, state=state, **job.summary)
