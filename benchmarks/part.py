"""What one measured process of ours does: a single stage, after which it prints what that cost as JSON."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from consentric.app import connecting, stages
from consentric.app.assessments import sign_file
from consentric.app.job import running
from consentric.app.reading import decide, read_connections
from consentric.app.workspace import Workspace
from consentric.sdk.progress import SilentProgress
from consentric.sdk.transport import Transport

from . import workspace as places
from . import world
from .measuring import hide_pandas

_SILENT = SilentProgress()


def run(name: str, arguments: Sequence[str]) -> int:
    """Runs one part: `world FOLDER CONTACTS SEED`, or a stage by name with the configuration's path."""
    if name == "world":
        folder, contacts, seed = arguments
        world.build(Path(folder) / places.SANDBOX, contacts=int(contacts), seed=int(seed))
        return 0
    os.umask(0o077)
    hide_pandas()
    config, *rest = arguments
    transports = _unpaced()
    with Workspace.open(Path(config)) as workspace:
        found = _STAGES[name](workspace, *rest)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
        "calls": sum(transport.calls for transport in transports),
    }
    print(json.dumps({**cost, **found}))
    return 0


def _unpaced() -> list[Transport]:
    """Lets every call leave at once, for our own speed is measured and not the vendor's patience."""
    made: list[Transport] = []

    def transport(*arguments: Any, **options: Any) -> Transport:
        made.append(Transport(*arguments, **options, sleep=lambda _: None))
        return made[-1]

    vars(connecting)["Transport"] = transport
    return made


def _start(workspace: Workspace) -> dict[str, Any]:
    """What every stage spends before it begins: the program is read, the stores are opened."""
    assert workspace.stores
    return {"records": 0}


def _pull(workspace: Workspace) -> dict[str, Any]:
    with running(workspace, "pull", progress=_SILENT) as job:
        reading = read_connections(job, list(workspace.settings.connections), is_full=False)
    assert reading.is_whole, reading
    return {"records": reading.pulls[0].total("contacts") + reading.pulls[0].total("activities")}


def _gate(workspace: Workspace) -> dict[str, Any]:
    sign_file(workspace, "assessment.md", by="benchmark")
    with running(workspace, "gate", progress=_SILENT) as job:
        report = decide(job)
    return {"records": report.decided, "allowed": report.allowed}


def _segment(workspace: Workspace) -> dict[str, Any]:
    report = stages.segment(workspace, progress=_SILENT)
    return {"records": report.sets[0].population}


def _plan(workspace: Workspace) -> dict[str, Any]:
    (report,) = stages.plan(workspace, progress=_SILENT).plans
    return {"records": report.total, "plan": report.plan, "ops": report.ops}


def _apply(workspace: Workspace, plan: str) -> dict[str, Any]:
    stages.approve(workspace, plan, "first apply of a benchmark", by="benchmark")
    report = stages.apply(workspace, plan, progress=_SILENT)
    return {"records": report.written}


def _sync(workspace: Workspace) -> dict[str, Any]:
    report = stages.sync(workspace, progress=_SILENT)
    return {"records": report.pulls[0].total("contacts"), "writes": report.writes, "exit": report.exit_code}


_STAGES: dict[str, Callable[..., dict[str, Any]]] = {
    "start": _start,
    "pull": _pull,
    "gate": _gate,
    "segment": _segment,
    "plan": _plan,
    "apply": _apply,
    "sync": _sync,
}
