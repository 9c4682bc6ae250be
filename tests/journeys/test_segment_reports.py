"""Quality, moves and sheets at the command line: without any key, and small counts stay on the screen."""

from __future__ import annotations

from datetime import timedelta

from .bad_input_world import Operator
from .shop import START
from .world import World

REVIEWED = """
[[segment]]
set = "mine"
key = "often"
name = { fr = "Souvent", en = "Often" }
when = "orders >= 3"
do = { fr = "Inviter.", en = "Invite." }
owner = "CRM"
review_by = 2026-11-15

[[segment]]
set = "mine"
key = "rest"
name = { fr = "Autres", en = "Others" }
otherwise = true

[[segment_set]]
name = "mine"
purpose = "segmentation"
"""


def without_keys(world: World) -> None:
    """Nothing is left that could name anybody."""
    (world.root / "root.key").unlink()
    for name in ("people.sqlite", "deks.sqlite", "keyset.json"):
        (world.workspace / name).unlink()


def test_quality_needs_no_key_and_counts_everybody(operator: Operator) -> None:
    without_keys(operator.world)

    said = operator.does("segments", "quality", "rfm5", "--json")

    assert said.exit_code == 0
    [found] = said.object["sets"]  # type: ignore[misc, index]
    # Places of the shop by segment; all 30 are segmented, whatever they said to the newsletter.
    assert {one["key"]: one["people"] for one in found["segments"]} == {
        "champions": 3,
        "loyal": 9,
        "new": 2,
        "at_risk": 8,
        "dormant": 8,
    }
    assert found["silhouette"] is not None
    assert operator.does("segments", "quality", "--lang", "fr").out.startswith(
        "rfm5   2026-11-15   5 segments"
    )


def test_moves_are_between_two_runs_that_exist(operator: Operator) -> None:
    said = operator.does("segments", "moves", "rfm5")
    refused = operator.does("segments", "moves", "--from", "2020-01-01T00-00-00Z")

    assert said.exit_code == 0
    assert "Champions          3" in said.out
    assert (refused.exit_code, refused.err.splitlines()[0]) == (
        2,
        'error[CS211]: no run is named "2020-01-01T00-00-00Z"',
    )


def test_a_sheet_in_a_file_is_private_and_hides_small_counts(operator: Operator) -> None:
    out = operator.world.root / "sheet.md"

    shown = operator.does("segments", "sheet", "rfm5")
    written = operator.does("segments", "sheet", "rfm5", "--lang", "fr", "--out", str(out))

    assert shown.exit_code == written.exit_code == 0
    assert "| Champions | 3 |" in shown.out
    text = out.read_text(encoding="utf-8")
    # 3, 9, 2, 8 and 8 are all below ten, and so is the one person without an order.
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[1] for row in rows[2:]] == ["–"] * 6
    assert "Quelqu'un" not in text
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_sheet_that_cannot_be_written_says_so(operator: Operator) -> None:
    said = operator.does("segments", "sheet", "--out", str(operator.world.root / "none" / "sheet.md"))

    assert said.exit_code == 2
    assert said.err.startswith("error[CS287]: the sheet cannot be written to")


def test_an_overdue_review_is_a_warning_of_check_and_of_doctor(operator: Operator) -> None:
    config = operator.world.workspace / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + REVIEWED, encoding="utf-8")
    assert START.date() - timedelta(days=1) == START.replace(day=15).date()
    sentence = 'segment "mine.often" was to be reviewed by 2026-11-15, owner: CRM'

    check, doctor = operator.does("segments", "check"), operator.does("doctor", "--only", "reviews")

    assert check.exit_code == 0
    assert f"  ! {sentence}" in check.out.splitlines()
    assert sentence in doctor.out
    unknown = operator.does("segments", "quality", "mine")
    assert (unknown.exit_code, unknown.err.splitlines()[0]) == (
        5,
        'error[CS541]: segment set "mine" is not in the last run',
    )


def test_a_strategy_that_changes_needs_no_new_segments(operator: Operator) -> None:
    config = operator.world.workspace / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + REVIEWED, encoding="utf-8")
    assert operator.does("segment").exit_code == 0
    operator.edits('do = { fr = "Inviter.", en = "Invite." }', 'do = { fr = "Appeler.", en = "Call." }')

    assert operator.does("plan").exit_code == 0
    assert "- **Do**: Call." in operator.does("segments", "sheet", "mine").out
