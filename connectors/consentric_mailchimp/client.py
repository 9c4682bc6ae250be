"""The client of one Mailchimp account: the SDK's call over a session of ours, one error type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from consentric.sdk.contracts import Context
from consentric.sdk.errors import ConfigError, RemoteError
from consentric_privacy.secrets import SCHEMES, resolve

from .settings import DATA_CENTRE, MailchimpSettings
from .values import Row

if TYPE_CHECKING:
    from consentric.sdk.http import Call, Session

PAGE = 1_000
"""Rows of a page at most (`count`)."""
_READ_SECONDS = 120.0
"""The vendor ends a call itself after two minutes ("Fundamentals": throttling)."""
_RESULTS_HOST = ".amazonaws.com"
"""Where the results of batches lie (`response_body_url`)."""
_MOST_RESULTS = 64_000_000


class MailchimpClient:
    """Asks Mailchimp one thing at a time; shared by the connector and the writer of an account.

    The SDK has a session per call, no private CA, and gives some failures back as answers; its one method
    that talks HTTP is therefore replaced by `_exchange`. Every failure is a `RemoteError`.
    """

    def __init__(self, settings: MailchimpSettings, context: Context) -> None:
        self.settings = settings
        self.context = context
        self._api: Any = None
        self._http: Session | None = None

    @property
    def server_time(self) -> datetime | None:
        """Time of the last answer by Mailchimp's own clock."""
        return None if self._http is None else self._http.server_time

    def get(
        self,
        path: str,
        operation: str,
        *,
        parts: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> dict[str, Any]:
        """Reads; gives the answer's JSON object.

        Args:
            path: Template with `{placeholders}`, filled from `parts`.
            operation: How errors name the call, as `members.list`.
            query: Parameters; one that is None is left out.

        Raises:
            RemoteError: Of any kind but AMBIGUOUS.
        """
        return self._request("GET", path, operation, parts=parts or {}, query=query or {})

    def post(
        self, path: str, operation: str, body: Mapping[str, Any], *, parts: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Creates something; gives it as the answer shows it, with its `id`.

        Raises:
            RemoteError: Of any kind; AMBIGUOUS when the answer is missing or names nothing.
        """
        answer = self._request("POST", path, operation, parts=parts or {}, query={}, body=body)
        if not answer.get("id"):
            raise self._unreadable(operation, is_write=True)
        return answer

    def pages(
        self,
        path: str,
        operation: str,
        key: str,
        *,
        parts: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Iterator[list[Row]]:
        """Pages by offset until `total_items`; rows may be missed or repeated while others write.

        Raises:
            RemoteError: Of any kind but AMBIGUOUS.
        """
        offset = 0
        while True:
            asked = {**(query or {}), "count": PAGE, "offset": offset}
            rows, total = self.page(path, operation, key, parts=parts, query=asked)
            yield rows
            offset += len(rows)
            if not rows or offset >= total:
                return

    def page(
        self,
        path: str,
        operation: str,
        key: str,
        *,
        parts: Mapping[str, str] | None = None,
        query: Mapping[str, object],
    ) -> tuple[list[Row], int]:
        """One page of objects, and how many there are in all.

        Raises:
            RemoteError: As `get`; also for an answer that tells no total, which is no proof that there are
                none.
        """
        answer = self.get(path, operation, parts=parts, query=query)
        total = answer.get("total_items")
        if not isinstance(total, int):
            raise self._unreadable(operation, is_write=False)
        return rows_of(answer, key), total

    def fetch_results(self, url: str) -> bytes:
        """The results of a batch: a tar.gz behind a signed address, asked for without our credentials.

        It names people; keep it in memory.

        Raises:
            RemoteError: When it is not to be had; TRANSIENT when a new address may help.
        """
        from consentric.sdk.http import Call

        call = Call(account=self.context.connection, operation="batches.results")
        return self.context.transport.call(call.operation, lambda: self._fetch(call, url))

    def close(self) -> None:
        """Closes the connections that are kept open."""
        if self._http is not None:
            self._http.close()
            self._http, self._api = None, None

    def _request(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        parts: Mapping[str, str],
        query: Mapping[str, object],
        body: object = None,
    ) -> dict[str, Any]:
        from consentric.sdk.http import Call

        call = Call(account=self.context.connection, operation=operation, is_write=method != "GET")
        # The SDK leaves "/" in a path parameter as it is, so the path comes filled in.
        filled = path.format(**{name: quote(part, safe="") for name, part in parts.items()})
        pairs = [(name, value) for name, value in query.items() if value is not None]
        return self.context.transport.call(
            operation, lambda: self._send(call, method, filled, pairs, body), is_write=call.is_write
        )

    def _unreadable(self, operation: str, *, is_write: bool) -> RemoteError:
        from consentric.sdk.http import Call, Failure

        from .failures import classify

        call = Call(account=self.context.connection, operation=operation, is_write=is_write)
        return classify(Failure(cause="unreadable", status=200), call)

    def _send(
        self, call: Call, method: str, path: str, query: list[tuple[str, object]], body: object
    ) -> dict[str, Any]:
        api, http = self._connected()
        failure: RemoteError | None = None
        try:
            with http.asking(call):
                answer = api.call_api(path, method, query_params=query, body=body)
        except Exception as error:  # the SDK wraps whatever it meets in an error of its own
            failure = _cause_of(error)
            if failure is None:
                raise
        if failure is not None:
            raise failure
        # An empty object comes back as the answer it was in: the SDK takes it for nothing.
        return answer if isinstance(answer, dict) else {}

    def _exchange(self, secret: Callable[[], str]) -> Callable[..., _Read]:
        def request(method: str, url: str, query: Any = None, headers: Any = None, body: Any = None) -> _Read:
            _, http = self._connected()
            is_key = self.settings.api_key is not None
            sent = dict(headers or {})
            if not is_key:
                sent["Authorization"] = f"Bearer {secret()}"
            answer = http.request(
                method,
                url,
                params=query or None,
                headers=sent,
                data=None if body is None else json.dumps(body),
                auth=("consentric", secret()) if is_key else None,
            )
            return _Read(http.json_object(answer))

        return request

    def _connected(self) -> tuple[Any, Session]:
        if self._api is None or self._http is None:
            from mailchimp_marketing.api_client import ApiClient  # 0.3 s: only when something is asked

            from consentric.sdk.http import Session, loopback_url

            from .failures import classify

            secret = _secret(self.settings, self.context)
            endpoint = self.context.endpoint
            if endpoint is not None:
                host = loopback_url(endpoint, "Mailchimp")
            else:
                centre = _data_centre(self.settings, secret(), self.context.connection)
                host = f"https://{centre}.api.mailchimp.com"
            self._http = Session(classify, endpoint=endpoint, read_seconds=_READ_SECONDS)
            self._api = ApiClient()
            self._api.host = f"{host}/3.0"
            # Else the SDK replaces every "server" of the whole URL by the data centre.
            self._api.server = ""
            self._api.request = self._exchange(secret)
        return self._api, self._http

    def _fetch(self, call: Call, url: str) -> bytes:
        from consentric.sdk.http import Failure

        from .failures import classify

        _, http = self._connected()
        if not self._is_ours(url):
            raise classify(Failure(cause="unreadable", name="results_elsewhere"), call)
        with http.asking(call):
            return http.download(url, most_bytes=_MOST_RESULTS)

    def _is_ours(self, url: str) -> bool:
        parts = urlsplit(url)
        if self.context.endpoint is not None:
            return url.startswith(f"{self.context.endpoint.base_url.rstrip('/')}/")
        host = parts.hostname or ""
        return parts.scheme == "https" and host.endswith((_RESULTS_HOST, ".mailchimp.com"))


class _Read:
    """An answer as the SDK wants it; the JSON was read already, for every failure is ours to tell."""

    ok = True
    headers: Mapping[str, str] = {"content-type": "application/json"}

    def __init__(self, found: dict[str, Any]) -> None:
        self._found = found

    def json(self) -> dict[str, Any]:
        """The object that was read."""
        return self._found


def rows_of(answer: Mapping[str, Any], key: str) -> list[Row]:
    """The objects under a key of an answer."""
    rows = answer.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def fields_of(key: str, *names: str) -> str:
    """The projection of a list of objects: these members of each, and the total."""
    return ",".join(("total_items", *(f"{key}.{name}" for name in dict.fromkeys(names))))


def _cause_of(error: Exception) -> RemoteError | None:
    inner = getattr(error, "text", None)
    for one in (error, inner):
        if isinstance(one, RemoteError):
            return one
    if isinstance(inner, Exception):
        raise inner  # a defect of ours that the SDK has wrapped
    return None


def _secret(settings: MailchimpSettings, context: Context) -> Callable[[], str]:
    """Gives the key or token, read once from where the settings say."""
    found = settings.api_key or settings.access_token
    text = found.get_secret_value() if found is not None else ""
    if text.partition(":")[0] not in SCHEMES:
        return lambda: text
    secret = resolve(text, base=context.workspace)
    return secret.reveal


def _data_centre(settings: MailchimpSettings, secret: str, account: str) -> str:
    """The data centre that the host is made of.

    Raises:
        ConfigError: When the key names none.
    """
    found = settings.server or secret.rpartition("-")[2]
    if not re.fullmatch(DATA_CENTRE, found):
        raise ConfigError(
            f'connection "{account}": the Mailchimp API key names no data centre',
            hint="a key ends in a dash and its data centre, as -us6; copy it whole",
            code="CS212",
        )
    return found
