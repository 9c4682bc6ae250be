"""Turns what a model says against a document into faults that name file, line, section, key and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from consentric.sdk.errors import Fault
from consentric_privacy.secrets import SCHEMES, looks_like_secret

from .documents import Document
from .plugin_manager import did_you_mean
from .toml_places import Path as KeyPath

_SHOWN_LENGTH = 60


def model_faults(
    document: Document, error: ValidationError, *, model: type[BaseModel], prefix: KeyPath = ()
) -> list[tuple[KeyPath, Fault]]:
    """One fault for each thing that the model refuses, with its path.

    Args:
        document: Where the places are.
        error: What the model said.
        model: The model, for the names it knows.
        prefix: Path of the table that the model was given.
    """
    found = []
    for detail in error.errors(include_url=False):
        location = _without_union_tags(document, prefix, detail["loc"])
        path = (*prefix, *location)
        found.append((path, _fault(document, detail, path, known_keys(model, location[:-1]))))
    return found


def literal_secrets(document: Document) -> list[tuple[KeyPath, Fault]]:
    """A fault for every text of the document that looks like a token or key; the text is not repeated."""
    return [
        (path, literal_secret(document, path))
        for path, text in _texts(document.content, ())
        if looks_like_secret(text) and not _is_pin(path)
    ]


def literal_secret(document: Document, path: KeyPath) -> Fault:
    """The fault of a secret that stands in a file itself."""
    key = next((key for key in reversed(path) if isinstance(key, str)), "")
    return Fault(
        f'"{key}" holds a secret itself; a configuration only says where a secret is kept',
        where=document.where(path),
        hint=f'write  {key} = "env:NAME"  (or file:, keyring:, exec:), and renew the secret: it was exposed',
        code="CS203",
    )


def secret_fields(settings: BaseModel) -> list[str]:
    """Names of the settings whose value is a secret."""
    return [
        name
        for name, field in type(settings).model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    ]


def is_reference(text: str) -> bool:
    """Whether a text says where a secret is kept."""
    scheme, _, place = text.partition(":")
    return scheme in SCHEMES and bool(place)


def known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that a table inside the model knows; none when it is no model.

    >>> from consentric.pull.settings import MoneySettings
    >>> known_keys(MoneySettings, ())
    ['reporting', 'rates']
    """
    candidates: list[Any] = [model]
    for key in location:
        candidates = [inner for candidate in candidates for inner in _inside(candidate, key)]
    models = [m for candidate in candidates for m in _models(candidate)]
    return [field.alias or name for m in models for name, field in m.model_fields.items()]


def _fault(document: Document, detail: Any, path: KeyPath, known: list[str]) -> Fault:
    key = path[-1] if path else ""
    where = document.where(path)
    if detail["type"] == "extra_forbidden":
        what = "section" if len(path) == 1 else "setting"
        hint = did_you_mean(str(key), known) or f"there are: {', '.join(sorted(known))}"
        return Fault(f'unknown {what} "{key}"', where=where, hint=hint, code="CS202")
    if detail["type"] == "missing":
        return Fault(f'setting "{key}" is missing', where=where, hint=f"add  {key} = ...", code="CS204")
    said = str(detail["msg"]).removeprefix("Value error, ")
    value = document.value(path)
    named = next((k for k in reversed(path) if isinstance(k, str)), "")
    shown = f" = {_shown(value)}" if _may_show(value) else ""
    offset = getattr(detail.get("ctx", {}).get("error"), "offset", None)
    if detail["type"] == "literal_error" and path[0] == "segment_set" and isinstance(value, str):
        offset = 0  # the column of a map, method or scoring that there is not
    place = document.where(path, offset=offset) if isinstance(offset, int) else where
    hint = str(getattr(detail.get("ctx", {}).get("error"), "hint", "")) or _choices_hint(detail, value)
    subject = f'setting "{named}"{shown}: ' if isinstance(named, str) and named else ""
    return Fault(f"{subject}{said[:1].lower()}{said[1:]}", where=place, hint=hint)


def _choices_hint(detail: Any, value: Any) -> str:
    expected = detail.get("ctx", {}).get("expected")
    if detail["type"] not in ("literal_error", "enum") or not isinstance(expected, str):
        return ""
    choices = [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]
    return did_you_mean(str(value), choices)


def _may_show(value: Any) -> bool:
    """A value is shown when it is short and can be neither a secret nor somebody's address."""
    if isinstance(value, bool | int | float):
        return True
    return (
        isinstance(value, str)
        and len(value) <= _SHOWN_LENGTH
        and "@" not in value
        and not looks_like_secret(value)
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _without_union_tags(
    document: Document, prefix: KeyPath, location: tuple[int | str, ...]
) -> tuple[int | str, ...]:
    """Drops what the model adds for the member of a union: no key of the file has that name."""
    kept: list[int | str] = []
    for index, key in enumerate(location):
        is_last = index == len(location) - 1
        if (is_last and not _is_tag(key)) or _exists(document, (*prefix, *kept, key)):
            kept.append(key)
    return tuple(kept)


def _is_tag(key: int | str) -> bool:
    return isinstance(key, str) and (
        key[:1].isupper() or "[" in key or key in ("str", "int", "bool", "float")
    )


def _exists(document: Document, path: KeyPath) -> bool:
    return document.value(path) is not None


def _inside(annotation: Any, key: str | int) -> list[Any]:
    found = []
    for model in _models(annotation):
        for name, field in model.model_fields.items():
            if key in (name, field.alias):
                found.append(field.annotation)
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin in (Union, UnionType):
        found += [inner for argument in arguments for inner in _inside(argument, key)]
    elif origin is dict and isinstance(key, str):
        found.append(arguments[1])
    elif origin in (list, tuple, set, frozenset) and isinstance(key, int):
        found += [argument for argument in arguments if argument is not Ellipsis]
    elif hasattr(annotation, "__metadata__"):
        found += _inside(arguments[0], key)
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, UnionType) or hasattr(annotation, "__metadata__"):
        return [model for argument in get_args(annotation) for model in _models(argument)]
    return []


def _is_pin(path: KeyPath) -> bool:
    """A hash over files that anybody may read; whether it is one, its model says."""
    return path[:2] == ("plugins", "allow") and path[-1] == "sha256"


def _texts(value: Any, path: KeyPath) -> list[tuple[KeyPath, str]]:
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _texts(inner, (*path, key))]
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in _texts(inner, (*path, index))]
    return []
