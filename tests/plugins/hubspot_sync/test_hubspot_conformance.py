"""Our HubSpot writer passes the public suite against the pretend HubSpot, over real HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.hubspot.test_hubspot_connector_conformance import PEOPLE, refusing
from urllib3.connection import HTTPConnection

from consentric import Context, RecordRef
from consentric.sdk.transport import Transport
from consentric.testing.writer_suite import FIELD, LABELS, Sent, WriterBench, WriterSuite
from consentric_hubspot.client import HubSpotClient
from consentric_hubspot.settings import HubSpotSettings
from consentric_hubspot_sync.labels import field_labels, list_labels
from consentric_hubspot_sync.writer import HubSpotWriter
from consentric_sandbox.hubspot import serve
from consentric_sandbox.hubspot.snapshot import save
from consentric_sandbox.hubspot.state import HubSpotState

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TOKEN = "pat-eu1-0f0f0f0f-not-a-token"


@pytest.mark.parametrize("version", ["2026-09", "v3"])
class TestHubSpotWriter(WriterSuite):
    @pytest.fixture
    def bench(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> Iterator[WriterBench]:
        sent = record_requests(monkeypatch)
        with connected(tmp_path, version) as (writer, client, ids):

            def answer_with(status: int) -> None:
                pool = writer._portal._client._connected().rest_client.pool_manager
                monkeypatch.setattr(pool, "request", refusing(status))

            yield WriterBench(
                writer=writer,
                records=[RecordRef(object="contact", id=id) for id in ids],
                absent=RecordRef(object="contact", id="999999"),
                sent=lambda: sent,
                count_people=lambda: len(contacts(client)),
                occupy=lambda target: occupy(client, target),
                answer_with=answer_with,
                personal=PEOPLE,
                secrets=[TOKEN],
            )


@contextmanager
def connected(folder: Path, version: str) -> Iterator[tuple[HubSpotWriter, HubSpotClient, list[str]]]:
    """A pretend HubSpot with four people, our writer on it, and a client for what people do there."""
    state = HubSpotState()
    state.account.token = TOKEN
    state.add_subscription_type(7, "Newsletter")
    ids = [str(state.add_contact({"firstname": f"N{n}"}, created_at=NOON)) for n in range(4)]
    save(state, folder)
    settings = HubSpotSettings.model_validate({"token": TOKEN, "api_version": version})
    with serve(folder, clock=lambda: NOON) as endpoint:
        transport = Transport(
            "hubspot", clock=lambda: NOON, calls_per_second=1000, daily_limit=10_000, sleep=lambda _: None
        )
        context = Context(
            connection="hubspot",
            clock=lambda: NOON,
            transport=transport,
            workspace=folder,
            endpoint=endpoint,
        )
        client, writer = HubSpotClient(settings, context), HubSpotWriter(settings, context)
        yield writer, client, ids
        writer.close()
        client.close()


def contacts(client: HubSpotClient) -> list[Any]:
    return client.request("GET", "objects", parts={"type": "contacts"}, query=[("limit", "100")])["results"]


def occupy(client: HubSpotClient, target: str) -> None:
    if target == FIELD:
        (field,) = field_labels([LABELS])
        body = {"name": field.value, "label": "Theirs", "type": "string", "fieldType": "text"}
        group = {"groupName": "contactinformation", "description": "somebody else's"}
        client.request("POST", "properties", parts={"type": "contacts"}, body=body | group)
    else:
        (name,) = [label.name for label in list_labels([LABELS]) if label.target == target]
        client.request(
            "POST", "lists", body={"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
        )


def record_requests(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Notes what leaves this process, at the last place that sees it whole."""
    sent: list[Sent] = []
    send = HTTPConnection.request

    def noting(self: Any, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> Any:
        text = body.decode() if isinstance(body, bytes) else str(body or "")
        sent.append(Sent(method=method, url=url, body=text))
        return send(self, method, url, body, *args, **kwargs)

    monkeypatch.setattr(HTTPConnection, "request", noting)
    return sent
