"""The shop's own customer file: the same people, written the way tills and hands write them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from .spread import Sighting

FILE = "shop.csv"
COLUMNS = ("card", "email", "phone", "loyalty", "since")
_SINCE = "2024-05-01"


def write(seen: Sequence[Sighting], folder: Path) -> dict[Sighting, str]:
    """Writes `shop.csv`; gives the card of each who is in it."""
    cards = {sighting: f"K{sighting.person.household}" for sighting in seen}
    with (folder / FILE).open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for sighting, card in cards.items():
            rows.writerow((card, sighting.email, sighting.phone, sighting.loyalty, _SINCE))
    return cards
