"""Our Mailchimp connector passes the public suite against the pretend Mailchimp, over real HTTPS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from consentric import RecordRef
from consentric.testing.connector_suite import ConnectorBench, ConnectorSuite

from .conftest import JANUARY, KEY, NEWS

PEOPLE = ["marie.curie@example.org", "lise.meitner@example.org", "emmy.noether@example.org"]


class TestMailchimpConnector(ConnectorSuite):
    @pytest.fixture
    def bench(self, account: Any, monkeypatch: pytest.MonkeyPatch) -> ConnectorBench:
        state = account.state
        state.add_store(NEWS, "myserver-shop", at=JANUARY)
        campaign = state.add_campaign(NEWS, "Spring", at=JANUARY + timedelta(days=30))
        for n, email in enumerate(PEOPLE):
            state.add_member(NEWS, email, at=JANUARY + timedelta(days=n), source="Embed Form")
            state.add_send(campaign, email)
            state.add_click(campaign, email, at=JANUARY + timedelta(days=31))
            state.add_order("myserver-shop", f"o{n}", email, "12.50", at=JANUARY + timedelta(days=40))
        connector = account.connector(
            consents={NEWS: "email_marketing"}, activities=["campaigns"], purchases="orders"
        )

        def later() -> None:
            account.now += timedelta(hours=1)

        def member(n: int) -> Any:
            connector.client.get("/ping", "account.ping")
            (found,) = [m for m in account.live.audiences[NEWS].members.values() if m.email == PEOPLE[n]]
            return found

        def change() -> RecordRef:
            later()
            account.live.leave(NEWS, PEOPLE[1], at=account.now)
            return account.ref(PEOPLE[1])

        def delete() -> RecordRef:
            later()
            gone = member(1)
            gone.status, gone.last_changed = "archived", account.now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
            account.live.audiences[NEWS].revision += 1
            return account.ref(PEOPLE[1])

        def answer_with(status: int) -> None:
            _, http = connector.client._connected()
            monkeypatch.setattr(http.get_adapter("https://"), "send", refusing(status))

        return ConnectorBench(
            connector=connector,
            personal=PEOPLE,
            secrets=[KEY],
            calls=lambda: connector.context.transport.calls,
            change=change,
            delete=delete,
            answer_with=answer_with,
        )


def refusing(status: int) -> Any:
    """The answer of an overloaded or closed Mailchimp to anything, with an address in its body."""

    def send(request: Any, **options: Any) -> Any:
        from requests import Response

        answer = Response()
        answer.status_code, answer.request, answer.url = status, request, request.url
        answer._content = f'{{"title":"Bad Request","detail":"{PEOPLE[0]}"}}'.encode()
        return answer

    return send
