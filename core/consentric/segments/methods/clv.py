"""Customer lifetime value: orders and revenue expected of each buyer, by BG/NBD and Gamma-Gamma."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb

from consentric.segments.decay import MILLION
from consentric.segments.explanation import Details
from consentric.segments.score_maps import Usual
from consentric.warehouse import histories, lookups, results

from .fitting import Values, kept_or_new, too_little
from .method import Case, Method, Preparation

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables

CELLS = ("most_valuable", "valuable", "modest", "fading", "gone")
PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "v")
"""Of the two models, in the literature's letters; alpha in weeks, v in minor units of the currency."""
LEAST_BUYERS = 500
LEAST_DAYS = 180
LEAST_ORDERS = 3
LEAST_AMOUNTS = 50
WEEK = 7
_ALONE = 0.3
"""From this correlation on, amounts and frequency are not independent any more."""
_WORKS = "rfm, pareto and lifecycle work with any number of orders"
_USUAL: tuple[Usual, ...] = (
    ("most_valuable", "Plus fort potentiel", "Most valuable", ("most_valuable",)),
    ("valuable", "Bon potentiel", "Valuable", ("valuable",)),
    ("modest", "Potentiel modeste", "Modest", ("modest",)),
    ("fading", "En perte de vitesse", "Fading", ("fading",)),
    ("gone", "Sans doute partis", "Probably gone", ("gone",)),
)


class Clv(Method):
    """Every person with orders is in one cell: by the chance to buy again, then by rank of revenue."""

    name = "clv"
    all_cells = CELLS
    usual = _USUAL

    def prepare(self, given: Preparation) -> None:
        """Estimates when a fit is due, and writes out what is expected of each history."""
        from .clv_outlook import model_of, outlook

        one = given.segment_set
        settings = one.settings.clv
        fit = kept_or_new(
            given,
            settings={},
            refit_every_days=settings.refit_every_days,
            estimate=lambda: _estimate(given),
        )
        found = histories.purchase_histories(given.connection, one.population)
        rows = outlook(model_of(fit.values), found, horizon_days=settings.horizon_days)
        histories.set_outlook(given.connection, one.name, rows)
        kept = ((name, numbers[0]) for name, numbers in fit.values.items())
        results.set_fit(
            given.connection, one.name, [(name, 0, float(round(number * MILLION))) for name, number in kept]
        )

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person with orders: subject, p_alive and expected_orders (millionths), value, cell."""
        from .clv_scores import score

        return score(tables, segment_set)

    def explain(self, case: Case) -> Details:
        """The history, the parameters, what is expected, and where the cells begin."""
        from .clv_explanation import details

        return details(case)

    def notes(self, connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet) -> Iterator[str]:
        """Amounts that go with frequency, which the model takes for independent."""
        millionths = lookups.fit_of(connection, segment_set.name).get("correlation", (0,))[0]
        if abs(millionths) > _ALONE * MILLION:
            yield (
                f"amount and number of orders go together (correlation {millionths / MILLION:.2f}); the model"
                " takes them for independent, so compare values with care"
            )


def _estimate(given: Preparation) -> Values:
    """Parameters of the two models from the population's histories, refused where they would be guesses."""
    from .clv_outlook import estimated

    found = histories.purchase_histories(given.connection, given.segment_set.population)
    buyers = int(found["people"].sum())
    if buyers < LEAST_BUYERS:
        raise too_little(
            given, missing=f"{LEAST_BUYERS} people with orders; there are {buyers}", works=_WORKS
        )
    days = int(found["span"].max())
    if days < LEAST_DAYS:
        first = given.as_of_day - timedelta(days=days)
        missing = f"{LEAST_DAYS} days of orders; the first is of {first}, {days} days ago"
        raise too_little(given, missing=missing, works=_WORKS)
    if found["repeat_days"].max() < LEAST_ORDERS - 1:
        missing = f"somebody with orders on {LEAST_ORDERS} days or more; there is nobody"
        raise too_little(given, missing=missing, works=_WORKS)
    amounts = histories.repeat_amounts(given.connection, given.segment_set.population)
    if len(amounts["repeat_days"]) < LEAST_AMOUNTS:
        missing = (
            f"{LEAST_AMOUNTS} people with amounts on repeat orders; there are {len(amounts['repeat_days'])}"
        )
        raise too_little(given, missing=missing, works=_WORKS)
    values = estimated(found, amounts)
    if values["q"][0] <= 1:
        missing = "amounts that have a mean; these are too unequal for one"
        raise too_little(given, missing=missing, works=_WORKS)
    return values
