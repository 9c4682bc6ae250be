"""A person's segment worked out from what an explanation reports, by each method's own definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isqrt
from typing import Any

import duckdb
import numpy as np

from consentric.segments.decay import MILLION
from consentric.segments.explanation import NearestChange, SetExplanation
from consentric.segments.methods.clusters_model import Centres, points_of
from consentric.segments.methods.clv import PARAMETERS
from consentric.segments.methods.clv_explanation import cells_of
from consentric.segments.methods.clv_outlook import model_of, order_minor, outlook, value_minor
from consentric.segments.methods.engagement import band_of, bands
from consentric.segments.methods.lifecycle import stage_of, with_change
from consentric.segments.methods.pareto import class_of
from consentric.segments.methods.propensity import band_of as band_of_chance
from consentric.segments.methods.propensity_inputs import COLUMNS, steps_of
from consentric.segments.methods.propensity_model import Points, probabilities
from consentric.segments.rule_explanation import Rules, first_that_holds, with_measure
from consentric.segments.rule_names import MEASURES as NAMED
from consentric.segments.rule_truth import Person
from consentric.segments.scales import MEASURES, FixedScale, RankedScale, scales
from consentric.segments.sets import SegmentSet
from consentric.warehouse import lookups
from consentric.warehouse.histories import Column

Values = Mapping[str, Any]
"""Reported inputs by name."""

_NOBODY = -1
"""No subject's number: everybody is among the others."""


class WrongReportError(Exception):
    """What an explanation reports does not add up; the message names no person."""


class Replay:
    """One set of a workspace: what the others have is read once, the person comes from the explanation."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        segment_set: SegmentSet,
        rules: Rules,
        *,
        money_factor: int,
    ) -> None:
        self._set = segment_set
        self._rules = rules
        self._money_factor = money_factor
        method = segment_set.settings.method
        self._fit = lookups.fit_of(connection, segment_set.name)
        self._everybody = _everybody(connection, segment_set) if method in ("rfm", "pareto") else {}
        self._expected = (
            lookups.values_of_others(connection, segment_set.name, _NOBODY) if method == "clv" else None
        )
        cells: Mapping[str | None, Callable[[Values, NearestChange | None], str]] = {
            "rfm": self._rfm,
            "pareto": self._pareto,
            "lifecycle": self._lifecycle,
            "engagement": self._engagement,
            "clv": self._clv,
            "propensity": self._propensity,
            "clusters": self._clusters,
        }
        self._cell = cells.get(method)

    def segment(self, told: SetExplanation, change: NearestChange | None = None) -> str | None:
        """The segment of these inputs, or of the same with one change.

        Raises:
            WrongReportError: The report contradicts itself, or lacks what its method reads.
        """
        inputs = {one.name: one.value for one in told.inputs}
        if self._set.settings.method is not None and self._cell is None:
            raise WrongReportError(f"method {self._set.settings.method} has no replay here")
        try:
            if self._cell is None:
                return self._first_rule(inputs, told, change)
            cell = self._cell(inputs, change)
        except KeyError as missing:
            raise WrongReportError(f"does not report {missing}") from missing
        if change is None and cell != told.cell:
            raise WrongReportError(f"its inputs give cell {cell}, not {told.cell}")
        return next((one.key for one in self._set.segments if cell in one.cells), None)

    def _rfm(self, now: Values, change: NearestChange | None) -> str:
        then = _changed(now, change)
        scores = []
        settings = self._set.settings.rfm
        for measure, scale in zip(MEASURES, scales(settings, money_factor=self._money_factor), strict=True):
            if isinstance(scale, FixedScale):
                scores.append(scale.score(then[measure]))
                continue
            assert isinstance(scale, RankedScale)
            sign = -1 if measure == MEASURES[0] else 1
            others = _without(self._everybody[measure], sign * now[measure])
            worse, not_better = (
                int(np.searchsorted(others, sign * then[measure], side=side)) for side in ("left", "right")
            )
            scores.append(scale.score(worse=worse, equal=not_better - worse, others=len(others)))
        return settings.score_map.cell(r=scores[0], f=scores[1], m=scores[2])

    def _pareto(self, now: Values, change: NearestChange | None) -> str:
        spent = _changed(now, change)["spent_minor"]
        others = np.maximum(_without(self._everybody["spent_minor"], now["spent_minor"]), 0)
        above, total = int(others[others > spent].sum()), int(others.sum()) + max(spent, 0)
        if change is None:
            _require((above, total) == (now["revenue_above_minor"], now["revenue_minor"]), "revenue")
        return class_of(spent, above=above, total=total, settings=self._set.settings.pareto)

    def _lifecycle(self, now: Values, change: NearestChange | None) -> str:
        then: Values | None = now
        if change is not None:
            assert isinstance(change.then, int)
            then = with_change(now, change.input, change.then)
        if then is None:
            raise WrongReportError("states a change that no history of orders could have")
        return stage_of(then, self._set.settings.lifecycle)

    def _engagement(self, now: Values, change: NearestChange | None) -> str:
        settings = self._set.settings.engagement
        earned = sum(value for name, value in now.items() if name.startswith("points in "))
        _require(earned == now["points"], "points by channel")
        has_said_no = bool(now.get("bounces")) or bool(now.get("unsubscribed"))
        points = _changed(now, change)["points"]
        return bands(settings)[band_of(points, now["expected"], settings, has_said_no=has_said_no)]

    def _clv(self, now: Values, change: NearestChange | None) -> str:
        settings = self._set.settings.clv
        repeat, span, between = (
            now[name] for name in ("repeat_days", "days_since_first_order", "days_first_to_last_order")
        )
        if change is not None and change.input == "days_since_last_order":
            span, between = (span, span - change.then) if repeat else (change.then, 0)
        row = {"repeat_days": repeat, "repeat_span": between, "span": span}
        model = model_of({name: (now[f"parameter {name}"] / MILLION,) for name in PARAMETERS})
        found = outlook(
            model, {name: np.array([one]) for name, one in row.items()}, horizon_days=settings.horizon_days
        )
        spent = _changed(now, change)["repeat_minor"]
        p, q, v = (now[f"parameter {name}"] for name in ("p", "q", "v"))
        order = order_minor(p, q, v, repeat_days=repeat, repeat_minor=spent)
        value = value_minor(order, int(found["expected_orders"][0]))
        if change is None:
            given = (int(found["p_alive"][0]), int(found["expected_orders"][0]), value)
            _require(
                given == (now["p_alive"], now["expected_orders"], now["value_minor"]), "what is expected"
            )
        assert self._expected is not None
        others = _without(self._expected, now["value_minor"])
        return cells_of(found["p_alive"], np.array([value]), others, settings)[0]

    def _propensity(self, now: Values, change: NearestChange | None) -> str:
        if change is None:
            parts = now["log_odds base"] + sum(now[f"log_odds from {name}"] for name in COLUMNS)
            _require(parts == now["log_odds"], "contributions")
            log_odds = np.array([parts])
        else:
            then = _changed(now, change)
            measures = {name: np.array([then[name]]) for name in COLUMNS}
            log_odds = Points.of(self._fit).log_odds(steps_of(measures, self._money_factor))
        chance = int(probabilities(log_odds)[0])
        if change is None:
            _require(chance == now["probability"], "chance")
        return band_of_chance(chance, self._set.settings.propensity.limits_percent)

    def _clusters(self, now: Values, change: NearestChange | None) -> str:
        then = _changed(now, change)
        points = points_of(np.array([[then[name] for name in MEASURES]]))
        centres = Centres.of(self._fit)
        (cell,) = centres.cells(points)
        if change is None:
            own = isqrt(int(centres.distances(points).min()))
            _require(now[f"distance to {cell}"] == own, "distances")
        return cell

    def _first_rule(self, now: Values, told: SetExplanation, change: NearestChange | None) -> str | None:
        person = Person(
            measures={NAMED[name].column: value for name, value in now.items() if name in NAMED},
            attributes={name: value for name, value in now.items() if name not in NAMED},
            as_of_day=told.as_of_day,
        )
        if change is not None:
            person = with_measure(person, NAMED[change.input].column, change.then)
        return first_that_holds(self._rules, person)


def _everybody(connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet) -> dict[str, Column]:
    """What is ranked of all buyers of a set, each sorted, more is better."""
    population = segment_set.population
    return {name: lookups.others_of(connection, population, _NOBODY, name).values for name in MEASURES}


def _without(everybody: Column, own: int) -> Column:
    """The sorted values of the others: one of those that equal the person's own is taken out."""
    place = int(np.searchsorted(everybody, own))
    _require(place < len(everybody) and int(everybody[place]) == own, "values in use")
    return np.delete(everybody, place)


def _changed(now: Values, change: NearestChange | None) -> Values:
    return now if change is None else {**now, change.input: change.then}


def _require(is_so: bool, what: str) -> None:
    if not is_so:
        raise WrongReportError(f"reports {what} that its inputs do not give")
