"""One run of one job under the lock: begun and ended in the control store and in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import consentric
from consentric.control.runs import RunState, end_run, start_run
from consentric.sdk.errors import ConsentricError
from consentric.sdk.progress import Progress

from .connecting import Connections
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
        state: RunState = "failed"
        try:
            yield job
            state = "done"
        except ConsentricError as error:
            job.summary["error"] = error.code
            raise
        except KeyboardInterrupt:
            state = "interrupted"
            raise
        finally:
            connections.close()
            end_run(workspace.control, run, state=state, summary=job.summary, now=workspace.clock())
            workspace.note(f"run.{name}", run=run, state=state, **job.summary)
