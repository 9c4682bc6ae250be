"""What was measured, as a table and as one line of JSON, and which goals it missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

PULL_MEMORY_MB = 400
GROWTH = 1.3
"""Most that the CPU time of a contact may grow when there are four times as many."""
_MEASURABLE_SECONDS = 1.0
"""Below, the ratio of two CPU times says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One stage in one process of ours."""

    records: int
    """Rows it dealt with: contacts and activities for `pull`, people or contacts elsewhere."""
    cpu: float
    """Seconds, user and system."""
    wall: float
    memory: float
    """Peak, in MB of 1024 KB."""
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The stages of one world, in the order in which they ran; `start` only opens a workspace."""

    contacts: int
    stages: Mapping[str, Cost]
    second_run_writes: int

    def cpu_of(self, stage: str) -> float:
        """CPU seconds without what every process spends on starting."""
        return max(self.stages[stage].cpu - self.stages["start"].cpu, 0.0)


def growth(quarter: World, whole: World) -> dict[str, float]:
    """CPU time a contact in the whole world over that in a quarter of it, by stage; 1 is linear.

    Stages too short to be compared are left out.
    """
    size = whole.contacts / quarter.contacts
    return {
        stage: whole.cpu_of(stage) / quarter.cpu_of(stage) / size
        for stage in whole.stages
        if quarter.cpu_of(stage) >= _MEASURABLE_SECONDS
    }


def missed(quarter: World, whole: World) -> list[str]:
    """A sentence for each goal that was not reached."""
    found = []
    memory = whole.stages["pull"].memory
    if memory > PULL_MEMORY_MB:
        found.append(f"pull took {memory:.0f} MB, the goal is {PULL_MEMORY_MB}")
    found += [
        f"the second run of {world.contacts} contacts wrote {world.second_run_writes} records, the goal is 0"
        for world in (quarter, whole)
        if world.second_run_writes
    ]
    found += [
        f"{stage}: CPU time a contact grew by {ratio:.2f}, the goal is under {GROWTH}"
        for stage, ratio in growth(quarter, whole).items()
        if ratio >= GROWTH
    ]
    return found


def as_json(quarter: World, whole: World, machine: str) -> dict[str, Any]:
    """Everything measured, as plain values."""
    return {
        "benchmark": "pipeline",
        "machine": machine,
        "whole": _plain(whole),
        "quarter": _plain(quarter),
        "growth": {stage: round(ratio, 3) for stage, ratio in growth(quarter, whole).items()},
        "missed": missed(quarter, whole),
    }


def table(quarter: World, whole: World) -> Iterator[str]:
    """Lines for people: the whole world, with the growth against its quarter."""
    ratios = growth(quarter, whole)
    yield f"{whole.contacts:,} contacts, growth against {quarter.contacts:,}"
    yield ""
    yield "stage     contacts/s    CPU s   wall s   peak MB   calls   growth"
    for stage, cost in whole.stages.items():
        speed = "" if stage == "start" else f"{whole.contacts / cost.wall:,.0f}"
        ratio = f"{ratios[stage]:.2f}" if stage in ratios else "-"
        spent = f"{cost.cpu:8.1f} {cost.wall:8.1f} {cost.memory:9.0f} {cost.calls:7,}"
        yield f"{stage:9} {speed:>10} {spent} {ratio:>8}"


def _plain(world: World) -> dict[str, Any]:
    stages = {
        name: {key: round(value, 2) for key, value in asdict(cost).items()}
        for name, cost in world.stages.items()
    }
    return {"contacts": world.contacts, "stages": stages, "second_run_writes": world.second_run_writes}
