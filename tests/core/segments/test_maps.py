"""The maps: ours share out every score, those of other programs leave exactly the gaps that are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from consentric.segments.score_maps import MAPS

from . import published

pytestmark = pytest.mark.golden


def placed(codes: dict[str, str]) -> Counter[str]:
    return Counter(code for cell in codes.values() for code in cell.split())


def first_match(ranges: Mapping[str, str], code: str) -> str:
    return published.first_match(ranges, [int(digit) for digit in code])


@pytest.mark.parametrize(("name", "cells"), [("rf", 25), ("r_fm", 25), ("klaviyo", 27)])
def test_a_map_of_ours_names_every_code_once(name: str, cells: int) -> None:
    score_map = MAPS[name]  # type: ignore[index] # one of its keys
    found = placed(dict(score_map.cells))
    assert sorted(found) == published.codes(score_map.classes, len(score_map.axes))
    assert (len(found), set(found.values())) == (cells, {1})


def test_how_many_codes_each_cell_of_our_maps_has() -> None:
    sizes = {
        name: [len(score_map.codes(cell)) for cell in score_map.cells] for name, score_map in MAPS.items()
    }
    assert sizes == {
        "rf": [4, 4, 2, 2, 1, 4, 1, 1, 4, 2],
        "r_fm": [3, 4, 4, 1, 2, 3, 1, 3, 2, 1, 1],
        "klaviyo": [3, 5, 5, 5, 5, 4],
    }


def test_the_map_of_r_rfm_leaves_ten_codes_and_many_match_twice() -> None:
    won = {code: first_match(published.A, code) for code in published.codes(5, 3)}
    found = Counter(won.values())
    assert [found[name] for name in published.A] == [1, 35, 15, 8, 15, 6, 7, 4, 10, 14]
    others = [code for code, name in won.items() if name == "Others"]
    assert others == "215 241 251 252 341 351 441 451 541 551".split()
    matches = [[first_match({name: box}, code) for name, box in published.A.items()] for code in won]
    assert sum(len(names) - names.count("Others") > 1 for names in matches) == 58


def test_the_map_of_putler_is_of_two_axes_and_on_three_some_names_never_win() -> None:
    on_three = Counter(first_match(published.B, code) for code in published.codes(5, 3))
    assert on_three["Others"] == 36
    assert set(published.B) - set(on_three) == {"New Customers", "Promising", "Can't Lose Them"}


def test_the_map_of_sql_tutorials_is_a_partition() -> None:
    found = placed(dict(published.E))
    assert sorted(found) == published.codes(5, 3)
    assert set(found.values()) == {1}
    assert [len(cell.split()) for cell in published.E.values()] == [7, 8, 24, 7, 16, 8, 5, 22, 8, 14, 6]


def test_the_map_of_pymc_marketing_leaves_eighteen_codes() -> None:
    found = placed(dict(published.F))
    assert set(found.values()) == {1}
    assert sorted(set(published.codes(4, 3)) - set(found)) == [
        "121", "131", "141", "142", "213", "221", "231", "241", "242",
        "321", "331", "341", "342", "421", "431", "432", "441", "442",
    ]  # fmt: skip
