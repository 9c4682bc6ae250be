"""Identity at the command line: looked at, parted and linked by hand, and what pulls make of it."""

from __future__ import annotations

import json
import shutil

import pytest

from consentric.app import stages
from consentric.sdk.progress import SilentProgress
from consentric.warehouse.store import Warehouse

from .bad_input_world import Operator, everything
from .shop import CAMILLE, CAMILLE_AT_WORK, type_in, unsubscribe
from .world import World

HOME, WORK = f"crm:hubspot:{CAMILLE}", f"crm:hubspot:{CAMILLE_AT_WORK}"
PART = ("identity", "split", HOME, WORK, "--reason", "mother and daughter, one card")
LINK = ("identity", "link", WORK, HOME, "--reason", "asked at the till")


def test_report_and_person_tell_kinds_of_keys_and_numbers_of_records(operator: Operator) -> None:
    report = operator.does("identity", "report")
    assert report.exit_code == 0
    assert "31 people with 34 live records" in report.out
    found = operator.does("identity", "report", "--json").object
    assert found["joined_by"] == {"email": 1, "external:loyalty": 2}
    assert (found["by_records"], found["by_accounts"]) == ({"1": 28, "2": 3}, {"1": 29, "2": 2})

    person = operator.does("identity", "show", HOME, "--json").object
    assert person["shared"] == [["external:loyalty", [HOME, WORK]]]
    assert person["pid"] == operator.world.pid(operator.world.rref(CAMILLE))
    assert [(one["name"], one["labels"]) for one in person["records"]] == [(HOME, 2), (WORK, 2)]  # type: ignore[attr-defined]
    shown = operator.does("identity", "show", WORK)
    assert f"share external:loyalty: {HOME}, {WORK}" in shown.out


def test_parted_people_stay_parted_whatever_is_read_again(operator: Operator) -> None:
    world = operator.world
    home, work = world.rref(CAMILLE), world.rref(CAMILLE_AT_WORK)
    before, writes, activities = world.pid(home), world.last_write(), _activities(world)
    assert operator.does(*PART).exit_code == 0
    after = world.pid(work)
    assert world.pid(home) == before != after

    # Decided at once, and in the segment that both were in until segments are computed: nothing to write.
    assert world.verdicts(after) == world.verdicts(before)
    assert world.memberships()[after] == world.memberships()[before] == "champions"
    plan = world.plan()
    assert (plan.enter, plan.move, plan.leave, plan.total) == (0, 0, 0, 31)
    assert {one.rref for one in world.owned()} >= {home, work}

    for again in (("pull",), ("pull", "--full")):
        assert operator.does(*again).exit_code == 0
        assert (world.pid(home), world.pid(work)) == (before, after)
    shutil.rmtree(world.workspace / "analytics")
    assert operator.does("pull").exit_code == 0
    assert (world.pid(home), world.pid(work)) == (before, after)
    assert _activities(world) == activities, "orders stay with the record they are of"
    assert operator.does("segment").exit_code == 0
    assert {before, after} <= world.memberships().keys()
    assert world.writes(since=writes) == []

    report = operator.does("identity", "report", "--json").object
    assert report["apart"] == {"count": 1, "records": [WORK]}
    assert "apart" in operator.does("identity", "show", WORK).out


def test_no_of_one_of_two_parted_people_is_not_the_others_until_they_are_linked(operator: Operator) -> None:
    world = operator.world
    home, work = world.rref(CAMILLE), world.rref(CAMILLE_AT_WORK)
    assert operator.does(*PART).exit_code == 0
    at = world.advance(days=1)
    with world.crm() as state:
        unsubscribe(state, CAMILLE_AT_WORK, at=at)
    assert operator.does("sync").exit_code == 0
    assert CAMILLE in world.segments()
    assert CAMILLE_AT_WORK not in world.segments()

    said = operator.does(*LINK)
    assert (said.exit_code, "Linked" in said.out) == (0, True)
    pid = world.pid(home)
    assert pid == world.pid(work)
    assert world.verdicts(pid)["email_marketing/write_back"] == "CONSENT_WITHDRAWN"
    assert operator.does("sync").exit_code == 0
    assert {CAMILLE, CAMILLE_AT_WORK}.isdisjoint(world.segments())
    assert operator.does("identity", "report", "--json").object["apart"] == {"count": 0, "records": []}
    again = operator.does(*LINK)
    assert (again.exit_code, again.out) == (0, "They are one person already; nothing was changed.\n")


def test_objection_before_a_parting_counts_for_both(operator: Operator) -> None:
    world = operator.world
    world.object_to_marketing(world.sid(world.rref(CAMILLE)))
    assert operator.does(*PART).exit_code == 0
    pids = {world.pid(world.rref(contact)) for contact in (CAMILLE, CAMILLE_AT_WORK)}
    assert len(pids) == 2
    for pid in pids:
        assert world.verdicts(pid)["email_marketing/write_back"] == "OBJECTED_MARKETING"
    assert operator.does("sync").exit_code == 0
    assert {CAMILLE, CAMILLE_AT_WORK}.isdisjoint(world.segments())


@pytest.mark.parametrize("command", [PART, LINK])
def test_change_killed_before_the_warehouse_followed_is_finished_by_the_next_run(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    world = operator.world
    if command is LINK:
        assert operator.does(*PART).exit_code == 0
    known = _subjects(world)

    def killed(_self: Warehouse, _moves: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Warehouse, "regroup", killed)
        assert operator.does(*command).exit_code == 75
    home, work = (world.pid(world.rref(contact)) for contact in (CAMILLE, CAMILLE_AT_WORK))
    assert (home == work) is (command is LINK), "vault and ledger are one transaction"
    assert _subjects(world) == known

    with world.opened() as workspace:
        plans = stages.plan(workspace, progress=SilentProgress()).plans
    assert [(one.enter, one.leave) for one in plans] == [(0, 0)]
    assert _subjects(world) == {home, work}
    assert world.verdicts(work)["segmentation/process"] == "LEGITIMATE_INTEREST"


def test_address_of_one_given_to_another_later_brings_nothing_along(operator: Operator) -> None:
    world = operator.world
    before = world.pid(world.rref(CAMILLE))
    at = world.advance(days=1)
    with world.crm() as state:
        type_in(state, CAMILLE, {"email": "gave.it.up@ailleurs.example"}, at=at)
        newcomer = state.add_contact({"email": "camille@maison.example"}, created_at=at)
    assert operator.does("sync").exit_code == 0
    assert world.pid(world.rref(newcomer)) != before
    assert world.pid(world.rref(CAMILLE)) == before
    person = operator.does("identity", "show", f"crm:hubspot:{newcomer}", "--json").object
    assert (len(person["records"]), person["shared"]) == (1, [])  # type: ignore[arg-type]
    assert newcomer not in world.segments()


def test_acts_are_noted_with_their_reason_and_without_anybody(operator: Operator) -> None:
    operator.does("identity", "report")
    operator.does("identity", "show", HOME)
    operator.does(*PART)
    lines = (operator.world.workspace / "audit" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    noted = [entry for entry in map(json.loads, lines) if entry["action"].startswith("identity.")]
    assert [entry["action"] for entry in noted] == ["identity.report", "identity.show", "identity.split"]
    assert noted[0]["data"] == {"people": 31, "records": 34}
    assert noted[2]["data"].keys() == {"by", "reason", "records"}
    assert (noted[2]["data"]["reason"], noted[2]["data"]["records"]) == ("mother and daughter, one card", 1)
    assert noted[1]["ref"] == noted[2]["ref"] != ""


def test_what_cannot_be_parted_or_linked_is_refused_and_changes_nothing(operator: Operator) -> None:
    before = everything(operator.world)
    for arguments, exit_code, code in (
        (("split", HOME, WORK, "--reason", "she is camille@maison.example"), 2, "CS239"),
        (("split", HOME, WORK, "--reason", "call +33 6 12 34 56 78"), 2, "CS239"),
        (("link", HOME, WORK, "--reason", "see crm:hubspot:7"), 2, "CS239"),
        (("split", HOME, WORK), 2, "CS210"),
        (("split", HOME, HOME, WORK, "--reason", "both"), 2, "CS273"),
        (("split", HOME, "crm:hubspot:1001", "--reason", "another's"), 2, "CS273"),
        (("split", HOME, "crm:hubspot:4", "--reason", "nobody's"), 7, "CS701"),
        (("show", "crm:hubspot:4"), 7, "CS701"),
        (("show", "crm:nowhere:4"), 2, "CS211"),
        (("show", "4711"), 2, "CS271"),
        (("show", "nobody.at.all@nowhere-known.example"), 2, "CS219"),
    ):
        said = operator.does("identity", *arguments, "--json")
        assert (said.exit_code, said.object["code"]) == (exit_code, code), arguments
    assert everything(operator.world) == before


def _subjects(world: World) -> set[str]:
    """Pids that the warehouse knows the protagonist's two records under."""
    rrefs = [world.rref(CAMILLE), world.rref(CAMILLE_AT_WORK)]
    query = "SELECT pid FROM record JOIN subject USING (subject) WHERE rref IN (SELECT unnest(?::BLOB[]))"
    with world.opened() as workspace:
        return {pid for (pid,) in workspace.warehouse.connection.execute(query, [rrefs]).fetchall()}


def _activities(world: World) -> list[tuple[object, ...]]:
    """Which record each activity is of."""
    query = "SELECT source_key, rref FROM activity JOIN record USING (record) ORDER BY source_key"
    with world.opened() as workspace:
        return workspace.warehouse.connection.execute(query).fetchall()
