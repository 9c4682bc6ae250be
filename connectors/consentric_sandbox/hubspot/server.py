"""The HTTPS server: HTTP/1.1 with keep-alive, one lock around the portal, faults where the script says."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from consentric.sdk.contracts import Endpoint
from consentric_sandbox.certificates import ensure, server_context
from consentric_sandbox.faults import Fault

from .api import ApiError
from .desk import Desk
from .portal import Portal

# Not documented; long property lists meet it somewhere here, so a client must not come close.
MAX_URI = 15_000
MAX_BODY = 20_000_000
_JSON = "application/json;charset=utf-8"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.closing = threading.Event()
        self.open_connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that a client drops are nothing to print."""

    def close_connections(self) -> None:
        """Ends kept-alive connections, and faults that hold an answer back."""
        self.closing.set()
        for connection in list(self.open_connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open_connections.add(self.connection)

    def finish(self) -> None:
        self.server.open_connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """The portal keeps its own log."""

    def do_GET(self) -> None:
        """Every method goes the same way."""
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 -- http.server looks for these names

    def _serve(self) -> None:
        try:
            body = self._body()
            if len(self.path) > MAX_URI:
                raise ApiError(414, "VALIDATION_ERROR", "URI too long")
        except ApiError as error:
            self.close_connection = True
            self._send(error.status, self.server.desk.printed(error), error.headers)
            return
        parts = urlsplit(self.path)
        segments = [unquote(part) for part in parts.path.strip("/").split("/")]
        outcome = self.server.desk.answer(
            self.command,
            segments,
            parse_qs(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )
        if outcome.fault is not None:
            self._go_wrong(outcome.fault, outcome.status, outcome.body, outcome.headers)
        else:
            self._send(outcome.status, outcome.body, outcome.headers)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdigit() or int(length) > MAX_BODY:
            raise ApiError(411, "VALIDATION_ERROR", "a plain Content-Length is required")
        return self.rfile.read(int(length))

    def _go_wrong(self, fault: Fault, status: int, body: bytes, headers: dict[str, str]) -> None:
        kind, args = fault.kind, fault.args
        if kind == "latency":
            self.server.closing.wait(float(args.get("seconds", 0.5)))
            self._send(status, body, headers)
        elif kind in ("reset-before-apply", "reset-after-apply"):
            self._reset()
        elif kind == "timeout-after-apply":
            self.server.closing.wait(float(args.get("seconds", 60.0)))
            self._reset()
        elif kind == "truncated-body":
            self._send(status, body, headers, sent=len(body) // 2)
            self._reset()
        else:
            self._send(status, body, headers)

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            # Linger zero: the peer sees a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _send(self, status: int, body: bytes, headers: dict[str, str], sent: int | None = None) -> None:
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Unknown', ''))[0]}"]
        fixed = {
            # The portal's time: a client takes its bookmarks from the server's clock.
            "Date": formatdate(self.server.desk.portal.clock().timestamp(), usegmt=True),
            "Content-Type": _JSON,
            "Content-Length": str(len(body)),
            "Connection": "close" if self.close_connection else "keep-alive",
        }
        lines += [f"{name}: {value}" for name, value in (fixed | headers).items()]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        with contextlib.suppress(OSError):
            self.wfile.write(head + (body if sent is None else body[:sent]))


@contextlib.contextmanager
def listen(portal: Portal) -> Iterator[Endpoint]:
    """Serves a portal on a free loopback port in a daemon thread while the context lasts."""
    ca_file = ensure(portal.folder)
    server = _Server(Desk(portal))
    # The handshake belongs to the connection's own thread, not to the one that accepts.
    server.socket = server_context(portal.folder).wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Endpoint(base_url=f"https://127.0.0.1:{server.server_port}", ca_file=ca_file)
    finally:
        server.close_connections()
        server.shutdown()
        thread.join()
        server.server_close()
