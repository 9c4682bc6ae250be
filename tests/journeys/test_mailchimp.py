"""The whole way with Mailchimp: members and orders in, tags out, a no that takes its tag off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consentric.app import stages
from consentric.app.assessments import sign_file
from consentric.app.workspace import Workspace
from consentric.control.plans import list_plans
from consentric.sdk.progress import SilentProgress
from consentric.sdk.transport import Transport
from consentric_sandbox.mailchimp import snapshot
from consentric_sandbox.mailchimp.state import MailchimpState

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NEWS = "0a1b2c3d4e"
PEOPLE = 24
CONFIG = """
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

[controller]
name = "Épicerie SAS"
country = "FR"

[[purpose]]
id = "segmentation"
basis = ["legitimate_interest"]
assessment = "file:assessment.md"

[[purpose]]
id = "email_marketing"
basis = ["consent"]
channel = "email"
authorities = ["mailchimp"]

[[segment_set]]
name = "rfm5"
purpose = "segmentation"
method = "rfm"

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


@dataclass(slots=True)
class Journey:
    """A workspace beside a pretend Mailchimp; each step opens it anew, as a timer's run would."""

    root: Path
    now: datetime = START
    automations: str = "quiet"

    @contextmanager
    def opened(self) -> Iterator[Workspace]:
        at = self.now.isoformat().replace("+00:00", "Z")
        text = CONFIG.format(at=at, automations=self.automations)
        _write_private(self.root / "workspace" / "config.toml", text)
        with Workspace.open(self.root / "workspace" / "config.toml") as workspace:
            yield workspace

    @contextmanager
    def crm(self) -> Iterator[MailchimpState]:
        state = snapshot.load(self.root / "sandbox")
        yield state
        snapshot.save(state, self.root / "sandbox")

    def sync(self) -> Any:
        with self.opened() as workspace:
            return stages.sync(workspace, progress=SilentProgress())

    def apply_first(self) -> Any:
        """The first plan, looked at and approved."""
        plan = self.sync().plans[0].plan
        with self.opened() as workspace:
            stages.approve(workspace, plan, "looked at with the shop", by="tests")
            return stages.apply(workspace, plan, progress=SilentProgress())

    def tomorrow(self) -> None:
        self.now += timedelta(days=1)

    def tags(self) -> dict[str, list[str]]:
        """Name of a member to its tags; members without one are left out."""
        audience = snapshot.load(self.root / "sandbox").audiences[NEWS]
        found = {
            one.email.partition("@")[0]: sorted(audience.segments[id].name for id in one.tags)
            for one in audience.members.values()
        }
        return {name: tags for name, tags in found.items() if tags}

    def log(self) -> list[dict[str, Any]]:
        lines = (self.root / "sandbox" / "mailchimp.writes.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

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
    (tmp_path / "workspace").mkdir(mode=0o700)
    _write_private(tmp_path / "root.key", hashlib.sha256(b"journeys").hexdigest())
    _write_private(tmp_path / "workspace" / "assessment.md", "The interest prevails (invented, for tests).\n")
    found = Journey(tmp_path)
    with found.opened() as workspace:
        assert sign_file(workspace, "assessment.md", by="tests") == ["segmentation"]
    yield found
    log = found.log()
    writes = {(line["kind"], line["operation"]) for line in log}
    assert {kind for kind, _ in writes} <= {"label", "provision", "other"}
    assert {operation for kind, operation in writes if kind == "other"} == {"batches.create"}
    members = snapshot.load(tmp_path / "sandbox").audiences[NEWS].members
    assert len(members) == PEOPLE


def _write_private(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


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
