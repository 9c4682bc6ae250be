"""Checks of segment sets before anything is computed: total, reachable, every rule readable."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from graphlib import CycleError

from consentric.sdk.errors import Fault
from consentric.warehouse.money import exponent_of

from .methods.registry import METHODS
from .rule_parser import parse_rule
from .rule_tokens import RuleError
from .rule_tree import Node
from .sets import SegmentSet, by_set, in_order
from .settings import SegmentSettings

TRACKING = "email_tracking"
"""The purpose that connectors read opens for."""


def validate_sets(
    sets: Sequence[SegmentSet],
    *,
    attributes: Collection[str] = (),
    reporting_currency: str = "EUR",
    unsure: Collection[str] = (),
    purposes: Collection[str] = (TRACKING,),
) -> list[Fault]:
    """All faults of these sets; `where` names the segment, and of a rule its line and column.

    A set must be total (everybody ends in a segment, unless `allow_other`) and every segment reachable.

    Args:
        unsure: Names of sets left out for faults of their own: what is within them is not looked up.
        purposes: Ids of the configured purposes; opens are read for one of them only.
    """
    faults: list[Fault] = list(_within_faults(sets, unsure))
    if TRACKING not in purposes:
        faults += _open_faults(sets)
    for segment_set in sets:
        if not segment_set.segments:
            faults.append(_fault(segment_set, f'segment set "{segment_set.name}" has no segments'))
        elif segment_set.settings.method is None:
            faults += _rule_faults(segment_set, attributes, exponent_of(reporting_currency))
        else:
            faults += _cell_faults(segment_set)
    return faults


def parsed_rules(
    segment_set: SegmentSet, *, attributes: Collection[str], money_exponent: int
) -> list[tuple[str, Node | None]]:
    """Segment keys with their trees in order, None for the segment that takes the rest.

    Raises:
        RuleError: When a rule cannot be read; `validate_sets` finds them all beforehand.
    """
    return [
        (
            segment.key,
            None
            if segment.when is None
            else parse_rule(segment.when, attributes=attributes, money_exponent=money_exponent),
        )
        for segment in segment_set.segments
    ]


def unknown_segments(
    sets: Sequence[SegmentSet], names: Collection[str], unsure: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Each of these names, as `SET.KEY`, that is no segment, with a hint."""
    known = [f"{one.name}.{segment.key}" for one in sets for segment in one.segments]
    for name in names:
        if name not in known and name.partition(".")[0] not in unsure:
            close = get_close_matches(name, known, n=1)
            yield name, f'did you mean "{close[0]}"?' if close else f"there are: {', '.join(known) or 'none'}"


def _open_faults(sets: Sequence[SegmentSet]) -> Iterator[Fault]:
    for one in sets:
        if one.settings.method == "engagement" and one.settings.engagement.counts_opens:
            hint = f'add a [[purpose]] with  id = "{TRACKING}" , or leave the weight of opens at 0'
            yield _fault(
                one, f'opens are worth points, but no purpose "{TRACKING}" lets them be read', hint=hint
            )


def _within_faults(sets: Sequence[SegmentSet], unsure: Collection[str]) -> Iterator[Fault]:
    """Sets within segments that there are not, of another purpose, or of themselves by some way."""
    purposes = {one.name: one.purpose for one in sets}
    for one in sets:
        for name, hint in unknown_segments(sets, one.settings.within, unsure):
            yield _fault(one, f'within: no segment is named "{name}"', hint=hint, code="CS205")
        for other in by_set(one.settings.within):
            if purposes.get(other, one.purpose) != one.purpose:
                message = f'within: set "{other}" is computed for another purpose than "{one.purpose}"'
                yield _fault(one, message, hint="what one purpose found is not used for another")
    try:
        in_order(sets)
    except CycleError as error:
        *others, last = error.args[1]
        message = f"sets are within each other: {', '.join(others)}"
        yield _fault(next(one for one in sets if one.name == last), message)


def _cell_faults(segment_set: SegmentSet) -> Iterator[Fault]:
    method = segment_set.settings.method
    assert method is not None
    known = METHODS[method].cells(segment_set.settings)
    for segment in segment_set.segments:
        if segment.when is not None or segment.otherwise:
            message = f'a segment of a set with method "{method}" names cells, not a rule'
            yield _fault(segment_set, message, segment)
        elif not segment.cells:
            message = f'segment "{segment.key}" can never have anybody: it names no cell'
            yield _fault(segment_set, message, segment, hint=f"cells: {', '.join(known)}")
    named: dict[str, str] = {}
    for segment in segment_set.segments:
        for number, cell in enumerate(segment.cells, start=1):
            place = f"cells, number {number}"
            if cell not in known:
                close = get_close_matches(cell, known, n=1)
                hint = f'did you mean "{close[0]}"?' if close else f"cells: {', '.join(known)}"
                message = f'method "{method}" has no cell "{cell}"'
                yield _fault(segment_set, message, segment, hint=hint, place=place)
            if cell in named:
                message = f'cell "{cell}" belongs to segment "{named[cell]}"; it can make one segment only'
                yield _fault(segment_set, message, segment, place=place)
            named.setdefault(cell, segment.key)
    missing = [cell for cell in known if cell not in named]
    if missing and not segment_set.settings.allow_other:
        yield _fault(
            segment_set,
            f'segment set "{segment_set.name}" is not total: no segment has {", ".join(missing)}',
            hint="add them to a segment, or set  allow_other = true",
        )


def _rule_faults(
    segment_set: SegmentSet, attributes: Collection[str], money_exponent: int
) -> Iterator[Fault]:
    taken: dict[Node, str] = {}
    closed_by = ""
    for segment in segment_set.segments:
        if segment.cells:
            yield _fault(segment_set, "cells need a method; this set has none", segment)
        if (segment.when is None) == (not segment.otherwise):
            message = f'segment "{segment.key}" needs either a rule (`when`) or  otherwise = true'
            yield _fault(segment_set, message, segment)
        if closed_by:
            message = (
                f'segment "{segment.key}" can never have anybody: "{closed_by}" takes the rest before it'
            )
            yield _fault(segment_set, message, segment, hint=f'put "{closed_by}" last')
        if segment.otherwise and not closed_by:
            closed_by = segment.key
        if segment.when is None:
            continue
        try:
            rule = parse_rule(segment.when, attributes=attributes, money_exponent=money_exponent)
        except RuleError as error:
            place = f"when, line {error.line}, column {error.column}"
            yield _fault(segment_set, error.message, segment, hint=error.hint, place=place)
            continue
        if rule in taken:
            message = f'segment "{segment.key}" can never have anybody: "{taken[rule]}" has the same rule'
            yield _fault(segment_set, message, segment)
        taken.setdefault(rule, segment.key)
    if not closed_by and not segment_set.settings.allow_other:
        yield _fault(
            segment_set,
            f'segment set "{segment_set.name}" is not total: people whom no rule takes are in no segment',
            hint="end it with a segment that has  otherwise = true , or set  allow_other = true",
        )


def _fault(
    segment_set: SegmentSet,
    message: str,
    segment: SegmentSettings | None = None,
    *,
    hint: str = "",
    place: str = "",
    code: str = "CS228",
) -> Fault:
    where = f'[[segment_set]] name = "{segment_set.name}"'
    if segment is not None:
        where = f'[[segment]] set = "{segment_set.name}", key = "{segment.key}"' + (
            f", {place}" if place else ""
        )
    return Fault(message, where=where, hint=hint, code=code)
