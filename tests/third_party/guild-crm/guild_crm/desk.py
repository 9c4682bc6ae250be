"""Speaks to the guild hall over HTTP; every call goes through the transport."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from consentric import Context, RemoteError
from consentric.sdk.transport import kind_of_status


class GuildSettings(BaseModel):
    """[connections.NAME] connector = "guild"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "hall.guild.example"
    key: SecretStr
    newsletter: str = "gazette"


class Desk:
    """One call at a time, each on a connection of its own."""

    def __init__(self, settings: GuildSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        place = urlsplit(context.endpoint.base_url).netloc if context.endpoint else settings.host
        self._place = place

    def ask(self, path: str, body: Any = None, *, is_write: bool = False) -> Any:
        """The JSON of an answer."""
        operation = path.partition("?")[0].split("/")[0]
        return self._context.transport.call(
            operation, lambda: self._exchange(operation, path, body, is_write), is_write=is_write
        )

    def _exchange(self, operation: str, path: str, body: Any, is_write: bool) -> Any:
        connection = HTTPConnection(self._place, timeout=20)
        try:
            headers = {"X-Guild-Key": self._settings.key.get_secret_value()}
            text = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", f"/{path}", text, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status == 200:
            return json.loads(content)
        name = self._context.connection
        raise RemoteError(
            f'connection "{name}": {operation} was refused ({answer.status})',
            kind=kind_of_status(answer.status, is_write=is_write),
            account=name,
            operation=operation,
            status=answer.status,
        )
