"""A small HTTPS server on the loopback address whose answers a test writes down, and a client for it."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import trustme

from consentric.sdk.contracts import Context, Endpoint
from consentric.sdk.transport import Transport
from consentric_hubspot.client import HubSpotClient
from consentric_hubspot.connector import HubSpotConnector
from consentric_hubspot.settings import HubSpotSettings
from consentric_sandbox.hubspot import serve as serve_portal
from consentric_sandbox.hubspot.snapshot import save
from consentric_sandbox.hubspot.state import Allowance, HubSpotState

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
TOKEN = "pat-eu1-0f0f0f0f-not-a-token"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None


Reply = dict[str, Any] | tuple[int, Any] | tuple[int, Any, dict[str, str]] | None
"""A JSON object, or status with body (bytes go out as they are) and headers; None hangs up."""
Handler = Callable[[Asked], Reply]


class Server:
    """What was asked, and the endpoint to ask at."""

    def __init__(self, endpoint: Endpoint, asked: list[Asked]) -> None:
        self.endpoint = endpoint
        self.asked = asked


@contextmanager
def serving(handler: Handler, folder: Path, *, date: datetime = NOON) -> Iterator[Server]:
    asked: list[Asked] = []

    class OneRequest(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Asked(
                method=self.command,
                path=unquote(parts.path),
                query=parse_qsl(parts.query),
                headers=dict(self.headers),
                text=self.rfile.read(length).decode(),
            )
            asked.append(request)
            reply = handler(request)
            if reply is None:
                self.close_connection = True
                return
            status, body, headers = (*reply, {})[:3] if isinstance(reply, tuple) else (200, reply, {})
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response_only(status)
            self.send_header("Date", date.strftime("%a, %d %b %Y %H:%M:%S GMT"))
            lines = {"Content-Type": "application/json;charset=utf-8", "Content-Length": str(len(raw))}
            lines.update(headers)
            for name, value in lines.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)
            if lines["Content-Length"] != str(len(raw)):
                self.close_connection = True

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.do
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:
            return

    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA).configure_cert(certificates)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    server = ThreadingHTTPServer(("127.0.0.1", 0), OneRequest)
    server.daemon_threads = True
    server.socket = certificates.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        base_url = f"https://127.0.0.1:{server.server_address[1]}"
        yield Server(Endpoint(base_url=base_url, ca_file=ca_file), asked)
    finally:
        server.shutdown()
        server.server_close()


class Waits:
    """Records waits instead of sleeping."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def context(
    server: Server, folder: Path, *, waits: Waits | None = None, now: datetime = NOON, **options: Any
) -> Context:
    transport = Transport(
        "hubspot",
        clock=lambda: now,
        calls_per_second=1000.0,
        daily_limit=100_000,
        sleep=waits or Waits(),
        seed=1,
    )
    return Context(
        connection="hubspot",
        clock=lambda: now,
        transport=transport,
        workspace=folder,
        endpoint=server.endpoint,
        **options,
    )


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Handler], Server]]:
    """Starts a server that answers with the given function."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(serving(handler, tmp_path))


@pytest.fixture
def context_for(tmp_path: Path, waits: Waits) -> Callable[..., Context]:
    """Makes the context of a connection to a server."""
    return lambda server, **options: context(server, tmp_path, waits=waits, **options)


@pytest.fixture
def client_for(context_for: Callable[..., Context]) -> Callable[..., HubSpotClient]:
    """Makes a client of a server; keyword arguments are settings."""

    def make(server: Server, **settings: Any) -> HubSpotClient:
        if "refresh_token" not in settings:
            settings.setdefault("token", TOKEN)
        return HubSpotClient(HubSpotSettings.model_validate(settings), context_for(server))

    return make


class PretendPortal:
    """A sandbox portal whose time a test moves, and the connector that reads it."""

    def __init__(self, folder: Path, stack: ExitStack, waits: Waits) -> None:
        self.state = HubSpotState()
        self.state.account.token = TOKEN
        self.state.allowance = Allowance(burst=None, search_per_second=None, daily=None)
        self.now = NOON
        self._folder = folder
        self._stack = stack
        self._waits = waits
        self._endpoint: Endpoint | None = None

    def faults(self, *lines: dict[str, Any]) -> None:
        """Writes the fault script; before the first connector."""
        (self._folder / "faults.json").write_text(json.dumps({"seed": 1, "faults": list(lines)}))

    def connector(self, *, context: dict[str, Any] | None = None, **settings: Any) -> HubSpotConnector:
        """Serves the portal at the first call; keyword arguments are settings."""
        model = HubSpotSettings.model_validate({"token": TOKEN, "searches_per_second": 5, **settings})
        connector = HubSpotConnector(model, self._context(**(context or {})))
        self._stack.callback(connector.close)
        return connector

    def outsider(self) -> HubSpotClient:
        """A client that is not the one under test: whoever else works in the CRM."""
        client = HubSpotClient(HubSpotSettings.model_validate({"token": TOKEN}), self._context())
        self._stack.callback(client.close)
        return client

    def _context(self, **options: Any) -> Context:
        if self._endpoint is None:
            save(self.state, self._folder)
            self._endpoint = self._stack.enter_context(serve_portal(self._folder, clock=lambda: self.now))
        transport = Transport(
            "hubspot",
            clock=lambda: self.now,
            calls_per_second=1000.0,
            daily_limit=100_000,
            sleep=self._waits,
        )
        return Context(
            connection="hubspot",
            clock=lambda: self.now,
            transport=transport,
            workspace=self._folder,
            endpoint=self._endpoint,
            **options,
        )


@pytest.fixture
def portal(tmp_path: Path, waits: Waits) -> Iterator[PretendPortal]:
    with ExitStack() as stack:
        yield PretendPortal(tmp_path, stack, waits)
