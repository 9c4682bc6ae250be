"""Explains one person's segments from the rows the engine left, without computing anybody again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from consentric.sdk.errors import GuardError, NotIdentifiedError
from consentric.warehouse import lookups, results
from consentric.warehouse.money import exponent_of
from consentric.warehouse.store import Warehouse

from . import nearest
from .checks import parsed_rules
from .decay import EXPECTED
from .explanation import ClauseTruth, Input, Limit, RuleTruth, Score, SetExplanation
from .replay import Value, cadence_used, limits_of
from .rule_names import MEASURES
from .rule_tree import Attribute, Measure, Node, clauses, operands
from .rule_truth import Person, clause_holds, holds
from .sets import SegmentSet

_SCORED: tuple[tuple[str, lookups.RankedMeasure], ...] = (
    ("r_score", "days_since_last_order"),
    ("f_score", "orders"),
    ("m_score", "spent_minor"),
)
_LIFECYCLE_INPUTS = (
    "orders",
    "days_since_first_order",
    "days_since_last_order",
    "own_cadence",
    "sends_year",
    "answers_year",
    "unsubscribed",
    "last_act",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One person in one set."""

    connection: duckdb.DuckDBPyConnection
    segment_set: SegmentSet
    subject: int
    as_of_day: date
    measures: dict[str, Value]
    score: lookups.ScoreRow


def explain(
    warehouse: Warehouse,
    sets: Sequence[SegmentSet],
    pid: str,
    *,
    attributes: Collection[str] = (),
    reporting_currency: str = "EUR",
) -> list[SetExplanation]:
    """One explanation per set, from the last run.

    Args:
        sets: As they were computed; another configuration explains another result.

    Raises:
        NotIdentifiedError: When nobody has this pid.
        GuardError: When segments were never computed.
    """
    connection = warehouse.connection
    subject = lookups.subject_of(connection, pid)
    if subject is None:
        raise NotIdentifiedError("nobody in the warehouse has this pseudonym")
    run = lookups.last_run(connection)
    if run is None:
        raise GuardError("no segment was computed yet", hint="consentric segment", code="CS514")
    exponent = exponent_of(reporting_currency)
    return [_explain_set(connection, one, subject, run, attributes, exponent) for one in sets]


def _explain_set(
    connection: duckdb.DuckDBPyConnection,
    segment_set: SegmentSet,
    subject: int,
    run: tuple[str, date],
    attributes: Collection[str],
    money_exponent: int,
) -> SetExplanation:
    permission = lookups.permission_of(connection, subject, segment_set.purpose)
    membership = lookups.membership_of(connection, segment_set.name, subject)
    score = lookups.score_of(connection, segment_set.name, subject)
    found: dict[str, Any] = {}
    if score is not None:
        case = _Case(
            connection=connection,
            segment_set=segment_set,
            subject=subject,
            as_of_day=run[1],
            measures=_measures_as_used(connection, segment_set, subject),
            score=score,
        )
        found = _details(case, attributes, money_exponent)
    return SetExplanation(
        set=segment_set.name,
        purpose=segment_set.purpose,
        method=segment_set.settings.method,
        run=run[0],
        as_of_day=run[1],
        is_allowed=permission is not None and permission.verdict == "ALLOW",
        reason="" if permission is None else permission.reason,
        segment=None if membership is None else membership.segment,
        previous=None if membership is None else membership.previous,
        since=None if membership is None else membership.since,
        cell=None if score is None else score.cell,
        **found,
    )


def _measures_as_used(
    connection: duckdb.DuckDBPyConnection, segment_set: SegmentSet, subject: int
) -> dict[str, Value]:
    measures = lookups.measures_of(connection, subject)
    usual = lookups.usual_cadence_of(connection, segment_set.purpose)
    own = measures["own_cadence"]
    assert own is None or isinstance(own, int)
    return {**measures, "own_cadence": cadence_used(own, usual, segment_set.settings.lifecycle)}


def _details(case: _Case, attributes: Collection[str], money_exponent: int) -> dict[str, Any]:
    match case.segment_set.settings.method:
        case "rfm":
            return _rfm(case)
        case "lifecycle":
            return _lifecycle(case)
        case "engagement":
            return _engagement(case)
        case None:
            rules = parsed_rules(case.segment_set, attributes=attributes, money_exponent=money_exponent)
            return _rules(case, rules)


def _rfm(case: _Case) -> dict[str, Any]:
    points = results.cut_points(case.connection, case.segment_set.name)
    scores = []
    for name, measure in _SCORED:
        value, score = case.measures[measure], getattr(case.score, name)
        assert isinstance(value, int)
        cuts = tuple(point for point in points if point.measure == measure)
        scores.append(Score(name=name, measure=measure, value=value, score=score, cut_points=cuts))
    return {
        "inputs": tuple(Input(name=measure, value=case.measures[measure]) for _, measure in _SCORED),
        "scores": tuple(scores),
        "nearest": nearest.of_rfm(case.connection, case.segment_set, case.subject, case.measures, case.score),
    }


def _lifecycle(case: _Case) -> dict[str, Any]:
    settings = case.segment_set.settings.lifecycle
    cadence = case.measures["own_cadence"]
    assert isinstance(cadence, int)
    limits = [
        Limit(name="inactive", input="days_since_last_order", value=cadence * settings.inactive_after),
        Limit(name="lost", input="days_since_last_order", value=cadence * settings.lost_after),
        Limit(name="new", input="days_since_first_order", value=settings.new_for_days),
    ]
    return {
        "inputs": tuple(Input(name=name, value=case.measures[name]) for name in _LIFECYCLE_INPUTS),
        "limits": tuple(limits),
        "nearest": nearest.of_lifecycle(case.segment_set, case.measures),
    }


def _engagement(case: _Case) -> dict[str, Any]:
    settings = case.segment_set.settings.engagement
    points, expected = case.score.points, case.score.expected
    assert points is not None
    assert expected is not None
    channels = lookups.channel_points(case.connection, case.segment_set.name, case.subject)
    inputs = [
        Input(name=f"points in {channel}", value=earned)
        for channel, _, _, earned in channels
        if channel != EXPECTED
    ]
    limits = enumerate(limits_of(expected, settings), start=1)
    return {
        "inputs": (*inputs, Input(name="points", value=points), Input(name="expected", value=expected)),
        "limits": tuple(Limit(name=f"band_{band}", input="points", value=value) for band, value in limits),
        "nearest": nearest.of_engagement(case.segment_set, points, expected),
    }


def _rules(case: _Case, rules: Sequence[tuple[str, Node | None]]) -> dict[str, Any]:
    person = Person(
        measures=case.measures,
        attributes=lookups.attributes_of(case.connection, case.subject),
        as_of_day=case.as_of_day,
    )
    asked = []
    for key, rule in rules:
        truths = (
            ()
            if rule is None
            else tuple(
                ClauseTruth(text=clause.text, holds=clause_holds(clause, person)) for clause in clauses(rule)
            )
        )
        asked.append(RuleTruth(segment=key, holds=rule is None or holds(rule, person), clauses=truths))
        if asked[-1].holds:
            break
    return {
        "inputs": _inputs_of(rules, person),
        "rules": tuple(asked),
        "nearest": nearest.of_rules(rules, person),
    }


def _inputs_of(rules: Sequence[tuple[str, Node | None]], person: Person) -> tuple[Input, ...]:
    """Every measure and attribute that a rule of the set looks at, once."""
    found: dict[str, Input] = {}
    for _, rule in rules:
        for clause in clauses(rule) if rule is not None else ():
            for operand in operands(clause):
                match operand:
                    case Measure():
                        value = person.measures[MEASURES[operand.name].column]
                        found.setdefault(operand.name, Input(name=operand.name, value=value))
                    case Attribute():
                        values = person.attributes.get(operand.name, ())
                        found.setdefault(operand.name, Input(name=operand.name, value=values))
                    case _:
                        pass
    return tuple(found.values())
