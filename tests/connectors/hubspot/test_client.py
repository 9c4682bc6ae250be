"""The client turns everything HubSpot and the network can do into an answer or one RemoteError."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from consentric.sdk.contracts import Context, Endpoint
from consentric.sdk.errors import ConfigError, RemoteError, RemoteKind
from consentric_hubspot.client import HubSpotClient
from consentric_hubspot.failures import partial_errors
from consentric_hubspot.routes import ROUTES
from consentric_hubspot.settings import HubSpotSettings

TOKEN = "pat-eu1-0f0f0f0f-not-a-token"
ADDRESS = "marie.curie@example.org"
Serve = Callable[[Callable[[Any], Any]], Any]
Make = Callable[..., HubSpotClient]


def error_body(**fields: Any) -> dict[str, Any]:
    return {"status": "error", "message": f"{ADDRESS} is wrong", "correlationId": "c0ffee00-1", **fields}


def caught(client: HubSpotClient, method: str = "GET", name: str = "objects", **more: Any) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        client.request(method, name, parts={"type": "contacts"}, **more)
    return raised.value


def test_an_answer_is_the_json_object_and_the_request_carries_token_and_version(
    serve: Serve, client_for: Make
) -> None:
    server = serve(lambda asked: {"results": [{"id": "1"}]})
    client = client_for(server)
    answer = client.request(
        "GET", "objects", parts={"type": "contacts"}, query=[("limit", "100"), ("properties", "email")]
    )
    assert answer == {"results": [{"id": "1"}]}
    asked = server.asked[0]
    assert asked.path == "/crm/objects/2026-09/contacts"
    assert asked.query == [("limit", "100"), ("properties", "email")]
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert client.server_time is not None
    assert client.server_time.isoformat() == "2026-06-15T12:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "parts", "path"),
    [
        ("objects.search", {"type": "contacts"}, "/crm/v3/objects/contacts/search"),
        ("associations.read", {"from": "a", "to": "b"}, "/crm/v4/associations/a/b/batch/read"),
        ("statuses.read", {}, "/communication-preferences/v4/statuses/batch/read"),
        ("list.add", {"id": "7"}, "/crm/v3/lists/7/memberships/add"),
    ],
)
def test_the_undated_interface_is_a_setting_away(
    serve: Serve, client_for: Make, name: str, parts: dict[str, str], path: str
) -> None:
    server = serve(lambda asked: {})
    client_for(server, api_version="v3").request("POST", name, parts=parts, body={"inputs": []})
    assert server.asked[0].path == path


def test_every_route_names_both_versions() -> None:
    for route in ROUTES.values():
        assert "VERSION" not in route.dated + route.legacy
        assert route.path("v3").count("{") == route.path("2026-09").count("{")


def test_calls_share_one_connection_pool(serve: Serve, client_for: Make) -> None:
    client = client_for(serve(lambda asked: {}))
    client.request("GET", "account")
    pool = client._api.rest_client.pool_manager
    client.request("GET", "account")
    assert client._api.rest_client.pool_manager is pool
    assert client.context.transport.calls == 2


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, error_body(category="VALIDATION_ERROR"), RemoteKind.REJECTED, "VALIDATION_ERROR"),
        (401, error_body(category="INVALID_AUTHENTICATION"), RemoteKind.AUTH, "INVALID_AUTHENTICATION"),
        (403, error_body(category="MISSING_SCOPES"), RemoteKind.AUTH, "MISSING_SCOPES"),
        (404, error_body(category="OBJECT_NOT_FOUND"), RemoteKind.REJECTED, "OBJECT_NOT_FOUND"),
        (409, error_body(category="CONFLICT"), RemoteKind.REJECTED, "CONFLICT"),
        (429, error_body(policyName="DAILY"), RemoteKind.QUOTA, "DAILY"),
        (500, error_body(category="INTERNAL_ERROR"), RemoteKind.AMBIGUOUS, "INTERNAL_ERROR"),
        (502, b"<html>Bad gateway: marie.curie@example.org</html>", RemoteKind.AMBIGUOUS, ""),
        (503, "caf\u00e9".encode("latin-1"), RemoteKind.AMBIGUOUS, ""),
        (524, b"", RemoteKind.AMBIGUOUS, ""),
        (200, b"<html>Sign in</html>", RemoteKind.AMBIGUOUS, "unreadable"),
        (200, b"", RemoteKind.AMBIGUOUS, "unreadable"),
        (200, b"[" * 100_000, RemoteKind.AMBIGUOUS, "unreadable"),
        (302, error_body(), RemoteKind.FATAL, ""),
    ],
)
def test_a_refused_write_has_the_kind_of_its_answer_and_is_sent_once(
    serve: Serve, client_for: Make, status: int, body: Any, kind: RemoteKind, code: str
) -> None:
    server = serve(lambda asked: (status, body, {"Location": "https://127.0.0.1:1/"}))
    error = caught(client_for(server), "POST", "objects.update", body={"inputs": []})
    assert (error.kind, error.vendor_code, error.operation) == (kind, code, "contacts.update")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(500, b""), (502, b"<html>"), (200, b"<html>Sign in</html>"), (477, error_body())]
)
def test_a_read_is_asked_again_after_an_answer_that_says_nothing(
    serve: Serve, client_for: Make, status: int, body: Any
) -> None:
    answers: list[Any] = [(status, body), {"results": []}]
    server = serve(lambda asked: answers.pop(0))
    assert client_for(server).request("GET", "objects", parts={"type": "contacts"}) == {"results": []}
    assert len(server.asked) == 2


def test_a_read_by_post_is_asked_again_and_a_write_by_post_is_not(serve: Serve, client_for: Make) -> None:
    answers: list[Any] = [None, {"results": []}, None]
    server = serve(lambda asked: answers.pop(0))
    client = client_for(server)
    body = {"inputs": [{"id": "1"}]}
    assert client.request("POST", "objects.read", parts={"type": "contacts"}, body=body) == {"results": []}
    error = caught(client, "POST", "objects.update", body=body)
    assert error.kind is RemoteKind.AMBIGUOUS
    assert len(server.asked) == 3


def test_a_redirect_is_never_followed_and_an_error_never_retried_behind_our_back(
    serve: Serve, client_for: Make, waits: Any
) -> None:
    elsewhere = {"Location": "https://127.0.0.1:9/stolen"}
    server = serve(lambda asked: (302, error_body(), elsewhere))
    assert caught(client_for(server)).kind is RemoteKind.FATAL
    assert len(server.asked) == 1
    answers = [(503, b"", {"Retry-After": "1"}), {}]
    client_for(other := serve(lambda asked: answers.pop(0))).request("GET", "account")
    assert len(other.asked) == 2
    assert len(waits.seconds) == 1, "the wait was ours, not urllib3's"


def test_a_cut_answer_to_a_write_is_ambiguous(serve: Serve, client_for: Make) -> None:
    server = serve(lambda asked: (200, b'{"status":', {"Content-Length": "100"}))
    assert caught(client_for(server), "POST", "objects.update", body={}).kind is RemoteKind.AMBIGUOUS


def test_a_write_that_could_not_connect_was_not_applied_and_is_asked_again(
    serve: Serve, context_for: Callable[..., Context], tmp_path: Path
) -> None:
    server = serve(lambda asked: {})
    server.endpoint = Endpoint(base_url="https://127.0.0.1:9", ca_file=server.endpoint.ca_file)
    client = HubSpotClient(HubSpotSettings.model_validate({"token": TOKEN}), context_for(server))
    error = caught(client, "POST", "objects.update", body={})
    assert error.kind is RemoteKind.TRANSIENT
    assert client.context.transport.calls == 8


@pytest.mark.parametrize(
    ("answer", "at_least"),
    [
        ((429, error_body(policyName="SECONDLY")), 1.0),
        ((429, error_body(policyName="TEN_SECONDLY_ROLLING")), 10.0),
        ((429, error_body(category="RATE_LIMITS")), 10.0),
        ((429, error_body(policyName="SECONDLY"), {"Retry-After": "7"}), 7.0),
        ((429, b"", {"Retry-After": "Mon, 15 Jun 2026 12:00:30 GMT"}), 30.0),
        ((423, error_body(category="LOCKED")), 2.0),
        ((477, error_body(), {"Retry-After": "20"}), 20.0),
    ],
)
def test_no_call_returns_before_the_hint(
    serve: Serve, client_for: Make, waits: Any, answer: Any, at_least: float
) -> None:
    answers = [answer, {}]
    server = serve(lambda asked: answers.pop(0))
    client_for(server).request("POST", "objects.update", parts={"type": "contacts"}, body={})
    assert len(waits.seconds) == 1
    assert at_least <= waits.seconds[0] <= at_least * 1.2 + 1.2


def test_headers_that_say_the_window_is_empty_slow_the_next_call(
    serve: Serve, client_for: Make, waits: Any
) -> None:
    headers = {"X-HubSpot-RateLimit-Remaining": "0", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    client = client_for(serve(lambda asked: (200, {}, headers)))
    client.request("GET", "account")
    client.request("GET", "account")
    assert waits.seconds == [pytest.approx(10.0, abs=0.5)]


def test_the_last_call_of_the_day_in_the_headers_ends_the_run_as_quota(
    serve: Serve, client_for: Make
) -> None:
    client = client_for(serve(lambda asked: (200, {}, {"X-HubSpot-RateLimit-Daily-Remaining": "0"})))
    client.request("GET", "account")
    with pytest.raises(RemoteError) as raised:
        client.request("GET", "account")
    assert raised.value.kind is RemoteKind.QUOTA


def test_a_missing_scope_is_named_in_the_hint(serve: Serve, client_for: Make) -> None:
    context = {"requiredGranularScopes": ["crm.objects.contacts.read"]}
    body = error_body(category="MISSING_SCOPES", errors=[{"message": "x", "context": context}])
    error = caught(client_for(serve(lambda asked: (403, body))))
    assert "crm.objects.contacts.read" in error.hint
    assert (error.code, error.exit_code) == ("CS104", 4)


def test_no_error_repeats_url_body_or_token(serve: Serve, client_for: Make, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    body = error_body(category="VALIDATION_ERROR", errors=[{"message": ADDRESS, "context": {"ids": ["42"]}}])
    client = client_for(serve(lambda asked: (400, body)))
    with pytest.raises(RemoteError) as raised:
        client.request("GET", "statuses", parts={"email": ADDRESS}, query=[("channel", "EMAIL")])
    error = raised.value
    told = json.dumps([str(error), repr(error), error.hint, error.vendor_code, caplog.text])
    assert ADDRESS not in told
    assert TOKEN not in told + repr(client.settings)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.record_ids == ("42",)
    assert error.request_id == "c0ffee00-1"


@pytest.mark.parametrize("status", [200, 207])
def test_partial_errors_are_seen_whatever_the_status(serve: Serve, client_for: Make, status: int) -> None:
    body = {
        "status": "COMPLETE",
        "results": [{"id": "1"}],
        "numErrors": 1,
        "errors": [{"category": "OBJECT_NOT_FOUND", "message": "x", "context": {"ids": ["9"]}}],
    }
    client = client_for(serve(lambda asked: (status, body)))
    answer = client.request("POST", "objects.update", parts={"type": "contacts"}, body={"inputs": []})
    (error,) = partial_errors(answer)
    assert (error.code, error.ids) == ("OBJECT_NOT_FOUND", ("9",))


def test_a_count_of_errors_without_the_errors_is_still_an_error() -> None:
    assert len(partial_errors({"numErrors": 3})) == 1
    assert partial_errors({"results": []}) == ()


def test_an_answer_without_content_is_an_empty_object(serve: Serve, client_for: Make) -> None:
    client = client_for(serve(lambda asked: (204, b"")))
    assert client.request("PUT", "list.add", parts={"id": "7"}, body=["1"]) == {}


def test_only_a_loopback_address_can_pretend_to_be_hubspot(
    serve: Serve, context_for: Callable[..., Context]
) -> None:
    server = serve(lambda asked: {})
    for base_url in ("https://evil.example.org", "http://127.0.0.1:8080", "https://127.0.0.1.evil.example"):
        server.endpoint = Endpoint(base_url=base_url, ca_file=server.endpoint.ca_file)
        client = HubSpotClient(HubSpotSettings.model_validate({"token": TOKEN}), context_for(server))
        with pytest.raises(ConfigError):
            client.request("GET", "account")


def test_a_stranger_s_certificate_is_refused_for_good(
    serve: Serve, context_for: Callable[..., Context], tmp_path: Path
) -> None:
    server = serve(lambda asked: {})
    own = server.endpoint.ca_file.read_bytes()
    serve(lambda asked: {})  # overwrites the file with another authority
    assert server.endpoint.ca_file.read_bytes() != own
    client = HubSpotClient(HubSpotSettings.model_validate({"token": TOKEN}), context_for(server))
    with pytest.raises(RemoteError) as raised:
        client.request("GET", "account")
    assert raised.value.kind is RemoteKind.FATAL
    assert server.asked == []


def test_proxies_of_the_environment_are_not_used(
    serve: Serve, client_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client_for(serve(lambda asked: {"portalId": 1})).request("GET", "account") == {"portalId": 1}


class OAuth:
    """A portal that knows one refresh token and lets its access tokens be counted."""

    def __init__(self, *, refused_after: int = 99, rotates: bool = False) -> None:
        self.issued = 0
        self.uses = 0
        self.refused_after = refused_after
        self.rotates = rotates
        self.forms: list[str] = []

    def __call__(self, asked: Any) -> Any:
        if asked.path == "/oauth/2026-03/token":
            self.forms.append(asked.text)
            self.issued += 1
            answer = {"access_token": f"access-{self.issued}", "expires_in": 1800}
            return {**answer, "refresh_token": f"rotated-{self.issued}"} if self.rotates else answer
        if asked.headers["Authorization"] != f"Bearer access-{self.issued}":
            return 401, error_body(category="EXPIRED_AUTHENTICATION")
        self.uses += 1
        return (401, error_body()) if self.uses > self.refused_after else {"portalId": 1}


def oauth_settings(folder: Path) -> dict[str, str]:
    (folder / "refresh").write_text("first-refresh\n")
    (folder / "refresh").chmod(0o600)
    return {"client_id": "app", "client_secret": "not-a-secret", "refresh_token": "file:refresh"}


def test_an_access_token_is_fetched_once_and_kept(serve: Serve, client_for: Make, tmp_path: Path) -> None:
    portal = OAuth()
    client = client_for(serve(portal), **oauth_settings(tmp_path))
    for _ in range(3):
        assert client.request("GET", "account") == {"portalId": 1}
    assert portal.forms == [
        "grant_type=refresh_token&client_id=app&client_secret=not-a-secret&refresh_token=first-refresh"
    ]


def test_a_refused_access_token_is_renewed_once_then_the_error_is_auth(
    serve: Serve, client_for: Make, tmp_path: Path
) -> None:
    portal = OAuth()
    client = client_for(serve(portal), **oauth_settings(tmp_path))
    client.request("GET", "account")
    portal.issued = 5  # HubSpot forgot the token it gave
    assert client.request("GET", "account") == {"portalId": 1}
    assert len(portal.forms) == 2
    portal.refused_after = 0
    with pytest.raises(RemoteError) as raised:
        client.request("GET", "account")
    assert raised.value.kind is RemoteKind.AUTH
    assert len(portal.forms) == 3


def test_a_rotated_refresh_token_replaces_its_file(serve: Serve, client_for: Make, tmp_path: Path) -> None:
    client = client_for(serve(OAuth(rotates=True)), **oauth_settings(tmp_path))
    client.request("GET", "account")
    file = tmp_path / "refresh"
    assert file.read_text().strip() == "rotated-1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_refused_refresh_token_is_auth(serve: Serve, client_for: Make, tmp_path: Path) -> None:
    body = error_body(status="BAD_REFRESH_TOKEN")
    client = client_for(serve(lambda asked: (400, body)), **oauth_settings(tmp_path))
    with pytest.raises(RemoteError) as raised:
        client.request("GET", "account")
    assert raised.value.kind is RemoteKind.AUTH
    assert "first-refresh" not in str(raised.value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"client_id": "app", "refresh_token": "file:x"},
        {"token": "t", "client_id": "a", "client_secret": "b", "refresh_token": "file:x"},
        {"client_id": "a", "client_secret": "b", "refresh_token": "a-literal-token"},
        {"token": "t", "unknown": 1},
        {"token": "t", "activities": ["tasks"]},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        HubSpotSettings.model_validate(settings)
    assert "a-literal-token" not in str([error["msg"] for error in raised.value.errors()])
