"""K-means over logarithms of recency, frequency and amount: centres as whole numbers, labels that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from consentric.sdk.errors import ConfigError
from consentric.segments.decay import MILLION
from consentric.segments.silhouette import SAMPLE, silhouette
from consentric.warehouse import histories
from consentric.warehouse.histories import Column

from .clusters import CELLS, MEASURES
from .fitting import Values, too_little
from .method import Preparation

Points = npt.NDArray[np.int64]
"""A row for each person, a column for each measure."""

LEAST_BUYERS = 100
MOST_FITTED = 100_000
"""Buyers whom an estimate is made from: of 500,000, within 0.01 % of the inertia of all (measured)."""
STARTS = 10
SEED, OTHER_SEED = 20_050_817, 19_571_104
WIDEST = 10**7
"""Highest weight: with it, the sum of three squares still is a 64-bit number."""
HALVINGS = 37
"""Numbers from 2^45 on count like that one."""
_KEPT_BITS = 7
_UNIT = 10_000
"""Logarithms are in units of so many to one."""
_IS_BETTER = 0.02
"""Another number of clusters is taken at a refit when its silhouette is so much better."""
_IS_AS_GOOD = 1.01
"""Centres moved on from the kept ones are taken while their inertia is within this of the best."""
_FAR = 10**30


def _logarithms() -> Column:
    """At the place of a number, 10,000 times its natural logarithm; exact up to 255, then to 0.4 %."""
    places = np.arange((HALVINGS + 2) << _KEPT_BITS)
    halvings = np.maximum(places // (1 << _KEPT_BITS) - 1, 0)
    lowest = (places - (halvings << _KEPT_BITS)) << halvings
    middle = lowest + ((np.int64(1) << halvings) - 1) / 2
    return np.asarray(np.rint(_UNIT * np.log(np.maximum(middle, 1))), dtype=np.int64)


LOGARITHMS = _logarithms()


def first_number(place: int) -> int:
    """The lowest number (1 more than the measure) that lies at a place.

    >>> first_number(255), first_number(256), first_number(257)
    (255, 256, 258)
    """
    halvings = max(place // (1 << _KEPT_BITS) - 1, 0)
    return (place - (halvings << _KEPT_BITS)) << halvings


def places_of(values: Column) -> Column:
    """Where the logarithms of measures, 1 added, stand in the table; below zero counts as zero."""
    numbers = np.minimum(np.maximum(values, 0) + 1, (1 << (HALVINGS + _KEPT_BITS + 1)) - 1)
    limits = np.int64(1) << np.arange(_KEPT_BITS + 1, _KEPT_BITS + 1 + HALVINGS)
    halvings = (numbers[..., None] >= limits).sum(axis=-1)
    return np.asarray((halvings << _KEPT_BITS) + (numbers >> halvings), dtype=np.int64)


def points_of(values: Column) -> Points:
    """The logarithms of measures."""
    return np.asarray(LOGARITHMS[places_of(values)], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Centres:
    """The centres with their labels (from 1, increasing), and what a unit of each measure weighs."""

    labels: tuple[int, ...]
    centres: Points
    weights: Points

    @classmethod
    def of(cls, fit: Mapping[str, Sequence[int | float]]) -> Centres:
        """From the numbers of a fit, ordered by label."""
        return cls(
            labels=tuple(int(label) for label in fit["label"]),
            centres=np.array([fit[name] for name in MEASURES], dtype=np.int64).T,
            weights=np.array(fit["weight"], dtype=np.int64),
        )

    def distances(self, points: Points) -> Points:
        """Squares, from each point to each centre: 10^12 for one standard deviation."""
        apart = points[:, None, :] - self.centres[None, :, :]
        return np.asarray((apart**2 * self.weights).sum(axis=2), dtype=np.int64)

    def cells(self, points: Points) -> list[str]:
        """The cell of the nearest centre; of two as near, that with the lower label."""
        return [CELLS[self.labels[place] - 1] for place in self.distances(points).argmin(axis=1).tolist()]


def estimated(given: Preparation) -> Values:
    """Centres, labels and what is said about them; refused where clusters would be chance.

    Raises:
        ConfigError: Too few buyers, all alike; or scikit-learn is not installed.
    """
    found = histories.recency_frequency_monetary(given.connection, given.segment_set.population)
    measures = np.stack([found[name] for name in MEASURES], axis=1)
    _check(given, measures)
    measures = _sampled(measures, MOST_FITTED)
    points = points_of(measures)
    weights = _weights(points)
    scaled = points * np.sqrt(weights) / MILLION
    kept = given.fits.get(given.segment_set.name)
    # Of the same set there may be a fit of another method.
    old = Centres.of(kept.values) if kept is not None and "label" in kept.values else None
    most = min(given.segment_set.settings.clusters.most, len(np.unique(points, axis=0)))
    with _one_thread():
        number, score = _best_number(measures, scaled, most, old)
        model = _fitted(scaled, number, SEED)
        agreement = _agreement(model.labels_, _fitted(scaled, number, OTHER_SEED).labels_)
        if old is not None and len(old.labels) == number:
            start = old.centres * np.sqrt(weights) / MILLION
            moved = _fitted(scaled, number, SEED, start=start)
            model = moved if moved.inertia_ <= model.inertia_ * _IS_AS_GOOD else model
    root = np.sqrt(np.maximum(weights, 1)) / MILLION
    # A measure that is the same for everybody weighs nothing: its centre is that value.
    centres = np.where(weights > 0, model.cluster_centers_ / root, points.mean(axis=0))
    whole = np.rint(centres).astype(np.int64)
    labels = _labels(whole, weights, old)
    order = sorted(range(number), key=lambda place: labels[place])
    return {
        "label": tuple(float(labels[place]) for place in order),
        **{
            name: tuple(float(whole[place, column]) for place in order)
            for column, name in enumerate(MEASURES)
        },
        "weight": tuple(float(weight) for weight in weights),
        "mean": tuple(float(round(mean)) for mean in points.mean(axis=0)),
        "silhouette": (float(round(score * MILLION)),),
        "agreement": (float(round(agreement * MILLION)),),
    }


def _check(given: Preparation, measures: Column) -> None:
    works = "rfm, pareto and lifecycle work with any number of orders"
    if len(measures) < LEAST_BUYERS:
        missing = f"{LEAST_BUYERS} people with orders; there are {len(measures)}"
        raise too_little(given, missing=missing, works=works)
    if len(np.unique(points_of(measures), axis=0)) < 2:
        raise too_little(given, missing="buyers who differ; all bought alike", works=works)


def _sampled(rows: Column, most: int) -> Column:
    """So many rows at the most, the same ones for the same rows in the same order."""
    if len(rows) <= most:
        return rows
    chosen = np.random.default_rng(SEED).choice(len(rows), size=most, replace=False)
    return np.asarray(rows[np.sort(chosen)], dtype=np.int64)


def _weights(points: Points) -> Points:
    """What makes of a square of units a square of millionths of a standard deviation."""
    variance = (points - points.mean(axis=0)).astype(np.float64).var(axis=0)
    inverse = np.divide(MILLION**2, variance, out=np.zeros(len(variance)), where=variance > 0)
    return np.asarray(np.minimum(np.rint(inverse), WIDEST), dtype=np.int64)


def _best_number(
    measures: Column, scaled: npt.NDArray[np.float64], most: int, old: Centres | None
) -> tuple[int, float]:
    """The number of clusters with the best silhouette, on a smaller sample; the kept one while it does."""
    chosen = _sampled(np.arange(len(measures)), SAMPLE)
    people = np.maximum(measures[chosen], 0).tolist()
    scores = {}
    for number in range(2, most + 1):
        labels = _fitted(scaled, number, SEED).labels_[chosen].tolist()
        buyers = [(str(label), r, f, m) for label, (r, f, m) in zip(labels, people, strict=True)]
        scores[number] = silhouette(buyers) or 0.0
    best = max(scores, key=lambda number: (scores[number], -number))
    before = 0 if old is None else len(old.labels)
    if before in scores and scores[best] < scores[before] + _IS_BETTER:
        best = before
    return best, scores[best]


def _labels(centres: Points, weights: Points, old: Centres | None) -> list[int]:
    """The label of each centre: that of the kept one it came from, else by how good its buyers are."""
    if old is None:
        worth = (centres * np.sqrt(weights) * (-1, 1, 1)).sum(axis=1)
        order = np.argsort(-worth, kind="stable").tolist()
        return [order.index(place) + 1 for place in range(len(centres))]
    return list(min(permutations(range(1, len(CELLS) + 1), len(centres)), key=_cost(centres, weights, old)))


def _cost(centres: Points, weights: Points, old: Centres) -> Any:
    """How far all centres are from the kept ones with those labels; as few new labels as can be."""
    kept = dict(zip(old.labels, old.centres, strict=True))
    squares = {
        (place, label): int((((centre - kept[label]) ** 2) * weights).sum()) if label in kept else _FAR
        for place, centre in enumerate(centres)
        for label in range(1, len(CELLS) + 1)
    }
    return lambda labels: (sum(squares[pair] for pair in enumerate(labels)), labels)


def _fitted(points: Any, number: int, seed: int, *, start: Any = None) -> Any:
    cluster, _ = _sklearn()
    model = cluster.KMeans(
        n_clusters=number,
        init="k-means++" if start is None else start,
        n_init=STARTS if start is None else 1,
        random_state=seed,
    )
    return model.fit(points)


def _agreement(labels: Any, others: Any) -> float:
    _, metrics = _sklearn()
    return float(metrics.adjusted_rand_score(labels, others))


def _one_thread() -> Any:
    """Several threads add up in an order of their own, and the last digits differ."""
    _sklearn()
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def _sklearn() -> tuple[Any, Any]:
    try:
        from sklearn import cluster, metrics
    except ImportError:
        raise ConfigError(
            'the method "clusters" needs scikit-learn, which is not installed',
            hint="pip install 'consentric[clusters]'; the other methods do without",
            happened="nothing was computed.",
            code="CS249",
        ) from None
    return cluster, metrics
