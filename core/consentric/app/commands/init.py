"""`consentric init`: asks, then writes a configuration that allows no more than the answers say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from consentric.app.session import Session, current_session

if TYPE_CHECKING:
    from consentric.app.init_questions import Answer, Answers, Part


@click.command()
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Answers from a TOML file, a table for each CRM.",
)
def init(answers: Path | None) -> None:
    """Ask at most nine questions, then write config.toml, segments.toml and privacy.toml.

    Answered with its defaults, the configuration reads no CRM, allows nothing and writes nowhere.
    Secrets are named by where they are kept, never written down. Nothing is overwritten.

    \b
    Examples:
      consentric init
      consentric -c acme/config.toml init --answers answers.toml
    """
    from consentric.app.init import write_configuration
    from consentric.app.init_answers import read_answers
    from consentric.app.init_questions import default_answers

    session = current_session()
    if answers is not None:
        given = read_answers(answers)
    else:
        given = _asked() if session.is_terminal() else default_answers()
    written = write_configuration(session.folder, given)
    text = "\n".join([*(f"wrote {path}" for path in written), *_only_read(given), *_next(session, given)])
    session.show("consentric.init/1", {"files": [str(path) for path in written]}, text)


def _asked() -> dict[str, Answer]:
    from consentric.app.init_questions import QUESTIONS, default_answers, lacking

    answers = default_answers()
    for number, question in enumerate(QUESTIONS, start=1):
        for part in question.parts:
            if part.is_asked and not lacking(part, answers):
                answers[part.key] = _ask(number, part, answers)
    return answers


def _ask(number: int, part: Part, answers: Answers) -> Answer:
    from consentric.app.init_questions import contradictions, refusal

    choices = f" [{'/'.join(part.choices)}]" if part.choices else ""
    several = ", with commas between" if part.is_list else ""
    default = "" if part.is_list else str(part.default)
    while True:
        typed = click.prompt(
            f"{number}. {part.text}{several}{choices}",
            default=default,
            show_default=bool(default),
            err=True,
        ).strip()
        answer = _several(typed) if part.is_list else str(typed)
        wrong = refusal(part, answer) or contradictions({**answers, part.key: answer}).get(part.key, "")
        if not wrong:
            return answer
        click.echo(f"   {wrong}", err=True)


def _several(typed: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in typed.split(",") if one.strip())


def _only_read(answers: Answers) -> list[str]:
    from consentric.app.init_files import read_only
    from consentric.app.init_questions import CRMS

    why = "no ground of transfer (answer 9)"
    return [
        f"{CRMS[crm]} is read, not written: {lack or why}"
        for crm in read_only(answers)
        for lack in [_purpose_lacking(crm, answers)]
    ]


def _purpose_lacking(crm: str, answers: Answers) -> str:
    from consentric.app.init_questions import PARTS, lacking

    lack = lacking(PARTS[f"{crm}.transfer"], answers)
    return f"it needs {lack} (answer 5)" if lack else ""


def _next(session: Session, answers: Answers) -> list[str]:
    given = "" if session.config == Path("config.toml") else f" -c {session.config}"
    steps = ["config check"]
    if answers["assessment"]:
        is_there = (session.folder / str(answers["assessment"])).exists()
        steps = [] if is_there else [f"records lia --draft --out {answers['assessment']}     then answer it"]
        steps += [f'records lia --sign {answers["assessment"]} --by "NAME"']
    if answers["crms"]:
        steps += ["doctor", "preview"]
    return [f"{'       ' if n else 'Next:  '}consentric{given} {step}" for n, step in enumerate(steps)]
