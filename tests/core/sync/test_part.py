"""A part of a plan: a canary or one segment; the rest waits, a person's no does not."""

from __future__ import annotations

from consentric.control.ownership import merged_records, move_record
from consentric.sync.part import Part

from .conftest import rref

# The world: records 1, 2 and 3 should be loyal, 4 and 5 champions, 6 in no segment.


def test_a_canary_takes_the_first_records_and_says_what_it_left(world):
    report = world.plan(part=Part(records=2))
    assert report.part == "at most 2 records"
    assert (report.enter, report.withheld, report.unchanged, report.total) == (2, {"LEFT_OUT": 3}, 1, 6)
    assert report.enter_by_segment == {"rfm5.loyal": 2}


def test_after_a_canary_the_rest_still_waits_for_an_approval(world):
    world.apply(world.plan(part=Part(records=2)).plan)
    assert world.crm.picture()["lists"] == {"list:rfm5.loyal": ["crm-1", "crm-2"]}
    world.reopen()
    rest = world.plan(approved=False)
    assert (rest.enter, rest.unchanged, rest.part) == (3, 3, "")
    [reason] = rest.brake
    assert (reason.code, reason.sentence) == ("first_apply", "first whole plan; 2 records went as a part")


def test_only_one_segment_is_what_enters_moves_to_or_leaves_it(world):
    world.sync()
    world.segments.update({1: "champions", 4: "loyal", 5: None, 6: "loyal"})
    world.reopen()
    report = world.plan(part=Part(segment="rfm5.champions"))
    # 1 moves to champions, 4 moves away, 5 leaves; 6 enters loyal, which is not asked for.
    assert (report.enter, report.move, report.leave) == (0, 2, 1)
    assert report.withheld == {"LEFT_OUT": 1}


def test_a_no_is_in_every_part_and_takes_nobodys_place(world):
    world.sync()
    world.denied[1] = ("CONSENT_WITHDRAWN", "remove")
    world.segments.update({2: "champions", 3: "champions"})
    world.reopen()
    report = world.plan(part=Part(records=1, segment="rfm5.champions"))
    assert (report.move, report.leave, report.withheld) == (1, 1, {"LEFT_OUT": 1})
    assert report.explicit_denials == 2


def test_a_part_hides_no_changed_rule_from_the_brake(world):
    world.sync()
    world.rules = {"rfm5": "new"}
    world.segments.update({1: "champions", 2: "champions"})
    world.reopen()
    world.apply(world.plan(part=Part(records=1)).plan)
    world.reopen()
    rest = world.plan()
    assert rest.causes == {"rule changed": 1}


def test_records_of_a_merge_that_a_part_leaves_are_still_known_as_merged(world):
    world.sync()
    move_record(world.store, rref(1), rref(6))
    world.crm.contacts.discard("crm-1")  # its label went with it, nobody took it off
    del world.segments[1]
    world.segments.update({2: "champions", 6: "loyal"})
    world.reopen()
    world.read_labels()
    before = merged_records(world.store, "prod")
    assert rref(6) in before
    world.apply(world.plan(part=Part(segment="rfm5.champions")).plan)
    assert merged_records(world.store, "prod") == before
