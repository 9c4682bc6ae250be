"""Builds the demo's world: a portal, a shop file, the truth about who is who."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from consentric_sandbox.hubspot import snapshot
from consentric_sandbox.hubspot.state import HubSpotState

from . import expected, persons, portal, retailer, shop_file
from .persons import Person

PEOPLE_FILE = "people.json"


def build(folder: Path, *, seed: int, households: int | None = None) -> HubSpotState:
    """Writes everything into `folder`; the same seed gives the same world.

    Args:
        folder: The sandbox's folder; made when missing.
        seed: Of names, consent and dirt.
        households: Only so many, for tests; all 2,469 when None.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shop = retailer.load()
    chosen = shop.households[:households]
    people = list(persons.people(chosen, seed=seed))
    state = HubSpotState()
    contacts = portal.fill(state, people, shop)
    cards = shop_file.write(people, folder)
    expected.write(people, contacts, cards, folder)
    _write_people(people, folder)
    snapshot.save(state, folder)
    return state


def _write_people(people: Sequence[Person], folder: Path) -> None:
    """Everything that names a person, for a scanner that looks for it where it must not be."""
    rows = [
        {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": person.email,
            "old_email": person.old_email,
            "phone": person.phone,
            "loyalty_number": person.loyalty_number,
        }
        for person in people
    ]
    (folder / PEOPLE_FILE).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
