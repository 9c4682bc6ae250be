"""A vendor's machine-readable description (OpenAPI 3.0) as a checker of exchanges."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

INSTALL = "pip install 'openapi-schema-validator>=0.6,<1'"
"""What a checker needs and a run of the product does not: `read` raises ImportError without it."""


class Description:
    """Says what about an exchange the description does not allow; paths are without the base path."""

    def __init__(self, document: dict[str, Any]) -> None:
        from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator

        self._reading, self._writing = OAS30ReadValidator, OAS30WriteValidator
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, methods)
            for path, methods in document["paths"].items()
        ]

    @classmethod
    def read(cls, file: Path) -> Description:
        """The description in a file.

        Raises:
            ImportError: Without `openapi-schema-validator`.
            ValueError: The file is no JSON.
            OSError: It cannot be read.
        """
        return cls(json.loads(file.read_text(encoding="utf-8")))

    def operation(self, method: str, path: str) -> str | None:
        """The operation that a request reaches, as `GET /lists/{list_id}`; None when none is described."""
        found = self._found(method, path)
        return None if found is None else f"{method} {found[0]}"

    def parameters(self, method: str, path: str) -> set[str]:
        """Names of the query parameters that an operation takes."""
        found = self._found(method, path)
        return set() if found is None else _query_names(found[1])

    def faults(
        self,
        method: str,
        path: str,
        query: Mapping[str, list[str]],
        sent: Any,
        status: int,
        content_type: str,
        answer: Any,
    ) -> Iterator[str]:
        """One line per departure of a request that was taken, or of its answer."""
        found = self._found(method, path)
        if found is None:
            if status not in (404, 405):
                yield f"{method} {path}: not described, yet answered {status}"
            return
        operation = found[1]
        if status < 400:
            unknown = sorted(query.keys() - _query_names(operation))
            yield from (f"{path}: query parameter {name} is not described" for name in unknown)
            yield from self._body_faults(path, operation, sent)
        yield from self._answer_faults(
            method, path, operation, status, content_type, answer, is_partial=_is_partial(query)
        )

    def _answer_faults(
        self,
        method: str,
        path: str,
        operation: dict[str, Any],
        status: int,
        content_type: str,
        answer: Any,
        *,
        is_partial: bool,
    ) -> Iterator[str]:
        described = operation["responses"].get(str(status), operation["responses"]["default"])
        if str(status) not in operation["responses"] and status < 400:
            yield f"{method} {path}: status {status} is not described"
        content = described.get("content")
        if content is None:
            if answer is not None:
                yield f"{method} {path}: {status} with a body"
            return
        wanted = "application/json" if status < 400 else "application/problem+json"
        if content_type.partition(";")[0] != wanted:
            yield f"{method} {path}: {status} as {content_type}"
        schema = content[wanted]["schema"]
        for error in self._reading(schema).iter_errors(answer):
            if not (is_partial and error.validator == "required"):
                where = ".".join(map(str, error.absolute_path))
                yield f"{method} {path}: {where}: {error.message}"
        if status < 400:
            yield from (
                f"{method} {path}: {name} is not described" for name in _undeclared(schema, answer, "")
            )

    def _body_faults(self, path: str, operation: dict[str, Any], sent: Any) -> Iterator[str]:
        if sent is None or "requestBody" not in operation:
            return
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for error in self._writing(schema).iter_errors(sent):
            yield f"{path}: accepted a body with {error.message}"
        yield from (f"{path}: accepted {name}" for name in _undeclared(schema, sent, ""))

    def _found(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        """Template and definition of the operation; of several the one with the fewest placeholders."""
        found = [
            (template, methods[method.lower()])
            for pattern, template, methods in self._paths
            if method.lower() in methods and pattern.match(path or "/")
        ]
        return min(found, key=lambda one: one[0].count("{")) if found else None


def _query_names(operation: Mapping[str, Any]) -> set[str]:
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}


def _is_partial(query: Mapping[str, list[str]]) -> bool:
    return "fields" in query or "exclude_fields" in query


def _undeclared(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    """Fields that no branch of the schema names."""
    if isinstance(value, list):
        for one in value:
            yield from _undeclared(schema.get("items", {}), one, where)
    if not isinstance(value, dict) or "additionalProperties" in schema:
        return
    branches = [schema, *(one for word in ("allOf", "anyOf", "oneOf") for one in schema.get(word, ()))]
    known: dict[str, Any] = {}
    for branch in branches:
        known |= branch.get("properties", {})
    if not known:
        return  # an object without a word about what is in it
    for name, below in value.items():
        if name not in known:
            yield f"{where}{name}"
        else:
            yield from _undeclared(known[name], below, f"{where}{name}.")
