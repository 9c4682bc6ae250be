"""Reads the source of a plugin and names what its contract forbids; a look, no proof."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CLOSED = ("consentric_privacy", "consentric.app", "consentric.control", "consentric.pull", "consentric.gate")
"""Floors of the engine that hold keys, names or decisions."""


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """One line that should be looked at."""

    text: str
    is_breach: bool


def findings_in_source(module: str) -> list[SourceFinding]:
    """What stands in the files of the package that a module is in."""
    package = module.partition(".")[0]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return []
    root = Path(spec.origin)
    files = sorted(root.parent.rglob("*.py")) if root.name == "__init__.py" else [root]
    return [finding for file in files for finding in _in_file(file)]


def _in_file(file: Path) -> Iterator[SourceFinding]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return
    for node in ast.walk(tree):
        for text, is_breach in _of_node(node):
            yield SourceFinding(f"{file.name}:{node.lineno}: {text}", is_breach)  # type: ignore[attr-defined]


def _of_node(node: ast.AST) -> Iterator[tuple[str, bool]]:
    match node:
        case ast.Import(names=names):
            yield from (_closed(alias.name) for alias in names if _is_closed(alias.name))
        case ast.ImportFrom(module=str(module)) if _is_closed(module):
            yield _closed(module)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr="sleep")):
            yield "waits itself; the transport waits, and asks again", True
        case ast.Call(func=ast.Name(id="print")):
            yield "prints; a report or a pipe reads standard output", False
        case ast.keyword(arg="verify", value=ast.Constant(value=False)):
            yield "trusts any certificate (verify=False)", True
        case ast.ExceptHandler(type=None):
            yield "catches everything, Ctrl-C too (bare except)", False


def _is_closed(module: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in CLOSED)


def _closed(module: str) -> tuple[str, bool]:
    return f"imports {module}, which is no part of the contract", True
