"""The client of one HubSpot account: the SDK's own call with raw JSON, one error type, one way to wait."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from consentric.sdk.contracts import Context
from consentric.sdk.errors import ConfigError, RemoteError
from consentric.sdk.transport import Pace

from .credentials import Credentials
from .failures import Call, from_exception, unreadable
from .routes import HOST, ROUTES
from .settings import HubSpotSettings

_TIMEOUTS = (5, 30)
"""Seconds to connect and to read; the SDK has no default of its own (hubspot-api-python #331)."""
_PRIVATE_APP = "pat-"
"""How the token of a private app begins."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ANSWERS = dict.fromkeys((200, 201, 202, 207), "object")
T = TypeVar("T")


class HubSpotClient:
    """Asks HubSpot one thing at a time; shared by the connector and the writer of an account.

    The connection pool is made at the first call and held. Every failure is a `RemoteError` whose text
    holds neither URL nor body.
    """

    def __init__(self, settings: HubSpotSettings, context: Context) -> None:
        self.settings = settings
        self.context = context
        self.server_time: datetime | None = None
        """Time of the last answer by HubSpot's own clock."""
        self._credentials = Credentials(settings, workspace=context.workspace, clock=context.clock)
        self._searches = Pace(settings.searches_per_second)
        self._api: Any = None

    def request(
        self,
        method: str,
        path_name: str,
        *,
        parts: Mapping[str, str] | None = None,
        query: Iterable[tuple[str, str]] = (),
        body: object = None,
        operation: str = "",
        is_write: bool | None = None,
    ) -> dict[str, Any]:
        """Asks and gives the answer's JSON object, empty for an answer without content.

        Args:
            path_name: Key of `routes.ROUTES`; `parts` fills its placeholders.
            query: Pairs; a name may come several times.
            operation: How errors name the call; by default the path name after the object type.
            is_write: Whether HubSpot changes by it; by default told by method and path.

        Raises:
            RemoteError: Of any kind; AMBIGUOUS for a write whose answer is missing or unreadable.
        """
        call = self._described(method, path_name, parts or {}, operation, is_write)
        options: dict[str, Any] = {
            "path_params": dict(parts or {}),
            "query_params": list(query),
            "header_params": {"Accept": "application/json"},
            "body": body,
            "auth_settings": ["oauth2"],
        }
        if self._credentials.is_due:
            self._renew()
        pace = self._searches if path_name.endswith(".search") else None
        try:
            return self._call(call, method, path_name, options, pace)
        except RemoteError as error:
            if error.status != 401 or not self._credentials.is_renewable:
                raise
        self._renew()
        return self._call(call, method, path_name, options, pace)

    def scopes(self) -> frozenset[str] | None:
        """The scopes of a private app's token, None when HubSpot does not tell."""
        token = self._credentials.token()
        if self._credentials.is_renewable or not token.startswith(_PRIVATE_APP):
            return None
        try:
            answer = self.request("POST", "token.info", body={"tokenKey": token})
        except RemoteError as error:
            if error.status not in (400, 403, 404, 405):
                raise
            return None
        told = answer.get("scopes")
        return frozenset(map(str, told)) if isinstance(told, list) else None

    def close(self) -> None:
        """Closes the connections that are kept open."""
        if self._api is not None:
            self._api.rest_client.pool_manager.clear()
            self._api = None

    def _described(
        self, method: str, path_name: str, parts: Mapping[str, str], operation: str, is_write: bool | None
    ) -> Call:
        writes = method != "GET" and not ROUTES[path_name].reads_by_post
        return Call(
            account=self.context.connection,
            operation=operation or _operation(path_name, parts),
            is_write=writes if is_write is None else is_write,
        )

    def _call(
        self, call: Call, method: str, path_name: str, options: dict[str, Any], pace: Pace | None = None
    ) -> dict[str, Any]:
        path = ROUTES[path_name].path(self.settings.api_version)
        return self.context.transport.call(
            call.operation,
            lambda: self._send(call, method, path, dict(options)),
            is_write=call.is_write,
            pace=pace,
        )

    def _send(self, call: Call, method: str, path: str, options: dict[str, Any]) -> dict[str, Any]:
        api = self._connected()
        api.configuration.access_token = self._credentials.token()
        failure: RemoteError | None = None
        try:
            answer, status, headers = api.call_api(
                path,
                method,
                response_types_map=_ANSWERS,
                _return_http_data_only=False,
                _request_timeout=_TIMEOUTS,
                **options,
            )
        except Exception as error:  # the SDK's errors share no root but Exception
            self._observe(getattr(error, "headers", None) or {})
            failure = from_exception(error, call)
            if failure is None:
                raise
        if failure is not None:
            # Raised here and not inside `except`: so the vendor's error, which holds the body, is let go.
            raise failure
        self._observe(headers)
        if status == 204:
            return {}
        if not isinstance(answer, dict):
            raise unreadable(call, status)
        return answer

    def _renew(self) -> None:
        call = Call(account=self.context.connection, operation="oauth.token", is_write=False)

        def exchange(form: Mapping[str, str]) -> dict[str, Any]:
            options: dict[str, Any] = {
                "header_params": {
                    "Accept": "application/json",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                "post_params": list(form.items()),
            }
            return self._call(call, "POST", "oauth.token", options)

        self._credentials.renew(exchange)

    def _observe(self, headers: Mapping[str, str]) -> None:
        with contextlib.suppress(TypeError, ValueError):  # no clock in this answer: the last one stands
            self.server_time = parsedate_to_datetime(headers.get("Date") or "").astimezone(UTC)
        interval = _number(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
        self.context.transport.observe(
            remaining=_number(headers.get("X-HubSpot-RateLimit-Remaining")),
            window_seconds=interval / 1000 if interval else None,
            daily_remaining=_number(headers.get("X-HubSpot-RateLimit-Daily-Remaining")),
        )

    def _connected(self) -> Any:
        if self._api is None:
            from hubspot import HubSpot  # 0.3 s and 28 MB: only when something is asked

            options: dict[str, Any] = {"host": HOST}
            if self.context.endpoint is not None:
                options = {
                    "host": _loopback(self.context.endpoint.base_url),
                    "ssl_ca_cert": str(self.context.endpoint.ca_file),
                }
            # retry=False: urllib3 would try three times on its own, sleep on Retry-After unseen and
            # follow redirects. Each attribute chain makes a new pool, so the one API object is held.
            sdk = HubSpot(access_token="", retry=False, connection_pool_maxsize=2, **options)
            self._api = sdk.crm.contacts.basic_api.api_client
            # What is sent is plain JSON already; the SDK would look at and copy each value of it.
            self._api.sanitize_for_serialization = _as_it_is
            _silence()
        return self._api


def _operation(path_name: str, parts: Mapping[str, str]) -> str:
    kind = parts.get("type") or parts.get("from")
    noun, _, verb = path_name.partition(".")
    if kind is None or noun not in ("objects", "object", "properties", "associations"):
        return path_name
    verb = verb or {"objects": "list", "object": "get", "properties": "properties"}[noun]
    return f"{kind}.{noun}.{verb}" if noun == "associations" else f"{kind}.{verb}"


def _loopback(base_url: str) -> str:
    address = urlsplit(base_url)
    if address.scheme != "https" or address.hostname not in _LOOPBACK:
        raise ConfigError(
            "a pretend HubSpot must listen on https and on this machine's loopback address",
            hint="start it with  consentric sandbox up FOLDER",
            code="CS234",
        )
    return base_url.rstrip("/")


def _as_it_is(plain: T) -> T:
    return plain


def _silence() -> None:
    # The SDK logs bodies at DEBUG; urllib3 logs paths, which may hold an address, up to WARNING.
    logging.getLogger("hubspot").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
