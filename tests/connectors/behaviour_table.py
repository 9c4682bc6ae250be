"""Reads the table of behaviours out of the tests of a pretend CRM, and runs single tests of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest


def behaviours(folder: Path) -> list[tuple[str, str, str]]:
    """Behaviour, source and test of every row."""
    rows = []
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.behaviour":
                        what, source = (ast.literal_eval(argument) for argument in mark.args)
                        rows.append((what, source, f"{path.name}::{node.name}"))
    return rows


def result_of(folder: Path, *tests: str) -> int:
    """Runs tests of a folder in this process, as it is patched now, until the first failure."""
    paths = [str(folder / test) for test in tests]
    return pytest.main(["-qx", "-p", "no:cacheprovider", "--import-mode=importlib", *paths])
