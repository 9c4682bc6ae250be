"""Propensity: the chance that a buyer orders again in the days ahead, by a logistic model of known steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from consentric.segments.decay import MILLION
from consentric.segments.explanation import Details
from consentric.segments.score_maps import Usual
from consentric.warehouse import lookups, results

from .fitting import kept_or_new
from .method import Case, Method, Preparation

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables

CELLS = ("very_low", "low", "medium", "high", "very_high")
_USUAL: tuple[Usual, ...] = (
    ("very_high", "Très forte probabilité d'achat", "Very high chance of an order", ("very_high",)),
    ("high", "Forte probabilité d'achat", "High chance of an order", ("high",)),
    ("medium", "Probabilité d'achat moyenne", "Medium chance of an order", ("medium",)),
    ("low", "Faible probabilité d'achat", "Low chance of an order", ("low",)),
    ("very_low", "Très faible probabilité d'achat", "Very low chance of an order", ("very_low",)),
)


class Propensity(Method):
    """Every person with orders is in one cell, by bands of the chance."""

    name = "propensity"
    all_cells = CELLS
    usual = _USUAL

    def prepare(self, given: Preparation) -> None:
        """Estimates when a fit is due, and writes out the points and the chance at each sum of points."""
        from .propensity_inputs import STEPS
        from .propensity_model import chances, estimated

        one = given.segment_set
        settings = one.settings.propensity
        fit = kept_or_new(
            given,
            settings={
                "horizon_days": settings.horizon_days,
                "steps": [[step.column, *step.limits] for step in STEPS],
            },
            refit_every_days=settings.refit_every_days,
            estimate=lambda: estimated(given),
        )
        rows = [
            (name, place, number)
            for name, numbers in {**fit.values, "chance": chances().tolist()}.items()
            for place, number in enumerate(numbers)
        ]
        results.set_fit(given.connection, one.name, rows)

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person with orders: subject, probability (millionths), cell."""
        from .propensity_scores import score

        return score(tables, segment_set, money_factor=money_factor)

    def explain(self, case: Case) -> Details:
        """The measures, what each adds to the log-odds, their sum and the chance, and the nearest changes."""
        from .propensity_explanation import details

        return details(case)

    def notes(self, connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet) -> Iterator[str]:
        """How well the model did on the days that it had not seen."""
        fit = {name: numbers[0] for name, numbers in lookups.fit_of(connection, segment_set.name).items()}
        rate, expected, brier, auc = (
            fit[name] / MILLION for name in ("base_rate", "expected_rate", "brier", "auc")
        )
        yield (
            f"tried on the {segment_set.settings.propensity.horizon_days} days up to"
            f" {date.fromordinal(fit['fitted_on'])}, which it had not seen: of {fit['people']} people"
            f" {rate:.1%} bought, {expected:.1%} were expected; AUC {auc:.2f}, Brier score {brier:.3f}"
            f" ({rate * (1 - rate):.3f} if everybody had the same chance)"
        )


def band_of(probability: int, limits_percent: tuple[int, ...]) -> str:
    """The cell of a chance in millionths.

    >>> band_of(99_999, (5, 10, 20, 40)), band_of(100_000, (5, 10, 20, 40))
    ('low', 'medium')
    """
    return CELLS[sum(probability * 100 >= limit * MILLION for limit in limits_percent)]
