"""Which records belong to one person, known because we invented them; and how well a workspace found out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from .spread import Sighting

FILE = "expected_groups.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Pairs of records joined or not, against the truth."""

    groups: int
    joined: int
    wrong: int
    missed: int
    missed_as_listed: int


def write(found: Mapping[Sighting, str], folder: Path) -> None:
    """Writes the groups of records, as `hubspot:101` and `shop:K7`, and the pairs that no key joins."""
    groups: dict[tuple[int, bool], list[Sighting]] = {}
    for sighting in found:
        if sighting.is_read:
            groups.setdefault((sighting.person.household, sighting.is_person), []).append(sighting)
    names = {sighting: f"{sighting.crm}:{id}" for sighting, id in found.items()}
    listed = [
        sorted((names[one], names[other]))
        for group in groups.values()
        for one, other in combinations(group, 2)
        if not (one.is_joinable and other.is_joinable)
    ]
    document = {
        "groups": [[names[sighting] for sighting in group] for group in groups.values()],
        "not_joinable": listed,
    }
    (folder / FILE).write_text(json.dumps(document), encoding="utf-8")


def groups_of(folder: Path) -> tuple[list[list[str]], set[str]]:
    """The records of each person, and those that no key ties to the rest of theirs."""
    document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return document["groups"], {name for pair in document["not_joinable"] for name in pair}


def compare(found: Iterable[Iterable[str]], folder: Path) -> Comparison:
    """Lays the groups a workspace found beside the truth, pair by pair."""
    document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    truth = _pairs(document["groups"])
    joined = _pairs(found)
    listed = {tuple(pair) for pair in document["not_joinable"]}
    missing = truth - joined
    return Comparison(
        groups=len(document["groups"]),
        joined=len(joined),
        wrong=len(joined - truth),
        missed=len(missing - listed),
        missed_as_listed=len(missing & listed),
    )


def _pairs(groups: Iterable[Iterable[str]]) -> set[tuple[str, ...]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}
