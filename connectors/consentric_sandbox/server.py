"""The HTTPS server of every pretend CRM: HTTP/1.1 with keep-alive, faults where the script says."""

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

from .certificates import ensure, server_context
from .exchange import Desk, Outcome, Received
from .faults import Fault
from .tally import Tally

# Not documented; long lists of fields meet it somewhere here, so a client must not come close.
MAX_URI = 15_000
MAX_BODY = 20_000_000
_HELD_SECONDS = {"latency": 0.5, "timeout-after-apply": 60.0}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.tally = Tally.begin()
        self.closing = threading.Event()
        self.open_connections: set[socket.socket] = set()
        self._in_flight = 0
        self._counting = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that a client drops are nothing to print."""

    @contextlib.contextmanager
    def in_flight(self) -> Iterator[int]:
        """Counts a request from its arrival to the first byte of its answer; gives the number of them.

        Not to the last byte: a client that has read it may ask again before this thread goes on.
        """
        with self._counting:
            self._in_flight += 1
            number = self._in_flight
        try:
            yield number
        finally:
            with self._counting:
                self._in_flight -= 1

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
        with self.server.in_flight() as number:
            outcome = self._outcome(number)
            if outcome.fault is not None:
                self._hold_back(outcome.fault)
        if outcome.fault is not None:
            self._go_wrong(outcome.fault, outcome)
        else:
            self._send(outcome)

    def _outcome(self, in_flight: int) -> Outcome:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            return self.server.desk.unreadable(411)
        body = self.rfile.read(int(length))
        if len(self.path) > MAX_URI:
            self.close_connection = True
            return self.server.desk.unreadable(414)
        parts = urlsplit(self.path)
        received = Received(
            method=self.command,
            segments=[unquote(part) for part in parts.path.strip("/").split("/")],
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            content=body,
            host=f"https://127.0.0.1:{self.server.server_port}",
            in_flight=in_flight,
        )
        if self.server.tally.is_kept:
            self.server.tally.count(self.server.desk.dangers(received))
        return self.server.desk.answer(received)

    def _hold_back(self, fault: Fault) -> None:
        if fault.kind in _HELD_SECONDS:
            self.server.closing.wait(float(fault.args.get("seconds", _HELD_SECONDS[fault.kind])))

    def _go_wrong(self, fault: Fault, outcome: Outcome) -> None:
        if fault.kind in ("reset-before-apply", "reset-after-apply", "timeout-after-apply"):
            self._reset()
        elif fault.kind == "truncated-body":
            self._send(outcome, sent=len(outcome.body) // 2)
            self._reset()
        else:
            self._send(outcome)

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            # Linger zero: the peer sees a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _send(self, outcome: Outcome, sent: int | None = None) -> None:
        status, body = outcome.status, outcome.body
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Unknown', ''))[0]}"]
        fixed = {
            # The pretend CRM's time: a client takes its bookmarks from the server's clock.
            "Date": formatdate(self.server.desk.clock().timestamp(), usegmt=True),
            "Content-Length": str(len(body)),
            "Connection": "close" if self.close_connection else "keep-alive",
        }
        lines += [f"{name}: {value}" for name, value in (fixed | outcome.headers).items()]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        with contextlib.suppress(OSError):
            self.wfile.write(head + (body if sent is None else body[:sent]))


@contextlib.contextmanager
def listen(desk: Desk) -> Iterator[Endpoint]:
    """Serves a desk on a free loopback port in a daemon thread while the context lasts."""
    ca_file = ensure(desk.folder)
    server = _Server(desk)
    # The handshake belongs to the connection's own thread, not to the one that accepts.
    server.socket = server_context(desk.folder).wrap_socket(
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
        server.tally.close()
