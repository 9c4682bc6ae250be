"""Sets that are not total, or have segments nobody can reach, are refused before anything is computed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from consentric.sdk.errors import Fault
from consentric.segments.assembly import assemble
from consentric.segments.checks import validate_sets
from consentric.segments.settings import LifecycleSettings, SegmentSetSettings, SegmentSettings, Texts

NAMES = Texts(fr="x", en="x")


def faults(method: str | None, *segments: dict[str, Any], **options: Any) -> list[Fault]:
    sets = [SegmentSetSettings.model_validate({"name": "s", "purpose": "p", "method": method, **options})]
    rows = [SegmentSettings.model_validate({"set": "s", "name": NAMES, **segment}) for segment in segments]
    return validate_sets(assemble(sets, rows), attributes=["city"])


@pytest.mark.parametrize("method", ["rfm", "lifecycle", "engagement"])
def test_a_method_without_segments_gets_the_usual_ones(method: str) -> None:
    assert faults(method) == []


def test_a_set_without_method_and_segments_is_refused() -> None:
    assert [fault.message for fault in faults(None)] == ['segment set "s" has no segments']


def test_a_map_that_leaves_cells_out_is_refused_unless_others_are_allowed() -> None:
    segment = {"key": "top", "cells": ["champions", "loyal"]}

    (fault,) = faults("rfm", segment)

    assert fault.message == (
        'segment set "s" is not total: no segment has hibernating, at_risk, cant_lose, about_to_sleep,'
        " need_attention, promising, new, potential_loyalists"
    )
    assert faults("rfm", segment, allow_other=True) == []


def test_an_unknown_cell_is_named_with_what_was_meant() -> None:
    found = faults("rfm", {"key": "a", "cells": ["champion"]}, allow_other=True)

    assert [(fault.message, fault.hint) for fault in found] == [
        ('method "rfm" has no cell "champion"', 'did you mean "champions"?')
    ]
    assert found[0].where == '[[segment]] set = "s", key = "a", cells, number 1'


def test_a_cell_in_two_segments_is_refused() -> None:
    segments = {"key": "a", "cells": ["new"]}, {"key": "b", "cells": ["loyal", "new"]}
    found = faults("rfm", *segments, allow_other=True)
    assert [(fault.message, fault.where) for fault in found] == [
        (
            'cell "new" belongs to segment "a"; it can make one segment only',
            '[[segment]] set = "s", key = "b", cells, number 2',
        )
    ]


def test_a_segment_without_cells_can_never_have_anybody() -> None:
    found = faults("engagement", {"key": "a"}, allow_other=True)
    assert [fault.message for fault in found] == ['segment "a" can never have anybody: it names no cell']


def test_a_rule_in_a_set_with_a_method_is_refused() -> None:
    found = faults("rfm", {"key": "a", "when": "orders > 1"}, allow_other=True)
    assert "names cells, not a rule" in found[0].message


def test_rules_need_an_end_unless_others_are_allowed() -> None:
    rule = {"key": "a", "when": "orders > 1"}

    assert "is not total" in faults(None, rule)[0].message
    assert faults(None, rule, allow_other=True) == []
    assert faults(None, rule, {"key": "rest", "otherwise": True}) == []


def test_a_segment_after_the_rest_can_never_have_anybody() -> None:
    found = faults(None, {"key": "rest", "otherwise": True}, {"key": "a", "when": "orders > 1"})
    assert [(fault.message, fault.hint) for fault in found] == [
        ('segment "a" can never have anybody: "rest" takes the rest before it', 'put "rest" last')
    ]


def test_the_same_rule_twice_can_never_have_anybody() -> None:
    found = faults(
        None,
        {"key": "a", "when": "orders>1"},
        {"key": "b", "when": "orders > 1"},
        {"key": "r", "otherwise": True},
    )
    assert [fault.message for fault in found] == ['segment "b" can never have anybody: "a" has the same rule']


def test_a_segment_needs_a_rule_or_the_rest_and_not_both() -> None:
    neither, both = {"key": "a"}, {"key": "b", "when": "orders > 1", "otherwise": True}
    assert [fault.message for fault in faults(None, neither, both)] == [
        'segment "a" needs either a rule (`when`) or  otherwise = true',
        'segment "b" needs either a rule (`when`) or  otherwise = true',
    ]


def test_all_faulty_rules_are_found_at_once_with_line_and_column() -> None:
    found = faults(
        None,
        {"key": "a", "when": "oders > 1"},
        {"key": "b", "when": "orders > 1\nand town = 'x'"},
        {"key": "c", "when": "city = 'Lyon'"},
        {"key": "rest", "otherwise": True},
    )
    assert [(fault.where, fault.hint) for fault in found] == [
        ('[[segment]] set = "s", key = "a", when, line 1, column 1', 'did you mean "orders"?'),
        ('[[segment]] set = "s", key = "b", when, line 2, column 5', found[1].hint),
    ]
    assert found[1].hint.startswith("known names: aov, bought_category, bought_from")
    assert {fault.exit_code for fault in found} == {2}


def test_a_setting_that_does_not_exist_is_refused() -> None:
    for model, values in (
        (SegmentSetSettings, {"name": "s", "purpose": "p", "metod": "rfm"}),
        (SegmentSettings, {"set": "s", "key": "k", "name": {"fr": "a", "en": "b"}, "whn": "x"}),
        (SegmentSetSettings, {"name": "s", "purpose": "p", "lifecycle": {"new": 3}}),
        (SegmentSetSettings, {"name": "With Space", "purpose": "p"}),
        (SegmentSettings, {"set": "s", "key": "k", "name": {"fr": "a"}}),
        (LifecycleSettings, {"inactive_after": 6, "lost_after": 6}),
    ):
        with pytest.raises(ValidationError):
            model.model_validate(values)
