"""The page of errors and the source: each code stands once on the page, and means one thing in the source."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from consentric.sdk import errors
from consentric.sdk.errors import ConsentricError

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"CS\d{3}")

SHARED = {
    "CS105": "each writer says it of its own CRM",
    "CS106": "each connector and writer says it of its own CRM",
    "CS107": "each connector and writer says it of its own CRM",
    "CS202": "the names of a configuration and those of the answers for `init`",
    "CS205": "a name that nothing has: of sections, and of segments",
    "CS212": "a secret that is not where the configuration says, and one that a connector cannot use",
    "CS221": "a file of the configuration, of answers, or of cases",
    "CS228": "segments and rules that cannot stand: of sets, and of personas and selections",
    "CS234": "each connector says it of its own pretend CRM",
    "CS235": "each connector says it of its own CRM",
    "CS240": "each writer says it of its own CRM",
    "CS301": "the code of `DataError` itself",
    "CS403": "a reference, and what a connector finds kept under one",
    "CS502": "each store looks when it is opened, a command looks at all of them before",
    "CS505": "SQLite files of the privacy floor, and the control store",
    "CS512": "the warehouse, and the copy of it that was published",
    "CS513": "permissions as a whole, and those for exports",
    "CS514": "whatever looks at segments: an explanation, a selection, the report",
    "CS532": "`apply` and `approve` of the same plan",
}
"""Codes that more than one module may use, and why that is one meaning all the same."""

EXIT_OF_SERIES = {"1": 4, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7}


@cache
def modules() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for floor in ("privacy", "core", "connectors", "plugins")
        for path in sorted((ROOT / floor).rglob("*.py"))
    }


@cache
def uses() -> dict[str, set[str]]:
    """Code to the modules in which it stands as a value."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found[node.value].add(module)
    return found


def rows() -> list[tuple[int, str, str, str]]:
    """Each row of the page: exit code of its heading, code, meaning, remedy."""
    found, heading = [], 0
    for line in (ROOT / "docs" / "errors.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## Exit"):
            heading = int(re.findall(r"\d+", line)[0])
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| CS"):
            code, meaning, remedy = cells
            found.append((heading, code, meaning, remedy.rstrip(" |")))
    return found


def test_the_page_lists_each_code_of_the_source_once() -> None:
    assert sorted(code for _, code, _, _ in rows()) == sorted(uses())


def test_each_code_of_the_page_has_a_meaning_and_a_remedy_of_its_own() -> None:
    meanings = [meaning for _, _, meaning, _ in rows()]
    assert len(set(meanings)) == len(meanings)
    assert all(meaning and remedy for _, _, meaning, remedy in rows())


def test_a_code_is_used_in_one_module_only_or_shared_for_a_reason() -> None:
    several = {code: sorted(where) for code, where in uses().items() if len(where) > 1}
    assert several.keys() - SHARED.keys() == set(), (
        "give each meaning its own code, or say here why they share"
    )
    assert SHARED.keys() <= uses().keys()


def test_the_page_says_which_exit_code_a_code_has() -> None:
    exits = {"CS001": 1, "CS075": 75}
    for heading, code, _, _ in rows():
        assert heading == (exits.get(code) or EXIT_OF_SERIES[code[2]]), code


def raised() -> Iterator[tuple[str, str, str]]:
    """Module, class and code of each error that is made with a code of its own."""
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield module, node.func.id, str(keyword.value.value)


def test_the_first_digit_of_a_code_is_that_of_its_exit_code() -> None:
    classes = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, ConsentricError)
    }
    checked = 0
    for module, name, code in raised():
        if name in classes and code != "CS075":
            assert classes[name].exit_code == EXIT_OF_SERIES[code[2]], f"{module}: {name} with {code}"
            checked += 1
    assert checked > 40
    for name, kind in classes.items():
        if kind is not ConsentricError:
            assert kind.exit_code == EXIT_OF_SERIES[kind.code[2]], name


@pytest.mark.parametrize("name", sorted(errors.__all__))
def test_the_tree_of_errors_names_every_class(name: str) -> None:
    assert name in str(errors.__doc__) or name in ("Fault", "RemoteKind")
