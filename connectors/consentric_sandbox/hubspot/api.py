"""What passes between the server and the handlers: a request, an answer, the vendor's way to refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DATED = ("2026-03", "2026-09")
Answer = tuple[int, Any]
"""Status and JSON body; None as a body sends none."""


class ApiError(Exception):
    """A refusal in HubSpot's form: `status`, `category`, `message` and optional details.

    Source: "Error handling" of the developer documentation; every field of the body is optional there.
    """

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        sub_category: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        context: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {category}")
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = (
            dict(body) if body is not None else {"status": "error", "message": message}
        )
        if body is None:
            self.body["category"] = category
            if sub_category:
                self.body["subCategory"] = sub_category
            if errors:
                self.body["errors"] = [dict(error) for error in errors]
            if context:
                self.body["context"] = {name: list(values) for name, values in context.items()}


@dataclass(slots=True, kw_only=True)
class Request:
    """One accepted request; `at` is the portal's time as HubSpot prints it."""

    operation: str
    version: str
    params: dict[str, str]
    query: dict[str, list[str]]
    body: Any
    at: str
    page_fault: str = ""
    """`short` or `empty` when the fault script wants such a page, else empty."""
    fault_args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def partial_status(self) -> int:
        """Status of a batch with failed rows: 207, but 200 from 2026-09 on (OpenAPI of 2026-09)."""
        return 200 if self.version == "2026-09" else 207

    def one(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else default

    def several(self, name: str) -> list[str]:
        """All values of a query parameter, repeated or joined by commas."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part]

    def flag(self, name: str) -> bool:
        """Whether a boolean query parameter says true."""
        return self.one(name, "false").lower() == "true"

    def number(self, name: str, *, default: int, most: int) -> int:
        """A positive number of the query; refused when it is none or above `most`."""
        text = self.one(name, str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise invalid(f"Invalid value for query parameter {name}: it must be between 1 and {most}")
        return int(text)

    def page_size(self, size: int) -> int:
        """The size asked for, made smaller by a page fault."""
        if self.page_fault == "short":
            return min(size, int(self.fault_args.get("size", max(1, size // 2))))
        return 0 if self.page_fault == "empty" else size


def invalid(message: str, *, code: str = "", context: Mapping[str, Sequence[str]] | None = None) -> ApiError:
    """A 400 VALIDATION_ERROR."""
    detail: dict[str, Any] = {"message": message}
    if code:
        detail["code"] = code
    if context:
        detail["context"] = {name: list(values) for name, values in context.items()}
    return ApiError(400, "VALIDATION_ERROR", message, errors=[detail] if code or context else ())


def not_found(message: str = "resource not found", **context: Sequence[str]) -> ApiError:
    """A 404 OBJECT_NOT_FOUND."""
    return ApiError(404, "OBJECT_NOT_FOUND", message, context=context or None)


def fields(body: Any, allowed: Mapping[str, type | tuple[type, ...]], *required: str) -> dict[str, Any]:
    """Checks a JSON object: unknown fields, wrong types and missing fields are refused.

    Raises:
        ApiError: 400 in the words of HubSpot's JSON reader.
    """
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON on line 1, column 1: expected an object")
    for name, value in body.items():
        if name not in allowed:
            raise invalid(f'Invalid input JSON on line 1, column 2: Unrecognized field "{name}"')
        expected = allowed[name]
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
            raise invalid(f"Invalid input JSON on line 1, column 2: wrong type for field {name}")
    missing = [name for name in required if name not in body]
    if missing:
        raise invalid(f"Some required fields were not set: [{', '.join(missing)}]")
    return body


def inputs(body: Any, *, most: int = 100) -> list[Any]:
    """The `inputs` of a batch: at least one and at most `most`."""
    rows = body["inputs"]
    if not isinstance(rows, list) or not rows:
        raise invalid("inputs must not be empty")
    if len(rows) > most:
        raise invalid(f"The maximum number of inputs supported in a batch request is {most}")
    return rows


def batch(
    request: Request,
    results: list[Any],
    errors: Sequence[Mapping[str, Any]] = (),
    *,
    status: int = 200,
) -> Answer:
    """The answer of a batch; rows that failed stand in `errors`, with `numErrors`."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": request.at,
        "completedAt": request.at,
    }
    if errors:
        body["numErrors"] = len(errors)
        body["errors"] = list(errors)
        status = request.partial_status
    return status, body


def next_page(after: str, *, is_moved: bool = True) -> dict[str, Any]:
    """The `paging` object; a cursor that stays where it is gets another spelling."""
    cursor = after if is_moved else f"0{after}"
    return {"next": {"after": cursor, "link": f"https://api.hubapi.com/?after={cursor}"}}
