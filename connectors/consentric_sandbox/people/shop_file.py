"""The shop's own customer file: the same people, written the way tills and hands write them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from .persons import Dirt, Person

FILE = "shop.csv"
COLUMNS = ("card", "email", "phone", "loyalty", "since")
_SINCE = "2024-05-01"


def write(people: Sequence[Person], folder: Path) -> dict[int, str]:
    """Writes `shop.csv`; gives household to card number for those who are in it."""
    cards: dict[int, str] = {}
    with (folder / FILE).open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for person in people:
            row = _row(person)
            if row is not None:
                cards[person.household] = f"K{person.household}"
                rows.writerow((cards[person.household], *row, _SINCE))
    return cards


def _row(person: Person) -> tuple[str, str, str] | None:
    """E-mail, phone and loyalty number as the till has them, or None when the person never took a card."""
    local, domain = person.email.split("@")
    match person.dirt:
        case Dirt.FILE_SAME:
            return person.email, person.phone, ""
        case Dirt.FILE_CASE:
            return person.email.upper(), "", ""
        case Dirt.FILE_SPACES:
            return f"  {person.email} ", person.phone.replace("+33", "0"), ""
        case Dirt.FILE_TAG:
            return f"{local}+shop@{domain}", "", person.loyalty_number
        case Dirt.FILE_TAG_ALONE:
            return f"{local}+shop@{domain}", "", ""
        case Dirt.FILE_CHANGED:
            return person.old_email, "", person.loyalty_number
        case Dirt.FILE_CHANGED_ALONE:
            return person.old_email, "", ""
        case Dirt.FILE_SHARED_PHONE:
            return f"cousin{person.household}@famille.example", person.phone, ""
        case Dirt.FILE_ROLE:
            return f"info@firm{person.household % 7}.example", "", ""
        case Dirt.FILE_BOTH_KEYS:
            return f"z{person.household}@ancien.example", person.phone, person.loyalty_number
        case _:
            return None
