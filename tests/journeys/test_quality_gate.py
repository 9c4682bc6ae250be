"""Segments that serve no campaign end the run before a plan; a person's own no is carried out."""

from __future__ import annotations

from consentric.control.plans import list_plans
from consentric.segments.quality_settings import QualitySettings

from .bad_input_world import Operator, everything
from .shop import A_CHAMPION, EVERYBODY, unsubscribe
from .world import DESTINATION, World


def nine_segments() -> str:
    """Eight that take every eighth by the last order, so all are alike, and one that nobody meets."""
    rows = [
        "[quality]\n"
        'gate = "stop"\n'
        "[[segment_set]]\n"
        'name = "mixed"\n'
        'purpose = "segmentation"\n'
        "allow_other = true\n"
        "[segment_set.quality]\n"
        "most_outside_percent = 100\n"
    ]
    for first in range(8):
        # The last order of place i was 2 * (30 - i) days before the last complete day.
        days = ", ".join(str(2 * (30 - place)) for place in range(first, 30, 8))
        rows.append(_segment(f"s{first}", f"Mixed {first}", f"days_since_last_order in ({days})"))
    return "".join([*rows, _segment("never", "A hundred orders", "orders >= 100")])


def _segment(key: str, name: str, rule: str) -> str:
    both = f'{{ fr = "{name}", en = "{name}" }}'
    return f'[[segment]]\nset = "mixed"\nkey = "{key}"\nname = {both}\nwhen = "{rule}"\n'


def add_nine_segments(world: World) -> None:
    path = world.workspace / "config.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{nine_segments()}", encoding="utf-8")


SAID = (
    "error[CS518]: the segments are not good enough, and their gate says stop\n"
    "  mixed: 9 segments, more than 5: join some, or no campaign will tell them apart\n"
    '  mixed: nobody meets the rule of "A hundred orders": change the rule, or take the segment out\n'
)


def test_a_set_that_misses_its_limits_stops_segment_and_says_which_in_words(operator: Operator) -> None:
    add_nine_segments(operator.world)
    before = everything(operator.world)

    said = operator.does("segment")

    assert said.exit_code == 5
    assert said.err.startswith(SAID)
    alike = said.err.splitlines()[3]
    assert alike.startswith('  mixed: "Mixed ')
    assert "are too alike: the segments explain 0.0" in alike
    assert "what happened: nothing was computed or planned; the segments are as they were." in said.err
    assert everything(operator.world) == before


def test_sync_plans_nothing_but_carries_out_a_no(operator: Operator) -> None:
    world = operator.world
    add_nine_segments(world)
    plans, line = _plans(world), world.last_write()
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=world.now)

    said = operator.does("sync")

    assert said.exit_code == 5
    assert "Nothing was computed: the segments are not good enough" in said.out
    assert {kind for plan, kind in _plans(world).items() if plan not in plans} == {"denials"}
    assert world.segments() == {contact: one for contact, one in EVERYBODY.items() if contact != A_CHAMPION}
    assert {contact for _, ids in world.written_since(line) for contact in ids} == {A_CHAMPION}


def test_sync_with_a_gate_that_stops_and_nobody_who_said_no_writes_and_plans_nothing(
    operator: Operator,
) -> None:
    add_nine_segments(operator.world)
    plans, line = _plans(operator.world), operator.world.last_write()

    assert operator.does("sync").exit_code == 5
    assert _plans(operator.world) == plans
    assert operator.world.written_since(line) == []


def test_by_default_the_same_set_is_reported_and_goes_on(operator: Operator) -> None:
    assert QualitySettings().gate == "warn"
    add_nine_segments(operator.world)
    operator.edits('gate = "stop"\n', "")

    said = operator.does("segment")

    assert said.exit_code == 0
    assert '    ! nobody meets the rule of "A hundred orders"' in said.out


def _plans(world: World) -> dict[str, str]:
    """Plan to its kind."""
    with world.opened() as workspace:
        return {plan.id: plan.head.kind for plan in list_plans(workspace.control, DESTINATION)}
