"""Holds each explanation to its word: its inputs give the segment, its change gives the other one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import duckdb

from consentric.sdk.errors import GuardError
from consentric.segments.checks import parsed_rules
from consentric.segments.explain import explain_set
from consentric.segments.explanation import SetExplanation
from consentric.segments.sets import SegmentSet
from consentric.warehouse import lookups
from consentric.warehouse.money import exponent_of

from .replays import Replay, WrongReportError


@dataclass(slots=True, kw_only=True)
class Proof:
    """What was held to its word, and what did not keep it."""

    subjects: int = 0
    explanations: int = 0
    """With inputs: of people who take part in a set."""
    changes: int = 0
    """Nearest changes that were carried out."""
    faults: list[str] = field(default_factory=list)
    """Set, number of the person inside this warehouse, and what is wrong; no value of anybody."""


def prove(
    connection: duckdb.DuckDBPyConnection,
    sets: Sequence[SegmentSet],
    *,
    attributes: Collection[str] = (),
    reporting_currency: str = "EUR",
) -> Proof:
    """Replays the explanation of every person in every set, and carries out the changes it states.

    Args:
        connection: Of a warehouse, or of what was published of it; is only read.
        sets: As they were computed.

    Raises:
        GuardError: When segments were never computed.
    """
    run = lookups.last_run(connection)
    if run is None:
        raise GuardError("no segment was computed yet", hint="consentric segment", code="CS514")
    exponent = exponent_of(reporting_currency)
    subjects = lookups.all_subjects(connection)
    proof = Proof(subjects=len(subjects))
    for one in sets:
        rules = (
            parsed_rules(one, attributes=attributes, money_exponent=exponent)
            if one.settings.method is None
            else []
        )
        replay = Replay(connection, one, rules, money_factor=10**exponent)
        for subject in subjects:
            told = explain_set(connection, one, subject, run, attributes, exponent)
            found = _faults(told, replay, proof)
            proof.faults += [f"{one.name}, subject {subject}: {fault}" for fault in found]
    return proof


def _faults(told: SetExplanation, replay: Replay, proof: Proof) -> list[str]:
    if not told.inputs and not told.rules:
        return [] if told.segment is None else ["is in a segment that nothing explains"]
    proof.explanations += 1
    try:
        found = []
        segment = replay.segment(told)
        if segment != told.segment:
            found.append(f"its inputs give {segment}, not {told.segment}")
        for change in told.nearest:
            proof.changes += 1
            there = replay.segment(told, change)
            if there != change.segment or there == told.segment:
                found.append(f"with another {change.input} it is in {there}, not in {change.segment}")
    except WrongReportError as error:
        found.append(str(error))
    return found
