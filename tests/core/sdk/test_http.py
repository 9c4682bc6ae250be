"""The session of SDKs on requests: what leaves it, what it takes from outside, what it never follows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError

from consentric import ConfigError, RemoteError, RemoteKind
from consentric.sdk.contracts import Endpoint
from consentric.sdk.http import Call, Failure, Session, kind_without_answer, loopback_url, says

URL = "https://crm.example/people?email=ada%40example.org"
READ = Call(account="crm", operation="people.list")
WRITE = Call(account="crm", operation="people.update", is_write=True)


class Seen:
    """A classifier that keeps what it was given."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []

    def __call__(self, failure: Failure, call: Call) -> RemoteError:
        self.failures.append(failure)
        kind = kind_without_answer(failure, call) if failure.cause != "status" else RemoteKind.REJECTED
        return RemoteError(f"{call.operation} {says(failure)}", kind=kind, operation=call.operation)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def session(seen: Seen) -> Session:
    return Session(seen)


@responses.activate
@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
def test_every_status_but_2xx_is_the_classifiers(session: Session, seen: Seen, status: int) -> None:
    responses.get(URL, status=status, body="ada@example.org", headers={"Retry-After": "7"})

    with session.asking(READ), pytest.raises(RemoteError, match=rf"^people.list was refused \({status}\)$"):
        session.get(URL)

    (failure,) = seen.failures
    assert (failure.cause, failure.status, failure.body) == ("status", status, b"ada@example.org")
    assert failure.headers["Retry-After"] == "7"
    assert "ada" not in repr(failure)


@responses.activate
def test_a_redirect_is_a_refusal_and_nobody_else_gets_the_credentials(session: Session, seen: Seen) -> None:
    responses.get(URL, status=302, headers={"Location": "https://elsewhere.example/"})
    stranger = responses.get("https://elsewhere.example/")

    with pytest.raises(RemoteError):
        session.get(URL, auth=("user", "secret"))

    assert stranger.call_count == 0


@pytest.mark.parametrize(
    ("error", "cause", "read", "write"),
    [
        (requests.ConnectTimeout(URL), "connect", RemoteKind.TRANSIENT, RemoteKind.TRANSIENT),
        (
            requests.ConnectionError(MaxRetryError(None, URL, NewConnectionError(None, URL))),  # type: ignore[arg-type]
            "connect",
            RemoteKind.TRANSIENT,
            RemoteKind.TRANSIENT,
        ),
        (requests.ReadTimeout(URL), "no_answer", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        (requests.ConnectionError(URL), "no_answer", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        (
            requests.exceptions.ChunkedEncodingError(URL),
            "no_answer",
            RemoteKind.TRANSIENT,
            RemoteKind.AMBIGUOUS,
        ),
        (OSError("reset"), "no_answer", RemoteKind.TRANSIENT, RemoteKind.AMBIGUOUS),
        (
            requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"),
            "certificate",
            RemoteKind.FATAL,
            RemoteKind.FATAL,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_missing_answer_is_told_by_what_may_have_been_applied(
    session: Session, seen: Seen, error: Exception, cause: str, read: RemoteKind, write: RemoteKind
) -> None:
    for call, kind in ((READ, read), (WRITE, write)):
        with responses.RequestsMock() as mock:
            mock.post(URL, body=error)
            with session.asking(call), pytest.raises(RemoteError) as raised:
                session.post(URL)
        assert raised.value.kind is kind
        assert seen.failures[-1].cause == cause
        chain = [raised.value, raised.value.__cause__, raised.value.__context__]
        assert not any("example" in str(one) for one in chain)


@responses.activate
def test_json_comes_with_exact_amounts_and_anything_else_is_unreadable(session: Session, seen: Seen) -> None:
    responses.get(URL, json={"total": 0.1})
    responses.get(URL, status=204)
    for body in ("", "<html>", "[1]", "null", '{"cut":'):
        responses.get(URL, body=body)

    assert session.json_object(session.get(URL)) == {"total": Decimal("0.1")}
    assert session.json_object(session.get(URL)) == {}
    for _ in range(5):
        with session.asking(WRITE), pytest.raises(RemoteError) as raised:
            session.json_object(session.get(URL))
        assert raised.value.kind is RemoteKind.AMBIGUOUS
    assert {failure.cause for failure in seen.failures} == {"unreadable"}


@responses.activate
def test_the_servers_clock_is_kept_and_an_answer_without_one_leaves_it(session: Session) -> None:
    responses.get(URL, headers={"Date": "Mon, 15 Jun 2026 12:00:00 GMT"})
    responses.get(URL, headers={"Date": "yesterday"})

    session.get(URL)
    session.get(URL)

    assert session.server_time == datetime(2026, 6, 15, 12, tzinfo=UTC)


def test_time_limits_are_set_and_nothing_comes_from_the_environment(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "/etc/elsewhere.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    (tmp_path / "netrc").write_text("machine crm.example login other password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    ca_file = tmp_path / "ca.pem"
    endpoint = Endpoint(base_url="https://127.0.0.1:1", ca_file=ca_file)
    got: list[dict[str, Any]] = []

    def send(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        got.append({**options, "headers": dict(request.headers)})
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"{}"
        answer.request, answer.url = request, URL
        return answer

    for session, limit in (
        (Session(seen, endpoint=endpoint), 30.0),
        (Session(seen, read_seconds=120.0), 120.0),
    ):
        monkeypatch.setattr(session.get_adapter(URL), "send", send)
        session.get(URL)
        assert got[-1]["timeout"] == (5.0, limit)
        assert not got[-1]["proxies"]
        assert "Authorization" not in got[-1]["headers"]
    assert [one["verify"] for one in got] == [str(ca_file), True]


@responses.activate
def test_a_download_ends_where_it_grows_too_long(session: Session, seen: Seen) -> None:
    responses.get(URL, body=b"x" * 100)

    assert session.download(URL, most_bytes=100) == b"x" * 100
    with pytest.raises(RemoteError):
        session.download(URL, most_bytes=99)
    assert (seen.failures[-1].cause, seen.failures[-1].name) == ("unreadable", "too_long")


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:1", "https://crm.example", "https://127.0.0.1.crm.example", "127.0.0.1:1"]
)
def test_a_pretend_crm_listens_on_https_and_on_this_machine(base_url: str, tmp_path: Path) -> None:
    good = Endpoint(base_url="https://127.0.0.1:8443/", ca_file=tmp_path)
    assert loopback_url(good, "Acme") == "https://127.0.0.1:8443"

    with pytest.raises(ConfigError, match="a pretend Acme"):
        loopback_url(Endpoint(base_url=base_url, ca_file=tmp_path), "Acme")
