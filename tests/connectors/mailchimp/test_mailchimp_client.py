"""The client: where it sends the key, what it makes of refusals, what it never shows."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import Any

import pytest
import responses
from pydantic import ValidationError

from consentric import ConfigError, RemoteError, RemoteKind
from consentric_mailchimp.client import MailchimpClient
from consentric_mailchimp.failures import kind_of, problem, title
from consentric_mailchimp.settings import MailchimpSettings

from .conftest import KEY, NEWS, TOKEN

PING = "/ping", "account.ping"


def test_a_key_is_the_password_of_basic_authentication(account: Any) -> None:
    account.client().get(*PING)

    scheme, _, text = account.asked[0].headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(text).decode().partition(":")[2]) == ("Basic", KEY)


def test_an_oauth_token_is_a_bearer(account: Any) -> None:
    account.client(access_token=TOKEN, server="us6").get(*PING)

    assert account.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


@responses.activate
@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({"api_key": "0a-us6"}, "us6"),
        ({"api_key": "0a-1b-eu101"}, "eu101"),
        ({"access_token": "t", "server": "us21"}, "us21"),
    ],
)
def test_the_host_is_made_of_the_data_centre_alone(account: Any, settings: Any, host: str) -> None:
    url = f"https://{host}.api.mailchimp.com/3.0/lists/myserver/members"
    ours = responses.get(url, json={"members": []})
    model = MailchimpSettings.model_validate({"audiences": [NEWS], **settings})
    client = MailchimpClient(model, account.context(endpoint=None))

    client.get("/lists/{list}/members", "members.list", parts={"list": "myserver"})

    # The SDK would have asked for "myus6".
    assert ours.call_count == 1


@pytest.mark.parametrize(
    "key", ["0a", "0a-", "0a-us6.evil.example/", "0a-127.0.0.1:8443/x?", "0a-US6", "0a-us6\n", "0a-us1234"]
)
def test_a_key_that_names_no_data_centre_is_sent_nowhere(account: Any, key: str) -> None:
    client = MailchimpClient(account.settings(api_key=key), account.context(endpoint=None))

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        with pytest.raises(ConfigError, match="names no data centre") as raised:
            client.get(*PING)
        assert len(mock.calls) == 0
    assert key.strip() not in str(raised.value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"api_key": "0a-us6", "access_token": "t", "server": "us6"},
        {"access_token": "t"},
        {"api_key": "0a-us6", "server": "us6"},
        {"access_token": "t", "server": "us6.evil.example"},
        {"access_token": "t", "server": "127.0.0.1"},
        {"api_key": "0a-us6", "consents": {"another": "email_marketing"}},
        {"api_key": "0a-us6", "audiences": []},
        {"api_key": "0a-us6", "audiences": ["a/b"]},
    ],
)
def test_settings_that_contradict_themselves_are_refused(settings: Any) -> None:
    with pytest.raises(ValidationError):
        MailchimpSettings.model_validate({"audiences": [NEWS], **settings})


def test_a_key_may_be_a_reference(account: Any) -> None:
    (account.folder / "key.txt").write_text(KEY + "\n")
    (account.folder / "key.txt").chmod(0o600)

    client = account.client(api_key="file:key.txt")

    assert client.get(*PING)["health_status"]


@pytest.mark.parametrize(
    ("fault", "read", "write"),
    [
        ("429-no-hint", RemoteKind.THROTTLED, RemoteKind.THROTTLED),
        ("403-limit", RemoteKind.THROTTLED, RemoteKind.THROTTLED),
        ("403-scope-lost", RemoteKind.AUTH, RemoteKind.AUTH),
        ("401-for-good", RemoteKind.AUTH, RemoteKind.AUTH),
        ("500", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ("502-html", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ("html-page", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ("invalid-json", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ("truncated-body", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ("reset-after-apply", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ("reset-before-apply", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        ("200-no-op", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
    ],
)
def test_a_refusal_or_a_broken_answer_is_of_its_kind(
    account: Any, fault: str, read: RemoteKind, write: RemoteKind
) -> None:
    account.faults({"kind": fault})
    client = account.client()

    with pytest.raises(RemoteError) as reading:
        list(client.pages("/lists/{list}/members", "members.list", "members", parts={"list": NEWS}))
    assert reading.value.kind is read

    client.context.transport._failures = 0
    before = len(account.asked)
    with pytest.raises(RemoteError) as writing:
        client.post("/batches", "batches.create", {"operations": [{"method": "GET", "path": "/ping"}]})
    assert writing.value.kind is write
    assert writing.value.operation == "batches.create"
    if write is RemoteKind.AMBIGUOUS:
        assert len(account.asked) == before + 1, "what may have been applied is not sent again"


def test_a_problem_shows_its_title_and_never_its_detail(account: Any) -> None:
    with pytest.raises(RemoteError) as raised:
        account.client().get(
            "/lists/{list}/members/{member}",
            "members.get",
            parts={"list": NEWS, "member": "ada@example.org"},
        )

    error = raised.value
    assert (error.kind, error.status, error.vendor_code) == (RemoteKind.REJECTED, 404, "Resource Not Found")
    assert error.request_id
    assert str(error) == (
        'connection "mailchimp": Mailchimp members.get was refused (404 Resource Not Found)'
    )
    assert error.__cause__ is None
    assert "ada" not in repr(error) + str(error.__context__)


def test_titles_that_nobody_documented_are_not_repeated() -> None:
    assert title(problem(b'{"title": "Member Exists"}')) == "Member Exists"
    assert title(problem(b'{"title": "ada@example.org is a member"}')) == ""
    assert title(problem(b"<html>")) == title(problem(b"[]")) == ""


def test_a_403_without_a_problem_is_throttling_and_one_with_it_a_matter_of_rights() -> None:
    assert kind_of(403, {}, is_write=True) is RemoteKind.THROTTLED
    assert kind_of(403, {"title": "Forbidden"}, is_write=True) is RemoteKind.AUTH


def test_a_path_cannot_be_left_by_what_fills_it(account: Any) -> None:
    with pytest.raises(RemoteError):
        account.client().get("/lists/{list}", "lists.get", parts={"list": "../ping?x=1"})

    assert account.asked[0].path == "/lists/../ping?x=1"  # one part of the path, decoded by the server
    assert account.asked[0].query == {}


def test_results_are_fetched_without_the_key_and_from_nowhere_else(account: Any) -> None:
    client = account.client()
    client.get(*PING)

    for url in ("https://elsewhere.example/r.tar.gz", "https://127.0.0.1:1/r.tar.gz"):
        with pytest.raises(RemoteError) as raised:
            client.fetch_results(url)
        assert raised.value.vendor_code == "results_elsewhere"

    assert account.paths() == ["/ping"]


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://mailchimp-api-batch.s3.amazonaws.com/r.tar.gz", True),
        ("https://us6.api.mailchimp.com/r.tar.gz", True),
        ("http://mailchimp-api-batch.s3.amazonaws.com/r.tar.gz", False),
        ("https://amazonaws.com.evil.example/r.tar.gz", False),
        ("https://evilamazonaws.com/r.tar.gz", False),
        ("file:///etc/passwd", False),
    ],
)
def test_results_lie_where_the_vendor_keeps_them(account: Any, url: str, is_ours: bool) -> None:
    client = MailchimpClient(account.settings(), account.context(endpoint=None))

    assert client._is_ours(url) is is_ours


def test_neither_client_nor_settings_show_the_key(account: Any) -> None:
    client = account.client()
    client.get(*PING)

    assert KEY not in f"{client!r} {vars(client)!r} {client.settings!r}"


def test_the_sdk_is_not_imported_with_plugin_settings_or_connector() -> None:
    program = (
        "import sys; import consentric_mailchimp.plugin as p; assert 'pydantic' not in sys.modules;"
        "(kind,) = p.register_connectors(); assert kind.name == 'mailchimp';"
        "import consentric_mailchimp_sync.plugin as q;"
        "loaded = {'mailchimp_marketing', 'requests'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
