"""The first labels in a CRM at the command line: a canary, a look, then the rest."""

from __future__ import annotations

import re

from .bad_input_world import Operator
from .shop import EVERYBODY


def test_a_canary_is_applied_and_looked_at_and_the_rest_is_approved_again(beginner: Operator) -> None:
    world = beginner.world
    assert beginner.does("pull").exit_code == 0
    assert beginner.does("segment").exit_code == 0
    first = beginner.does("plan", "--canary", "3", "--sample", "1")
    canary = first.plan()
    assert f"Plan {canary}   data as of 2026-11-15   at most 3 records" in first.out
    assert "left for a later plan" in first.out
    assert "look at it in the CRM, then  consentric plan hubspot-test   for the rest" in first.out
    beginner.does("approve", canary, "--reason", "three to look at")
    assert beginner.does("apply", canary).exit_code == 0
    labelled = world.segments()
    assert len(labelled) == 3
    outside = min(EVERYBODY.keys() - labelled.keys())
    told = beginner.does("explain", f"crm:hubspot:{outside}").out
    assert f"  hubspot-test  nothing yet: plan {canary} was a part and left it for a later plan\n" in told

    # The plan showed one of them for each segment that is entered, by its number in the CRM.
    [examples] = first.out.split("  Examples\n")[1:]
    shown = [line.split() for line in examples.splitlines() if line.startswith("    enter ")]
    assert {int(line[-1].removeprefix("contact/")) for line in shown} <= labelled.keys()
    assert len(shown) == len(set(labelled.values()))

    rest = beginner.does("sync")
    assert rest.exit_code == 5
    assert "first whole plan; 3 records went as a part" in rest.out
    assert len(world.segments()) == 3
    held = beginner.does("status").out
    assert "hubspot-test: plan " in held
    assert "is held by the brake (first whole plan; 3 records went as a part); " in held
    waiting = beginner.does("explain", f"crm:hubspot:{outside}").out
    assert re.search(
        r"written where\n  hubspot-test  nothing yet: waits in plan \w+ for an approval\n", waiting
    )
    second = beginner.does("plan").plan()
    beginner.does("approve", second, "--reason", "looked at")
    assert beginner.does("apply", second).exit_code == 0
    assert world.segments() == EVERYBODY


def test_only_one_segment_is_named_by_key_or_title(beginner: Operator) -> None:
    beginner.does("pull")
    beginner.does("segment")
    for name in ("rfm5.champions", "champions", "Champions"):
        said = beginner.does("plan", "--only", name)
        assert "   only rfm5.champions\n" in said.out
    beginner.is_refused(
        "plan",
        "--only",
        "champion",
        exit_code=2,
        said="""
        error[CS211]: no segment is named "champion"
          what happened: nothing was read or written.
          hint: did you mean "rfm5.champions"?
        """,
    )
