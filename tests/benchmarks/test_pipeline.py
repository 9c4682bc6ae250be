"""The benchmark of the whole way runs, at a size that measures nothing."""

from __future__ import annotations

from pathlib import Path

from benchmarks.pipeline import measured


def test_a_small_world_goes_the_whole_way_and_a_second_run_writes_nothing(tmp_path: Path) -> None:
    world = measured(tmp_path / "world", 200, 1, is_quiet=True)
    assert list(world.stages) == ["start", "pull", "gate", "segment", "plan", "apply", "sync"]
    # 200 contacts, 400 orders, and an e-mail to every second contact, of which about a fifth was clicked.
    assert world.stages["pull"].records >= 200 + 400 + 100
    assert world.stages["apply"].records > 0
    assert world.second_run_writes == 0
