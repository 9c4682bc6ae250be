"""Which records belong to one person, known because we invented them; and how well a workspace found out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from .persons import Dirt, Person

FILE = "expected_groups.json"
_CANNOT_BE_KNOWN = {Dirt.FILE_TAG_ALONE, Dirt.FILE_CHANGED_ALONE, Dirt.FILE_ROLE}
"""The same person, but no key says so: joining them would be a guess (privacy by design)."""
_SOMEBODY_ELSE = {Dirt.FILE_SHARED_PHONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Pairs of records joined or not, against the truth."""

    groups: int
    joined: int
    wrong: int
    missed: int
    missed_as_listed: int


def write(
    people: Sequence[Person],
    contacts: Mapping[int, tuple[int, ...]],
    cards: Mapping[int, str],
    folder: Path,
) -> None:
    """Writes the groups of records, as `hubspot:101` and `shop:K7`, and the pairs that no key joins."""
    groups: list[list[str]] = []
    listed: list[list[str]] = []
    for person in people:
        portal = [f"hubspot:{number}" for number in contacts[person.household]]
        card = [f"shop:{cards[person.household]}"] if person.household in cards else []
        if person.dirt in _SOMEBODY_ELSE:
            groups += [portal, card]
            continue
        groups.append(portal + card)
        if person.dirt in _CANNOT_BE_KNOWN:
            listed += [sorted(pair) for pair in combinations(portal + card, 2)]
    document = {"groups": [group for group in groups if group], "not_joinable": listed}
    (folder / FILE).write_text(json.dumps(document), encoding="utf-8")


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
