"""What the hourly job promises: a no is carried out within the hour, and nothing else happens."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from consentric.app.config import Config
from consentric.app.doctor import examine
from consentric.app.explanation import explain_subject
from consentric.app.propagation import Propagation
from consentric.control.runs import last_run
from consentric.sdk.contracts import Connector
from consentric.sdk.errors import RemoteError

from .bad_input_world import Operator
from .shop import (
    A_CHAMPION,
    CAMILLE,
    CAMILLE_AT_WORK,
    EVERYBODY,
    LABELLED_OTHERS,
    NEVER_ASKED,
    buy,
    contact_of,
    subscribe,
    type_in,
    unsubscribe,
)
from .test_promises import Killed, killed_at
from .three_crms import InThree, is_off_all_three
from .world import World


def test_a_no_takes_the_labels_off_within_the_hour_and_nothing_else_happens(world: World) -> None:
    at, before = world.advance(hours=3), world.last_write()
    with world.crm() as state:
        unsubscribe(state, CAMILLE_AT_WORK, at=at)
        subscribe(state, contact_of(NEVER_ASKED), at=at)
        buy(state, contact_of(17), at=at)
    world.advance(minutes=30)
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (0, 2)
    assert world.written_since(before) == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]
    assert world.segments() == world.members() == LABELLED_OTHERS
    assert done.propagation is not None
    assert (done.propagation.people, done.propagation.p50, done.propagation.max) == (1, 1800, 1800)
    assert (done.propagation.open, done.propagation.is_late) == (0, False)


def test_a_second_run_writes_nothing_and_the_night_misses_nothing(world: World) -> None:
    at = world.advance(hours=3)
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
        subscribe(state, contact_of(NEVER_ASKED), at=at)
        type_in(state, contact_of(5), {"age_band": "40-49"}, at=at)
    world.sync_consents()
    before = world.last_write()
    assert world.sync_consents().removed == 0
    assert world.writes(since=before) == []
    world.advance(hours=20)
    night = world.sync()
    assert night.exit_code == 0
    assert world.written_since(before) == [
        ("contacts.batch_update", [contact_of(NEVER_ASKED)]),
        ("lists.add", [contact_of(NEVER_ASKED)]),
    ]
    query = "SELECT count(*) FROM attribute WHERE name = 'age_band' AND value = '40-49'"
    with world.opened() as workspace:
        assert workspace.warehouse.connection.execute(query).fetchone() == (1,)


def test_the_brake_holds_a_new_rule_but_no_hourly_removal(world: World) -> None:
    world.min_grade = "A"  # nobody confirmed the form: the brake would hold 27 removals
    at, before = world.advance(hours=3), world.last_write()
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    assert world.sync().exit_code == 5
    at = world.advance(hours=1)
    with world.crm() as state:
        unsubscribe(state, contact_of(28 - 4), at=at)
    assert world.sync_consents().exit_code == 0
    gone = {contact for _, contacts in world.written_since(before) for contact in contacts}
    assert gone == {A_CHAMPION, contact_of(24)}


def test_an_objection_noted_here_is_carried_out_though_no_crm_told_it(world: World) -> None:
    sid = world.sid(world.rref(CAMILLE))
    world.advance(hours=3)
    world.object_to_marketing(sid)
    world.advance(minutes=10)
    done = world.sync_consents()
    assert done.removed == 2
    assert done.propagation is not None
    assert done.propagation.max == 600
    assert world.segments() == LABELLED_OTHERS


def test_a_value_that_somebody_put_there_since_is_not_cleared(world: World) -> None:
    at, before = world.advance(hours=3), world.last_write()
    with world.crm() as state:
        type_in(state, A_CHAMPION, {"consentric_rfm5": "loyal"}, at=at)
        unsubscribe(state, A_CHAMPION, at=at)
    done = world.sync_consents()
    assert done.exit_code == 0
    assert world.written_since(before) == [("lists.remove", [A_CHAMPION])]
    assert world.segments()[A_CHAMPION] == "loyal"


def test_a_dry_run_says_how_many_and_writes_nothing(world: World) -> None:
    at, before = world.advance(hours=3), world.last_write()
    with world.crm() as state:
        unsubscribe(state, CAMILLE, at=at)
    done = world.sync_consents(dry_run=True)
    assert done.waiting == {"hubspot-test": 2}
    assert world.writes(since=before) == []
    assert world.sync_consents().removed == 2


def test_a_plan_that_waits_for_approval_stays_valid(world: World) -> None:
    at = world.advance(hours=3)
    with world.crm() as state:
        subscribe(state, contact_of(NEVER_ASKED), at=at)
    world.pull()
    plan = world.plan()
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    assert world.sync_consents().removed == 1
    assert world.apply(plan.plan).enter == 1
    assert world.segments().keys() == (EVERYBODY.keys() - {A_CHAMPION}) | {contact_of(NEVER_ASKED)}


def test_while_the_only_authority_is_down_nothing_is_taken_for_a_no(world: World) -> None:
    before = world.last_write()
    world.advance(hours=3)
    world.break_crm({"kind": "401-for-good"})
    with pytest.raises(RemoteError) as refused:
        world.sync_consents()
    assert refused.value.exit_code == 4
    assert world.writes(since=before) == []


def test_an_objection_is_carried_out_while_the_authority_cannot_be_read(world: World) -> None:
    sid, lost = world.sid(world.rref(CAMILLE)), world.revoke("communication_preferences")
    at = world.advance(hours=3)
    with world.crm() as state:
        type_in(state, A_CHAMPION, {"age_band": "40-49"}, at=at)
    world.object_to_marketing(sid)
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (3, 2)
    assert world.segments() == LABELLED_OTHERS
    world.grant(lost)


def test_what_is_carried_out_a_day_late_fails_and_says_so(world: World) -> None:
    at = world.advance(hours=1)
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    world.advance(hours=25)
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (5, 1)
    assert done.propagation is not None
    assert (done.propagation.max, done.propagation.is_late) == (90_000, True)
    with world.opened() as workspace:
        run = last_run(workspace.control, "consents")
        assert run is not None
        assert (run.summary["withdrawal_max"], run.summary["exit_code"]) == (90_000, 5)


def test_a_label_that_the_crm_does_not_let_go_is_counted_as_waiting(world: World) -> None:
    at = world.advance(hours=3)
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    lost = world.revoke("crm.objects.contacts.write")
    world.advance(minutes=5)
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (4, 0)
    assert done.propagation is not None
    assert (done.propagation.open, done.propagation.open_max) == (1, 300)
    world.grant(lost)
    world.advance(minutes=5)
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (0, 1)
    assert done.propagation is not None
    assert (done.propagation.open, done.propagation.max) == (0, 600)


def test_explain_says_when_a_person_said_no_and_when_the_label_was_gone(world: World) -> None:
    at = world.advance(hours=3)
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    world.advance(minutes=40)
    world.sync_consents()
    with world.opened() as workspace:
        [one] = explain_subject(workspace, f"crm:hubspot:{A_CHAMPION}").withdrawals
    assert (one.destination, one.said_at, one.removed_at) == ("hubspot-test", at, at + timedelta(minutes=40))
    assert one.seconds == 2400


@pytest.mark.parametrize(
    ("point", "time"),
    [("before request", 1), ("after request", 1), ("after request", 2), ("before commit", 6)],
)
def test_a_killed_hourly_run_is_finished_by_the_next_one(world: World, point: str, time: int) -> None:
    at, before = world.advance(hours=3), world.last_write()
    with world.crm() as state:
        unsubscribe(state, CAMILLE, at=at)
    with pytest.raises(Killed):
        world.sync_consents(kill_point=killed_at(point, time))
    world.advance(hours=1)
    assert world.sync_consents().exit_code == 0
    assert world.segments() == world.members() == LABELLED_OTHERS
    assert world.written_since(before) == [
        ("contacts.batch_update", [CAMILLE, CAMILLE_AT_WORK]),
        ("lists.remove", [CAMILLE, CAMILLE_AT_WORK]),
    ]
    done = world.last_write()
    world.advance(hours=20)
    assert world.sync().exit_code == 0
    assert world.writes(since=done) == []


def test_half_a_night_that_was_killed_is_not_gone_on_with_by_the_hour(approved_world: World) -> None:
    """Its additions wait for the next night; a no meanwhile is carried out on what stands already."""
    world = approved_world
    with pytest.raises(Killed):
        world.apply(world.latest_plan(), kill_point=killed_at("after request", 2))
    shown = world.segments()
    assert 0 < len(shown) < 29
    leaver = min(shown)
    at, before = world.advance(hours=1), world.last_write()
    with world.crm() as state:
        unsubscribe(state, leaver, at=at)
    assert world.sync_consents().exit_code == 0
    assert {contact for _, contacts in world.written_since(before) for contact in contacts} == {leaver}
    assert world.segments().keys() == shown.keys() - {leaver}
    world.advance(hours=20)
    done = world.sync()
    assert done.exit_code == 0
    assert world.segments().keys() == world.members().keys() == EVERYBODY.keys() - {leaver}
    # The field of the one who left was set once and cleared once.
    assert world.written_twice() == [("contacts.batch_update", str(leaver))]


def test_a_timer_calls_it_by_name_and_a_watcher_is_told(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pings: list[tuple[str, str]] = []
    monkeypatch.setattr("consentric.app.outgoing.send_ping", lambda url, body: pings.append((url, body)))
    monkeypatch.setenv("PING", "https://watcher.example/8c1f")
    world = operator.world
    config = world.workspace / "config.toml"
    at = world.advance(hours=3)
    config.write_text(config.read_text() + '\n[notify]\nping = "env:PING"\n')
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)

    dry = operator.does("sync", "consents", "--dry-run")
    assert (dry.exit_code, pings) == (0, [])
    assert "  hubspot-test: labels of 1 records would go\n" in dry.out

    said = operator.does("sync", "consents", "--json")
    assert said.exit_code == 0
    assert said.object["removed"] == 1
    assert said.object["withdrawal_propagation_seconds"] == {
        "people": 1, "p50": 0, "p95": 0, "max": 0, "open": 0, "open_max": None,
        "limit": 86_400, "is_late": False,
    }  # fmt: skip
    assert [url for url, _ in pings] == ["https://watcher.example/8c1f/start", "https://watcher.example/8c1f"]
    assert "job consents\noutcome success\nexit 0\n" in pings[1][1]
    assert "\nremoved 1\n" in pings[1][1]

    status = operator.does("status", "--json").object["withdrawal_propagation_seconds"]
    assert isinstance(status, dict)
    assert (status["people"], status["max"]) == (1, 0)


def test_a_job_that_nobody_knows_is_refused_with_what_was_meant(operator: Operator) -> None:
    said = operator.does("sync", "consent")
    assert said.exit_code == 2
    assert 'no job is named "consent"' in said.err
    assert 'did you mean "consents"?' in said.err


def test_one_crm_is_down_the_others_go_on_and_a_day_later_it_is_a_failure(in_three: InThree) -> None:
    world = in_three
    world.break_mailchimp({"kind": "401-for-good"})
    at = world.advance(hours=3)
    with world.crm() as state:
        unsubscribe(state, CAMILLE, at=at)
    world.advance(minutes=30)

    done = world.sync_consents()

    assert (done.exit_code, done.removed) == (3, 3)
    assert list(done.read.failures) == ["mailchimp"]
    assert [one.destination for one in done.applies if one.stopped_by] == ["mailchimp-test"]
    assert (world.segments(), len(world.in_mailchimp())) == (LABELLED_OTHERS, 5)
    assert done.propagation == Propagation(people=1, p50=1800, p95=1800, max=1800, open=1, open_max=1800)
    assert withdrawals_check(world) == "ok"

    world.advance(hours=24)
    assert withdrawals_check(world) == "failed"  # though nothing has run since
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (5, 0)
    assert done.propagation == Propagation(open=1, open_max=88_200)

    world.break_mailchimp()
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (5, 1)
    assert done.propagation == Propagation(people=1, p50=88_200, p95=88_200, max=88_200)
    is_off_all_three(world)
    world.advance(hours=1)
    assert world.sync_consents().exit_code == 0
    assert withdrawals_check(world) == "failed"
    world.advance(hours=23)
    assert withdrawals_check(world) == "ok"


def withdrawals_check(world: World) -> str:
    """What doctor says of the hard limit."""
    path = world.workspace / "config.toml"
    [check] = examine(path, now=world.now, open_connector=no_connector, only="withdrawals")
    return check.state


def no_connector(_config: Config, _name: str) -> AbstractContextManager[Connector]:
    raise AssertionError("no CRM is asked")
