"""A pretend org whose time and records a test moves, and the connector that reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric.sdk.contracts import Context, Endpoint
from consentric.sdk.transport import Transport
from consentric_salesforce.client import SalesforceClient
from consentric_salesforce.connector import SalesforceConnector
from consentric_salesforce.settings import SalesforceSettings
from consentric_sandbox.salesforce.desk import Desk
from consentric_sandbox.salesforce.org import FAULT_FILE, Org
from consentric_sandbox.salesforce.snapshot import save
from consentric_sandbox.salesforce.state import SalesforceState
from consentric_sandbox.server import listen

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SECRET = "0F0F0F0F-not-a-secret"


class Waits:
    """Records waits instead of sleeping."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class PretendOrg:
    """Fill `state` before the first connector; change it afterwards through `change`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.state = SalesforceState()
        self.state.account.consumer_secret = SECRET
        self.now = NOON
        self.waits = Waits()
        self.folder = folder
        self._stack = stack
        self._org: Org | None = None
        self._endpoint: Endpoint | None = None

    def faults(self, *lines: dict[str, Any]) -> None:
        """Writes the fault script; before the first connector."""
        (self.folder / FAULT_FILE).write_text(json.dumps({"seed": 1, "faults": list(lines)}))

    def change(self, act: Callable[[SalesforceState], Any]) -> Any:
        """Lets somebody work in the served org; gives what they give."""
        self.context()
        assert self._org is not None
        with self._org.lock:
            return act(self._org.state)

    def touch(self, entity: str, id: str, at: datetime | None = None, **values: Any) -> None:
        """Edits a record, which moves the time of its last change."""

        def act(state: SalesforceState) -> None:
            row = state.tables[entity].rows[id]
            row.values.update(values)
            row.stamp = row.modified = (at or self.now).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

        self.change(act)

    @property
    def requests(self) -> dict[str, int]:
        """Operation to the number of requests that the org got."""
        return {} if self._org is None else self._org.requests

    def settings(self, **settings: Any) -> SalesforceSettings:
        """By client credentials, unless others are given."""
        given = {"domain": "acme.my", "consumer_key": self.state.account.consumer_key, **settings}
        if not {"private_key", "refresh_token", "consumer_secret"} & given.keys():
            given["consumer_secret"] = SECRET
        return SalesforceSettings.model_validate(given)

    def connector(self, *, context: dict[str, Any] | None = None, **settings: Any) -> SalesforceConnector:
        """Serves the org at the first call; keyword arguments are settings."""
        connector = SalesforceConnector(self.settings(**settings), self.context(**(context or {})))
        self._stack.callback(connector.close)
        return connector

    def client(self, **settings: Any) -> SalesforceClient:
        """A client on its own."""
        client = SalesforceClient(self.settings(**settings), self.context())
        self._stack.callback(client.close)
        return client

    def context(self, **options: Any) -> Context:
        """The context of a connection to the org."""
        if self._endpoint is None:
            save(self.state, self.folder)
            self._org = Org.open(self.folder, clock=lambda: self.now)
            self._endpoint = self._stack.enter_context(listen(Desk(self._org)))
        return Context(
            connection="salesforce",
            clock=lambda: self.now,
            transport=Transport(
                "salesforce",
                clock=lambda: self.now,
                calls_per_second=1000.0,
                daily_limit=100_000,
                sleep=self.waits,
            ),
            workspace=self.folder,
            endpoint=self._endpoint,
            **options,
        )


@pytest.fixture
def org(tmp_path: Path) -> Iterator[PretendOrg]:
    with ExitStack() as stack:
        yield PretendOrg(tmp_path, stack)
