"""Checks segment sets and their rules, and turns the place inside a rule into the place in its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from consentric.pull.settings import FieldSettings, MoneySettings
from consentric.sdk.errors import Fault
from consentric.segments.assembly import assemble
from consentric.segments.campaign_checks import validate_campaigns
from consentric.segments.campaign_settings import PersonaSettings, SelectionSettings
from consentric.segments.checks import validate_sets
from consentric.segments.sets import SegmentSet
from consentric.segments.settings import SegmentSetSettings, SegmentSettings

from .config_checks import names_of
from .documents import Document
from .toml_places import Path as KeyPath

Found = tuple[KeyPath, Fault]
M = TypeVar("M", bound=BaseModel)

_SEGMENT = re.compile(
    r'^\[\[segment\]\] set = "(?P<set>[^"]*)", key = "(?P<key>[^"]*)"'
    r"(?:, when, line (?P<line>\d+), column (?P<column>\d+)|, cells, number (?P<cell>\d+))?$"
)
_CAMPAIGN = re.compile(
    r'^\[\[(?P<section>persona|selection)\]\] (?P<by>key|name) = "(?P<name>[^"]*)"'
    r"(?:, when, line (?P<line>\d+), column (?P<column>\d+))?$"
)
_SET = re.compile(r'^\[\[segment_set\]\] name = "(?P<set>[^"]*)"$')


def segment_faults(document: Document) -> list[Found]:
    """Faults of sets that are not total, of segments nobody can be in, and of rules that cannot be read.

    Of personas and selections that name segments there are not, as well. Works row by row, so a fault
    elsewhere in the configuration hides none of them; a set with a row that its model refuses is left out.
    """
    sets, _ = _valid(document, "segment_set", SegmentSetSettings)
    segments, broken = _valid(document, "segment", SegmentSettings)
    unsure = {document.value(("segment", index, "set")) for index in broken}
    fields, _ = _valid(document, "field", FieldSettings)
    attributes = [field.attribute for field in fields.values() if field.attribute is not None]
    assembled: tuple[SegmentSet, ...] = assemble(
        [row for row in sets.values() if row.name not in unsure], list(segments.values())
    )
    left_out = [str(name) for name in unsure | _broken_sets(document, sets)]
    faults = validate_sets(
        assembled,
        attributes=attributes,
        reporting_currency=_currency(document),
        unsure=left_out,
        purposes=names_of(document, "purpose"),
    )
    personas, _ = _valid(document, "persona", PersonaSettings)
    selections, _ = _valid(document, "selection", SelectionSettings)
    faults += validate_campaigns(
        assembled,
        personas=list(personas.values()),
        selections=list(selections.values()),
        attributes=attributes,
        reporting_currency=_currency(document),
        unsure=left_out,
    )
    return [_placed(document, fault) for fault in faults]


def _broken_sets(document: Document, sets: Mapping[int, SegmentSetSettings]) -> set[object]:
    """Names of sets that their model refuses."""
    rows = document.content.get("segment_set")
    count = len(rows) if isinstance(rows, list) else 0
    return {document.value(("segment_set", index, "name")) for index in range(count) if index not in sets}


def _valid(document: Document, section: str, model: type[M]) -> tuple[dict[int, M], list[int]]:
    rows = document.content.get(section)
    valid: dict[int, M] = {}
    broken = []
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        try:
            valid[index] = model.model_validate(row)
        except ValidationError:
            broken.append(index)
    return valid, broken


def _currency(document: Document) -> str:
    try:
        return MoneySettings.model_validate(document.content.get("money", {})).reporting
    except ValidationError:
        return MoneySettings().reporting


def _placed(document: Document, fault: Fault) -> Found:
    path, offset = _path_of(document, fault.where)
    where = document.where(path, offset=offset)
    return path, Fault(fault.message, where=where, hint=fault.hint, code=fault.code)


def _path_of(document: Document, where: str) -> tuple[KeyPath, int | None]:
    named = _SET.match(where)
    if named is not None:
        return ("segment_set", _index(document, "segment_set", {"name": named["set"]})), None
    named = _SEGMENT.match(where)
    if named is not None:
        section, wanted = "segment", {"set": named["set"], "key": named["key"]}
    else:
        named = _CAMPAIGN.match(where)
        if named is None:
            return (), None
        section, wanted = named["section"], {named["by"]: named["name"]}
    path: KeyPath = (section, _index(document, section, wanted))
    if section == "segment" and named["cell"] is not None:
        return (*path, "cells", int(named["cell"]) - 1), 0
    if named["line"] is None:
        return path, None
    rule = str(document.value((*path, "when")))
    lines_before = rule.split("\n")[: int(named["line"]) - 1]
    offset = sum(len(line) + 1 for line in lines_before) + int(named["column"]) - 1
    return (*path, "when"), offset


def _index(document: Document, section: str, wanted: dict[str, str]) -> int:
    for index, row in enumerate(document.content[section]):
        if isinstance(row, dict) and wanted.items() <= row.items():
            return index
    return 0
