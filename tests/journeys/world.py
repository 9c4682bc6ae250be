"""One small shop: a pretend HubSpot, a customer file, a workspace, and a clock that the tests move."""

from __future__ import annotations

import csv
import hashlib
import json
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from consentric.app import stages
from consentric.app.assessments import sign_file
from consentric.app.reading import Reading
from consentric.app.stages import SyncReport
from consentric.app.workspace import Workspace
from consentric.control.ownership import Owned, mirror_rows, owned_labels
from consentric.control.plans import list_plans
from consentric.sdk.progress import SilentProgress
from consentric.segments.report import SegmentReport
from consentric.sync.report import ApplyReport, PlanReport
from consentric_sandbox.hubspot import serve, snapshot
from consentric_sandbox.hubspot.object_store import iso
from consentric_sandbox.hubspot.portal import Portal
from consentric_sandbox.hubspot.state import Allowance, HubSpotState

START = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
DESTINATION = "hubspot-test"
NEWSLETTER = 501
CAMILLE, CAMILLE_AT_WORK = 2001, 2002
"""The two contacts of the protagonist; one loyalty number, two addresses, orders on both."""
HOME_ADDRESS, WORK_ADDRESS = "camille@maison.example", "camille@bureau.example"
FORM = "Form 'Newsletter sign-up' on the website, notice n2"

PLACE_OF_CAMILLE = 28
NEVER_ASKED, UNSUBSCRIBED, BOUNCED = 3, 9, 15
"""Places of those who may be segmented, but get no label."""

# Place i of thirty: last order in the i-th place of thirty, i % 5 + 1 orders. With 30 buyers the score is
# 1 + (number of strictly worse) // 6, so R = 1 + i // 6 and F = 1 + i % 5; the RF grid makes this of it:
SEGMENT_OF_PLACE = (
    "dormant", "dormant", "at_risk", "at_risk", "at_risk", "dormant",
    "dormant", "at_risk", "at_risk", "at_risk", "dormant", "dormant",
    "at_risk", "loyal", "loyal", "dormant", "dormant", "at_risk",
    "loyal", "loyal", "new", "loyal", "loyal", "loyal",
    "champions", "new", "loyal", "loyal", "champions", "champions",
)  # fmt: skip

WRITING = frozenset({"contacts.update", "contacts.batch_update", "lists.add", "lists.remove", "lists.change"})
COULD_CREATE_OR_SUBSCRIBE = frozenset(
    {
        "contacts.create",
        "contacts.batch_create",
        "contacts.batch_upsert",
        "subscriptions.write",
        "subscriptions.batch_write",
        "subscriptions.v3_subscribe",
    }
)

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


def contact_of(place: int) -> int:
    """Number of the contact at a place; the protagonist's first one at hers."""
    return CAMILLE if place == PLACE_OF_CAMILLE else 1001 + place


def address_of(place: int) -> str:
    return HOME_ADDRESS if place == PLACE_OF_CAMILLE else f"person{place}@clients.example"


OTHERS = tuple(place for place in range(30) if place != PLACE_OF_CAMILLE)
LABELLED_OTHERS = {
    contact_of(place): SEGMENT_OF_PLACE[place]
    for place in OTHERS
    if place not in (NEVER_ASKED, UNSUBSCRIBED, BOUNCED)
}
"""Contact to segment of the 26 others whose consent holds."""


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
        _write_private(self.workspace / "config.toml", CONFIG.format(at=at, grade=self.min_grade))

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

    def break_crm(self, *faults: Mapping[str, Any]) -> None:
        """What goes wrong in the CRM from now on; nothing when none is given."""
        path = self.sandbox / "faults.json"
        path.write_text(json.dumps({"faults": list(faults)}), encoding="utf-8")

    # Steps

    def pull(self) -> Reading:
        with self.opened() as workspace:
            return stages.pull(workspace, progress=SilentProgress())

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

    def sync(self) -> SyncReport:
        with self.opened() as workspace:
            return stages.sync(workspace, progress=SilentProgress())

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

    def requests(self) -> Counter[str]:
        """Operation to the requests that any step ever sent, refused ones included."""
        total: Counter[str] = Counter()
        for portal, before in self.portals:
            total += Counter(portal.requests) - before
        return total

    # What the stores say

    def rref(self, contact: int) -> bytes:
        with self.opened() as workspace:
            return workspace.vault.find("hubspot", "contact", "", [str(contact)])[str(contact)]

    def sid(self, rref: bytes) -> bytes:
        with self.opened() as workspace:
            return workspace.vault.subject_of([rref])[rref]

    def pid(self, rref: bytes) -> str:
        with self.opened() as workspace:
            return workspace.pseudonyms.pid(workspace.vault.subject_of([rref])[rref])

    def owned(self) -> list[Owned]:
        with self.opened() as workspace:
            return list(owned_labels(workspace.control, DESTINATION))

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


# What people do in the CRM


def subscribe(state: HubSpotState, contact: int, *, at: datetime, confirmed: bool = False) -> None:
    """The person fills in the form, and where `confirmed`, answers the mail that asks whether it was them."""
    record = state.objects["contacts"].live[contact]
    state.set_status(
        record.properties["email"],
        NEWSLETTER,
        "SUBSCRIBED",
        at=at,
        legal_basis="CONSENT_WITH_NOTICE",
        explanation=FORM,
    )
    if confirmed:
        record.properties["hs_emailconfirmationstatus"] = "Confirmed"
    state.objects["contacts"].touch(record, iso(at))


def unsubscribe(state: HubSpotState, contact: int, *, at: datetime) -> None:
    """The person follows the link at the foot of a mail."""
    record = state.objects["contacts"].live[contact]
    state.set_status(record.properties["email"], NEWSLETTER, "UNSUBSCRIBED", at=at, source="Email link")
    state.objects["contacts"].touch(record, iso(at))


def type_in(state: HubSpotState, contact: int, values: Mapping[str, str], *, at: datetime) -> None:
    """Somebody edits a contact by hand."""
    record = state.objects["contacts"].live[contact]
    for name, value in values.items():
        state.objects["contacts"].put(record, name, value)
    state.objects["contacts"].touch(record, iso(at))


def buy(state: HubSpotState, contact: int, *, at: datetime) -> None:
    """The person orders once more."""
    number = state.new_id()
    _add_order(state, number, contact, f"B{number}", at)


# The world as it begins


def build(root: Path) -> World:
    """Files of the world under an empty folder; nothing was pulled yet."""
    world = World(root)
    world.workspace.mkdir(mode=0o700)
    _write_private(root / "root.key", hashlib.sha256(b"journeys").hexdigest())
    _write_private(world.workspace / "assessment.md", "The interest prevails (invented, for tests).\n")
    world.write_config()
    _write_shop(root / "shop.csv")
    snapshot.save(_portal(), world.sandbox)
    with world.opened() as workspace:
        assert sign_file(workspace, "assessment.md", by="tests") == ["segmentation"]
    return world


def _portal() -> HubSpotState:
    state = HubSpotState()
    state.allowance = Allowance(burst=None, search_per_second=None, daily=None)
    state.add_property("contacts", "loyalty_number")
    state.add_property("contacts", "age_band")
    state.add_subscription_type(NEWSLETTER, "Newsletter")
    joined = START - timedelta(days=400)
    for place in range(30):
        _add_person(state, place, joined)
    work = {"email": WORK_ADDRESS, "loyalty_number": f"L{PLACE_OF_CAMILLE}"}
    state.add_contact(work, created_at=joined + timedelta(days=30), id=CAMILLE_AT_WORK)
    subscribe(state, CAMILLE_AT_WORK, at=joined + timedelta(days=30))
    for place in range(30):
        _add_orders(state, place)
    return state


def _add_person(state: HubSpotState, place: int, joined: datetime) -> None:
    contact = contact_of(place)
    properties = {"email": address_of(place), "loyalty_number": f"L{place}", "age_band": "30-39"}
    if place == BOUNCED:
        properties["hs_email_hard_bounce_reason_enum"] = "UNKNOWN_USER"
    state.add_contact(properties, created_at=joined, id=contact)
    if place != NEVER_ASKED:
        subscribe(state, contact, at=joined)
    if place == UNSUBSCRIBED:
        unsubscribe(state, contact, at=joined + timedelta(days=100))


def _add_orders(state: HubSpotState, place: int) -> None:
    last = START - timedelta(days=1 + 2 * (30 - place))
    for number in range(place % 5 + 1):
        is_work = place == PLACE_OF_CAMILLE and number % 2 == 1
        contact = CAMILLE_AT_WORK if is_work else contact_of(place)
        at = last - timedelta(days=30 * number)
        _add_order(state, 5000 + 10 * place + number, contact, f"B{place}-{number}", at)


def _add_order(state: HubSpotState, id: int, contact: int, number: str, at: datetime) -> None:
    order = state.add_object(
        "orders",
        {
            "hs_external_order_id": number,
            "hs_total_price": "25.00",
            "hs_currency_code": "EUR",
            "hs_external_created_date": iso(at),
            "hs_fulfillment_status": "fulfilled",
        },
        created_at=at,
        id=id,
    )
    state.associate("orders", order, "contacts", contact)


def _write_shop(path: Path) -> None:
    """The till's file: two of the others, written its own way, and somebody whom only the shop knows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("card", "email", "loyalty"))
        rows.writerow(("K5", address_of(5).upper(), ""))
        rows.writerow(("K7", "seven@ancien.example", "L7"))
        rows.writerow(("K900", "stranger@ailleurs.example", ""))
    path.chmod(0o600)


def _write_private(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
