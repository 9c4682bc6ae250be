"""The segment job by us, by hand-written SQL and by data frames: the same labels, and what they cost."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import segments_part, town
from .measuring import Round, machine, measured, middle, part, ratio

ROUNDS = 5
MEMORY_LIMIT_MB = 600
"""Of DuckDB, for us and for the hand-written SQL: the usual one of `[workspace]`."""
_IN_WAREHOUSE = ("sql", "ours", "cold")
_GOALS = {
    "sql": {"ours": {"cpu": 1.15, "wall": 1.15}, "cold": {"cpu": 1.5, "wall": 1.5}},
    "pandas": {"ours": {"cpu": 0.75, "wall": 0.5, "memory": 0.25}},
}
"""Against whom, with which of our processes: most that the ratio may be."""
_MEMORY_MB = 600
_AT_SIZE = 1_000_000
"""The goal of memory is for so many contacts, the ratios from there on: below, most of it is the start."""

Measured = Mapping[str, Sequence[Round]]


def run(
    *,
    contacts: int,
    against: Sequence[str],
    seed: int = 1,
    rounds: int = ROUNDS,
    memory_limit_mb: int = MEMORY_LIMIT_MB,
    is_json: bool = False,
    folder: Path | None = None,
) -> int:
    """Measures the jobs in turn, round after round; gives 1 when labels differ or a goal was missed.

    Args:
        contacts: Size of the town.
        against: Of `sql`, `pandas`, `polars`; what is not installed is left out, and said.
        seed: Of the town.
        rounds: How often each job runs.
        memory_limit_mb: Of DuckDB, for us and for the hand-written SQL.
        is_json: Print the line of JSON only.
        folder: Where the town is, or is made and stays; a temporary folder when None.
    """
    names = ["ours", "cold", *(one for one in against if one == "sql" or find_spec(one))]
    place = tempfile.TemporaryDirectory() if folder is None else nullcontext(str(folder))
    with place as base:
        home = Path(base)
        if not (home / town.WAREHOUSE).exists():
            part("town", str(home), str(contacts), str(seed))
        _job(home, "ours", memory_limit_mb)  # fills the cache of compiled SQL
        found: dict[str, list[Round]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                found[name].append(_job(home, name, memory_limit_mb))
        shutil.rmtree(home / segments_part.WORK)
    misses = missed(found, contacts=contacts)
    if not is_json:
        absent = [f"{one} is not installed: left out" for one in against if one not in names]
        print(*table(found, contacts=contacts), *absent, *(f"MISSED {one}" for one in misses), sep="\n")
    print(json.dumps(as_json(found, contacts=contacts, memory_limit_mb=memory_limit_mb, misses=misses)))
    return 1 if misses else 0


def missed(found: Measured, *, contacts: int) -> list[str]:
    """A sentence for everything that is not as it should be."""
    digests = {one.answer["digest"] for rounds in found.values() for one in rounds}
    sentences = [] if len(digests) == 1 else [f"the labels differ: {len(digests)} digests"]
    if contacts < _AT_SIZE:
        return sentences
    for other, name, value, goal in _goals(found):
        reached = ratio(found[name], found[other], value)
        if reached > goal:
            sentences.append(f"{name} against {other}: {value} {reached:.2f}, the goal is {goal}")
    memory = middle(found["ours"], "memory")
    if contacts == _AT_SIZE and memory > _MEMORY_MB:
        sentences.append(f"we took {memory:.0f} MB, the goal is {_MEMORY_MB}")
    return sentences


def table(found: Measured, *, contacts: int) -> Iterator[str]:
    """Lines for people: medians, and the ratio of ours to each."""
    yield f"{contacts:,} contacts, {contacts * town.ACTIVITIES_PER_CONTACT:,} activities, medians"
    yield ""
    yield "job        CPU s   wall s   peak MB   ours/it: CPU   wall   memory"
    for name, rounds in found.items():
        values = [middle(rounds, value) for value in ("cpu", "wall", "memory")]
        ratios = [ratio(found["ours"], rounds, value) for value in ("cpu", "wall", "memory")]
        yield (
            f"{name:8} {values[0]:7.1f} {values[1]:8.1f} {values[2]:9.0f}"
            f" {ratios[0]:14.2f} {ratios[1]:6.2f} {ratios[2]:8.2f}"
        )


def as_json(found: Measured, *, contacts: int, memory_limit_mb: int, misses: Sequence[str]) -> dict[str, Any]:
    """Everything measured, as plain values."""
    jobs = {
        name: {value: round(middle(rounds, value), 2) for value in ("cpu", "wall", "memory")}
        for name, rounds in found.items()
    }
    return {
        "benchmark": "segments",
        "machine": machine(),
        "contacts": contacts,
        "memory_limit_mb": memory_limit_mb,
        "jobs": jobs,
        "digests": sorted({one.answer["digest"] for rounds in found.values() for one in rounds}),
        "missed": list(misses),
    }


def _goals(found: Measured) -> Iterator[tuple[str, str, str, float]]:
    for other, ours in _GOALS.items():
        for name, goals in ours.items():
            for value, goal in goals.items():
                if other in found:
                    yield other, name, value, goal


def _job(home: Path, name: str, memory_limit_mb: int) -> Round:
    work = home / segments_part.WORK
    shutil.rmtree(work, ignore_errors=True)
    if name in _IN_WAREHOUSE:
        shutil.copytree(home / town.WAREHOUSE, work)
    else:
        work.mkdir()
    return measured("job", name, str(home), str(memory_limit_mb))
