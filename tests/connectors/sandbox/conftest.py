"""A small portal behind real HTTPS, and a client that knows nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3

from consentric_sandbox.hubspot import snapshot
from consentric_sandbox.hubspot.desk import Desk
from consentric_sandbox.hubspot.portal import Portal
from consentric_sandbox.hubspot.state import HubSpotState
from consentric_sandbox.server import listen

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "behaviour(what, source): one row of the table of vendor behaviours")


@dataclass
class Clocks:
    """The portal's time and the real time of its limits, moved by hand."""

    now: datetime = START
    seconds: float = 1000.0

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Reply:
    status: int
    json: Any
    headers: dict[str, str]
    data: bytes = b""

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.json["results"]]

    @property
    def after(self) -> str | None:
        return self.json["paging"]["next"]["after"] if "paging" in self.json else None


@dataclass
class Service:
    portal: Portal
    clocks: Clocks
    base_url: str
    ca_file: Path
    pool: urllib3.PoolManager
    calls: int = field(default=0)

    @property
    def state(self) -> HubSpotState:
        return self.portal.state

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = 10.0,
    ) -> Reply:
        sent = {"Authorization": f"Bearer {token or self.state.account.token}"}
        if body is not None or content is not None:
            sent["Content-Type"] = "application/json"
        answer = self.pool.request(
            method,
            self.base_url + path,
            body=content if content is not None else None if body is None else json.dumps(body),
            headers=sent | (headers or {}),
            retries=False,
            timeout=timeout,
        )
        data = answer.data
        is_json = answer.headers.get("Content-Type", "").startswith("application/json") and data
        return Reply(answer.status, json.loads(data) if is_json else None, dict(answer.headers), data)

    def get(self, path: str, **options: Any) -> Reply:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Reply:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any) -> Reply:
        return self.call("PUT", path, body)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.portal.log.path.read_text().splitlines()]


def small_portal() -> HubSpotState:
    """Contacts 101 to 103 a minute apart, deal 104 and order 105 of the first, one subscription."""
    state = HubSpotState()
    state.add_subscription_type(501, "Newsletter")
    state.add_subscription_type(502, "Partners")
    state.add_property(
        "contacts", "x_rfm", type="enumeration", field_type="checkbox", options=["champions", "lost"]
    )
    state.add_property("contacts", "x_since", type="date", field_type="date")
    state.add_property("contacts", "loyalty", has_unique_value=True)
    for number, name in enumerate(("ada", "bob", "cyd")):
        at = START - timedelta(days=10) + timedelta(minutes=number)
        state.add_contact(
            {"email": f"{name}@example.com", "firstname": name.capitalize(), "loyalty": f"L{number}"},
            created_at=at,
        )
    state.add_object("deals", {"dealname": "one", "amount": "10.50"}, created_at=START - timedelta(days=9))
    state.add_object("orders", {"hs_total_price": "20.00"}, created_at=START - timedelta(days=8))
    state.associate("deals", 104, "contacts", 101)
    state.associate("orders", 105, "contacts", 101)
    state.set_status(
        "ada@example.com",
        501,
        "SUBSCRIBED",
        at=START - timedelta(days=10),
        legal_basis="CONSENT_WITH_NOTICE",
        explanation="form",
    )
    state.set_status("bob@example.com", 501, "UNSUBSCRIBED", at=START - timedelta(days=5))
    return state


@pytest.fixture(autouse=True)
def declared(driven_on_purpose: None) -> None:
    """Raw HTTP and the vendor's SDK ask here for all that a CRM can do."""


@pytest.fixture
def state() -> HubSpotState:
    return small_portal()


@pytest.fixture
def service(tmp_path: Path, state: HubSpotState) -> Iterator[Service]:
    snapshot.save(state, tmp_path)
    clocks = Clocks()
    portal = Portal.open(tmp_path, clock=lambda: clocks.now, monotonic=lambda: clocks.seconds)
    with listen(Desk(portal)) as endpoint, urllib3.PoolManager(ca_certs=str(endpoint.ca_file)) as pool:
        yield Service(portal, clocks, endpoint.base_url, endpoint.ca_file, pool)
    portal.log.close()
