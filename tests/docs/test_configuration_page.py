"""Models, examples and the page about the configuration say the same."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from consentric.app.config import load_config
from consentric.app.plugin_manager import Plugins
from consentric.app.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = ("config.example.toml", "segments.example.toml", "privacy.example.toml")
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<default>.+?) \| (?P<meaning>.+) \|$", re.MULTILINE)


def tables() -> dict[str, dict[str, tuple[str, str]]]:
    """Heading to setting to default and meaning."""
    found = {}
    for block in re.split(r"^#+ ", PAGE, flags=re.MULTILINE)[1:]:
        heading, _, body = block.partition("\n")
        found[heading.strip("`")] = {
            row["name"]: (row["default"], row["meaning"]) for row in ROW.finditer(body)
        }
    return found


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]


def is_list(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(is_list(argument) for argument in get_args(annotation))
    return get_origin(annotation) in (list, tuple)


def sections() -> list[tuple[str, type[BaseModel]]]:
    """Every table of the configuration, by its heading on the page."""
    found: list[tuple[str, type[BaseModel]]] = []

    def walk(model: type[BaseModel], path: str) -> None:
        for name, field in model.model_fields.items():
            for inner in models_in(field.annotation):
                if inner.__name__ == "Texts":
                    continue
                inner_path = f"{path}.{field.alias or name}".lstrip(".")
                if get_origin(field.annotation) is dict:
                    inner_path += ".NAME"
                heading = f"[[{inner_path}]]" if is_list(field.annotation) else f"[{inner_path}]"
                found.append((heading, inner))
                walk(inner, inner_path)

    walk(Settings, "")
    for plugin in Plugins().load_all():
        for name in plugin.connectors:
            settings = Plugins().connector(name).settings_model
            found.append((f'[connections.NAME] connector = "{name}"', settings))
            walk(settings, "connections.NAME")
    return found


def shown_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, BaseModel) or (isinstance(value, dict) and value):
        return "see below"
    plain = list(value) if isinstance(value, tuple | set | frozenset) else value
    return f"`{json.dumps(plain)}`"


@pytest.mark.parametrize(("heading", "model"), sections(), ids=lambda value: str(value)[:60])
def test_every_setting_is_on_the_page_with_its_default_and_a_sentence(
    heading: str, model: type[BaseModel]
) -> None:
    shown = tables().get(heading)
    assert shown is not None, f"docs/configuration.md has no section {heading}"
    expected = {field.alias or name: shown_default(field) for name, field in model.model_fields.items()}
    assert {name: default for name, (default, _) in shown.items()} == expected
    assert all(meaning.endswith(".") for _, meaning in shown.values())


def test_the_page_names_no_section_that_does_not_exist() -> None:
    headings = {heading for heading in tables() if heading.startswith("[")}
    assert headings == {heading for heading, _ in sections()}


def test_the_examples_have_no_fault(tmp_path: Path) -> None:
    for name in EXAMPLES:
        shutil.copy(ROOT / name, tmp_path)
    config = load_config(tmp_path / EXAMPLES[0])
    assert config.document.files == list(EXAMPLES)
    sets = ["rfm5", "lifecycle", "engagement", "winback", "abc", "best_heat", "intent"]
    assert [one.name for one in config.settings.segment_set] == sets
    assert [one.name for one in config.settings.destination] == ["hubspot-prod"]


def test_every_section_is_in_the_examples() -> None:
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in EXAMPLES)
    for name in Settings.model_fields:
        assert re.search(rf"^#? ?(\[+{name}\b|{name} =)", texts, re.MULTILINE), name


def test_the_examples_have_no_fault_with_their_commented_settings_in_force(tmp_path: Path) -> None:
    for name in EXAMPLES:
        text = (ROOT / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"^# (?=[\w\[]+\]? ?(=|$))", "", text, flags=re.MULTILINE))
    settings = load_config(tmp_path / EXAMPLES[0]).settings
    assert settings.clock is not None
    assert settings.workspace.analytics_group == "analysts"
    assert settings.connections["hubspot"].sandbox == "../sandbox"
