"""The session that the SDK talks through: Salesforce's own hosts alone, or a pretend one in their place."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests

from consentric.sdk.contracts import Endpoint
from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.http import Session, loopback_url

from .failures import classify

_READ_SECONDS = 150.0
"""A query ends by itself with QUERY_TIMEOUT after two minutes."""
_HOSTS = (".salesforce.com", ".force.com")
"""My Domains (`acme.my.salesforce.com`) and the sign-in hosts end so."""


class SalesforceSession(Session):
    """Sends nothing to any other host, whatever an answer names: the token is in every request.

    With an endpoint all requests go there, those to the sign-in host too, which the SDK writes down itself.
    """

    def __init__(self, endpoint: Endpoint | None) -> None:
        super().__init__(classify, endpoint=endpoint, read_seconds=_READ_SECONDS)
        self._stand_in = None if endpoint is None else loopback_url(endpoint, "Salesforce")

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Exchanges one request.

        Raises:
            RemoteError: FATAL for another host; else as `Session.send`.
        """
        request.url = self._checked(request.url or "")
        return super().send(request, **options)

    def _checked(self, url: str) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_salesforce = host.endswith(_HOSTS) and parts.netloc in (host, f"{host}:443")
        if self._stand_in is not None and (is_salesforce or parts.netloc == urlsplit(self._stand_in).netloc):
            query = f"?{parts.query}" if parts.query else ""
            return f"{self._stand_in}{parts.path}{query}"
        if parts.scheme == "https" and is_salesforce:
            return url
        call = self._asked()
        raise RemoteError(
            f'connection "{call.account}": Salesforce {call.operation} would leave for another host',
            kind=RemoteKind.FATAL,
            account=call.account,
            operation=call.operation,
            vendor_code="host",
            hint="only https and hosts that end in .salesforce.com or .force.com are spoken to",
        )
