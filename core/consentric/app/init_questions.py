"""The nine questions of `init`: what is asked, what an answer may be, and when a question falls away."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from consentric.sdk.errors import ConfigError, Fault

from .config_faults import is_reference
from .plugin_manager import did_you_mean

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; its default allows nothing."""

    id: str
    text: str
    default: str = ""
    choices: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Questions that must have been answered with something else than their default."""
    check: Callable[[str], str] | None = None
    """Gives what is wrong with an answer, or an empty text."""


def _country(answer: str) -> str:
    return "" if re.fullmatch(r"[A-Z]{2}", answer) else "write the two letters of ISO 3166, as FR"


def _reference(answer: str) -> str:
    if is_reference(answer):
        return ""
    return "never the secret itself: say where it is kept, as env:NAME or file:PATH"


def _one_line(answer: str) -> str:
    return "" if answer.isprintable() else "one line of plain text"


QUESTIONS = (
    Question(id="company", text="Company that answers for the data", check=_one_line),
    Question(id="country", text="Its country", default="FR", check=_country),
    Question(id="dpo", text="Address of its data protection officer", needs=("company",), check=_one_line),
    Question(
        id="root_key",
        text="Where the root key is kept; file:PATH makes one there",
        default="env:CONSENTRIC_ROOT_KEY",
        check=_reference,
    ),
    Question(id="crm", text="CRM to read", default="none", choices=("none", "hubspot")),
    Question(
        id="token",
        text="Where its token is kept",
        default="env:HUBSPOT_TOKEN",
        needs=("crm",),
        check=_reference,
    ),
    Question(
        id="assessment",
        text="Signed assessment for segmenting on legitimate interest (a file; empty: nobody is segmented)",
        needs=("crm",),
        check=_one_line,
    ),
    Question(
        id="subscription",
        text="Subscription type in the CRM that means consent to e-mail marketing (empty: none)",
        needs=("crm",),
        check=_one_line,
    ),
    Question(
        id="transfer",
        text="Ground on which labels may be written to the CRM",
        default="none",
        choices=("none", "eea", "adequacy", "scc", "bcr"),
        needs=("assessment", "subscription"),
    ),
)


def applies(question: Question, answers: Answers) -> bool:
    """Whether a question is asked, given the answers before it."""
    defaults = {other.id: other.default for other in QUESTIONS}
    return all(answers.get(needed, defaults[needed]) != defaults[needed] for needed in question.needs)


def refusal(question: Question, answer: str) -> str:
    """What is wrong with an answer, or an empty text; the default is always right."""
    if answer == question.default:
        return ""
    if question.choices and answer not in question.choices:
        return f"one of {', '.join(question.choices)}"
    return question.check(answer) if question.check is not None else ""


def default_answers() -> dict[str, str]:
    """Every question answered with its default."""
    return {question.id: question.default for question in QUESTIONS}


def read_answers(path: Path) -> dict[str, str]:
    """Answers from a TOML file with one key for each question; what it leaves out is the default.

    Raises:
        ConfigError: With every fault of the file.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f'"{path.name}" is not TOML: {error}', code="CS221") from None
    answers = default_answers()
    faults = []
    for key, value in given.items():
        question = next((q for q in QUESTIONS if q.id == key), None)
        if question is None:
            hint = did_you_mean(key, answers) or f"there are: {', '.join(answers)}"
            faults.append(Fault(f'no question is named "{key}"', where=path.name, hint=hint, code="CS202"))
        elif not isinstance(value, str) or refusal(question, value):
            wanted = refusal(question, value) if isinstance(value, str) else "a text in quotes"
            faults.append(Fault(f'answer "{key}": {wanted}', where=path.name))
        else:
            answers[key] = value
    for question in QUESTIONS:
        if answers[question.id] != question.default and not applies(question, answers):
            needed = " and ".join(f'"{name}"' for name in question.needs)
            faults.append(Fault(f'answer "{question.id}" needs an answer to {needed}', where=path.name))
    if faults:
        raise ConfigError(
            f"{len(faults)} answers cannot be used",
            faults=faults,
            happened="nothing was written.",
            code="CS233",
        )
    return answers
