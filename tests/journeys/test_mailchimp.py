"""The whole way with Mailchimp: members and orders in, tags out, a no that takes its tag off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from consentric.control.plans import list_plans
from consentric.sdk.transport import Transport
from consentric_sandbox.mailchimp import snapshot
from consentric_sandbox.mailchimp.state import MailchimpState

from .vendor_journey import START, VendorJourney, purposes_of

NEWS = "0a1b2c3d4e"
PEOPLE = 24
CONNECTION = """
[workspace]
root_key = "file:../root.key"

[clock]
at = {at}

[connections.mailchimp]
connector = "mailchimp"
sandbox = "../sandbox"
api_key = "file:../sandbox/mailchimp.token"
audiences = ["0a1b2c3d4e"]
consents = {{ "0a1b2c3d4e" = "email_marketing" }}
purchases = "orders"
activities = ["campaigns"]
calls_per_second = 1000
"""
DESTINATION = """
[[destination]]
name = "mailchimp-test"
to = "mailchimp"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "scc"
lists = false
automations = "{automations}"
"""


@dataclass(slots=True, kw_only=True)
class Journey(VendorJourney):
    """The journey with Mailchimp."""

    automations: str = "quiet"
    snapshot = snapshot

    def config(self, at: str) -> str:
        destination = DESTINATION.format(automations=self.automations)
        return CONNECTION.format(at=at) + purposes_of("mailchimp") + destination

    def tags(self) -> dict[str, list[str]]:
        """Name of a member to its tags; members without one are left out."""
        audience = snapshot.load(self.root / "sandbox").audiences[NEWS]
        found = {
            one.email.partition("@")[0]: sorted(audience.segments[id].name for id in one.tags)
            for one in audience.members.values()
        }
        return {name: tags for name, tags in found.items() if tags}

    def plan_states(self) -> list[str]:
        with self.opened() as workspace:
            return [one.state for one in list_plans(workspace.control, "mailchimp-test")]


@pytest.fixture
def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journey]:
    """Customers p00 to p23 with one to four orders each; p22 unsubscribed, p23 was imported."""
    monkeypatch.setitem(Transport.__init__.__kwdefaults__ or {}, "sleep", lambda _seconds: None)
    state = MailchimpState()
    state.add_audience("News", id=NEWS, at=START - timedelta(days=900))
    state.add_store(NEWS, "myserver-shop", at=START - timedelta(days=900))
    for n in range(PEOPLE):
        email, joined = f"p{n:02d}@example.org", START - timedelta(days=500 - n)
        status = "unsubscribed" if n == 22 else "subscribed"
        source = "Import" if n == 23 else "Embed Form"
        state.add_member(NEWS, email, at=joined, status=status, source=source)
        for order in range(n % 4 + 1):
            bought = START - timedelta(days=10 * (n + 1) + 30 * order)
            state.add_order("myserver-shop", f"o{n}-{order}", email, f"{10 + n}.00", at=bought)
    snapshot.save(state, tmp_path / "sandbox")
    found = Journey(root=tmp_path)
    found.begin()
    yield found
    log = found.log()
    writes = {(line["kind"], line["operation"]) for line in log}
    assert {kind for kind, _ in writes} <= {"label", "provision", "other"}
    assert {operation for kind, operation in writes if kind == "other"} == {"batches.create"}
    members = snapshot.load(tmp_path / "sandbox").audiences[NEWS].members
    assert len(members) == PEOPLE


def test_subscribers_get_one_quiet_tag_each_and_a_second_run_writes_nothing(journey: Journey) -> None:
    report = journey.apply_first()
    tags = journey.tags()

    assert report.exit_code == 0
    assert sorted(tags) == [f"p{n:02d}" for n in range(22)]
    assert all(len(one) == 1 and one[0].startswith("consentric_rfm5: ") for one in tags.values())
    labels = [line for line in journey.log() if line["kind"] == "label"]
    assert len(labels) == 22
    assert {value["is_syncing"] for line in labels for value in line["values"]} == {"true"}

    before = len(journey.log())
    journey.tomorrow()
    journey.sync()
    assert [line for line in journey.log()[before:] if line["kind"] == "label"] == []
    assert journey.tags() == tags


def test_a_no_takes_the_tag_off_an_archived_member_is_left_alone_and_what_somebody_took_off_stays_off(
    journey: Journey,
) -> None:
    journey.apply_first()
    journey.tomorrow()
    with journey.crm() as state:
        state.leave(NEWS, "p00@example.org", at=journey.now - timedelta(hours=2))
        (archived,) = [m for m in state.audiences[NEWS].members.values() if m.email == "p01@example.org"]
        archived.status, archived.status_before = "archived", "subscribed"
        archived.last_changed = (journey.now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        (untagged,) = [m for m in state.audiences[NEWS].members.values() if m.email == "p02@example.org"]
        for id in list(untagged.tags):
            state.audiences[NEWS].segments[id].members.pop(untagged.contact_id, None)
            del untagged.tags[id]
    before = journey.tags()

    report = journey.sync()
    after = journey.tags()

    assert "p00" not in after
    assert report.plans[0].withheld["CHANGED_BY_HAND"] == 1
    assert after["p01"] == before["p01"]
    assert set(after) == set(before) - {"p00"}


def test_a_job_that_mailchimp_has_not_finished_is_settled_by_the_next_run(journey: Journey) -> None:
    (journey.root / "sandbox" / "mailchimp.faults.json").write_text(
        json.dumps({"faults": [{"kind": "job-stuck", "match": {"endpoint": "batches.create"}}]})
    )
    journey.apply_first()
    assert journey.tags() == {}
    assert journey.plan_states()[0] == "applying"

    (journey.root / "sandbox" / "mailchimp.faults.json").unlink()
    with journey.crm() as state:
        for batch in state.batches.values():
            batch.is_stuck = False
    journey.tomorrow()
    journey.sync()

    assert sorted(journey.tags()) == [f"p{n:02d}" for n in range(22)]
    assert "applying" not in journey.plan_states()


def test_a_job_that_mailchimp_lost_is_settled_by_reading_back_and_automations_fire_if_wanted(
    journey: Journey,
) -> None:
    journey.automations = "fire"
    (journey.root / "sandbox" / "mailchimp.faults.json").write_text(
        json.dumps({"faults": [{"kind": "job-lost", "match": {"endpoint": "batches.create", "nth": 1}}]})
    )

    report = journey.apply_first()

    assert report.exit_code == 0
    assert sorted(journey.tags()) == [f"p{n:02d}" for n in range(22)]
    labels = [line for line in journey.log() if line["kind"] == "label"]
    assert {value["is_syncing"] for line in labels for value in line["values"]} == {"false"}
