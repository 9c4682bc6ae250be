"""What a journey touches: a pretend HubSpot, a workspace, the stages, and a clock that the tests move."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request, urlopen

from consentric.app import stages
from consentric.app.assessments import sign_file
from consentric.app.consents import ConsentsReport, sync_consents
from consentric.app.reading import Reading
from consentric.app.stages import SyncReport
from consentric.app.workspace import Workspace
from consentric.control.ownership import Owned, mirror_rows, owned_labels
from consentric.control.plans import list_plans
from consentric.sdk.progress import SilentProgress
from consentric.segments.report import SegmentReport
from consentric.sync.report import ApplyReport, PlanReport
from consentric_privacy.ledger import NewObjection
from consentric_sandbox.hubspot import serve, snapshot
from consentric_sandbox.hubspot.portal import Portal
from consentric_sandbox.hubspot.state import HubSpotState

from .shop import START, portal, write_till_file
from .vendor_journey import write_private

DESTINATION = "hubspot-test"

WRITING = frozenset({"contacts.update", "contacts.batch_update", "lists.add", "lists.remove", "lists.change"})

CONFIG = """
[workspace]
root_key = "file:../root.key"

[clock]
at = {at}

[connections.hubspot]
connector = "hubspot"
sandbox = "../sandbox"
token = "file:../sandbox/hubspot.token"
purchases = "orders"
order_number = "hs_external_order_id"
consents = {{ "Newsletter" = "email_marketing" }}
calls_per_second = 1000
searches_per_second = 5

[connections.shop]
connector = "files"
contacts = {{ path = "../shop.csv", columns = {{ id = "card", email = "email", external_ids = {{ loyalty = "loyalty" }} }} }}

[purchases]
from = ["hubspot"]

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
min_grade = "{grade}"
authorities = ["hubspot"]

[[field]]
connection = "hubspot"
name = "loyalty_number"
class = "identifier"
external_id = "loyalty"

[[field]]
connection = "hubspot"
name = "age_band"
class = "attribute"

[[segment_set]]
name = "rfm5"
purpose = "segmentation"
method = "rfm"

[[destination]]
name = "hubspot-test"
to = "hubspot"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "adequacy"
"""  # noqa: E501


@dataclass(slots=True)
class World:
    """Everything a journey touches. Every step opens the workspace anew, as a timer's run would."""

    root: Path
    now: datetime = START
    min_grade: str = "B"
    """Evidence that the newsletter's consent needs; a rule that tests make stricter."""
    portals: list[tuple[Portal, Counter[str]]] = field(default_factory=list)
    """Each portal that was served, with its counts of requests before."""

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    def advance(self, **by: float) -> datetime:
        """Moves the clock; takes what `timedelta` takes."""
        self.now += timedelta(**by)
        self.write_config()
        return self.now

    def write_config(self) -> None:
        at = self.now.isoformat().replace("+00:00", "Z")
        write_private(self.workspace / "config.toml", self.config().format(at=at, grade=self.min_grade))

    def config(self) -> str:
        """The configuration, with places for the moment and the evidence that is needed."""
        return CONFIG

    def write_crms(self) -> None:
        """What the CRMs hold before anything was pulled."""
        snapshot.save(portal(), self.sandbox)

    @contextmanager
    def opened(self) -> Iterator[Workspace]:
        with Workspace.open(self.workspace / "config.toml") as workspace:
            yield workspace

    @contextmanager
    def crm(self) -> Iterator[HubSpotState]:
        """What people do in the CRM between two runs."""
        state = snapshot.load(self.sandbox)
        yield state
        snapshot.save(state, self.sandbox)

    def merge(self, primary: int, other: int) -> int:
        """Somebody merges two contacts in the CRM; gives the number under which they live on."""
        body = json.dumps({"primaryObjectId": str(primary), "objectIdToMerge": str(other)})
        token = (self.sandbox / snapshot.TOKEN_FILE).read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with serve(self.sandbox, clock=lambda: self.now) as endpoint:
            request = Request(f"{endpoint.base_url}/crm/v3/objects/contacts/merge", body.encode(), headers)
            trusted = ssl.create_default_context(cafile=str(endpoint.ca_file))
            with urlopen(request, context=trusted) as answer:
                return int(json.load(answer)["id"])

    def revoke(self, scope: str) -> list[str]:
        """Takes scopes from our token by the beginning of their names; gives them, for `grant`."""
        with self.crm() as state:
            lost = [one for one in state.account.scopes if one.startswith(scope)]
            state.account.scopes = [one for one in state.account.scopes if one not in lost]
        return lost

    def grant(self, scopes: Sequence[str]) -> None:
        with self.crm() as state:
            state.account.scopes += scopes

    def break_crm(self, *faults: Mapping[str, Any]) -> None:
        """What goes wrong in the CRM from now on; nothing when none is given."""
        path = self.sandbox / "faults.json"
        path.write_text(json.dumps({"faults": list(faults)}), encoding="utf-8")

    # Steps

    def pull(self) -> Reading:
        with self.opened() as workspace:
            return stages.pull(workspace, progress=SilentProgress())

    def object_to_marketing(self, sid: bytes) -> None:
        """Somebody's letter is noted by the operator (Art. 21(2) GDPR)."""
        with self.opened() as workspace:
            objection = NewObjection(kind="21.2", channel="operator")
            workspace.ledger.record_objections(sid, [objection], at=self.now)

    def segment(self) -> SegmentReport:
        with self.opened() as workspace:
            return stages.segment(workspace, progress=SilentProgress())

    def plan(self) -> PlanReport:
        with self.opened() as workspace:
            [report] = stages.plan(workspace, progress=SilentProgress()).plans
        return report

    def approve(self, plan: str) -> None:
        with self.opened() as workspace:
            stages.approve(workspace, plan, "looked at with the shop", by="tests")

    def apply(self, plan: str, *, kill_point: Callable[[str], None] | None = None) -> ApplyReport:
        with self.opened() as workspace:
            if kill_point is not None:
                workspace.control.kill_point = kill_point
            return stages.apply(workspace, plan, progress=SilentProgress())

    def sync(self, *, kill_point: Callable[[str], None] | None = None) -> SyncReport:
        with self.opened() as workspace:
            if kill_point is not None:
                workspace.control.kill_point = kill_point
            return stages.sync(workspace, progress=SilentProgress())

    def sync_consents(
        self, *, dry_run: bool = False, kill_point: Callable[[str], None] | None = None
    ) -> ConsentsReport:
        with self.opened() as workspace:
            if kill_point is not None:
                workspace.control.kill_point = kill_point
            return sync_consents(workspace, dry_run=dry_run, progress=SilentProgress())

    # What the CRM shows and counted

    def fields(self) -> dict[int, tuple[str, str, str]]:
        """Contact to segment, segment before, and since; contacts without all three are left out."""
        names = ("consentric_rfm5", "consentric_rfm5_previous", "consentric_rfm5_since")
        found = {}
        for number, record in snapshot.load(self.sandbox).objects["contacts"].live.items():
            values = tuple(record.properties.get(name, "") for name in names)
            if any(values):
                found[number] = (values[0], values[1], values[2])
        return found

    def segments(self) -> dict[int, str]:
        """Contact to the segment its field shows."""
        return {number: segment for number, (segment, _, _) in self.fields().items()}

    def members(self) -> dict[int, str]:
        """Contact to the segment whose list it is in; nobody may be in two."""
        found: dict[int, str] = {}
        for one in snapshot.load(self.sandbox).lists.values():
            for number in one.members:
                assert number not in found
                found[number] = one.name.removeprefix("consentric_rfm5: ")
        return found

    def writes(self, *, since: int = 0) -> list[dict[str, Any]]:
        """The lines of the CRM's own log after one."""
        path = self.sandbox / snapshot.LOG_FILE
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line for line in map(json.loads, lines) if line["seq"] > since]

    def last_write(self) -> int:
        return max((line["seq"] for line in self.writes()), default=0)

    def written_since(self, line: int) -> list[tuple[str, list[int]]]:
        """Accepted writes after a line of the CRM's log: operation and contacts."""
        return [
            (entry["operation"], sorted(int(number) for number in entry["ids"]))
            for entry in self.writes(since=line)
        ]

    def written_twice(self) -> list[tuple[str, str]]:
        """Changes that the CRM accepted more than once: operation and contact."""
        accepted = Counter(
            (entry["operation"], number)
            for entry in self.writes()
            if entry["kind"] == "label"
            for number in entry["ids"]
        )
        return [change for change, times in accepted.items() if times > 1]

    def requests(self) -> Counter[str]:
        """Operation to the requests that any step ever sent, refused ones included."""
        total: Counter[str] = Counter()
        for served, before in self.portals:
            total += Counter(served.requests) - before
        return total

    # What the stores say

    def rref(self, contact: int) -> bytes:
        return self.rref_in("hubspot", "contact", "", str(contact))

    def rref_in(self, account: str, object: str, partition: str, id: str) -> bytes:
        with self.opened() as workspace:
            return workspace.vault.find(account, object, partition, [id])[id]

    def sid(self, rref: bytes) -> bytes:
        with self.opened() as workspace:
            return workspace.vault.subject_of([rref])[rref]

    def pid(self, rref: bytes) -> str:
        with self.opened() as workspace:
            return workspace.pseudonyms.pid(workspace.vault.subject_of([rref])[rref])

    def owned(self, destination: str = DESTINATION) -> list[Owned]:
        with self.opened() as workspace:
            return list(owned_labels(workspace.control, destination))

    def latest_plan(self) -> str:
        with self.opened() as workspace:
            return list_plans(workspace.control, DESTINATION)[0].id

    def mirror(self) -> set[tuple[bytes, str]]:
        """What the CRM showed under our names when it was last read: rref and target."""
        with self.opened() as workspace:
            return {(row.rref, row.target) for row in mirror_rows(workspace.control, DESTINATION)}

    def memberships(self) -> dict[str, str]:
        """Pid to the segment the warehouse holds for it."""
        query = (
            "SELECT s.pid, m.segment FROM membership AS m JOIN subject AS s USING (subject)"
            " WHERE m.\"set\" = 'rfm5' AND m.to_run IS NULL"
        )
        with self.opened() as workspace:
            return dict(workspace.warehouse.connection.execute(query).fetchall())

    def verdicts(self, pid: str) -> dict[str, str]:
        """Purpose and action to the reason of the gate's verdict."""
        query = (
            "SELECT p.purpose || '/' || p.action, p.reason FROM permission AS p"
            " JOIN subject AS s USING (subject) WHERE s.pid = ?"
        )
        with self.opened() as workspace:
            return dict(workspace.warehouse.connection.execute(query, [pid]).fetchall())


Kind = TypeVar("Kind", bound=World)


def build(root: Path, kind: type[Kind]) -> Kind:
    """Files of the world under an empty folder; nothing was pulled yet."""
    world = kind(root)
    world.workspace.mkdir(mode=0o700)
    write_private(root / "root.key", hashlib.sha256(b"journeys").hexdigest())
    write_private(world.workspace / "assessment.md", "The interest prevails (invented, for tests).\n")
    world.write_config()
    write_till_file(root / "shop.csv")
    world.write_crms()
    with world.opened() as workspace:
        assert sign_file(workspace, "assessment.md", by="tests") == ["segmentation"]
    return world
