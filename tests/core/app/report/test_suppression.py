"""No small count is shown, and none can be worked out from what is shown."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from consentric.app.report.suppression import published, published_flows, published_steps

LEAST = 10
counts = st.dictionaries(st.integers(0, 8), st.integers(0, 60), max_size=9)


def test_the_next_smallest_count_is_hidden_with_a_small_one() -> None:
    assert published({"a": 40, "b": 30, "c": 12, "d": 3, "e": 15}, 10) == {
        "a": 40,
        "b": 30,
        "c": None,
        "d": None,
        "e": 15,
    }


def test_several_small_counts_need_no_other_when_they_are_ten_together() -> None:
    assert published({"a": 40, "b": 6, "c": 4}, 10) == {"a": 40, "b": None, "c": None}


def test_small_counts_that_are_few_together_take_another_with_them() -> None:
    assert published({"a": 40, "b": 2, "c": 4}, 10) == {"a": None, "b": None, "c": None}


def test_nobody_is_no_secret() -> None:
    assert published({"a": 40, "b": 0}, 10) == {"a": 40, "b": 0}


@given(counts)
def test_what_is_hidden_is_never_one_count_nor_few_people(given_counts: dict[int, int]) -> None:
    shown = published(given_counts, LEAST)
    hidden = [given_counts[key] for key, count in shown.items() if count is None]
    seen = [count for count in shown.values() if count]
    assert all(count >= LEAST for count in seen)
    assert not hidden or not seen or (len(hidden) > 1 and sum(hidden) >= LEAST)


@given(st.lists(st.integers(0, 300), max_size=6))
def test_no_difference_of_two_steps_that_are_shown_is_small(sizes: list[int]) -> None:
    shown = [n for n in published_steps(sorted(sizes, reverse=True), LEAST) if n is not None]
    assert all(n == 0 or n >= LEAST for n in shown)
    assert all(a == b or a - b >= LEAST for a, b in pairwise(shown))


@given(st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(1, 40), max_size=16))
def test_what_a_flow_leaves_over_is_never_few_people(flows: dict[tuple[int, int], int]) -> None:
    sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for ends, people in flows.items():
        for side in (0, 1):
            sides[side][ends[side]] = sides[side].get(ends[side], 0) + people
    shown = published_flows(flows, before=sides[0], after=sides[1], least=LEAST, least_drawn=5)
    assert all(people >= LEAST and a != b for (a, b), people in shown.items())
    for side in (0, 1):
        for key, size in sides[side].items():
            out = sum(people for ends, people in shown.items() if ends[side] == key)
            assert not out or size == out or size - out >= LEAST
