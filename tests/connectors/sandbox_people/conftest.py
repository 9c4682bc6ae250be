"""The demo's people, once as a list of all, once as a small world with its CRMs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from consentric_sandbox.demo_world import SEED, World, make_world
from consentric_sandbox.people import persons, retailer
from consentric_sandbox.people.baskets import Sale, sales
from consentric_sandbox.people.persons import Person
from consentric_sandbox.people.spread import Sighting, sightings

HOUSEHOLDS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Everybody, before any CRM is made."""

    people: list[Person]
    seen: list[Sighting]
    sold: list[Sale]


@pytest.fixture(scope="session")
def town() -> Town:
    """All 2,469 households, what is known of them where, and what they bought."""
    shop = retailer.load()
    people = list(persons.people(shop.households, seed=SEED))
    seen = sightings(people, {basket.household: basket.at for basket in reversed(shop.baskets)})
    return Town(people=people, seen=seen, sold=list(sales(shop.baskets, seen)))


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A few households in three CRMs, nothing read yet; tests get copies."""
    return make_world(tmp_path_factory.mktemp("people") / "demo", households=HOUSEHOLDS)


@pytest.fixture
def world(small_world: World, tmp_path: Path) -> World:
    """A copy of the small world."""
    shutil.copytree(small_world.folder, tmp_path / "demo")
    return World(tmp_path / "demo")
