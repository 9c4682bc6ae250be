"""Made-up customers who buy at a rate of their own and are gone one day, as BG/NBD takes it; one seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Weeks = npt.NDArray[np.float64]
Customers = tuple[npt.NDArray[np.int64], Weeks, Weeks]


def simulated(people: int, seed: int) -> Customers:
    """Repeat purchases, week of the last and weeks watched, all in whole days."""
    chance = np.random.default_rng(seed)
    t = chance.integers(50, 900, people) / 7.0
    rate, dropout = chance.gamma(0.3, 1 / 4.5, people), chance.beta(0.8, 2.4, people)
    x, t_x, now = np.zeros(people, dtype=np.int64), np.zeros(people), np.zeros(people)
    active: npt.NDArray[Any] = np.arange(people)
    while len(active):
        now[active] += chance.exponential(1 / rate[active])
        active = active[now[active] < t[active]]
        x[active] += 1
        t_x[active] = np.floor(now[active] * 7) / 7
        active = active[chance.random(len(active)) >= dropout[active]]
    return x, t_x, t
