"""Lists every setting in force with its value and the place that set it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .config import Config
from .documents import section_label
from .toml_places import Path as KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSetting:
    """One setting: `[time] zone`, its value as TOML writes it, and `config.toml:12` or `default`."""

    label: str
    value: str
    origin: str


def listed_settings(config: Config) -> list[ListedSetting]:
    """Every setting in force, in the order of the models; a secret is shown as its reference."""
    content = config.settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    return [
        ListedSetting(
            label=_label(path), value=json.dumps(value, ensure_ascii=False), origin=_origin(config, path)
        )
        for path, value in _leaves(content, ())
    ]


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    elif value not in ({}, []) or len(path) > 1:
        yield path, value


def _label(path: KeyPath) -> str:
    if len(path) > 1 and isinstance(path[1], int):
        return section_label(path).replace("]] ", f" {path[1] + 1}]] ", 1)
    return section_label(path)


def _origin(config: Config, path: KeyPath) -> str:
    origin = config.document.origins.get(path)
    return f"{origin.file}:{origin.place.line}" if origin is not None else "default"
