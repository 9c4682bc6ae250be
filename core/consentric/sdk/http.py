"""The HTTP session of SDKs that are built on requests: time limits, private CA, no detours, one error type.

Import it where the first request is made: requests costs 0.2 s, which `--help` must not pay for.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from requests import exceptions as faults

from .contracts import Endpoint
from .errors import ConfigError, RemoteError, RemoteKind

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""Longest silence inside an answer; the SDKs' own are none at all, or 120 s."""

Cause = Literal["status", "connect", "certificate", "no_answer", "unreadable"]
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PART = 64_000
_FIRST_BYTES = 64_000
"""An error is told in less; a longer body is somebody else's page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is being asked; its words stand in errors, so they name no record and no person."""

    account: str
    operation: str
    is_write: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an exchange brought no usable answer; the body may name people and is for the classifier alone."""

    cause: Cause
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    name: str = ""
    """Type of the exception, where there was no answer."""


Classifier = Callable[[Failure, Call], RemoteError]
"""A vendor's reading of a failure; the one place that knows its statuses and codes."""


class Session(requests.Session):
    """A session that keeps its connections, and lets nothing out but good answers and `RemoteError`.

    It takes no proxy, password or CA from the environment: `REQUESTS_CA_BUNDLE` would replace a private CA.
    It follows no redirect: none of the interfaces we use redirects, and a host we did not choose would be
    handed the credentials. Never retries; `Transport` does.

    Args:
        classify: Turns a failure into the error that may leave.
        endpoint: Where a pretend CRM listens; its CA is then the only one trusted.
        read_seconds: Longest silence of the CRM; give its own limit where that is longer.
    """

    def __init__(
        self, classify: Classifier, *, endpoint: Endpoint | None = None, read_seconds: float = READ_SECONDS
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.server_time: datetime | None = None
        """Time of the last answer by the CRM's own clock."""
        self._classify = classify
        self._timeouts = (CONNECT_SECONDS, read_seconds)
        self._call: Call | None = None
        if endpoint is not None:
            self.verify = str(endpoint.ca_file)
        # urllib3 logs paths and SOQL, which may hold an address or a hash of one, up to WARNING.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    @contextlib.contextmanager
    def asking(self, call: Call) -> Iterator[Session]:
        """Says what the requests inside are about; an SDK in between cannot pass it on."""
        self._call = call
        try:
            yield self
        finally:
            self._call = None

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Exchanges one request.

        Raises:
            RemoteError: For every status but 2xx, and when no whole answer came.
        """
        options["timeout"] = options.get("timeout") or self._timeouts
        answer, failure = None, None
        try:
            answer = super().send(request, **options)
        except (faults.RequestException, OSError) as error:
            failure = _without_answer(error)
        if answer is not None:
            self._note_time(answer)
            if not 200 <= answer.status_code < 300:
                body = b"" if options.get("stream") else answer.content[:_FIRST_BYTES]
                failure = Failure(
                    cause="status", status=answer.status_code, headers=answer.headers, body=body
                )
        if failure is not None:
            # Not inside `except`: the error of requests holds the URL, and would hang on as its context.
            raise self._classify(failure, self._asked())
        assert answer is not None
        return answer

    def download(self, url: str, *, most_bytes: int) -> bytes:
        """The bytes behind an address, read with nothing that proves who we are.

        Raises:
            RemoteError: As `send`; "unreadable" when there are more bytes than that.
        """
        found, failure = bytearray(), None
        try:
            with self.get(url, stream=True) as answer:
                for part in answer.iter_content(_PART):
                    found += part
                    if len(found) > most_bytes:
                        failure = Failure(cause="unreadable", status=answer.status_code, name="too_long")
                        break
        except (faults.RequestException, OSError) as error:
            failure = _without_answer(error)
        if failure is not None:
            raise self._classify(failure, self._asked())
        return bytes(found)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """No redirect is followed; the answer that asks for one is a refusal."""
        return None

    def json_object(self, answer: requests.Response) -> dict[str, Any]:
        """The JSON object of an answer, with numbers as `Decimal`; empty for 204.

        Raises:
            RemoteError: When it is something else: an HTML page, a cut body, nothing.
        """
        if answer.status_code == 204:
            return {}
        try:
            found = json.loads(answer.content, parse_float=Decimal)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            failure = Failure(cause="unreadable", status=answer.status_code)
            raise self._classify(failure, self._asked())
        return found

    def _note_time(self, answer: requests.Response) -> None:
        with contextlib.suppress(TypeError, ValueError):  # no clock in this answer: the last one stands
            self.server_time = parsedate_to_datetime(answer.headers.get("Date") or "").astimezone(UTC)

    def _asked(self) -> Call:
        return self._call or Call(account="", operation="request")


def kind_without_answer(failure: Failure, call: Call) -> RemoteKind:
    """What a failure without a status means, whoever the vendor is.

    What never reached the CRM may be asked again; a write that may have reached it is AMBIGUOUS.
    """
    if failure.cause == "certificate":
        return RemoteKind.FATAL
    if call.is_write and failure.cause != "connect":
        return RemoteKind.AMBIGUOUS
    return RemoteKind.TRANSIENT


def says(failure: Failure) -> str:
    """What went wrong, to stand in a message after the name of the call."""
    return {
        "status": f"was refused ({failure.status})",
        "connect": "could not connect",
        "certificate": "met a certificate that is not trusted",
        "no_answer": "got no answer",
        "unreadable": f"gave an unreadable answer ({failure.status})",
    }[failure.cause]


def loopback_url(endpoint: Endpoint, vendor: str) -> str:
    """The address of a pretend CRM, without a trailing slash.

    Raises:
        ConfigError: When it is not https on this machine: credentials would leave it.
    """
    parts = urlsplit(endpoint.base_url)
    if parts.scheme != "https" or parts.hostname not in _LOOPBACK:
        raise ConfigError(
            f"a pretend {vendor} must listen on https and on this machine's loopback address",
            hint="start it with  consentric sandbox up FOLDER",
            code="CS234",
        )
    return endpoint.base_url.rstrip("/")


def _without_answer(error: Exception) -> Failure:
    name = type(error).__name__
    if isinstance(error, faults.SSLError):
        return Failure(cause="certificate" if "CERTIFICATE_VERIFY" in str(error) else "no_answer", name=name)
    if isinstance(error, faults.ConnectTimeout):
        return Failure(cause="connect", name=name)
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if type(reason).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"):
        return Failure(cause="connect", name=name)
    return Failure(cause="no_answer", name=name)
