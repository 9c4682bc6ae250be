"""The whole way at size: a pretend HubSpot in a process of its own, each stage in a fresh process of ours."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from . import figures, workspace
from .figures import Cost, World

_ROOT = Path(__file__).resolve().parent.parent
_BEFORE_THE_PLAN = ("start", "pull", "gate", "segment")


def run(*, contacts: int, seed: int, is_json: bool, folder: Path | None) -> int:
    """Measures a world and a quarter of it; gives 1 when a goal was missed.

    Args:
        folder: Where the worlds are made, and stay; a temporary folder when None.
    """
    place = tempfile.TemporaryDirectory() if folder is None else nullcontext(str(folder))
    with place as base:
        quarter = measured(Path(base) / "quarter", contacts // 4, seed, is_quiet=is_json)
        whole = measured(Path(base) / "whole", contacts, seed, is_quiet=is_json)
    missed = figures.missed(quarter, whole)
    if not is_json:
        print("", *figures.table(quarter, whole), "", *(f"MISSED {one}" for one in missed), sep="\n")
    print(json.dumps(figures.as_json(quarter, whole, _machine())))
    return 1 if missed else 0


def measured(folder: Path, contacts: int, seed: int, *, is_quiet: bool) -> World:
    """Makes one world and goes the whole way in it."""
    folder.mkdir(mode=0o700, parents=True)
    _part("world", str(folder), str(contacts), str(seed))
    config = str(workspace.make(folder))
    stages: dict[str, Cost] = {}

    def stage(name: str, *arguments: str) -> dict[str, Any]:
        began = time.monotonic()
        answer: dict[str, Any] = json.loads(_part(name, config, *arguments))
        wall = time.monotonic() - began
        stages[name] = Cost(wall=wall, **{key: answer[key] for key in ("records", "cpu", "memory", "calls")})
        if not is_quiet:
            print(f"{contacts:9,} contacts  {name:8} {stages[name].cpu:7.1f} CPU s", flush=True)
        return answer

    with _served(folder / workspace.SANDBOX):
        for name in _BEFORE_THE_PLAN:
            stage(name)
        stage("apply", stage("plan")["plan"])
        writes = stage("sync")["writes"]
    return World(contacts=contacts, stages=stages, second_run_writes=writes)


@contextmanager
def _served(sandbox: Path) -> Iterator[None]:
    """The pretend CRM without limits; what was written is not saved, for nobody looks at it again."""
    command = [sys.executable, "-m", "consentric_sandbox", str(sandbox), "--no-limits", "--no-save"]
    process = subprocess.Popen(
        [*command, "--at", workspace.NOW.isoformat()], stdout=subprocess.PIPE, text=True, cwd=_ROOT
    )
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _part(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "part", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=_ROOT).stdout


def _machine() -> str:
    system = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {system}"
