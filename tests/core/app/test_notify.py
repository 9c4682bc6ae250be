"""Who is told how a job went: pings and mails over real TLS on the loopback, with counts and codes alone."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from consentric.app.notify import Notifier, NotifySettings
from consentric.control.runs import end_run, start_run
from consentric.control.store import ControlStore

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


@dataclass
class Watcher:
    """A place outside that is called."""

    url: str = ""
    pings: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200


@dataclass
class MailServer:
    url: str = ""
    mails: list[str] = field(default_factory=list)
    logins: int = 0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The servers' side of TLS; clients trust its authority as they would one of the machine."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@contextmanager
def serving(server: socketserver.BaseServer, context: ssl.SSLContext) -> Iterator[int]:
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def watcher(trusted: ssl.SSLContext) -> Iterator[Watcher]:
    found = Watcher()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.pings.append((self.path, body))
            self.send_response(found.status)
            if found.status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            return None

    with serving(HTTPServer(("127.0.0.1", 0), Answering), trusted) as port:
        found.url = f"https://127.0.0.1:{port}/8c1f"
        yield found


@pytest.fixture
def mail_server(trusted: ssl.SSLContext) -> Iterator[MailServer]:
    found = MailServer()

    class Answering(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline().decode().strip():
                verb = line.split(" ")[0].upper()
                if verb == "EHLO":
                    self._say("250-here")
                    self._say("250 AUTH PLAIN")
                elif verb == "AUTH":
                    found.logins += 1
                    self._say("235 welcome")
                elif verb == "DATA":
                    self._say("354 go on")
                    found.mails.append(self._text())
                    self._say("250 taken")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def _text(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode()) != ".\r\n":
                lines.append(line)
            return "".join(lines).replace("\r\n", "\n")

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Answering), trusted) as port:
        found.url = f"smtps://robot@127.0.0.1:{port}"
        yield found


@dataclass
class Told:
    """A notifier and what it said to whoever called the job."""

    notifier: Notifier
    said: list[str]
    folder: Path
    clock: list[datetime]


def telling(folder: Path, **settings: Any) -> Told:
    folder.mkdir(mode=0o700, exist_ok=True)
    said: list[str] = []
    clock = [NOW]
    notifier = Notifier(NotifySettings(**settings), folder=folder, tell=said.append, clock=lambda: clock[0])
    return Told(notifier, said, folder, clock)


def ran(folder: Path, **summary: Any) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    store = ControlStore.open(folder / "control.sqlite")
    run = start_run(store, job="sync", config_hash="0" * 64, engine_version="0.1.0", now=NOW)
    end_run(store, run, state="done", now=NOW, summary=summary)
    store.close()


@pytest.fixture
def pinging(watcher: Watcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setenv("PING", watcher.url)
    ran(tmp_path / "crm", written=12, failed=0, rules="rfm5:0123456789abcdef")
    return telling(tmp_path / "crm", ping="env:PING")


def test_a_job_pings_at_its_start_and_at_its_end_with_counts_alone(pinging: Told, watcher: Watcher) -> None:
    pinging.notifier.started("sync")
    pinging.notifier.ended("sync", 0)
    assert watcher.pings == [
        ("/8c1f/start", "job sync\n"),
        ("/8c1f", "job sync\noutcome success\nexit 0\nrun 2026-06-15T02-00-00Z\nfailed 0\nwritten 12\n"),
    ]
    assert pinging.said == []


@pytest.mark.parametrize(
    ("exit_code", "path", "outcome"),
    [(0, "", "success"), (3, "", "partly"), (4, "/fail", "failure"), (75, "/fail", "failure")],
)
def test_each_exit_code_has_its_ping(
    pinging: Told, watcher: Watcher, exit_code: int, path: str, outcome: str
) -> None:
    pinging.notifier.ended("sync", exit_code, error="CS104" if exit_code == 4 else "")
    [(called, body)] = watcher.pings
    assert called == f"/8c1f{path}"
    assert f"outcome {outcome}\nexit {exit_code}\n" in body
    assert ("code CS104\n" in body) == (exit_code == 4)


@pytest.mark.parametrize(("status", "said"), [(500, "HTTPError 500"), (302, "HTTPError 302")])
def test_a_ping_that_is_refused_or_led_elsewhere_is_told_and_fails_nothing(
    pinging: Told, watcher: Watcher, status: int, said: str
) -> None:
    watcher.status = status
    pinging.notifier.ended("sync", 0)
    assert pinging.said == [f"! the ping of [notify] was not sent: {said}"]


def test_what_is_said_of_a_failed_ping_never_holds_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    for url, said in (
        (f"https://127.0.0.1:{port}/8c1f", "ConnectionRefusedError"),
        (f"http://127.0.0.1:{port}/8c1f", "its address is not https"),
        ("", "env:PING is not set"),
    ):
        monkeypatch.setenv("PING", url)
        told = telling(tmp_path / "crm", ping="env:PING")
        told.notifier.started("sync")
        assert told.said == [f"! the ping of [notify] was not sent: {said}"]


def test_an_unknown_authority_is_not_trusted(
    watcher: Watcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PING", watcher.url)
    monkeypatch.delenv("SSL_CERT_FILE")
    told = telling(tmp_path / "crm", ping="env:PING")
    told.notifier.started("sync")
    assert told.said == ["! the ping of [notify] was not sent: SSLCertVerificationError"]
    assert watcher.pings == []


@pytest.fixture
def mailing(mail_server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setenv("SMTP_PASSWORD", "correct horse")
    ran(tmp_path / "crm", written=12, error="CS104")
    settings = {"mail": "crm@acme.example", "smtp": mail_server.url, "smtp_password": "env:SMTP_PASSWORD"}
    return telling(tmp_path / "crm", **settings)


def test_a_failure_is_mailed_with_the_next_command(mailing: Told, mail_server: MailServer) -> None:
    mailing.notifier.ended("sync", 4, error="CS104")
    [mail] = mail_server.mails
    head, _, body = mail.partition("\n\n")
    assert "Subject: consentric crm: sync failed" in head
    assert "To: crm@acme.example" in head
    assert "Auto-Submitted: auto-generated" in head
    assert body == (
        "job sync\noutcome failure\nexit 4\nrun 2026-06-15T02-00-00Z\ncode CS104\nwritten 12\n"
        "\nNext:  consentric doctor\n"
    )
    assert (mail_server.logins, mailing.said) == (1, [])


def test_a_mail_comes_on_failure_brake_and_recovery_and_otherwise_nobody_is_bothered(
    mailing: Told, mail_server: MailServer
) -> None:
    def mails(*arguments: Any, **options: Any) -> int:
        before = len(mail_server.mails)
        mailing.notifier.ended(*arguments, **options)
        return len(mail_server.mails) - before

    assert mails("sync", 0) == 0
    assert mails("sync", 3) == 0
    assert mails("sync", 5, is_braked=True) == 1
    assert "consentric plan   shows what waits for  consentric approve" in mail_server.mails[-1]
    assert mails("consents", 0) == 0  # another job's failure is not its own
    assert mails("sync", 0) == 1
    assert "sync done" in mail_server.mails[-1]
    assert mails("sync", 0) == 0
    told = json.loads((mailing.folder / "runs" / "notified.json").read_text())
    assert told["sync"]["outcome"] == "success"


def test_a_service_manager_tells_of_a_killed_run_and_not_twice_of_a_failed_one(
    mailing: Told, mail_server: MailServer
) -> None:
    assert mailing.notifier.failed_outside("sync") is True
    mailing.clock[0] += timedelta(minutes=14)
    assert mailing.notifier.failed_outside("sync") is False
    mailing.clock[0] += timedelta(hours=24)
    mailing.notifier.ended("sync", 0)
    assert mailing.notifier.failed_outside("sync") is True
    assert len(mail_server.mails) == 3  # killed, recovered, killed


def test_without_a_server_the_sendmail_of_the_machine_sends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sendmail = tmp_path / "bin" / "sendmail"
    sendmail.parent.mkdir()
    sendmail.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/mail\n')
    sendmail.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sendmail.parent}:/usr/bin:/bin")
    told = telling(tmp_path / "crm", mail="crm@acme.example", sender="robot@acme.example")
    told.notifier.ended("consents", 2, error="CS201")
    assert (tmp_path / "arguments").read_text() == "-i -t\n"
    mail = (tmp_path / "mail").read_text()
    assert "From: robot@acme.example\n" in mail
    assert mail.endswith("code CS201\n\nNext:  consentric config check\n")


def test_who_told_nobody_to_be_told_leaves_no_trace(tmp_path: Path) -> None:
    told = telling(tmp_path / "crm")
    told.notifier.started("sync")
    told.notifier.ended("sync", 4)
    assert (told.said, list(told.folder.iterdir())) == ([], [])


@pytest.mark.parametrize(
    "settings",
    [
        {"ping": "https://hc.example/8c1f"},
        {"mail": "nobody"},
        {"mail": "a@b.example", "smtp": "http://mail.example"},
        {"smtp": "smtps://mail.example"},
        {"mail": "a@b.example", "mail_on": ["always"]},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        NotifySettings(**settings)
