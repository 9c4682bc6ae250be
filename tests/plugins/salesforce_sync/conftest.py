"""A pretend org with the custom fields that its admin made, our writer on it, and a look inside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from urllib3.connection import HTTPConnection

from consentric import Context, LabelSet, RecordRef, SegmentLabel
from consentric.sdk.transport import Transport
from consentric.testing.writer_suite import LABELS, Sent
from consentric_salesforce.settings import SalesforceSettings
from consentric_salesforce_sync.labels import field_labels
from consentric_salesforce_sync.writer import SalesforceWriter
from consentric_sandbox.salesforce.desk import Desk
from consentric_sandbox.salesforce.org import FAULT_FILE, Org
from consentric_sandbox.salesforce.snapshot import save
from consentric_sandbox.salesforce.state import SalesforceState
from consentric_sandbox.server import listen

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
SECRET = "0F0F0F0F-not-a-secret"
RFM = LabelSet(
    name="rfm5",
    title="Buying",
    prefix="acme_",
    marker="managed by consentric 0123456789abcdef",
    segments=(
        SegmentLabel(key="champions", title="Champions", meaning="bought lately, often and much"),
        SegmentLabel(key="at_risk", title="At risk"),
    ),
)


class Bench:
    """Two contacts and two leads; fill `state` further before the first writer."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.state = SalesforceState()
        self.state.account.consumer_secret = SECRET
        contacts = [self.state.add_contact({"LastName": f"N{n}"}, created_at=NOON) for n in range(3)]
        lead = self.state.add_lead({"LastName": "L", "Company": "Acme"}, created_at=NOON)
        self.records = [RecordRef(object="Contact", id=id) for id in contacts]
        self.records.append(RecordRef(object="Lead", id=lead))
        self._folder = folder
        self._stack = stack
        self._org: Org | None = None

    def make_fields(self, labels: LabelSet, *objects: str, help: str | None = None) -> None:
        """What the admin makes from the definitions that the writer prints."""
        (field,) = field_labels([labels])
        for entity in objects or ("Contact", "Lead"):
            for name in field.names:
                type = "date" if name == field.since else "string"
                text = labels.marker if help is None else help
                self.state.add_field(entity, name, type=type, length=80, help=text)

    def faults(self, *lines: dict[str, Any]) -> None:
        """Writes the fault script; before the first writer."""
        (self._folder / FAULT_FILE).write_text(json.dumps({"seed": 1, "faults": list(lines)}))

    def writer(self) -> SalesforceWriter:
        """Serves the org."""
        save(self.state, self._folder)
        self._org = Org.open(self._folder, clock=lambda: NOON)
        endpoint = self._stack.enter_context(listen(Desk(self._org)))
        transport = Transport(
            "salesforce", clock=lambda: NOON, calls_per_second=1000, daily_limit=10_000, sleep=lambda _: None
        )
        context = Context(
            connection="salesforce",
            clock=lambda: NOON,
            transport=transport,
            workspace=self._folder,
            endpoint=endpoint,
        )
        settings = SalesforceSettings.model_validate(
            {"domain": "acme.my", "consumer_key": self.state.account.consumer_key, "consumer_secret": SECRET}
        )
        writer = SalesforceWriter(settings, context)
        self._stack.callback(writer.close)
        return writer

    @property
    def inside(self) -> SalesforceState:
        """The org as it is served; look while no request is under way."""
        assert self._org is not None
        return self._org.state

    @property
    def requests(self) -> dict[str, int]:
        """Operation to the number of requests that the org got."""
        assert self._org is not None
        return self._org.requests

    def values(self, record: RecordRef) -> dict[str, Any]:
        """What a record holds."""
        return self.inside.tables[record.object].rows[record.id].values


@pytest.fixture
def bench_org(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


@pytest.fixture
def suite_org(bench_org: Bench) -> Bench:
    """With the fields of the suite's label set."""
    bench_org.make_fields(LABELS)
    return bench_org


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Notes what leaves this process, at the last place that sees it whole."""
    found: list[Sent] = []
    send = HTTPConnection.request

    def noting(self: Any, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> Any:
        text = body.decode() if isinstance(body, bytes) else str(body or "")
        found.append(Sent(method=method, url=url, body=text))
        return send(self, method, url, body, *args, **kwargs)

    monkeypatch.setattr(HTTPConnection, "request", noting)
    return found
