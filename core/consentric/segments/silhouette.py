"""How well each person sits in the own segment, by recency, frequency and amount (Rousseeuw 1987)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SAMPLE = 2000
"""People it is worked out for; the distances of all pairs then take 32 MB."""

Buyer = tuple[str, int, int, int]
"""Segment, days since the last order, orders, amount."""


def silhouette(buyers: Sequence[Buyer]) -> float | None:
    """The mean over these people, from -1 (nearer to another segment) over 0 to 1 (far from all others).

    Distances are between standardised logarithms, `log1p`. None when fewer than two segments have anybody.
    """
    segments, own = np.unique([segment for segment, *_ in buyers], return_inverse=True)
    if len(segments) < 2:
        return None
    distances = _distances(np.array([values for _, *values in buyers], dtype=float))
    is_member = np.eye(len(segments))[own]
    sizes = is_member.sum(axis=0)
    everybody = np.arange(len(buyers))
    sums = distances @ is_member
    within = sums[everybody, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[everybody, own] = np.inf
    nearest = means.min(axis=1)
    widest = np.maximum(within, nearest)
    apart = np.divide(nearest - within, widest, out=np.zeros_like(widest), where=widest > 0)
    return float(np.where(sizes[own] > 1, apart, 0.0).mean())


def _distances(values: NDArray[np.float64]) -> NDArray[np.float64]:
    points = np.log1p(values)
    points -= points.mean(axis=0)
    spread = points.std(axis=0)
    points /= np.where(spread > 0, spread, 1)
    squares = (points**2).sum(axis=1)
    between: NDArray[np.float64] = squares[:, None] + squares[None, :] - 2 * points @ points.T
    np.fill_diagonal(between, 0)
    return np.sqrt(np.maximum(between, 0))
