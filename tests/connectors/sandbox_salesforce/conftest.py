"""A small Salesforce org behind real HTTPS; the vendor's SDK and raw HTTP, nothing of ours, ask it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from simple_salesforce import Salesforce

from consentric_sandbox.salesforce import snapshot
from consentric_sandbox.salesforce.desk import Desk
from consentric_sandbox.salesforce.org import Org
from consentric_sandbox.salesforce.state import SalesforceState
from consentric_sandbox.server import listen

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DATA = "/services/data/v64.0"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "behaviour(what, source): one row of the table of vendor behaviours")


@cache
def key_pair() -> tuple[str, str]:
    """Private and public key of the connected app, as PEM; made once, for it takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class Reply:
    status: int
    json: Any
    headers: Any
    text: str

    @property
    def code(self) -> str:
        """The vendor's word for a refusal."""
        return self.json[0]["errorCode"]

    @property
    def ids(self) -> list[str]:
        return [record["Id"] for record in self.json["records"]]

    @property
    def cells(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text, newline="")))


@dataclass
class Service:
    org: Org
    clock: Clock
    base_url: str
    ca_file: Path
    session: requests.Session
    ids: dict[str, str]
    token: str = ""
    calls: int = field(default=0)

    @property
    def state(self) -> SalesforceState:
        return self.org.state

    def login(self) -> str:
        account = self.state.account
        form = {
            "grant_type": "client_credentials",
            "client_id": account.consumer_key,
            "client_secret": account.consumer_secret,
        }
        reply = self.session.post(f"{self.base_url}/services/oauth2/token", data=form, timeout=10)
        self.token = reply.json()["access_token"]
        return self.token

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        """Asks a path below the version of the API, or any path that begins with /services."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        url = self.base_url + (path if path.startswith("/services") else DATA + path)
        options.setdefault("timeout", 10)
        reply = self.session.request(method, url, json=body, headers=headers, **options)
        is_json = reply.headers.get("Content-Type", "").startswith("application/json") and reply.content
        return Reply(
            reply.status_code, json.loads(reply.content) if is_json else None, reply.headers, reply.text
        )

    def get(self, path: str, **options: Any) -> Reply:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Reply:
        return self.call("POST", path, body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> Reply:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        return self.call("DELETE", path, **options)

    def query(self, soql: str, path: str = "/query", **options: Any) -> Reply:
        return self.get(path, params={"q": soql}, **options)

    def update(self, *rows: dict[str, Any], kind: str = "Contact", **more: Any) -> Reply:
        """Changes records of one type through a collection."""
        records = [{"attributes": {"type": kind}, **row} for row in rows]
        return self.patch("/composite/sobjects", {"records": records, **more})

    def segments(self) -> list[str | None]:
        """The label of each contact, by id, read behind the API's back."""
        rows = self.state.tables["Contact"].each()
        return [row.values.get("Segment__c") for row in rows]

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.org.log.path.read_text().splitlines()]


def small_org() -> tuple[SalesforceState, dict[str, str]]:
    """Three contacts of one account a minute apart, one lead, and one of everything that hangs on ada."""
    state, ids, at = SalesforceState(), {}, START - timedelta(days=10)
    state.account.public_key = key_pair()[1]
    state.add_field("Contact", "Segment__c", length=20)
    state.add_field("Contact", "Loyalty__c", is_external_id=True, is_unique=True)
    state.add_field("Contact", "Tags__c", type="multipicklist", values=["champions", "lost", "new"])
    state.add_field("Lead", "Segment__c", length=20)
    ids["acme"] = state.add("Account", {"Name": "Acme"}, created_at=at)
    for number, name in enumerate(("ada", "bob", "cyd")):
        values = {
            "FirstName": name.capitalize(),
            "LastName": f"Lang{number}",
            "Email": f"{name}@example.com",
            "AccountId": ids["acme"],
            "Loyalty__c": f"L{number}",
        }
        ids[name] = state.add_contact(values, created_at=at + timedelta(minutes=number))
    lead = {"LastName": "Lee", "Company": "Lee Ltd", "Email": "lee@example.com"}
    ids["lee"] = state.add_lead(lead, created_at=at)
    deal = {
        "Name": "One",
        "StageName": "Closed Won",
        "CloseDate": date(2026, 6, 1),
        "Amount": 99.5,
        "AccountId": ids["acme"],
    }
    ids["deal"] = state.add_opportunity(deal, created_at=at, contacts=[ids["ada"]])
    order = {"AccountId": ids["acme"], "BillToContactId": ids["ada"], "EffectiveDate": date(2026, 6, 2)}
    ids["order"] = state.add_order({**order, "TotalAmount": 20.0}, created_at=at)
    task = {"WhoId": ids["ada"], "Subject": "Call", "TaskSubtype": "Call", "Status": "Completed"}
    ids["task"] = state.add_task(task, created_at=at)
    ids["old task"] = state.add_task({**task, "IsArchived": True}, created_at=at)
    ids["spring"] = state.add_campaign("Spring", created_at=at, members=[ids["ada"], ids["lee"]])
    return state, ids


@pytest.fixture(autouse=True)
def declared(driven_on_purpose: None) -> None:
    """Raw HTTP and the vendor's SDK ask here for all that a CRM can do."""


@pytest.fixture
def org() -> tuple[SalesforceState, dict[str, str]]:
    return small_org()


@pytest.fixture
def service(tmp_path: Path, org: tuple[SalesforceState, dict[str, str]]) -> Iterator[Service]:
    state, ids = org
    snapshot.save(state, tmp_path)
    clock = Clock()
    opened = Org(snapshot.load(tmp_path), tmp_path, clock=clock, wall_clock=clock)
    with listen(Desk(opened)) as endpoint, requests.Session() as session:
        session.trust_env = False
        session.verify = str(endpoint.ca_file)
        made = Service(opened, clock, endpoint.base_url, endpoint.ca_file, session, ids)
        made.login()
        yield made
    opened.log.close()


@pytest.fixture
def sdk(service: Service) -> Salesforce:
    """The SDK on a session that was taken for it."""
    return Salesforce(
        session_id=service.token,
        instance_url=service.base_url,
        session=service.session,
        object_pairs_hook=dict,
        version="64.0",
    )
