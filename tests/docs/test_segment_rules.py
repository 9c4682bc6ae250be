"""What the page about segments says of rules, cells and names is what the program knows."""

from __future__ import annotations

import re
import tomllib

import pytest

from consentric.segments import rule_parser
from consentric.segments.assembly import usual_segments
from consentric.segments.methods import clusters, clusters_model, clv, propensity, propensity_model
from consentric.segments.methods.lifecycle import STAGES
from consentric.segments.rule_names import BOUGHT, MEASURES
from consentric.segments.rule_parser import parse_rule
from consentric.segments.score_maps import MAPS
from consentric.segments.settings import ClustersSettings, SegmentSetSettings

from .pages import blocks, read

PAGE = read("docs/segments.md")
RFM = SegmentSetSettings(name="rfm5", purpose="segmentation", method="rfm")
ATTRIBUTES = ("department", "age_band")


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    below = PAGE.partition(f"# {heading}\n")[2]
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert lines is not None, heading
    return [
        [cell.strip(" `") for cell in line.strip("| \n").split(" | ")] for line in lines[0].splitlines()[2:]
    ]


@pytest.mark.parametrize("rule", [row[0] for row in rows("Examples")])
def test_every_example_of_a_rule_can_be_read(rule: str) -> None:
    assert parse_rule(rule, attributes=ATTRIBUTES)


def test_every_name_is_on_the_page_with_its_kind_and_meaning() -> None:
    assert rows("Names") == [[name, one.kind, one.meaning] for name, one in MEASURES.items()]


def test_every_name_of_what_was_bought_is_on_the_page() -> None:
    assert rows("Orders") == [[name, meaning] for name, meaning in BOUGHT.items()]


def test_the_grammar_is_that_of_the_parser() -> None:
    [grammar] = [block for block in blocks("docs/segments.md") if block.note == "grammar"]
    assert rule_parser.__doc__ is not None
    assert grammar.text.strip() == rule_parser.__doc__.partition("\n\n")[2].strip()


def test_the_grid_is_that_of_the_method() -> None:
    grid = rows("RFM")
    assert [[MAPS["rf"].cell(r=r, f=f, m=1) for f in range(1, 6)] for r in range(5, 0, -1)] == [
        [cell.strip("`") for cell in row[1:]] for row in grid
    ]


def test_the_usual_segments_are_those_of_the_method() -> None:
    below = PAGE.partition("the set has five:\n")[2].partition("To cut the grid")[0]
    found = [
        (key, fr, en, tuple(re.findall(r"`(\w+)`", cells)))
        for key, fr, en, cells in re.findall(
            r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", below, re.MULTILINE
        )
    ]
    assert found == [(s.key, s.name.fr, s.name.en, s.cells) for s in usual_segments(RFM)]


def test_every_stage_of_the_life_cycle_is_on_the_page() -> None:
    assert tuple(row[0] for row in rows("Life cycle")) == STAGES


def test_every_cell_of_the_methods_that_estimate_is_on_the_page_and_so_is_what_they_ask_for() -> None:
    assert tuple(row[0] for row in rows("Lifetime value")) == clv.CELLS
    assert tuple(row[0] for row in rows("Chance of an order")) == propensity.CELLS[::-1]
    assert tuple(row[0] for row in rows("Clusters")) == clusters.CELLS
    [shown] = [block for block in blocks("docs/segments.md") if "[segment_set.clusters]" in block.text]
    [told] = tomllib.loads(shown.text)["segment_set"]
    assert told["clusters"] == ClustersSettings().model_dump()
    text = " ".join(PAGE.split())
    assert f"refuses below {clusters_model.LEAST_BUYERS} people with orders, and when" in text
    assert f"More than {clusters_model.MOST_FITTED:,} buyers are sampled" in text
    assert f"Below {clv.LEAST_BUYERS} people with orders, {clv.LEAST_DAYS} days since the first order" in text
    assert f"below {propensity_model.LEAST_PEOPLE} people with an order 180 days ago" in text
    assert f"fewer than {propensity_model.LEAST_BUYERS} who bought" in text
    assert f"AUC below 0.{propensity_model.LEAST_AUC_PERCENT}" in text
