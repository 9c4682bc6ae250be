"""What passes between the server and the desk of a pretend CRM: a request received, what to send back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from .faults import Fault
from .tally import Danger


@dataclass(slots=True, kw_only=True)
class Received:
    """One request as it came: names of headers in lower case, parts of the path and query decoded."""

    method: str
    segments: list[str]
    query: dict[str, list[str]]
    headers: dict[str, str]
    content: bytes
    host: str
    """Where this server listens, for links in answers."""
    in_flight: int = 1
    """Requests that are being answered at this moment, this one included."""

    def document(self) -> Any:
        """The body as JSON, None when it is none."""
        try:
            return json.loads(self.content) if self.content else None
        except ValueError:
            return None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What goes on the wire; `fault` is set when the connection itself must misbehave."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None


class Desk(Protocol):
    """Answers the requests of one pretend CRM, from whatever thread they come."""

    folder: Path
    clock: Callable[[], datetime]

    def answer(self, received: Received) -> Outcome:
        """Answers one request; never raises for what a client may send."""
        ...

    def dangers(self, received: Received) -> set[Danger]:
        """What the request could do to people, whatever this CRM answers."""
        ...

    def unreadable(self, status: int) -> Outcome:
        """Refuses a request whose length is not told (411) or whose address is too long (414)."""
        ...
