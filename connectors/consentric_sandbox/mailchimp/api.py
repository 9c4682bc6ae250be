"""What passes between desk and handlers: a request, an answer, Mailchimp's problem documents and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from .records import iso

Answer = tuple[int, Any]
"""Status and JSON body; None as a body sends none."""
T = TypeVar("T")
ABOUT_ERRORS = "https://mailchimp.com/developer/marketing/docs/errors/"
MOST_PER_PAGE = 1000
_PER_PAGE = 10


class Problem(Exception):
    """A refusal as `application/problem+json`; titles stand in the vendor's page "Errors"."""

    def __init__(
        self, status: int, title: str, detail: str, *, errors: Sequence[Mapping[str, str]] = ()
    ) -> None:
        super().__init__(f"{status} {title}")
        self.status = status
        self.document: dict[str, Any] = {
            "type": ABOUT_ERRORS,
            "title": title,
            "status": status,
            "detail": detail,
        }
        if errors:
            self.document["errors"] = [dict(error) for error in errors]


class Throttled(Exception):
    """A refusal without a body, a content type or a hint when to come back: 429, or 403 in disguise."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def invalid(field: str, message: str) -> Problem:
    """A 400 Invalid Resource about one field."""
    return Problem(
        400,
        "Invalid Resource",
        "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
        errors=[{"field": field, "message": message}],
    )


def not_found() -> Problem:
    """A 404."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


@dataclass(slots=True, kw_only=True)
class Request:
    """One accepted request; `at` is the account's time as Mailchimp prints it."""

    operation: str
    params: dict[str, str]
    query: dict[str, list[str]]
    body: Any
    at: str
    host: str
    fault: str = ""
    """Kind of the fault that a handler must play, as `page-drift`."""
    fault_args: Mapping[str, Any] = field(default_factory=dict)

    def one(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else default

    def several(self, name: str) -> list[str]:
        """All values of a query parameter, repeated or joined by commas."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part]

    def number(self, name: str, *, default: int, most: int | None = None) -> int:
        """A whole number of the query, not below 0.

        Raises:
            Problem: 400 when it is no such number or above `most`.
        """
        text = self.one(name, str(default))
        if not text.isdigit() or (most is not None and int(text) > most):
            raise invalid(name, f"Value must be a number from 0 to {most}" if most else "Must be a number")
        return int(text)

    def choice(self, name: str, choices: Iterable[str]) -> str:
        """A value out of a closed set, empty when not given."""
        text = self.one(name)
        allowed = list(choices)
        if text and text not in allowed:
            raise invalid(name, f"Value must be one of: {', '.join(allowed)}")
        return text

    def moment(self, name: str) -> str:
        """An ISO 8601 instant of the query in the account's own print; without offset it is UTC."""
        text = self.one(name)
        if not text:
            return ""
        try:
            at = datetime.fromisoformat(text)
        except ValueError as fault:
            raise invalid(name, "Value must be a date and time in ISO 8601 format") from fault
        return iso(at if at.tzinfo else at.replace(tzinfo=UTC))


def fields(
    body: Any, allowed: Mapping[str, type | tuple[type, ...]], *required: str, where: str = ""
) -> dict[str, Any]:
    """Checks a JSON object: unknown fields, wrong types and missing fields are refused.

    Raises:
        Problem: 400 Invalid Resource that names every such field.
    """
    if not isinstance(body, dict):
        raise invalid(where, "Schema describes object, other type found instead")
    errors = []
    for name, value in body.items():
        expected = allowed.get(name)
        if expected is None:
            errors.append({"field": where + name, "message": "This field was not expected"})
        elif not isinstance(value, expected) or (isinstance(value, bool) and expected in (int, str)):
            errors.append({"field": where + name, "message": "Schema describes another type"})
    errors += [
        {"field": where + name, "message": "Required fields were not provided"}
        for name in required
        if name not in body
    ]
    if errors:
        problem = invalid("", "")
        problem.document["errors"] = errors
        raise problem
    return body


def rows(value: Any, *, most: int, name: str, message: str = "") -> list[Any]:
    """A list of the body with at most `most` entries."""
    if not isinstance(value, list):
        raise invalid(name, "Schema describes array, other type found instead")
    if len(value) > most:
        raise invalid(name, message or f"Array must have at most {most} items")
    return value


def page(request: Request, found: Sequence[T]) -> tuple[Sequence[T], int]:
    """The rows of the page asked for, and how many there are in all.

    An offset behind the end gives an empty page; rows that move between two calls are missed or told twice.
    """
    count = request.number("count", default=_PER_PAGE, most=MOST_PER_PAGE)
    offset = request.number("offset", default=0)
    return found[offset : offset + count], len(found)


def links(request: Request, path: str) -> list[dict[str, str]]:
    """The `_links` of a resource."""
    return [{"rel": "self", "href": f"{request.host}/3.0{path}", "method": "GET"}]


def projected(request: Request, document: Any) -> Any:
    """The answer with only `fields`, or without `exclude_fields`; paths go through lists.

    Raises:
        Problem: 400 when a field is named in both (Marketing API Conventions, "Partial responses").
    """
    wanted, unwanted = set(request.several("fields")), set(request.several("exclude_fields"))
    if wanted & unwanted:
        raise Problem(400, "Bad Request", "A field stands in both fields and exclude_fields.")
    if wanted:
        document = _only(document, _tree(wanted))
    if unwanted:
        document = _without(document, _tree(unwanted))
    return document


def _tree(paths: Iterable[str]) -> dict[str, Any]:
    """Paths as nested dicts; an empty one means all below."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        parts = path.split(".")
        for at, part in enumerate(parts):
            if part in node and not node[part]:
                break
            node = node.setdefault(part, {})
            if at == len(parts) - 1:
                node.clear()
    return tree


def _only(value: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_only(one, tree) for one in value]
    if isinstance(value, dict):
        return {name: _only(value[name], below) for name, below in tree.items() if name in value}
    return value


def _without(value: Any, tree: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_without(one, tree) for one in value]
    if isinstance(value, dict):
        return {
            name: _without(one, tree[name]) if tree.get(name) else one
            for name, one in value.items()
            if name not in tree or tree[name]
        }
    return value
