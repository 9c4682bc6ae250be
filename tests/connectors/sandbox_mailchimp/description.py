"""The vendor's machine-readable description, found through CONSENTRIC_SPECS, as a checker of exchanges."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator

VARIABLE = "CONSENTRIC_SPECS"


def folder() -> Path | None:
    """The folder with the vendors' descriptions; None when the variable is unset."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


class Description:
    """Says what about an exchange the description does not allow."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path.count("{"), methods)
            for path, methods in document["paths"].items()
        ]

    @classmethod
    @cache
    def load(cls) -> Description | None:
        """The description, read once; None when the variable is unset."""
        found = folder()
        if found is None:
            return None
        return cls(json.loads((found / "mailchimp" / "marketing-trimmed.json").read_text()))

    def faults(
        self,
        method: str,
        path: str,
        query: dict[str, list[str]],
        sent: Any,
        status: int,
        content_type: str,
        answer: Any,
    ) -> Iterator[str]:
        """One line per departure; `path` without `/3.0`."""
        operation = self._operation(method, path)
        if operation is None:
            if status not in (404, 405):
                yield f"{method} {path}: not described, yet answered {status}"
            return
        known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        if status < 400:
            yield from (f"{path}: query parameter {name} is not described" for name in query.keys() - known)
            yield from self._body_faults(path, operation, sent)
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
        is_partial = "fields" in query or "exclude_fields" in query
        for error in OAS30ReadValidator(schema).iter_errors(answer):
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
        for error in OAS30WriteValidator(schema).iter_errors(sent):
            yield f"{path}: accepted a body with {error.message}"
        yield from (f"{path}: accepted {name}" for name in _undeclared(schema, sent, ""))

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        found = [
            (names, methods[method.lower()])
            for pattern, names, methods in self._paths
            if method.lower() in methods and pattern.match(path or "/")
        ]
        return min(found, key=lambda one: one[0])[1] if found else None


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
