"""Applying a plan: order, answers of every kind, consent at the moment of writing, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from consentric.control.ownership import owned_labels
from consentric.control.plans import load_plan
from consentric.sdk.contracts import LabelSet, SegmentLabel
from consentric.sdk.errors import ConfigError, GuardError, RemoteKind
from consentric.sync.apply import resumable_plans
from consentric.sync.removals import denials_only
from consentric.sync.seal import approve_plan
from consentric.sync.settings import BrakeSettings

GOLDEN = {
    "fields": {
        ("crm-1", "field:rfm5"): "loyal",
        ("crm-2", "field:rfm5"): "loyal",
        ("crm-3", "field:rfm5"): "loyal",
        ("crm-4", "field:rfm5"): "champions",
        ("crm-5", "field:rfm5"): "champions",
    },
    "lists": {
        "list:rfm5.champions": ["crm-4", "crm-5"],
        "list:rfm5.loyal": ["crm-1", "crm-2", "crm-3"],
    },
}


def outcome_of(report):
    return (
        report.enter,
        report.move,
        report.leave,
        report.unchanged,
        report.withheld,
        report.rejected,
        report.not_finished,
    )


def test_first_apply_writes_everything_and_a_second_run_is_silent(world):
    report = world.sync()
    assert world.crm.picture() == GOLDEN
    assert world.crm.provisioned == {"field:rfm5", "list:rfm5.champions", "list:rfm5.loyal"}
    assert outcome_of(report) == (5, 0, 0, 1, {}, {}, 0)
    assert (report.total, report.exit_code, report.verified) == (6, 0, 10)
    written = len(world.crm.writes)
    assert written == 10
    world.reopen()
    again = world.sync()
    assert outcome_of(again) == (0, 0, 0, 6, {}, {}, 0)
    assert len(world.crm.writes) == written


def test_previous_and_since_travel_with_a_move(world):
    world.sync()
    world.segments[1] = "champions"
    world.reopen()
    world.writer.seen.clear()
    report = world.sync()
    assert outcome_of(report) == (0, 1, 0, 5, {}, {}, 0)
    [change] = [one for one in world.writer.seen if one.verb == "set"]
    assert (change.new, change.previous, change.since.isoformat()) == ("champions", "loyal", "2026-11-20")
    [field] = [
        one for one in owned_labels(world.store, "prod") if one.label == "field:rfm5" and one.rref[-1] == 1
    ]
    assert (field.segment, field.previous) == ("champions", "loyal")
    assert [one.verb for one in world.writer.seen] == ["remove", "set", "add"]


def test_leaving_clears_what_we_wrote(world):
    world.sync()
    world.segments[4] = None
    world.reopen()
    report = world.sync()
    assert outcome_of(report) == (0, 0, 1, 5, {}, {}, 0)
    assert ("crm-4", "field:rfm5") not in world.crm.fields
    assert world.crm.lists["list:rfm5.champions"] == {"crm-5"}


# --- what is refused before anything is sent ---


def test_braked_plan_is_refused_until_it_is_approved(world):
    report = world.plan(approved=False)
    assert [reason.code for reason in report.brake] == ["first_apply"]
    with pytest.raises(GuardError) as caught:
        world.apply(report.plan)
    assert caught.value.code == "CS534"
    assert world.crm.writes == []


def test_an_older_plan_that_is_refused_names_the_newer_one(world):
    older, newer = world.plan(approved=False), world.plan()
    with pytest.raises(GuardError) as caught:
        world.apply(older.plan)
    told = f"plan {newer.plan} of the same destination is newer:  consentric apply {newer.plan}"
    assert (caught.value.code, caught.value.hint) == ("CS534", told)
    world.apply(newer.plan)
    with pytest.raises(GuardError) as caught:
        world.apply(older.plan)
    # The newer one was used meanwhile: only a new plan helps.
    assert (caught.value.code, caught.value.hint) == ("CS531", "consentric plan prod   makes a new one")


def test_plan_is_applied_once(world):
    report = world.plan()
    world.apply(report.plan)
    with pytest.raises(GuardError) as caught:
        world.apply(report.plan)
    assert caught.value.code == "CS532"


def test_first_plan_made_twice_is_applied_once(world):
    first, second = world.plan(), world.plan()
    world.apply(first.plan)
    with pytest.raises(GuardError) as caught:
        world.apply(second.plan)
    assert caught.value.code == "CS531"


def test_altered_plan_is_refused(world):
    report = world.plan()
    world.store.connection.execute("UPDATE op SET new = 'champions' WHERE new = 'loyal'")
    with pytest.raises(GuardError) as caught:
        world.apply(report.plan)
    assert caught.value.code == "CS533"
    assert world.crm.writes == []


def test_approval_does_not_lift_the_brake_of_other_rows(world):
    report = world.plan()
    world.store.connection.execute("UPDATE plan SET approved_sha256 = ?", ("0" * 64,))
    with pytest.raises(GuardError) as caught:
        world.apply(report.plan)
    assert caught.value.code == "CS534"


def test_plan_is_stale_when_a_human_changed_a_label(world):
    world.sync()
    world.segments[1] = "champions"
    report = world.plan()
    world.crm.lists["list:rfm5.loyal"].discard("crm-2")
    world.read_labels()
    with pytest.raises(GuardError) as caught:
        world.apply(report.plan)
    assert caught.value.code == "CS531"


def test_plan_is_stale_when_the_destination_is_configured_otherwise(world):
    report = world.plan()
    world.settings = world.settings.model_copy(update={"automations": "fire"})
    with pytest.raises(GuardError) as caught:
        world.apply(report.plan)
    assert caught.value.code == "CS531"


def test_unknown_plan_is_a_mistake_of_usage(world):
    with pytest.raises(ConfigError) as caught:
        world.apply("beef")
    assert caught.value.exit_code == 2


# --- answers ---


@pytest.mark.parametrize("fault", ["before", "after", "half answered"])
@pytest.mark.parametrize("at", range(4))
def test_lost_answer_is_settled_by_reading_back(world, fault, at):
    world.writer.faults = [None] * at + [fault]
    report = world.sync()
    assert outcome_of(report) == (5, 0, 0, 1, {}, {}, 0)
    assert world.crm.picture() == GOLDEN
    assert len(world.crm.writes) == len(set(world.crm.writes)) == 10


def test_lost_answer_is_settled_through_lists_that_are_only_listed_whole(world):
    world.writer.lists_by_id = False
    world.writer.faults = [None, None, "after"]
    assert outcome_of(world.sync()) == (5, 0, 0, 1, {}, {}, 0)
    assert len(world.crm.writes) == 10


def test_rejected_record_is_a_dead_letter_and_the_others_go_on(world):
    world.writer.bad = {"crm-2": "rejected"}
    world.settings = world.settings.model_copy(update={"brake": BrakeSettings(rejected_percent=100)})
    report = world.sync()
    assert outcome_of(report) == (4, 0, 0, 1, {}, {"VALIDATION": 1}, 0)
    assert report.exit_code == 3
    rows = world.store.connection.execute(
        "SELECT target, vendor_code, message_redacted, n FROM dead"
    ).fetchall()
    assert rows == [
        ("field:rfm5", "VALIDATION", "400 VALIDATION", 1),
        ("list:rfm5.loyal", "VALIDATION", "400 VALIDATION", 1),
    ]


def test_rejected_record_is_tried_eight_times_and_then_left_alone(world):
    world.writer.bad = {"crm-2": "rejected"}
    for _ in range(8):
        world.sync()
        world.reopen()
    calls = len(world.writer.seen)
    report = world.sync()
    assert len(world.writer.seen) == calls
    assert outcome_of(report) == (0, 0, 0, 5, {}, {"REJECTED_BEFORE": 1}, 0)


def test_dead_letter_is_forgotten_when_the_label_comes_through(world):
    world.writer.bad = {"crm-2": "rejected"}
    world.sync()
    world.writer.bad = {}
    world.reopen()
    assert outcome_of(world.sync()) == (1, 0, 0, 5, {}, {}, 0)
    assert world.store.connection.execute("SELECT count(*) FROM dead").fetchone() == (0,)


def test_batch_refused_as_a_whole_is_halved_until_the_bad_record_is_alone(world):
    world.writer.bad = {"crm-2": "whole"}
    report = world.sync()
    assert outcome_of(report) == (4, 0, 0, 1, {}, {"INVALID": 1}, 0)
    assert len(world.crm.writes) == 8


def test_record_gone_from_the_crm_is_withheld(world):
    world.crm.contacts.remove("crm-5")
    report = world.sync()
    assert outcome_of(report) == (4, 0, 0, 1, {"GONE": 1}, {}, 0)
    world.reopen()
    assert outcome_of(world.sync()) == (0, 0, 0, 5, {"GONE": 1}, {}, 0)


def test_answer_to_ask_later_leaves_the_record_not_finished_until_the_next_run(world):
    world.writer.bad = {"crm-1": "retry"}
    report = world.sync()
    assert outcome_of(report) == (4, 0, 0, 1, {}, {}, 1)
    assert (report.exit_code, load_plan(world.store, report.plan).state) == (3, "applying")
    world.writer.bad = {}
    world.reopen()
    assert resumable_plans(world.store, "prod") == [report.plan]
    assert outcome_of(world.apply(report.plan)) == (5, 0, 0, 1, {}, {}, 0)
    assert world.crm.picture() == GOLDEN


@pytest.mark.parametrize("kind", [RemoteKind.AUTH, RemoteKind.QUOTA, RemoteKind.FATAL])
def test_crm_that_refuses_us_stops_the_apply_and_leaves_it_resumable(world, kind):
    world.writer.faults = [None, kind]
    report = world.sync()
    assert report.stopped_by.kind is kind
    assert (report.exit_code, report.not_finished) == (4, 5)
    assert len(world.crm.writes) == 3
    world.reopen()
    assert outcome_of(world.apply(report.plan)) == (5, 0, 0, 1, {}, {}, 0)
    assert len(world.crm.writes) == 10


def test_change_that_was_confirmed_but_not_applied_is_rejected(world):
    world.writer.bad = {"crm-4": "lies"}
    report = world.sync()
    assert outcome_of(report) == (4, 0, 0, 1, {}, {"NOT_APPLIED": 1}, 0)
    assert {one.rref[-1] for one in owned_labels(world.store, "prod")} == {1, 2, 3, 5}


def test_removal_that_was_confirmed_but_not_applied_stays_ours(world):
    world.sync()
    world.segments[4] = None
    world.writer.bad = {"crm-4": "lies"}
    world.reopen()
    report = world.sync()
    assert outcome_of(report) == (0, 0, 0, 5, {}, {"NOT_APPLIED": 1}, 0)
    assert {one.rref[-1] for one in owned_labels(world.store, "prod")} == {1, 2, 3, 4, 5}
    world.writer.bad = {}
    world.reopen()
    assert outcome_of(world.sync()) == (0, 0, 1, 5, {}, {}, 0)
    assert ("crm-4", "field:rfm5") not in world.crm.fields


def test_too_many_rejections_stop_the_apply(world):
    for number in range(7, 60):
        world.segments[number] = "loyal"
        world.crm.contacts.add(f"crm-{number}")
    world.writer.bad = {f"crm-{number}": "rejected" for number in range(10, 20)}
    report = world.sync()
    assert (report.stopped_by.code, report.exit_code) == ("CS535", 5)
    assert report.total == 59
    assert report.not_finished > 0


# --- consent at the moment of writing ---


def test_no_said_after_the_plan_keeps_the_label_off(world):
    plan = world.plan()
    world.denied_at_send[1] = ("CONSENT_WITHDRAWN", "remove")
    report = world.apply(plan.plan)
    assert outcome_of(report) == (4, 0, 0, 1, {"CONSENT_WITHDRAWN": 1}, {}, 0)
    assert not [write for write in world.crm.writes if write[2] == "crm-1"]


def test_no_said_after_the_plan_takes_the_old_label_off_instead_of_moving_it(world):
    world.sync()
    world.segments[1] = "champions"
    world.reopen()
    plan = world.plan()
    world.denied_at_send[1] = ("OBJECTED", "remove")
    report = world.apply(plan.plan)
    assert outcome_of(report) == (0, 0, 1, 5, {}, {}, 0)
    assert ("crm-1", "field:rfm5") not in world.crm.fields
    assert world.crm.lists["list:rfm5.loyal"] == {"crm-2", "crm-3"}
    assert "crm-1" not in world.crm.lists["list:rfm5.champions"]
    world.denied = dict(world.denied_at_send)
    world.reopen()
    assert outcome_of(world.sync()) == (0, 0, 0, 5, {"OBJECTED": 1}, {}, 0)


def test_hold_at_send_neither_moves_nor_removes(world):
    world.sync()
    world.segments[1] = "champions"
    world.reopen()
    plan = world.plan()
    world.denied_at_send[1] = ("SOURCE_STALE", "hold")
    world.writer.seen.clear()
    world.apply(plan.plan)
    assert world.crm.fields["crm-1", "field:rfm5"] == "loyal"


def test_consent_that_cannot_be_read_holds_all_but_a_no(world):
    world.sync()
    world.segments.update({1: "champions", 6: "loyal", 4: None})
    world.reopen()
    plan = world.plan()
    world.consents_readable = False
    world.denied_at_send[1] = ("CONSENT_WITHDRAWN", "remove")
    world.apply(plan.plan)
    assert ("crm-1", "field:rfm5") not in world.crm.fields
    assert ("crm-6", "field:rfm5") not in world.crm.fields
    assert ("crm-4", "field:rfm5") not in world.crm.fields


def test_consent_is_read_again_when_the_last_reading_is_older_than_five_minutes(world):
    plan = world.plan()
    original = world.writer.apply

    def slow(labels, changes):
        world.now += timedelta(minutes=3)
        return original(labels, changes)

    world.writer.apply = slow
    world.apply(plan.plan)
    # Batches of fields begin at 0, 3, 6 and of lists at 6, 9 minutes; read at 0 and at 6.
    assert world.refreshes == 2


def test_consent_that_changed_under_our_write_is_an_incident(world):
    world.writer.faults = ["consent changed"]
    report = world.sync()
    assert (report.stopped_by.code, report.exit_code) == ("CS536", 5)
    assert len(world.crm.writes) <= 3


def test_consent_withdrawn_by_the_person_meanwhile_is_no_incident(world):
    world.writer.faults = ["consent changed"]
    original = world.refresh

    def refresh():
        if world.crm.consents:
            world.denied_at_send[1] = ("CONSENT_WITHDRAWN", "remove")
        return original()

    world.refresh = refresh
    report = world.sync()
    assert report.stopped_by is None


# --- denials and the brake ---


def test_denials_of_a_braked_plan_are_executed_and_leave_it_valid(world):
    world.sync()
    world.settings = world.settings.model_copy(update={"brake": BrakeSettings(moves_percent=0)})
    world.segments[1] = "champions"
    world.denied[2] = ("CONSENT_WITHDRAWN", "remove")
    world.reopen()
    report = world.plan(approved=False)
    assert "moves" in [reason.code for reason in report.brake]
    denials = denials_only(world.outlet(), report.plan)
    done = world.apply(denials.id)
    assert (done.leave, done.total) == (1, 1)
    assert ("crm-2", "field:rfm5") not in world.crm.fields
    assert world.crm.fields["crm-1", "field:rfm5"] == "loyal"
    approve_plan(world.store, report.plan, by="ops", reason="looked at it", clock=world.clock)
    writes = len(world.crm.writes)
    whole = world.apply(report.plan)
    assert outcome_of(whole) == (0, 1, 1, 4, {}, {}, 0)
    assert len(world.crm.writes) == writes + 3


def test_plan_without_denials_has_none_to_execute(world):
    report = world.plan(approved=False)
    assert denials_only(world.outlet(), report.plan) is None


# --- ours and theirs ---


def test_label_removed_by_hand_is_not_put_back(world):
    world.sync()
    world.crm.lists["list:rfm5.loyal"].discard("crm-1")
    world.reopen()
    found = world.read_labels()
    assert (found.missing, found.changed) == (1, 1)
    report = world.apply(world.plan().plan)
    assert outcome_of(report) == (0, 0, 0, 5, {"CHANGED_BY_HAND": 1}, {}, 0)
    assert world.crm.lists["list:rfm5.loyal"] == {"crm-2", "crm-3"}


def test_members_and_values_of_others_are_never_touched(world):
    world.crm.lists["list:rfm5.loyal"] = {"crm-6", "crm-99"}
    world.crm.contacts.add("crm-99")
    world.crm.fields["crm-4", "field:rfm5"] = "VIP"
    report = world.sync()
    assert outcome_of(report) == (4, 0, 0, 1, {"CHANGED_BY_HAND": 1}, {}, 0)
    world.segments = dict.fromkeys(world.segments)
    world.reopen()
    world.sync()
    assert world.crm.picture() == {
        "fields": {("crm-4", "field:rfm5"): "VIP"},
        "lists": {"list:rfm5.loyal": ["crm-6", "crm-99"]},
    }


def test_set_taken_out_of_the_configuration_is_cleared_everywhere(world):
    world.sync()
    other = LabelSet(
        name="value",
        title="Value",
        segments=(SegmentLabel(key="high", title="High"),),
        prefix="consentric_",
        marker="managed by consentric test",
    )
    world.labels = (other,)
    world.settings = world.settings.model_copy(update={"sets": ("value",)})
    original = world.wanted
    world.wanted = lambda: [replace(row, set="value", segment=None) for row in original()]
    world.reopen()
    report = world.sync()
    assert (report.leave, report.unchanged) == (5, 1)
    assert world.crm.picture() == {"fields": {}, "lists": {}}


def test_interruption_between_batches_leaves_the_plan_resumable(world):
    plan = world.plan()
    world.should_stop = lambda: len(world.crm.writes) >= 3
    report = world.apply(plan.plan)
    assert (report.exit_code, report.interrupted) == (75, True)
    assert 3 <= len(world.crm.writes) < 10
    world.should_stop = lambda: False
    world.reopen()
    assert outcome_of(world.apply(plan.plan)) == (5, 0, 0, 1, {}, {}, 0)
    assert len(world.crm.writes) == 10
