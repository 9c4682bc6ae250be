"""Checks of personas and selections: segments that exist, of one purpose, and a rule that can be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from consentric.sdk.errors import Fault
from consentric.warehouse.money import exponent_of

from .campaign_settings import PersonaSettings, SelectionSettings
from .checks import unknown_segments
from .rule_parser import parse_rule
from .rule_tokens import RuleError
from .sets import SegmentSet, by_set


def validate_campaigns(
    sets: Sequence[SegmentSet],
    *,
    personas: Sequence[PersonaSettings] = (),
    selections: Sequence[SelectionSettings] = (),
    attributes: Collection[str] = (),
    reporting_currency: str = "EUR",
    unsure: Collection[str] = (),
) -> list[Fault]:
    """All faults; `where` names the persona or selection, and of a rule its line and column.

    Args:
        sets: As they were assembled.
        unsure: Names of sets left out for faults of their own: their segments are not looked up.
    """
    faults: list[Fault] = []
    for persona in personas:
        where = f'[[persona]] key = "{persona.key}"'
        faults += _unknown(sets, persona.segments, unsure, where)
    for selection in selections:
        where = f'[[selection]] name = "{selection.name}"'
        named = (*selection.include, *selection.exclude)
        faults += _unknown(sets, named, unsure, where)
        purposes = sorted({one.purpose for one in sets if one.name in by_set(named)})
        if len(purposes) > 1:
            message = f"its segments are computed for different purposes: {', '.join(purposes)}"
            faults.append(Fault(message, where=where, hint="take segments of one purpose", code="CS228"))
        if selection.when is not None:
            faults += _rule_faults(selection.when, attributes, exponent_of(reporting_currency), where)
    return faults


def _unknown(
    sets: Sequence[SegmentSet], names: Collection[str], unsure: Collection[str], where: str
) -> Iterator[Fault]:
    for name, hint in unknown_segments(sets, names, unsure):
        yield Fault(f'no segment is named "{name}"', where=where, hint=hint, code="CS205")


def _rule_faults(rule: str, attributes: Collection[str], exponent: int, where: str) -> Iterator[Fault]:
    try:
        parse_rule(rule, attributes=attributes, money_exponent=exponent)
    except RuleError as error:
        place = f"{where}, when, line {error.line}, column {error.column}"
        yield Fault(error.message, where=place, hint=error.hint, code="CS228")
