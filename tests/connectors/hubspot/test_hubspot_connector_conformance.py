"""Our HubSpot connector passes the public suite against the pretend HubSpot, over real HTTPS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentric import RecordRef
from consentric.testing.connector_suite import ConnectorBench, ConnectorSuite
from consentric_hubspot.routes import ROUTES, Route

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
PEOPLE = ["marie.curie@example.org", "lise.meitner@example.org", "emmy.noether@example.org", "+33612345678"]


def ref(number: object) -> RecordRef:
    return RecordRef(object="contact", id=str(number))


@pytest.mark.parametrize("version", ["2026-09", "v3"])
class TestHubSpotConnector(ConnectorSuite):
    @pytest.fixture
    def bench(self, portal: Any, version: str, monkeypatch: pytest.MonkeyPatch) -> ConnectorBench:
        state = portal.state
        state.add_subscription_type(7, "Newsletter")
        ids = []
        for n, email in enumerate(PEOPLE[:3]):
            properties = {"email": email, "phone": PEOPLE[3], "country": "FR"}
            ids.append(state.add_contact(properties, created_at=JANUARY + timedelta(days=n)))
            state.set_status(email, 7, "SUBSCRIBED", at=JANUARY, explanation="Form, notice n2")
            state.add_email_event("DELIVERED", email, at=JANUARY, campaign=1)
            deal = {"amount": "12.50", "deal_currency_code": "EUR", "closedate": "2026-02-01T10:00:00Z"}
            number = state.add_object("deals", deal | {"hs_is_closed_won": "true"}, created_at=JANUARY)
            state.associate("deals", number, "contacts", ids[-1])
            call = state.add_object("calls", {"hs_timestamp": "2026-02-02T10:00:00Z"}, created_at=JANUARY)
            state.associate("calls", call, "contacts", ids[-1])
        connector = portal.connector(
            api_version=version,
            consents={"Newsletter": "email_marketing"},
            purchases="deals",
            activities=["calls", "marketing_emails"],
            phone="phone",
        )
        outsider = portal.outsider()
        contacts = {"type": "contacts"}

        def change() -> RecordRef:
            portal.now += timedelta(hours=1)
            body = {"inputs": [{"id": str(ids[1]), "properties": {"city": "Lyon"}}]}
            outsider.request("POST", "objects.update", parts=contacts, body=body)
            return ref(ids[1])

        def delete() -> RecordRef:
            portal.now += timedelta(hours=1)
            outsider.request("DELETE", "object", parts=contacts | {"id": str(ids[1])})
            return ref(ids[1])

        def merge() -> tuple[RecordRef, RecordRef]:
            portal.now += timedelta(hours=1)
            body = {"primaryObjectId": str(ids[0]), "objectIdToMerge": str(ids[1])}
            # The client has no route that merges: nothing of ours may.
            dated, legacy = "/crm/objects/2026-09/contacts/merge", "/crm/v3/objects/contacts/merge"
            monkeypatch.setitem(ROUTES, "merge", Route(dated=dated, legacy=legacy))
            survivor = outsider.request("POST", "merge", body=body)
            return ref(ids[1]), ref(survivor["id"])

        def answer_with(status: int) -> None:
            connector.client._connected().rest_client.pool_manager.request = refusing(status)

        return ConnectorBench(
            connector=connector,
            personal=PEOPLE,
            secrets=[connector.settings.token.get_secret_value()],
            calls=lambda: connector.context.transport.calls,
            change=change,
            delete=delete,
            merge=merge,
            answer_with=answer_with,
        )


def refusing(status: int) -> Any:
    """The answer of an overloaded or closed HubSpot to anything, with an address in its body."""

    def request(*args: Any, **kwargs: Any) -> Any:
        from urllib3 import HTTPHeaderDict, HTTPResponse

        body = f'{{"status":"error","message":"{PEOPLE[0]}"}}'.encode()
        return HTTPResponse(body=body, status=status, headers=HTTPHeaderDict(), preload_content=True)

    return request
