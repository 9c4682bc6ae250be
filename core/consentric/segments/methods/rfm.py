"""RFM: recency, frequency and monetary value scored on a scale each, and a map that names their corners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb

from consentric.segments.explanation import Details, Input, NearestChange, Score
from consentric.segments.nearest import nearest_of
from consentric.segments.scales import MEASURES, FixedScale, RankedScale, Scale, scales
from consentric.segments.score_maps import Usual
from consentric.segments.settings import SegmentSetSettings
from consentric.warehouse import lookups, results

from .method import Case, Method

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables

_WORDS = dict(zip(MEASURES, ("recency", "frequency", "monetary"), strict=True))
_AXES = dict(zip(MEASURES, ("r", "f", "m"), strict=True))


class Rfm(Method):
    """Scores people with orders; who has none gets no score and no segment."""

    name = "rfm"

    def cells(self, settings: SegmentSetSettings) -> tuple[str, ...]:
        """Those of the map."""
        return tuple(settings.rfm.score_map.cells)

    def usual_segments(self, settings: SegmentSetSettings) -> tuple[Usual, ...]:
        """About five, as guides ask for."""
        return settings.rfm.score_map.usual

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person with orders: subject, r_score, f_score, m_score (1 worst), cell."""
        from .rfm_scores import score

        return score(tables, segment_set, money_factor=money_factor)

    def explain(self, case: Case) -> Details:
        """The three values with their scores and the cut points of the run."""
        points = results.cut_points(case.connection, case.segment_set.name)
        given = zip(("r_score", "f_score", "m_score"), MEASURES, _scores_of(case), strict=True)
        return Details(
            inputs=tuple(Input(name=measure, value=case.measures[measure]) for measure in MEASURES),
            scores=tuple(
                Score(
                    name=name,
                    measure=measure,
                    value=_number(case, measure),
                    score=score,
                    cut_points=tuple(point for point in points if point.measure == measure),
                )
                for name, measure, score in given
            ),
            nearest=_nearest(case),
        )

    def notes(self, connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet) -> Iterator[str]:
        """Classes that so many equal values leave empty."""
        points = results.cut_points(connection, segment_set.name)
        used = scales(segment_set.settings.rfm, money_factor=1)
        for measure, scale in zip(MEASURES, used, strict=True):
            found = [point.score for point in points if point.measure == measure]
            missing = [str(score) for score in range(1, scale.classes + 1) if score not in found]
            if not found or not missing:
                continue
            if isinstance(scale, FixedScale):
                yield f"{_WORDS[measure]}: nobody scores {', '.join(missing)} by your limits"
            elif len(found) == 1:
                yield f"{_WORDS[measure]}: everybody has the same value, so everybody scores {found[0]}"
            else:
                word = ", ".join(missing)
                yield (
                    f"{_WORDS[measure]}: so many people share a value that nobody scores {word};"
                    ' fixed limits would tell them apart (scoring = "fixed")'
                )


def _scores_of(case: Case) -> tuple[int, int, int]:
    r, f, m = case.score.r_score, case.score.f_score, case.score.m_score
    assert r is not None and f is not None and m is not None  # noqa: PT018 - three columns of one row
    return r, f, m


def _number(case: Case, measure: str) -> int:
    value = case.measures[measure]
    assert isinstance(value, int)
    return value


def _nearest(case: Case) -> tuple[NearestChange, ...]:
    """The nearest change of each value that counts in the map."""
    settings = case.segment_set.settings.rfm
    now = dict(zip(("r", "f", "m"), _scores_of(case), strict=True))
    found: list[NearestChange] = []
    for measure, scale in zip(MEASURES, scales(settings, money_factor=case.money_factor), strict=True):
        axis = _AXES[measure]
        if not any(axis in one for one in settings.score_map.axes):
            continue
        changes = []
        for value, score in _others(case, measure, scale, now[axis]):
            segment = case.segment_of(settings.score_map.cell(**{**now, axis: score}))
            if segment != case.score.segment:
                change = NearestChange(input=measure, now=case.measures[measure], then=value, segment=segment)
                changes.append(change)
        found += nearest_of(changes)[:1]
    return tuple(found)


def _others(case: Case, measure: str, scale: Scale, current: int) -> Iterator[tuple[int, int]]:
    """Values next to each other score, with the score they give."""
    least = 1 if measure == "orders" else 0
    found: Iterator[tuple[int, int]]
    if isinstance(scale, FixedScale):
        found = ((value, scale.score(value)) for value in scale.edges())
    else:
        assert isinstance(scale, RankedScale)
        found = _ranked_others(case, measure, scale, current)
    for value, score in found:
        if score != current and (value >= least or measure == "spent_minor"):
            yield value, score


def _ranked_others(case: Case, measure: str, scale: RankedScale, current: int) -> Iterator[tuple[int, int]]:
    days = measure == "days_since_last_order"
    ranked: lookups.RankedMeasure = measure  # type: ignore[assignment] # one of the three
    others = lookups.others_of(case.connection, case.segment_set.population, case.subject, ranked)
    people = len(others.values) + 1
    for target in (score for score in range(1, scale.classes + 1) if score != current):
        # Better than the one who must be worse; or level with the one who must not be.
        place = scale.least_worse(target if target > current else target + 1, people) - 1
        if not 0 <= place < len(others.values):
            continue
        neighbour = int(others.values[place])
        value = neighbour + 1 if target > current else neighbour
        there = others.standing(value)
        yield (
            -value if days else value,
            scale.score(worse=there.worse, equal=there.equal, others=there.others),
        )
