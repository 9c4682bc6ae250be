"""Runs one measured part in a process of its own, and compares parts by the medians of their rounds."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one process cost; `answer` is what it printed beside."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    memory: float
    """Peak, in MB of 1024 KB."""
    answer: dict[str, Any]


class _NoPandas:
    """Hides pandas, which the demo's data alone brings along.

    pyarrow imports it where it finds it: 40 MB and half a second that no other installation spends.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuses that one import."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def hide_pandas() -> None:
    """From here on nothing in this process finds pandas."""
    sys.meta_path.insert(0, _NoPandas())


def part(*arguments: str) -> str:
    """What `python -m benchmarks part` prints with these arguments."""
    return subprocess.run(_command(arguments), stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout


def measured(*arguments: str) -> Round:
    """Runs a part that prints a line with cpu and memory when it is done, and then a line with its answer."""
    began = time.monotonic()
    with subprocess.Popen(_command(arguments), stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        cost = process.stdout.readline()
        wall = time.monotonic() - began
        answer = process.stdout.readline()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, _command(arguments))
    return Round(**json.loads(cost), wall=wall, answer=json.loads(answer))


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "benchmarks", "part", *arguments]


def ratio(ours: Sequence[Round], theirs: Sequence[Round], value: str) -> float:
    """The median, over the rounds, of our value over theirs in the same round."""
    return median(
        getattr(one, value) / getattr(other, value) for one, other in zip(ours, theirs, strict=True)
    )


def middle(rounds: Sequence[Round], value: str) -> float:
    """The median of a value."""
    return float(median(getattr(one, value) for one in rounds))


def machine() -> str:
    """Cores, architecture and versions, for the line of JSON."""
    system = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {system}"
