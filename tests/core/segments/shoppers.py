"""A town of shoppers who buy at a rate of their own and are gone one day, as the models take it."""

from __future__ import annotations

import random

from .people import Town


def shop(town: Town, people: int, *, seed: int, first: int = 0) -> list[str]:
    """Adds people named p0, p1, ...; few buy often, some get messages and click."""
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(first, first + people)]
    town.add(*names)
    for name in names:
        rate, dropout = chance.gammavariate(1, 1 / 60), chance.betavariate(0.8, 2.5)
        usual, age = chance.gammavariate(4, 500), chance.randrange(30, 900) + 0.0
        while age > 0:
            paid = max(1, int(chance.gammavariate(6, usual / 6)))
            town.order(name, int(age), paid, category=chance.choice("abc"))
            town.act(name, "send", int(age))
            if chance.random() < 0.5:
                town.act(name, "click", int(age))
            if chance.random() < dropout:
                break
            age -= chance.expovariate(rate) + 1
    return names
