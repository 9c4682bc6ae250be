"""What passes between the desk and the handlers: a request, a reply, the vendor's way to refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from consentric_sandbox.faults import Fault

JSON = {"Content-Type": "application/json;charset=UTF-8"}
CSV = {"Content-Type": "text/csv"}


@dataclass(slots=True, kw_only=True)
class Reply:
    """What a handler gives: a JSON document, or bytes as they are; None sends no body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body on the wire."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode()


class ApiError(Exception):
    """A refusal in the form of the REST API: a list with `message` and `errorCode`.

    Source: "Status Codes and Error Responses" of the REST API guide.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        one: dict[str, Any] = {"message": message, "errorCode": code}
        if fields is not None:
            one["fields"] = list(fields)
        self.body: Any = [one] if body is None else body


@dataclass(slots=True, kw_only=True)
class Request:
    """One accepted request; `at` is the org's time as Salesforce prints it."""

    operation: str
    params: dict[str, str]
    query: dict[str, list[str]]
    headers: dict[str, str]
    content: bytes
    host: str
    at: str
    fault: Fault | None = None

    @property
    def base(self) -> str:
        """Path of the API version that was asked, for links in answers."""
        return f"/services/data/{self.params['version']}"

    @property
    def version(self) -> float:
        """The API version that was asked."""
        return float(self.params["version"][1:])

    def one(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else default

    def plays(self, kind: str) -> bool:
        """Whether the fault script wants this kind of trouble here."""
        return self.fault is not None and self.fault.kind == kind

    def argument(self, name: str, default: Any) -> Any:
        """An argument of the fault that is due."""
        return default if self.fault is None else self.fault.args.get(name, default)

    def form(self) -> dict[str, str]:
        """The fields of a form; parameters of the query stand in for those that are missing."""
        sent = {name: values[-1] for name, values in self.query.items()}
        return sent | {name: values[-1] for name, values in parse_qs(self.content.decode()).items()}

    def document(self) -> dict[str, Any]:
        """The JSON object of the body.

        Raises:
            ApiError: 415 for another content type, 400 for what is no JSON object.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                f"Content-Type header specified: {kind or 'none'}, is not valid",
            )
        try:
            body = json.loads(self.content)
        except ValueError as fault:
            raise parser_error("Unexpected character or end of input") from fault
        if not isinstance(body, dict):
            raise parser_error("Cannot deserialize instance of object")
        return body


def parser_error(message: str) -> ApiError:
    """A 400 in the words of the vendor's JSON reader."""
    return ApiError(400, "JSON_PARSER_ERROR", f"{message} at [line:1, column:1]")


def fields(body: Mapping[str, Any], allowed: Mapping[str, type], *required: str) -> Mapping[str, Any]:
    """Checks a JSON object: unknown names, wrong types and missing names are refused.

    Raises:
        ApiError: 400.
    """
    for name, value in body.items():
        if name not in allowed:
            raise parser_error(f"Unexpected parameter encountered during deserialization: {name}")
        if not isinstance(value, allowed[name]):
            raise parser_error(f"Cannot deserialize the value of {name}")
    for name in required:
        if name not in body:
            raise ApiError(400, "INVALID_INPUT", f"A required parameter is missing: {name}")
    return body


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """A 404."""
    return ApiError(404, "NOT_FOUND", message)


def limit_reached(flavour: str) -> ApiError:
    """The 403 of a limit: `daily` requests are spent, or too many long ones run at once (`concurrent`)."""
    what = "TotalRequests" if flavour == "daily" else "ConcurrentRequests (Concurrent API Requests)"
    return ApiError(403, "REQUEST_LIMIT_EXCEEDED", f"{what} Limit exceeded.")
