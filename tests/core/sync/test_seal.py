"""A sealed plan: its report adds up, names its cost and causes, and its listing is whole and private."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from consentric.control.ownership import move_record, owned_labels
from consentric.control.plans import held_plans
from consentric.sdk.errors import ConfigError, GuardError
from consentric.sync.seal import approve_plan
from consentric.sync.settings import BrakeSettings, DestinationSettings

from .conftest import rref


def test_report_of_a_first_plan(world):
    report = world.plan(approved=False)
    assert (report.enter, report.move, report.leave, report.unchanged, report.total) == (5, 0, 0, 1, 6)
    assert report.no_segment == 1
    assert report.enter_by_segment == {"rfm5.champions": 2, "rfm5.loyal": 3}
    assert report.causes == {"people changed": 5}
    assert report.first_apply
    assert [one.target for one in report.provisions] == [
        "field:rfm5",
        "list:rfm5.champions",
        "list:rfm5.loyal",
    ]
    # Provisions 3; fields 5 in batches of 3: 2; lists 2 and 3 in batches of 6: 2; read-back of 5: 2.
    assert (report.cost.calls, report.cost.read_back_calls) == (9, 2)
    assert (report.cost.seconds, report.cost.share_of_day) == (4.5, 0.009)
    assert world.crm.calls == 0


def test_what_the_brake_holds_is_known_until_it_is_approved_or_overtaken(world):
    first = world.plan(approved=False)
    second = world.plan(approved=False)
    [held] = held_plans(world.store)
    assert (held.id, held.id == first.plan) == (second.plan, False)
    approve_plan(world.store, second.plan, by="ops", reason="test", clock=world.clock)
    assert held_plans(world.store) == []


def test_report_is_one_object_with_a_name(world):
    plain = json.loads(json.dumps(world.plan(approved=False).as_json()))
    assert plain["schema"] == "consentric.plan/1"
    assert plain["brake"] == [{"code": "first_apply", "sentence": "first apply to this destination"}]
    assert sum([plain["enter"], plain["move"], plain["leave"], plain["unchanged"]]) == plain["total"]


def test_report_of_the_second_day(world):
    world.sync()
    world.segments.update({1: "champions", 4: None})
    world.denied[2] = ("CONSENT_WITHDRAWN", "remove")
    world.denied[6] = ("CONSENT_MISSING", "expire")
    world.reopen()
    report = world.plan()
    assert (report.enter, report.move, report.leave, report.unchanged) == (0, 1, 2, 2)
    assert (report.leave_by_consent, report.withheld, report.total) == (1, {"CONSENT_MISSING": 1}, 6)
    assert [(one.before, one.after, one.people) for one in report.moves] == [("loyal", "champions", 1)]
    assert report.causes == {"people changed": 2, "consent changed": 1}
    assert report.explicit_denials == 2
    assert report.population == 3


def test_listing_has_every_change_and_every_withheld_record(world):
    world.denied[2] = ("CONSENT_MISSING", "expire")
    report = world.plan()
    path = Path(report.rows)
    assert path.relative_to(world.folder) == Path("plans") / report.plan / "rows.parquet"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    rows = pq.read_table(path).to_pylist()
    assert [(row["rref"][-1], row["state"], row["reason"], row["segment_after"]) for row in rows] == [
        (1, "written", "", "loyal"),
        (2, "withheld", "CONSENT_MISSING", None),
        (3, "written", "", "loyal"),
        (4, "written", "", "champions"),
        (5, "written", "", "champions"),
    ]


def test_records_of_a_state_are_listed_once_with_their_reason(world):
    world.denied[2] = ("CONSENT_MISSING", "expire")
    report = world.plan()
    listed = pq.read_table(report.rows, filters=[("state", "=", "withheld")]).to_pylist()
    assert [(row["rref"], row["reason"]) for row in listed] == [(rref(2), "CONSENT_MISSING")]


def test_plan_without_changes_is_no_first_apply(world):
    everybody, world.segments = world.segments, {1: None}
    world.crm.provisioned = {"field:rfm5", "list:rfm5.champions", "list:rfm5.loyal"}
    report = world.plan(approved=False)
    assert (report.brake, report.has_changes) == ((), False)
    world.apply(report.plan)
    world.segments = everybody
    assert world.plan(approved=False).first_apply


def test_plan_that_fails_halfway_leaves_nothing(world):
    def broken():
        yield from world_rows[:2]
        raise RuntimeError

    world_rows = world.wanted()
    world.wanted = broken
    with pytest.raises(RuntimeError):
        world.plan()
    assert world.store.connection.execute("SELECT count(*) FROM op").fetchone() == (0,)
    assert world.store.connection.execute("SELECT count(*) FROM plan").fetchone() == (0,)
    assert list(world.folder.rglob("*.parquet*")) == []


def test_changed_rule_is_the_cause_of_the_moves_of_its_set(world):
    world.sync()
    world.rules = {"rfm5": "rule-2"}
    world.segments[1] = "champions"
    world.reopen()
    assert world.plan().causes == {"rule changed": 1}


def test_rule_that_changed_without_effect_is_no_cause_later(world):
    world.sync()
    world.rules = {"rfm5": "rule-2"}
    world.reopen()
    assert world.plan().has_changes is False
    world.segments[1] = "champions"
    world.reopen()
    assert world.plan().causes == {"people changed": 1}


def test_merge_is_the_cause_until_a_plan_has_taken_note_of_it(world):
    world.sync()
    move_record(world.store, rref(1), rref(6))
    del world.segments[1]
    world.segments[6] = "loyal"
    world.crm.contacts.discard("crm-1")
    world.crm.fields.pop(("crm-1", "field:rfm5"))
    world.crm.lists["list:rfm5.loyal"].discard("crm-1")
    world.reopen()
    report = world.sync()
    assert (report.enter, report.unchanged, report.withheld) == (1, 4, {})
    assert world.crm.fields["crm-6", "field:rfm5"] == "loyal"
    world.reopen()
    assert world.sync().unchanged == 5


def test_label_that_a_merge_dropped_is_written_again_as_it_was(world):
    world.sync()
    world.segments[1] = "champions"
    world.reopen()
    world.sync()
    move_record(world.store, rref(1), rref(6))
    del world.segments[1]
    world.segments[6] = "champions"
    del world.crm.fields["crm-1", "field:rfm5"]
    world.crm.lists["list:rfm5.champions"].discard("crm-1")
    world.reopen()
    world.writer.seen.clear()
    world.sync()
    [again] = [one for one in world.writer.seen if one.verb == "set"]
    assert (again.record.id, again.new, again.previous) == ("crm-6", "champions", "loyal")
    [field] = [
        one for one in owned_labels(world.store, "prod") if one.label == "field:rfm5" and one.rref == rref(6)
    ]
    assert (field.segment, field.previous) == ("champions", "loyal")


def test_label_taken_away_after_a_merge_that_dropped_nothing_stays_away(world):
    world.sync()
    move_record(world.store, rref(1), rref(6))
    del world.segments[1]
    world.segments[6] = "loyal"
    world.crm.fields["crm-6", "field:rfm5"] = world.crm.fields.pop(("crm-1", "field:rfm5"))
    world.crm.lists["list:rfm5.loyal"] ^= {"crm-1", "crm-6"}
    world.reopen()
    world.read_labels()
    assert world.plan().ops == 0
    world.crm.lists["list:rfm5.loyal"].discard("crm-6")
    world.read_labels()
    assert world.plan().withheld == {"CHANGED_BY_HAND": 1}


def test_forbidden_destination_still_executes_a_no_and_cannot_be_approved(world):
    world.sync()
    world.denied = dict.fromkeys(range(1, 7), ("LIA_MISSING", "refuse"))
    world.denied[2] = ("CONSENT_WITHDRAWN", "remove")
    world.reopen()
    report = world.plan(approved=False)
    assert report.refused == {"LIA_MISSING": 5}
    assert (report.leave, report.withheld) == (1, {"LIA_MISSING": 5})
    with pytest.raises(ConfigError) as caught:
        approve_plan(world.store, report.plan, by="ops", reason="no", clock=world.clock)
    assert caught.value.exit_code == 2


def test_used_plan_cannot_be_approved(world):
    report = world.plan()
    world.apply(report.plan)
    with pytest.raises(GuardError):
        approve_plan(world.store, report.plan, by="ops", reason="again", clock=world.clock)


def test_lists_can_be_left_out(world):
    world.settings = world.settings.model_copy(update={"lists": False})
    report = world.plan()
    assert [one.target for one in report.provisions] == ["field:rfm5"]
    world.apply(report.plan)
    assert world.crm.picture()["lists"] == {}


def test_lists_of_a_crm_without_fields_cannot_be_left_out(world):
    world.settings = world.settings.model_copy(update={"lists": False})
    world.writer.has_fields = False
    report = world.plan()
    assert {one.target for one in report.provisions} == {"list:rfm5.champions", "list:rfm5.loyal"}
    world.apply(report.plan)
    assert world.crm.fields == {}
    assert world.crm.picture()["lists"]


def test_brake_of_the_settings_is_the_one_that_counts(world):
    world.sync()
    world.settings = world.settings.model_copy(update={"brake": BrakeSettings()})
    world.segments = dict.fromkeys(world.segments)
    world.reopen()
    assert [reason.code for reason in world.plan(approved=False).brake] == [
        "emptied",
        "emptied",
        "population",
    ]


def test_unknown_setting_is_refused():
    with pytest.raises(ValidationError):
        DestinationSettings(name="p", to="t", sets=["a"], purpose="m", channel="email", tranfser="eea")
