"""A pretend Mailchimp whose time a test moves, and what reads it; every exchange is watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.sandbox_mailchimp.vendor_description import vendor_description

from consentric import RecordRef
from consentric.sdk.contracts import Context, Endpoint
from consentric.sdk.transport import Transport
from consentric_mailchimp.client import MailchimpClient
from consentric_mailchimp.connector import MailchimpConnector
from consentric_mailchimp.settings import MailchimpSettings
from consentric_sandbox.exchange import Outcome, Received
from consentric_sandbox.mailchimp import serve
from consentric_sandbox.mailchimp.desk import Desk
from consentric_sandbox.mailchimp.snapshot import save
from consentric_sandbox.mailchimp.state import MailchimpState

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
KEY = "0f0f0f0f0f0f0f0f-not-a-key-us6"
TOKEN = "0f0f0f0f0f0f0f0f-not-a-token"
NEWS, CLUB = "0a1b2c3d4e", "5f6a7b8c9d"
JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any

    def one(self, name: str) -> str:
        return self.query.get(name, [""])[0]


class Waits:
    """Records waits instead of sleeping."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class PretendAccount:
    """A sandbox account with two empty audiences, and clients of it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.state = MailchimpState()
        self.state.credentials.api_key = KEY
        self.state.credentials.access_token = TOKEN
        self.now = NOON
        self.waits = Waits()
        self.asked: list[Asked] = []
        self.departures: list[str] = []
        self.folder = folder
        self._stack = stack
        self._endpoint: Endpoint | None = None
        self._breaks_answers = False

    @property
    def live(self) -> MailchimpState:
        """The state being served: changes to it are what somebody else does there."""
        return self._desks[0].account.state

    def faults(self, *lines: dict[str, Any]) -> None:
        """Writes the fault script; before the first client."""
        self._breaks_answers = True
        file = self.folder / "mailchimp.faults.json"
        file.write_text(json.dumps({"seed": 1, "faults": list(lines)}))

    def settings(self, **settings: Any) -> MailchimpSettings:
        who = {} if "access_token" in settings else {"api_key": KEY}
        return MailchimpSettings.model_validate({"audiences": [NEWS], **who, **settings})

    def connector(self, *, context: dict[str, Any] | None = None, **settings: Any) -> MailchimpConnector:
        """Serves the account at the first call; keyword arguments are settings."""
        connector = MailchimpConnector(self.settings(**settings), self.context(**(context or {})))
        self._stack.callback(connector.close)
        return connector

    def client(self, **settings: Any) -> MailchimpClient:
        client = MailchimpClient(self.settings(**settings), self.context())
        self._stack.callback(client.close)
        return client

    def context(self, **options: Any) -> Context:
        if self._endpoint is None:
            save(self.state, self.folder)
            self._endpoint = self._stack.enter_context(serve(self.folder, clock=lambda: self.now))
        transport = Transport(
            "mailchimp",
            clock=lambda: self.now,
            calls_per_second=1000.0,
            daily_limit=100_000,
            sleep=self.waits,
            seed=1,
        )
        return Context(
            connection="mailchimp",
            clock=lambda: self.now,
            transport=transport,
            workspace=self.folder,
            **{"endpoint": self._endpoint, **options},
        )

    def ref(self, email: str, audience: str = NEWS) -> RecordRef:
        """The reference of the member with this address."""
        state = self.live if self._desks else self.state
        members = state.audiences[audience].members.values()
        (contact_id,) = [one.contact_id for one in members if one.email == email]
        return RecordRef(object="member", partition=audience, id=contact_id)

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    _desks: list[Desk]

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Notes every request, and holds every exchange against the vendor's description if there is one."""
        self._desks = []
        answer = Desk.answer

        def watched(desk: Desk, received: Received) -> Outcome:
            self._desks.append(desk)
            path = "/" + "/".join(received.segments)
            body = json.loads(received.content) if received.content else None
            self.asked.append(
                Asked(
                    method=received.method,
                    path=path.removeprefix("/3.0"),
                    query=received.query,
                    headers=received.headers,
                    body=body,
                )
            )
            outcome = answer(desk, received)
            described = vendor_description()
            is_told = 200 <= outcome.status < 300 and not self._breaks_answers
            if described is not None and path.startswith("/3.0") and is_told:
                shown = json.loads(outcome.body) if outcome.body else None
                kind = outcome.headers.get("Content-Type", "")
                self.departures += described.faults(
                    received.method, path[4:] or "/", received.query, body, outcome.status, kind, shown
                )
            return outcome

        monkeypatch.setattr(Desk, "answer", watched)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendAccount]:
    with ExitStack() as stack:
        made = PretendAccount(tmp_path, stack)
        made.watch(monkeypatch)
        made.state.add_audience("News", id=NEWS, at=JANUARY - timedelta(days=900))
        made.state.add_audience("Club", id=CLUB, at=JANUARY - timedelta(days=900))
        yield made
    assert made.departures == []
