"""Reads the answers to `init` from a file: one key for each part, a table for each CRM."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from consentric.sdk.errors import ConfigError, Fault

from .init_questions import CRMS, PARTS, Answer, contradictions, default_answers, lacking, refusal
from .plugin_manager import did_you_mean


def read_answers(path: Path) -> dict[str, Answer]:
    """Answers from a TOML file; what it leaves out is the default.

    Raises:
        ConfigError: With every fault of the file.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f'"{path.name}" is not TOML: {error}', code="CS221") from None
    answers = default_answers()
    faults = [*_taken(given, answers, path.name)]
    wrong = {key for key in PARTS if any(f'"{key}"' in fault.message for fault in faults)}
    faults += _beside_each_other(answers, wrong, path.name)
    if faults:
        count = "1 answer" if len(faults) == 1 else f"{len(faults)} answers"
        raise ConfigError(
            f"{count} cannot be used", faults=faults, happened="nothing was written.", code="CS233"
        )
    return answers


def _taken(given: Mapping[str, Any], answers: dict[str, Answer], file: str) -> Iterator[Fault]:
    """Puts what can be read into `answers`; gives a fault for the rest."""
    for key, value in _flat(given):
        part = PARTS.get(key)
        if part is None:
            hint = did_you_mean(key, PARTS) or f"there are: {', '.join(PARTS)}"
            yield Fault(f'no question is named "{key}"', where=file, hint=hint, code="CS202")
            continue
        answer = _answer(value, is_list=part.is_list)
        if answer is None:
            wanted = 'a list of texts, as ["a", "b"]' if part.is_list else "a text in quotes"
            yield Fault(f'answer "{key}": {wanted}', where=file)
        elif wrong := refusal(part, answer):
            yield Fault(f'answer "{key}": {wrong}', where=file)
        else:
            answers[key] = answer


def _beside_each_other(answers: Mapping[str, Answer], wrong: set[str], file: str) -> Iterator[Fault]:
    """Answers that rest on one that was not given, that are missing, or that contradict each other."""
    for key, part in PARTS.items():
        if key in wrong or any(need.partition(": ")[0] in wrong for need in part.needs):
            continue  # its own fault says enough
        missing = lacking(part, answers)
        if missing and answers[key] != part.default:
            yield Fault(f'answer "{key}" needs {missing}', where=file)
        elif not missing and (refused := refusal(part, answers[key])):
            yield Fault(f'answer "{key}": {refused}', where=file, hint=part.text)
    for key, what in contradictions(answers).items():
        if not {key, "mailchimp.audiences"} & wrong:
            yield Fault(f'answer "{key}": {what}', where=file)


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        if key in CRMS and isinstance(value, dict):
            yield from ((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            yield key, value


def _answer(value: Any, *, is_list: bool) -> Answer | None:
    if is_list:
        is_texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return tuple(value) if is_texts else None
    return value if isinstance(value, str) else None
