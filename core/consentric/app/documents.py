"""Reads the files of a configuration and joins them into one document that knows where each key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consentric.sdk.errors import Fault

from .toml_places import Path as KeyPath
from .toml_places import Place, find_places, place_inside

MAX_BYTES = 1_000_000
"""Of one file: what people write by hand is a hundredth of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a key stands: file and place."""

    file: str
    """Relative to the workspace."""
    place: Place


@dataclass(slots=True)
class Document:
    """Several TOML files joined into one; faults found on the way are kept, not raised."""

    content: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def where(self, path: KeyPath, *, offset: int | None = None) -> str:
        """The place of a key as messages show it, `config.toml:31  [connections.hubspot] token`.

        Args:
            path: Of a key; if the key is absent, its table is named.
            offset: Of one character inside a string value; the line and column are then those of it.
        """
        known = path
        while known and known not in self.origins:
            known = known[:-1]
        origin = self.origins.get(known)
        label = section_label(path)
        if origin is None:
            return f"{self.files[0] if self.files else 'config.toml'}  {label}".rstrip()
        line = str(origin.place.line)
        value = self.value(path)
        if offset is not None and isinstance(value, str):
            line = "{}:{}".format(*place_inside(origin.place, value, offset))
        return f"{origin.file}:{line}  {label}"

    def value(self, path: KeyPath) -> Any:
        """The value at a path, or None."""
        value: Any = self.content
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def order(self, path: KeyPath) -> tuple[int, int, int]:
        """Sorts faults in the order of files and lines."""
        while path and path not in self.origins:
            path = path[:-1]
        origin = self.origins.get(path)
        if origin is None:
            return 0, 0, 0
        return self.files.index(origin.file), origin.place.line, origin.place.column


def read_documents(path: Path) -> Document:
    """Reads a configuration and the files its `include` names, which lie beside it.

    A file that is missing, too large or no TOML becomes a fault of the document.
    """
    document = Document()
    _add_file(document, path, is_first=True)
    include = document.content.get("include", [])
    if isinstance(include, list):
        for index, name in enumerate(include):
            if isinstance(name, str):
                _add_included(document, path.parent, name, ("include", index))
    return document


def section_label(path: KeyPath) -> str:
    """A path as people write it in the file.

    >>> section_label(("purpose", 1, "basis", 0))
    '[[purpose]] basis'
    >>> section_label(("connections", "hubspot", "token"))
    '[connections.hubspot] token'
    """
    if not path:
        return ""
    if len(path) == 1:
        return str(path[0])
    if isinstance(path[1], int):
        if path[0] == "include":
            return "include"
        names = [str(key) for key in path[2:] if isinstance(key, str)]
        return f"[[{path[0]}]] {'.'.join(names)}".rstrip()
    depth = 2 if path[0] == "connections" else 1
    section = ".".join(str(key) for key in path[:depth])
    return f"[{section}] {'.'.join(str(key) for key in path[depth:] if isinstance(key, str))}".rstrip()


def _add_included(document: Document, folder: Path, name: str, path: KeyPath) -> None:
    where = document.where(path)
    if Path(name).is_absolute() or ".." in Path(name).parts:
        fault = Fault(f'included file "{name}" must lie in the workspace', where=where, code="CS220")
        document.faults.append(fault)
    elif not (folder / name).is_file():
        hint = "create it, or take it out of `include`"
        message = f'included file "{name}" does not exist'
        document.faults.append(Fault(message, where=where, hint=hint, code="CS220"))
    else:
        _add_file(document, folder / name, is_first=False)


def _add_file(document: Document, path: Path, *, is_first: bool) -> None:
    document.files.append(path.name)
    if not path.is_file():
        hint = "consentric init  writes one; or name yours with --config"
        document.faults.append(Fault(f'there is no configuration "{path}"', hint=hint, code="CS220"))
        return
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        message = f'"{path.name}" has {len(raw)} bytes; a configuration may have {MAX_BYTES}'
        document.faults.append(Fault(message, where=f"{path.name}:1", code="CS220"))
        return
    try:
        text = raw.decode("utf-8")
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        document.faults.append(_syntax_fault(path.name, error))
        return
    if not is_first and "include" in content:
        line = find_places(text)["include",].line
        message = "only config.toml may include other files"
        document.faults.append(Fault(message, where=f"{path.name}:{line}  include", code="CS220"))
        del content["include"]
    _join(document, content, find_places(text), path.name)


def _syntax_fault(name: str, error: tomllib.TOMLDecodeError | UnicodeDecodeError) -> Fault:
    if isinstance(error, UnicodeDecodeError):
        return Fault(f'"{name}" is not UTF-8 text', where=f"{name}:1", code="CS221")
    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    message = re.sub(r" \(at .*\)$", "", str(error))
    place = f"{name}:{found[1]}:{found[2]}" if found else name
    return Fault(f"this is not TOML: {message}", where=place, code="CS221")


def _join(document: Document, content: dict[str, Any], places: Mapping[KeyPath, Place], name: str) -> None:
    offsets: dict[str, int] = {}
    skipped: list[KeyPath] = []
    for key, value in content.items():
        existing = document.content.get(key)
        if existing is None:
            document.content[key] = value
        elif isinstance(existing, list) and isinstance(value, list):
            offsets[key] = len(existing)
            existing.extend(value)
        elif isinstance(existing, dict) and isinstance(value, dict):
            skipped += _join_tables(document, key, existing, value, places, name)
        else:
            skipped.append((key,))
            document.faults.append(_twice(document, (key,), places, name))
    for path, place in places.items():
        if any(path[: len(gone)] == gone for gone in skipped):
            continue
        moved = path
        if len(path) > 1 and isinstance(path[1], int) and str(path[0]) in offsets:
            moved = (path[0], path[1] + offsets[str(path[0])], *path[2:])
        document.origins.setdefault(moved, Origin(file=name, place=place))


def _join_tables(
    document: Document,
    key: str,
    existing: dict[str, Any],
    value: dict[str, Any],
    places: Mapping[KeyPath, Place],
    name: str,
) -> list[KeyPath]:
    skipped: list[KeyPath] = []
    for inner, inner_value in value.items():
        if inner in existing:
            skipped.append((key, inner))
            document.faults.append(_twice(document, (key, inner), places, name))
        else:
            existing[inner] = inner_value
    return skipped


def _twice(document: Document, path: KeyPath, places: Mapping[KeyPath, Place], name: str) -> Fault:
    first = document.where(path).split("  ")[0]
    where = f"{name}:{places[path].line}  {section_label(path)}"
    message = f'"{path[-1]}" is set twice; first in {first}'
    return Fault(message, where=where, hint="take one of them out", code="CS241")
