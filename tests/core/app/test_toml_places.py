"""Places of keys in TOML texts."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentric.app.toml_places import find_places, place_inside

TEXT = '''# first line
include = ["a.toml"]   # joined
[connections.hubspot]
token = "env:X"
consents = { "News # letter" = "mail", other = 'x' }

[[segment]]
key = "at_risk"
name = { fr = "À risque", en = "At risk" }
cells = [
  "one",  # a comment ] here
  "two",
]
[[segment]]
key = "new"
when = """
orders = 1 and
days < 3"""
[segment.extra]
a.b = 1979-05-27T07:32:00Z
'''


def line(*path: str | int) -> int:
    return find_places(TEXT)[path].line


def test_keys_tables_and_elements_have_their_lines() -> None:
    tomllib.loads(TEXT)
    assert line("include") == 2
    assert line("include", 0) == 2
    assert line("connections", "hubspot") == 3
    assert line("connections", "hubspot", "token") == 4
    assert line("connections", "hubspot", "consents", "other") == 5
    assert line("segment", 0) == 7
    assert line("segment", 0, "name", "en") == 9
    assert line("segment", 0, "cells", 1) == 12
    assert line("segment", 1, "key") == 15
    assert line("segment", 1, "extra", "a", "b") == 20


def test_a_character_of_a_string_has_its_line_and_column() -> None:
    places = find_places(TEXT)
    key = places["segment", 1, "key"]
    assert place_inside(key, "new", 2) == (15, 10)
    when = places["segment", 1, "when"]
    content = tomllib.loads(TEXT)["segment"][1]["when"]
    assert place_inside(when, content, content.index("orders")) == (17, 1)
    assert place_inside(when, content, content.index("days")) == (18, 1)


def test_quotes_and_escapes_do_not_lead_astray() -> None:
    text = "a = \"x\\\" # ] y\"\nb = '''it''s'''\nc = [[1, 2], [3]]\n\"q.r\" = 1\n"
    tomllib.loads(text)
    places = find_places(text)
    assert places["b",].line == 2
    assert places["c", 1, 0].column == 15
    assert places["q.r",].line == 4


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    keys = st.text("abcd_-09", min_size=1, max_size=4)
    texts = st.text("aé\"'#[]{}=,\\\n ", max_size=8)
    scalars = st.one_of(st.integers(-9, 9), st.booleans(), texts, st.just(date(2026, 6, 15)))
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )
    return draw(st.dictionaries(keys, values, max_size=4))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_every_value_of_any_document_has_a_place(document: dict[str, Any]) -> None:
    import tomlkit

    text = tomlkit.dumps(document)
    places = find_places(text)
    for path in paths_of(tomllib.loads(text)):
        assert path in places, (path, text)


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += paths_of(inner, (*path, index))
    return found
