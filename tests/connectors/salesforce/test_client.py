"""The client: ways to sign in, one renewal, hosts, errors without content, the day's allowance."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from consentric import RemoteError, RemoteKind
from consentric.sdk.contracts import Endpoint
from consentric.sdk.errors import KeyMaterialError
from consentric.sdk.http import Call, Failure
from consentric_salesforce.failures import classify
from consentric_salesforce.session import SalesforceSession
from consentric_salesforce.settings import SalesforceSettings

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
READ = Call(account="sf", operation="Contact.query")
WRITE = Call(account="sf", operation="people.update", is_write=True)
KEY = {"consumer_key": "key"}


def limits(client: Any) -> Any:
    return client.get("limits", "limits")


def test_client_credentials_sign_in_once_for_many_calls(org: Any) -> None:
    client = org.client()

    limits(client)
    limits(client)

    assert org.requests["oauth.token"] == 1


def test_jwt_bearer_signs_in_with_the_key_of_a_file(org: Any) -> None:
    # The SDK dates its assertion by the machine's own clock.
    org.now = datetime.now(tz=UTC)
    settings = {"domain": "login", "username": org.state.account.username}
    client = org.client(private_key="file:salesforce.key.pem", **settings)

    assert "DailyApiRequests" in limits(client)


def test_a_file_that_holds_no_key_is_said_to_be_none_without_its_content(org: Any) -> None:
    file = org.folder / "bad.pem"
    file.write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    file.chmod(0o600)
    client = org.client(domain="login", username="u@example.com", private_key="file:bad.pem")

    with pytest.raises(KeyMaterialError, match="holds no PEM") as raised:
        limits(client)
    assert raised.value.__context__ is None


def test_a_refresh_token_that_rotates_is_written_back(org: Any) -> None:
    org.state.account.refresh_token = "5Aep-first"
    org.state.account.rotates_refresh_tokens = True
    file = org.folder / "refresh.token"
    file.write_text("5Aep-first\n")
    file.chmod(0o600)
    client = org.client(
        domain="login", refresh_token="file:refresh.token", consumer_secret=org.state.account.consumer_secret
    )

    limits(client)

    assert file.read_text().strip() == org.change(lambda state: state.account.refresh_token)
    assert file.read_text().strip() != "5Aep-first"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_session_that_ended_is_renewed_once_and_the_call_goes_on(org: Any) -> None:
    org.faults({"kind": "401-expired", "match": {"endpoint": "limits", "nth": 2}})
    client = org.client()

    limits(client)
    limits(client)

    assert org.requests["oauth.token"] == 2
    assert org.requests["limits"] == 3


def test_a_token_that_stays_refused_signs_in_twice_and_no_more(org: Any) -> None:
    org.faults({"kind": "401-for-good", "match": {"endpoint": "limits"}})
    client = org.client()

    with pytest.raises(RemoteError) as raised:
        limits(client)

    assert (raised.value.kind, raised.value.vendor_code) == (RemoteKind.AUTH, "INVALID_SESSION_ID")
    assert org.requests["oauth.token"] == 2


def test_a_wrong_secret_is_refused_with_the_vendors_word(org: Any) -> None:
    client = org.client(consumer_secret="wrong-and-private")

    with pytest.raises(RemoteError, match=r"oauth\.token was refused") as raised:
        limits(client)

    assert (raised.value.kind, raised.value.vendor_code) == (RemoteKind.AUTH, "invalid_client")
    assert "wrong-and-private" not in f"{raised.value} {raised.value.hint}"


def test_a_page_of_html_is_unreadable_and_asked_again(org: Any) -> None:
    org.faults({"kind": "html-page", "match": {"endpoint": "limits", "times": 2}})
    client = org.client()

    assert "DailyApiRequests" in limits(client)
    assert len(org.waits.seconds) == 2


def test_a_write_without_a_readable_answer_is_ambiguous_and_sent_once(org: Any) -> None:
    org.faults({"kind": "truncated-body", "match": {"endpoint": "Campaign.create"}})
    client = org.client()

    with pytest.raises(RemoteError) as raised:
        client.write("POST", "sobjects/Campaign", "Campaign.create", body={"Name": "C"})

    assert raised.value.kind is RemoteKind.AMBIGUOUS
    assert org.requests["Campaign.create"] == 1
    assert raised.value.__context__ is None


def test_four_fifths_of_the_orgs_day_are_ours(org: Any) -> None:
    org.state.allowance.daily = 10
    client = org.client()

    for _ in range(8):
        limits(client)
    with pytest.raises(RemoteError) as raised:
        limits(client)

    assert (raised.value.kind, raised.value.vendor_code) == (RemoteKind.QUOTA, "our_share")
    assert org.requests["limits"] == 8


@pytest.mark.parametrize(
    ("status", "code", "message", "call", "kind"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", READ, RemoteKind.QUOTA),
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            READ,
            RemoteKind.THROTTLED,
        ),
        (403, "API_DISABLED_FOR_ORG", "", READ, RemoteKind.AUTH),
        (403, "TXN_SECURITY_METERING_ERROR", "", READ, RemoteKind.FATAL),
        (400, "QUERY_TIMEOUT", "", READ, RemoteKind.TRANSIENT),
        (400, "UNABLE_TO_LOCK_ROW", "", WRITE, RemoteKind.TRANSIENT),
        (400, "INVALID_FIELD", "", READ, RemoteKind.FATAL),
        (400, "INVALID_FIELD", "", WRITE, RemoteKind.REJECTED),
        (404, "NOT_FOUND", "", READ, RemoteKind.REJECTED),
        (406, "", "", READ, RemoteKind.THROTTLED),
        (420, "", "", WRITE, RemoteKind.THROTTLED),
        (500, "UNKNOWN_EXCEPTION", "", READ, RemoteKind.TRANSIENT),
        (503, "SERVER_UNAVAILABLE", "", WRITE, RemoteKind.AMBIGUOUS),
    ],
)
def test_each_refusal_has_its_kind(
    status: int, code: str, message: str, call: Call, kind: RemoteKind
) -> None:
    body = f'[{{"errorCode":"{code}","message":"{message} marie@example.org"}}]'.encode()

    error = classify(Failure(cause="status", status=status, body=body), call)

    assert error.kind is kind
    assert error.vendor_code == code
    assert "marie" not in f"{error} {error.hint} {error.vendor_code}"


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.my.salesforce.com/services",
        "https://salesforce.com.evil.example/services",
        "https://evil.example/services?x=.salesforce.com",
        "https://acme.my.salesforce.com@evil.example/services",
        "https://user@acme.my.salesforce.com/services",
        "https://acme.my.salesforce.com:8443/services",
        "https://127.0.0.1:8443/services",
        "https://evilsalesforce.com/services",
    ],
)
def test_nothing_is_sent_to_a_host_that_is_not_salesforces(url: str) -> None:
    session = SalesforceSession(None)
    sent: list[str] = []
    session.mount("https://", Noting(sent))
    session.mount("http://", Noting(sent))

    with session.asking(READ), pytest.raises(RemoteError) as raised:
        session.get(url, headers={"Authorization": "Bearer x"})

    assert (raised.value.kind, raised.value.vendor_code) == (RemoteKind.FATAL, "host")
    assert sent == []


@pytest.mark.parametrize("host", ["acme.my.salesforce.com", "login.salesforce.com", "acme.file.force.com"])
def test_the_hosts_of_salesforce_are_spoken_to(host: str) -> None:
    session = SalesforceSession(None)
    sent: list[str] = []
    session.mount("https://", Noting(sent))

    session.get(f"https://{host}/services")

    assert sent == [f"https://{host}/services"]


def test_beside_a_pretend_org_nothing_leaves_this_machine(tmp_path: Any) -> None:
    session = SalesforceSession(Endpoint(base_url="https://127.0.0.1:8443", ca_file=tmp_path / "ca.pem"))
    sent: list[str] = []
    session.mount("https://", Noting(sent))

    session.get("https://login.salesforce.com/services/oauth2/token?a=1")

    assert sent == ["https://127.0.0.1:8443/services/oauth2/token?a=1"]


@pytest.mark.parametrize(
    "given",
    [
        KEY,
        KEY | {"username": "u"},
        KEY | {"private_key": "k"},
        KEY | {"consumer_secret": "s"},
        KEY | {"consumer_secret": "s", "domain": "test"},
        KEY | {"consumer_secret": "s", "domain": "evil.example/x?"},
        KEY | {"consumer_secret": "s", "domain": "acme.my@evil"},
        KEY | {"username": "u", "private_key": "k", "consumer_secret": "s"},
        KEY | {"consumer_secret": "s", "domain": "acme.my", "phone": "Phone; DROP"},
        KEY | {"consumer_secret": "s", "domain": "acme.my", "password": "p"},
    ],
)
def test_settings_that_cannot_sign_in_or_could_lead_elsewhere_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        SalesforceSettings.model_validate(given)


def test_no_log_at_any_level_holds_the_token_or_the_query(org: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    client = org.client()

    client.ask("Contact.query", lambda sdk: sdk.query("SELECT Id FROM Contact WHERE Email = 'm@example.org'"))

    token = next(iter(org.change(lambda state: state.account.sessions)))
    assert token not in caplog.text
    assert "example.org" not in caplog.text


class Noting(requests.adapters.BaseAdapter):
    """Answers everything with nothing and notes where it would have gone."""

    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self.sent = sent

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append(request.url)
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 204, request.url, request
        answer._content, answer._content_consumed = b"", True
        return answer

    def close(self) -> None:
        return None
