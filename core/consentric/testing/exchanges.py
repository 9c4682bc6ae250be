"""Notes every exchange of this process with a server: what was really sent, and what really came back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, bodies as JSON where they are."""

    method: str
    path: str
    """Without the query."""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    sent: Any = None
    status: int
    content_type: str
    answer: Any = None
    content: bytes = b""
    """The answer as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A pretend account in which connector and writer reach every operation they use.

    A sandbox offers one as `specimen(folder)` beside its `serve`; the function fills the folder.
    """

    title: str
    description: Path
    """The vendor's description, below the folder of descriptions."""
    base_path: str
    """What precedes the paths of the description, as `/3.0`."""
    settings: Mapping[str, Any]
    """Of the connection."""
    fields: Mapping[str, tuple[str, ...]]
    """Object to the fields that are configured."""
    purposes: frozenset[str]
    unfold: Callable[[Iterable[Exchange]], Iterable[Exchange]]
    """The exchanges that others carry inside, as those of a batch."""


@contextmanager
def noted(base_url: str) -> Iterator[list[Exchange]]:
    """Notes the exchanges with the server at this address, at the socket's side of every session."""
    import requests
    from requests.adapters import HTTPAdapter

    found: list[Exchange] = []
    send = HTTPAdapter.send

    def watched(
        self: HTTPAdapter, request: requests.PreparedRequest, *others: Any, **options: Any
    ) -> requests.Response:
        answer = send(self, request, *others, **options)
        if str(request.url).startswith(f"{base_url.rstrip('/')}/"):
            found.append(_exchange(request, answer))
        return answer

    HTTPAdapter.send = watched  # type: ignore[method-assign]
    try:
        yield found
    finally:
        HTTPAdapter.send = send  # type: ignore[method-assign]


def json_of(content: bytes | str | None) -> Any:
    """The JSON value of a body, None when it is empty or none."""
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None


def _exchange(request: Any, answer: Any) -> Exchange:
    parts = urlsplit(str(request.url))
    return Exchange(
        method=str(request.method),
        path=parts.path,
        query=parse_qs(parts.query, keep_blank_values=True),
        sent=json_of(request.body),
        status=answer.status_code,
        content_type=answer.headers.get("Content-Type", ""),
        answer=json_of(answer.content),
        content=answer.content,
    )
