"""Our Salesforce connector passes the public suite against the pretend Salesforce, over real HTTPS."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from consentric import RecordRef
from consentric.testing.connector_suite import ConnectorBench, ConnectorSuite
from consentric_sandbox.salesforce import lifecycle

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
PEOPLE = ["marie.curie@example.org", "lise.meitner@example.org", "emmy.noether@example.org", "+33612345678"]


class TestSalesforceConnector(ConnectorSuite):
    @pytest.fixture
    def bench(self, org: Any) -> ConnectorBench:
        state = org.state
        news = state.add("DataUsePurpose", {"Name": "Newsletter"}, created_at=JANUARY)
        ids = []
        for n, email in enumerate(PEOPLE[:3]):
            at = JANUARY + timedelta(days=n)
            individual = state.add("Individual", {"LastName": "Person"}, created_at=at)
            contact = {"LastName": "Person", "Email": email, "Phone": PEOPLE[3], "IndividualId": individual}
            ids.append(state.add_contact(contact, created_at=at))
            consent = {
                "Name": "c",
                "PartyId": individual,
                "DataUsePurposeId": news,
                "ContactPointType": "Email",
                "PrivacyConsentStatus": "OptIn",
                "CaptureDate": at,
                "CaptureSource": "Web form",
                "CaptureContactPointType": "Web",
            }
            state.add("ContactPointTypeConsent", consent, created_at=at)
            won = {"Name": "Deal", "StageName": "Closed Won", "CloseDate": date(2026, 2, 1), "Amount": 12.5}
            state.add_opportunity(won, created_at=at, contacts=[ids[-1]])
            call = {"WhoId": ids[-1], "TaskSubtype": "Call", "Status": "Completed"}
            state.add_task({**call, "ActivityDate": date(2026, 2, 2)}, created_at=at)
        lead = {"LastName": "Lead", "Company": "Acme", "Email": "lead@example.org"}
        state.add_lead(lead, created_at=JANUARY)
        connector = org.connector(
            consents={"Newsletter": "email_marketing"},
            purchases="opportunities",
            activities=["tasks", "events", "emails", "campaign_members"],
            phone="Phone",
            currency="EUR",
        )

        def change() -> RecordRef:
            org.now += timedelta(hours=1)
            org.touch("Contact", ids[1], MailingCity="Lyon")
            return ref(ids[1])

        def delete() -> RecordRef:
            org.now += timedelta(hours=1)
            org.change(lambda state: lifecycle.delete(state, "Contact", ids[1], at=org.now))
            return ref(ids[1])

        def merge() -> tuple[RecordRef, RecordRef]:
            org.now += timedelta(hours=1)
            org.change(lambda state: lifecycle.merge(state, "Contact", ids[0], [ids[1]], at=org.now))
            return ref(ids[1]), ref(ids[0])

        def answer_with(status: int) -> None:
            connector.client._connected().mount("https://", Refusing(status))

        return ConnectorBench(
            connector=connector,
            personal=[*PEOPLE, "lead@example.org"],
            secrets=[connector.settings.consumer_secret.get_secret_value()],
            calls=lambda: connector.context.transport.calls,
            change=change,
            delete=delete,
            merge=merge,
            answer_with=answer_with,
        )


def ref(id: str) -> RecordRef:
    return RecordRef(object="Contact", id=id)


class Refusing(requests.adapters.BaseAdapter):
    """The answer of an overloaded or closed Salesforce to anything, with an address in its body."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = self.status, request.url, request
        answer._content = f'[{{"errorCode":"NOPE","message":"{PEOPLE[0]}"}}]'.encode()
        answer._content_consumed = True
        return answer

    def close(self) -> None:
        return None
