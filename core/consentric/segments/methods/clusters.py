"""Clusters of buyers who are alike in recency, frequency and amount, by k-means on logarithms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb

from consentric.segments.decay import MILLION
from consentric.segments.explanation import Details
from consentric.segments.score_maps import Usual
from consentric.segments.settings import Texts
from consentric.warehouse import lookups, results

from .fitting import kept_or_new
from .method import Case, Method, Preparation

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables

CELLS = ("cluster_1", "cluster_2", "cluster_3", "cluster_4", "cluster_5")
MEASURES = ("days_since_last_order", "orders", "spent_minor")
_USUAL: tuple[Usual, ...] = tuple(
    (cell, f"Groupe {number}", f"Cluster {number}", (cell,)) for number, cell in enumerate(CELLS, start=1)
)
_APART = 500_000
"""Millionths of a standard deviation between a centre and the mean, from which a word is said of it."""
_WORDS = {
    "days_since_last_order": (("récents", "recent"), ("anciens", "long ago")),
    "orders": (("peu fréquents", "rare"), ("fréquents", "frequent")),
    "spent_minor": (("petits montants", "low value"), ("gros montants", "high value")),
}
"""French and English for a centre below the mean, then for one above."""


class Clusters(Method):
    """Every person with orders is in one cell: that of the nearest centre, in whole numbers."""

    name = "clusters"
    all_cells = CELLS
    usual = _USUAL

    def prepare(self, given: Preparation) -> None:
        """Estimates when a fit is due, and writes out the centres and the table of logarithms."""
        from .clusters_model import LOGARITHMS, estimated

        one = given.segment_set
        settings = one.settings.clusters
        fit = kept_or_new(
            given,
            settings={"most": settings.most},
            refit_every_days=settings.refit_every_days,
            estimate=lambda: estimated(given),
        )
        labels = [int(label) for label in fit.values["label"]]
        rows = [("logarithm", place, float(number)) for place, number in enumerate(LOGARITHMS.tolist())]
        for name, numbers in fit.values.items():
            # What is known of each cluster lies at the place of its label, all else in its order.
            places = labels if name in ("label", *MEASURES) else range(len(numbers))
            rows += [(name, place, number) for place, number in zip(places, numbers, strict=True)]
        results.set_fit(given.connection, one.name, rows)

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person with orders: subject, cell."""
        from .clusters_scores import score

        return score(tables, segment_set)

    def explain(self, case: Case) -> Details:
        """The three measures, how far the nearest and the second centre are, and the nearest changes."""
        from .clusters_explanation import details

        return details(case)

    def notes(self, connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet) -> Iterator[str]:
        """How clear the clusters are, what could be said of each, and which cells are empty."""
        fit = lookups.fit_of(connection, segment_set.name)
        if not fit:
            return
        labels = fit["label"]
        yield (
            f"{len(labels)} clusters, silhouette {fit['silhouette'][0] / MILLION:.2f}; with another seed"
            f" the adjusted Rand index is {fit['agreement'][0] / MILLION:.2f} (1 is the same clusters)"
        )
        for place, label in enumerate(labels):
            said = profile(fit, place)
            yield f'{CELLS[label - 1]} could be called {{ fr = "{said.fr}", en = "{said.en}" }}'
        empty = [cell for number, cell in enumerate(CELLS, start=1) if number not in labels]
        if empty:
            yield f"nobody is in {', '.join(empty)}: {len(labels)} clusters lie furthest apart"


def profile(fit: dict[str, tuple[int, ...]], place: int) -> Texts:
    """What can be said of the centre at a place, against the mean of everybody."""
    french, english = [], []
    for number, measure in enumerate(MEASURES):
        apart = fit[measure][place] - fit["mean"][number]
        if apart**2 * fit["weight"][number] >= _APART**2:
            fr, en = _WORDS[measure][apart > 0]
            french.append(fr)
            english.append(en)
    return Texts(fr=", ".join(french) or "dans la moyenne", en=", ".join(english) or "average")
