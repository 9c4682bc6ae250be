"""Sends one ping or one mail, and raises when it did not go out."""

from __future__ import annotations

import http.client
import shutil
import smtplib
import ssl
import subprocess
import urllib.request
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

from consentric_privacy.errors import ConsentricError

PING_SECONDS = 10
MAIL_SECONDS = 30
UNSENT = (OSError, ValueError, http.client.HTTPException, subprocess.SubprocessError, ConsentricError)
"""Whatever keeps a message from going out; `smtplib`'s own errors are `OSError`s."""

_SENDMAIL_FOLDERS = "/usr/sbin:/usr/lib:/usr/bin"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def send_ping(url: str, body: str) -> None:
    """Posts a few counts to a watcher; follows no redirect, which might lead out of https.

    Args:
        url: Of https; the caller has looked.
        body: Plain text.

    Raises:
        OSError: It was not reached, or answered with an error.
    """
    opener = urllib.request.build_opener(
        _NoRedirect(), urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    request = urllib.request.Request(  # noqa: S310 - https only
        url, data=body.encode(), headers={"Content-Type": "text/plain; charset=utf-8"}, method="POST"
    )
    with opener.open(request, timeout=PING_SECONDS):
        pass


def send_mail(
    subject: str,
    body: str,
    *,
    to: str,
    sender: str,
    smtp: str | None = None,
    password: str = "",
    page: tuple[str, str] | None = None,
) -> None:
    """Sends a plain text, by a server or by the sendmail of this machine.

    Args:
        subject: On one line.
        body: Plain text.
        to: One address.
        sender: One address.
        smtp: Server; the sendmail of this machine when None.
        password: Of the user that the server's address names.
        page: Name and HTML of an attachment.

    Raises:
        OSError: The server refused it or was not reached; or there is no sendmail.
        SubprocessError: sendmail refused it.
    """
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = to
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    if page is not None:
        message.add_attachment(page[1], subtype="html", filename=page[0])
    if smtp is None:
        _by_sendmail(message)
    else:
        _by_server(message, smtp, password)


def _by_sendmail(message: EmailMessage) -> None:
    program = shutil.which("sendmail") or shutil.which("sendmail", path=_SENDMAIL_FOLDERS)
    if program is None:
        raise FileNotFoundError("there is no sendmail on this machine")
    subprocess.run(  # noqa: S603 - a fixed program, no shell
        [program, "-i", "-t"], input=message.as_bytes(), check=True, capture_output=True, timeout=MAIL_SECONDS
    )


def _by_server(message: EmailMessage, smtp: str, password: str) -> None:
    place = urlsplit(smtp)
    host, context = place.hostname or "", ssl.create_default_context()
    server: smtplib.SMTP
    if place.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, place.port or 465, timeout=MAIL_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, place.port or 587, timeout=MAIL_SECONDS)
    with server:
        if place.scheme == "smtp" and host not in _LOOPBACK:
            server.starttls(context=context)
        if place.username:
            server.login(unquote(place.username), password)
        server.send_message(message)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Any redirect is an error: the address itself is the secret."""

    def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
        return None
