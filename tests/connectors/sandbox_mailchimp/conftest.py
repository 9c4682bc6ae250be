"""A small Mailchimp account behind real HTTPS; the vendor's SDK and raw HTTP, nothing of ours, ask it."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import mailchimp_marketing
import pytest
import urllib3

from consentric_sandbox.exchange import Outcome, Received
from consentric_sandbox.mailchimp import snapshot
from consentric_sandbox.mailchimp.account import MailchimpAccount
from consentric_sandbox.mailchimp.desk import Desk
from consentric_sandbox.mailchimp.state import MailchimpState
from consentric_sandbox.server import listen

from .vendor_description import vendor_description

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NEWS, PARTNERS = "0a1b2c3d4e", "5f6a7b8c9d"
_ODD = frozenset({"invalid-json", "html-page", "200-no-op"})


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "behaviour(what, source): one row of the table of vendor behaviours")


def hash_of(name: str) -> str:
    return md5(f"{name}@example.com".encode()).hexdigest()


@dataclass
class Clock:
    now: datetime = START

    def move(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class Reply:
    status: int
    json: Any
    headers: dict[str, str]
    data: bytes = b""

    @property
    def title(self) -> str:
        return self.json["title"]

    @property
    def names(self) -> list[str]:
        return [one["email_address"].partition("@")[0] for one in self.json["members"]]


class WatchedDesk(Desk):
    """Holds every answer against the vendor's description, when there is one."""

    def __init__(self, account: MailchimpAccount) -> None:
        super().__init__(account)
        self.departures: list[str] = []
        self.answers = threading.Semaphore(0)
        """Released once for each answer, before it is sent."""

    def answer(self, received: Received) -> Outcome:
        try:
            return self._watched(received)
        finally:
            self.answers.release()

    def _watched(self, received: Received) -> Outcome:
        played = sum(fault.fired for fault in self.account.faults.faults if fault.kind in _ODD)
        outcome = super().answer(received)
        described = vendor_description()
        is_odd = played != sum(fault.fired for fault in self.account.faults.faults if fault.kind in _ODD)
        has_body = bool(outcome.body) or outcome.status == 204
        if described is None or is_odd or received.segments[0] != "3.0" or not has_body:
            return outcome
        if outcome.headers.get("Content-Type") != "text/html":
            self.departures += described.faults(
                received.method,
                "/" + "/".join(received.segments[1:]),
                received.query,
                _read(received.content),
                outcome.status,
                outcome.headers.get("Content-Type", ""),
                _read(outcome.body),
            )
        return outcome


@dataclass
class Service:
    desk: WatchedDesk
    clock: Clock
    base_url: str
    ca_file: Path
    pool: urllib3.PoolManager
    news: str = NEWS
    partners: str = PARTNERS

    @property
    def account(self) -> MailchimpAccount:
        return self.desk.account

    @property
    def state(self) -> MailchimpState:
        return self.account.state

    @property
    def key(self) -> str:
        return self.state.credentials.api_key

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        authorization: str | None = None,
        content: bytes | None = None,
        timeout: float = 10.0,
    ) -> Reply:
        """Asks below `/3.0`, or a whole address, with basic authentication unless told otherwise."""
        token = b64encode(f"anything:{self.key}".encode()).decode()
        header = f"Basic {token}" if authorization is None else authorization
        url = path if path.startswith("https://") else f"{self.base_url}/3.0{path}"
        answer = self.pool.request(
            method,
            url,
            body=content if content is not None else None if body is None else json.dumps(body),
            headers={"Authorization": header} if header else {},
            retries=False,
            timeout=timeout,
        )
        is_json = "json" in answer.headers.get("Content-Type", "") and bool(answer.data)
        return Reply(
            answer.status, json.loads(answer.data) if is_json else None, dict(answer.headers), answer.data
        )

    def get(self, path: str, **options: Any) -> Reply:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Reply:
        return self.call("POST", path, body, **options)

    def tag(self, name: str, *tags: str, status: str = "active", **more: Any) -> Reply:
        body = {"tags": [{"name": tag, "status": status} for tag in tags], **more}
        return self.post(f"/lists/{NEWS}/members/{hash_of(name)}/tags", body)

    def tags_of(self, name: str) -> list[str]:
        found = self.get(f"/lists/{NEWS}/members/{hash_of(name)}/tags?count=1000").json["tags"]
        return [one["name"] for one in found]

    def log(self, *kinds: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.account.log.path.read_text().splitlines()]
        return [line for line in lines if not kinds or line["kind"] in kinds]

    def client(self, **config: str) -> mailchimp_marketing.Client:
        """The vendor's SDK; its odd `server` replacement is switched off (crm-apis: an empty server)."""
        client = mailchimp_marketing.Client(config or {"api_key": self.key})
        client.api_client.host = f"{self.base_url}/3.0"
        client.api_client.server = ""
        return client


def small_account() -> MailchimpState:
    """Two audiences, every status, a tag, a campaign with its reactions, a shop with three orders."""
    state = MailchimpState()
    joined = START - timedelta(days=10)
    state.add_audience(
        "News",
        id=NEWS,
        at=START - timedelta(days=400),
        permissions={"aa11": "E-mail", "bb22": "Partners' e-mail"},
    )
    state.add_audience("Partners", id=PARTNERS, at=START - timedelta(days=300))
    for number, name in enumerate(("ada", "bob", "cyd")):
        state.add_member(
            NEWS,
            f"{name}@example.com",
            at=joined + timedelta(minutes=number),
            permissions={"aa11": True},
            merge_fields={"FNAME": name.capitalize()},
            tags=["VIP"] if name == "ada" else [],
            country="FR",
        )
    for number, status in enumerate(("unsubscribed", "cleaned", "pending", "transactional", "archived")):
        at = joined + timedelta(hours=1, minutes=number)
        state.add_member(NEWS, f"{status}@example.com", at=at, status=status)
    state.add_member(PARTNERS, "ada@example.com", at=joined, status="unsubscribed")
    sent = START - timedelta(days=5)
    state.add_campaign(
        NEWS,
        "Spring",
        id="c000000001",
        at=sent,
        links=["https://shop.example/a", "https://shop.example/b"],
    )
    for name, outcome in (("ada", "sent"), ("bob", "sent"), ("cyd", "hard")):
        state.add_send("c000000001", f"{name}@example.com", outcome=outcome)
    state.add_open("c000000001", "ada@example.com", at=sent + timedelta(hours=1), is_proxy=True)
    state.add_click("c000000001", "ada@example.com", at=sent + timedelta(hours=2))
    state.add_click("c000000001", "ada@example.com", at=sent + timedelta(hours=3))
    state.add_click("c000000001", "bob@example.com", at=sent + timedelta(hours=4), link=1)
    state.add_campaign(NEWS, "Draft", id="c000000002", at=START, is_sent=False)
    state.add_store(NEWS, "myserver-shop", at=START - timedelta(days=300))
    for number, (name, total) in enumerate((("ada", "20.00"), ("ada", "5.50"), ("bob", "7.25"))):
        at = START - timedelta(days=20 - number)
        cancelled = START - timedelta(days=1) if total == "5.50" else None
        state.add_order(
            "myserver-shop",
            f"o{number}",
            f"{name}@example.com",
            total,
            at=at,
            cancelled_at=cancelled,
            campaign="c000000001" if number == 0 else "",
            lines=[("soap", 2, "10.00")],
        )
    return state


@pytest.fixture(autouse=True)
def declared(driven_on_purpose: None) -> None:
    """Raw HTTP and the vendor's SDK ask here for all that a CRM can do."""


@pytest.fixture
def state() -> MailchimpState:
    return small_account()


@pytest.fixture
def service(tmp_path: Path, state: MailchimpState, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    snapshot.save(state, tmp_path)
    clock = Clock()
    desk = WatchedDesk(MailchimpAccount.open(tmp_path, clock=lambda: clock.now))
    with listen(desk) as endpoint, urllib3.PoolManager(20, ca_certs=str(endpoint.ca_file)) as pool:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(endpoint.ca_file))
        yield Service(desk, clock, endpoint.base_url, endpoint.ca_file, pool)
    desk.close(is_saved=False)
    assert desk.departures == []


def _read(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None
