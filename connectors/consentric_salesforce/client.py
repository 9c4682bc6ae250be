"""The client of one Salesforce org: the SDK over a session of ours, one error type, one way to wait."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from consentric.sdk.contracts import Context
from consentric.sdk.errors import RemoteError
from consentric.sdk.transport import Pace

from .credentials import Credentials
from .settings import SalesforceSettings

if TYPE_CHECKING:
    from consentric.sdk.http import Call

    from .session import SalesforceSession

T = TypeVar("T")
_OUR_SHARE = 0.8
"""Of the org's requests in 24 hours; the rest is left to the customer's other apps (as tap-salesforce)."""
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What the SDK raises when an answer is not what it expects."""


class SalesforceClient:
    """Asks one org one thing at a time; shared by the connector and the writer of a connection.

    The SDK gets a token and no way to renew it: left to itself it signs in again without end when a token
    stays refused. Every failure is a `RemoteError` whose text holds neither URL nor body.
    """

    def __init__(self, settings: SalesforceSettings, context: Context) -> None:
        self.settings = settings
        self.context = context
        self._credentials = Credentials(settings, workspace=context.workspace)
        self._http: SalesforceSession | None = None
        self._salesforce: Any = None

    @property
    def server_time(self) -> datetime | None:
        """Time of the last answer by Salesforce's own clock."""
        return None if self._http is None else self._http.server_time

    def get(self, path: str, operation: str, *, query: Mapping[str, str] | None = None) -> Any:
        """Reads `/services/data/vXX/PATH`; gives the JSON of the answer, None for an empty one.

        Raises:
            RemoteError: Of any kind but AMBIGUOUS.
        """
        return self.ask(operation, lambda sdk: sdk.restful(path, params=dict(query or {})))

    def write(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Writes; gives the JSON of the answer, None for an empty one.

        Raises:
            RemoteError: Of any kind; AMBIGUOUS when the answer is missing or unreadable.
        """
        options: dict[str, Any] = {"headers": dict(headers or {})}
        if body is not None:
            options["json"] = body
        params = dict(query or {})
        return self.ask(
            operation,
            lambda sdk: sdk.restful(path, params=params, method=method, **options),
            is_write=True,
        )

    def ask(
        self, operation: str, send: Callable[[Any], T], *, is_write: bool = False, pace: Pace | None = None
    ) -> T:
        """Lets `send` do one exchange through the SDK; signs in before, and once more when the token ended.

        Raises:
            RemoteError: Of any kind.
        """
        from consentric.sdk.http import Call

        call = Call(account=self.context.connection, operation=operation, is_write=is_write)
        if self._salesforce is None:
            self._sign_in()
        try:
            return self._call(call, send, pace)
        except RemoteError as error:
            if error.status != 401:
                raise
        self._sign_in()
        return self._call(call, send, pace)

    def close(self) -> None:
        """Closes the connections that are kept open and forgets the token."""
        if self._http is not None:
            self._http.close()
        self._http = self._salesforce = None

    def _call(self, call: Call, send: Callable[[Any], T], pace: Pace | None) -> T:
        return self.context.transport.call(
            call.operation,
            lambda: self._exchange(call, lambda: send(self._salesforce)),
            is_write=call.is_write,
            pace=pace,
        )

    def _exchange(self, call: Call, send: Callable[[], T]) -> T:
        from simple_salesforce.exceptions import SalesforceError

        from consentric.sdk.http import Failure

        from .failures import classify

        answer: list[T] = []
        try:
            with self._connected().asking(call):
                answer.append(send())
        except (SalesforceError, *_UNREADABLE):
            pass
        if not answer:
            # Not inside `except`: errors of the SDK hold the URL and the body, and would hang on as context.
            raise classify(Failure(cause="unreadable"), call)
        self._observe()
        return answer[0]

    def _sign_in(self) -> None:
        from consentric.sdk.http import Call

        call = Call(account=self.context.connection, operation="oauth.token")
        self.context.transport.call(call.operation, lambda: self._exchange(call, self._renew))

    def _renew(self) -> None:
        from decimal import Decimal

        from simple_salesforce.api import Salesforce

        session = self._connected()
        token, host = self._credentials.sign_in(session)
        if not token or not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
            raise ValueError("no token or no host")
        self._salesforce = Salesforce(
            session_id=token,
            instance_url=f"https://{host}",
            session=session,
            version=self.settings.api_version,
            object_pairs_hook=dict,
            parse_float=Decimal,
        )

    def _connected(self) -> SalesforceSession:
        if self._http is None:
            from .session import SalesforceSession  # 0.5 s with the SDK: only when something is asked

            self._http = SalesforceSession(self.context.endpoint)
            logging.getLogger("simple_salesforce").setLevel(logging.WARNING)
        return self._http

    def _observe(self) -> None:
        usage = self._salesforce.api_usage.get("api-usage") if self._salesforce is not None else None
        if usage is not None and usage.total > 0:
            left = int(usage.total * _OUR_SHARE) - usage.used
            self.context.transport.observe(daily_remaining=left)
