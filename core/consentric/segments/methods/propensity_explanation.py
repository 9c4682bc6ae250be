"""One person's chance of an order: what each measure adds, and the nearest measure in another segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from consentric.segments.decay import MILLION
from consentric.segments.explanation import Details, Input, Limit, NearestChange
from consentric.segments.nearest import MOST, nearest_of
from consentric.warehouse import lookups

from .method import Case
from .propensity import CELLS, band_of
from .propensity_inputs import COLUMNS, STEPS, steps_of
from .propensity_model import Points, probabilities


def details(case: Case) -> Details:
    """Measures, contributions and the base in millionths of log-odds, their sum, the chance, the bands."""
    points = Points.of(lookups.fit_of(case.connection, case.segment_set.name))
    measures = _measures(case)
    steps = _steps(measures, case.money_factor)
    log_odds, probability = points.log_odds(steps), case.score.probability
    assert probability is not None
    contributions = points.contributions(steps)[0].tolist()
    limits = zip(CELLS[1:], case.segment_set.settings.propensity.limits_percent, strict=True)
    return Details(
        inputs=(
            *(Input(name=name, value=value) for name, value in measures.items()),
            Input(name="log_odds base", value=points.base),
            *(
                Input(name=f"log_odds from {name}", value=value)
                for name, value in zip(COLUMNS, contributions, strict=True)
            ),
            Input(name="log_odds", value=int(log_odds[0])),
            Input(name="probability", value=probability),
        ),
        limits=tuple(
            Limit(name=cell, input="probability", value=limit * MILLION // 100) for cell, limit in limits
        ),
        nearest=nearest_of(_changes(case, points, measures))[:MOST],
    )


def _measures(case: Case) -> dict[str, int]:
    found = {}
    for name in COLUMNS:
        value = case.measures[name]
        assert value is None or isinstance(value, int)
        found[name] = value or 0
    return found


def _steps(measures: Mapping[str, int], money_factor: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return steps_of({name: np.array([value]) for name, value in measures.items()}, money_factor)


def _changes(case: Case, points: Points, measures: Mapping[str, int]) -> Iterator[NearestChange]:
    """Values right at each limit and right below it that end in another segment."""
    limits = case.segment_set.settings.propensity.limits_percent
    for step in STEPS:
        for limit in step.limits_in(case.money_factor):
            for value in (limit, limit - 1):
                changed = {**measures, step.column: value}
                if not _can_be(changed):
                    continue
                log_odds = points.log_odds(_steps(changed, case.money_factor))
                segment = case.segment_of(band_of(int(probabilities(log_odds)[0]), limits))
                if segment != case.score.segment:
                    yield NearestChange(
                        input=step.column, now=measures[step.column], then=value, segment=segment
                    )


def _can_be(measures: Mapping[str, int]) -> bool:
    """Whether somebody's history could look like that; an order is an act, too."""
    act, last, first = (measures[f"days_since_{name}"] for name in ("last_act", "last_order", "first_order"))
    orders = measures["orders"]
    return orders >= 1 and act <= last <= first and (orders > 1 or last == first)
