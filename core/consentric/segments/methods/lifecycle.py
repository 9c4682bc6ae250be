"""The life cycle by each person's own rhythm: suspect, prospect, new, active, inactive, lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consentric.segments.explanation import Details, Input, Inputs, Limit, NearestChange
from consentric.segments.nearest import MOST, nearest_of
from consentric.segments.score_maps import Usual
from consentric.segments.settings import LifecycleSettings
from consentric.warehouse.lookups import Value

from .method import Case, Method

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from consentric.segments.sets import SegmentSet
    from consentric.segments.tables import Tables

STAGES = ("suspect", "prospect", "new", "active", "inactive", "lost")
_INPUTS = (
    "orders",
    "days_since_first_order",
    "days_since_last_order",
    "own_cadence",
    "sends_year",
    "answers_year",
    "unsubscribed",
    "last_act",
)
_USUAL: tuple[Usual, ...] = (
    ("suspect", "Suspects", "Suspects", ("suspect",)),
    ("prospect", "Prospects", "Prospects", ("prospect",)),
    ("new", "Nouveaux clients", "New customers", ("new",)),
    ("active", "Actifs", "Active", ("active",)),
    ("inactive", "Inactifs", "Inactive", ("inactive",)),
    ("lost", "Perdus", "Lost", ("lost",)),
)


class Lifecycle(Method):
    """Every person of the population is at one stage."""

    name = "lifecycle"
    all_cells = STAGES
    usual = _USUAL

    def score(self, tables: Tables, segment_set: SegmentSet, *, money_factor: int) -> Table:
        """One row per person: subject, cell (the stage)."""
        from .lifecycle_scores import score

        return score(tables, segment_set)

    def explain(self, case: Case) -> Details:
        """What the stage was read from, and this person's own limits."""
        settings = case.segment_set.settings.lifecycle
        cadence = case.measures["own_cadence"]
        assert isinstance(cadence, int)
        return Details(
            inputs=tuple(Input(name=name, value=case.measures[name]) for name in _INPUTS),
            limits=(
                Limit(
                    name="inactive", input="days_since_last_order", value=cadence * settings.inactive_after
                ),
                Limit(name="lost", input="days_since_last_order", value=cadence * settings.lost_after),
                Limit(name="new", input="days_since_first_order", value=settings.new_for_days),
            ),
            nearest=_nearest(case),
        )


def stage_of(inputs: Inputs, settings: LifecycleSettings) -> str:
    """The stage of the life cycle; `own_cadence` is the cadence as used."""
    orders = _number(inputs["orders"])
    if orders == 0:
        return "suspect" if inputs["last_act"] is None else "prospect"
    if orders < 3 and _number(inputs["days_since_first_order"]) <= settings.new_for_days:
        return "new"
    days, cadence = _number(inputs["days_since_last_order"]), _number(inputs["own_cadence"])
    if days > cadence * settings.lost_after:
        return "lost"
    if days > cadence * settings.inactive_after:
        is_silent = _number(inputs["sends_year"]) > 0 and inputs["answers_year"] == 0
        return "lost" if inputs["unsubscribed"] or is_silent else "inactive"
    return "active"


def cadence_used(own: int | None, usual: tuple[int | None, int], settings: LifecycleSettings) -> int:
    """A person's cadence: its own, else the median of the others if enough have one, else the configured."""
    if own is not None:
        return own
    days, people = usual
    return days if days is not None and people >= settings.people_for_cadence else settings.usual_cadence_days


def _nearest(case: Case) -> tuple[NearestChange, ...]:
    """The nearest change of the number of orders and of the days since the last and first order."""
    settings, measures = case.segment_set.settings.lifecycle, case.measures
    here = case.segment_of(stage_of(measures, settings))
    cadence = measures["own_cadence"]
    assert isinstance(cadence, int)
    limits = (cadence * settings.inactive_after, cadence * settings.lost_after)
    tries = {
        "orders": [0, 1, 2, 3],
        "days_since_last_order": [0, *limits, *(limit + 1 for limit in limits)],
        "days_since_first_order": [0, settings.new_for_days, settings.new_for_days + 1],
    }
    changes = []
    for name, values in tries.items():
        now = measures[name]
        for value in values:
            changed = with_change(measures, name, value)
            if value == now or changed is None:
                continue
            segment = case.segment_of(stage_of(changed, settings))
            if segment != here:
                changes.append(NearestChange(input=name, now=now, then=value, segment=segment))
    return nearest_of(changes)[:MOST]


def with_change(measures: Inputs, name: str, value: int) -> dict[str, Value] | None:
    """The measures with one changed and what follows, or None when no history could look like that."""
    changed = {**measures, name: value}
    if measures["orders"] == 1 and name != "orders":
        return {**changed, "days_since_first_order": value, "days_since_last_order": value}
    orders, first, last = (
        changed[key] for key in ("orders", "days_since_first_order", "days_since_last_order")
    )
    if name == "orders" and measures["orders"] == 0 and value == 1:
        return {**changed, "days_since_first_order": 0, "days_since_last_order": 0}
    if not (isinstance(orders, int) and isinstance(first, int) and isinstance(last, int)):
        return None
    if orders == 0 or last > first or (orders == 1 and last != first):
        return None
    return changed


def _number(value: Value) -> int:
    assert isinstance(value, int)
    return value
