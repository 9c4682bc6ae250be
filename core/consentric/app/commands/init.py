"""`consentric init`: asks, then writes a configuration that allows no more than the answers say."""

from __future__ import annotations

from pathlib import Path

import click

from consentric.app.session import Session, current_session


@click.command()
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Answers from a TOML file, one key for each question.",
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
    from consentric.app.init_questions import default_answers, read_answers

    session = current_session()
    if answers is not None:
        given = read_answers(answers)
    else:
        given = _asked() if session.is_terminal() else default_answers()
    written = write_configuration(session.folder, given)
    text = "\n".join([*(f"wrote {path}" for path in written), "Next:  " + _next(session)])
    session.show("consentric.init/1", {"files": [str(path) for path in written]}, text)


def _asked() -> dict[str, str]:
    from consentric.app.init_questions import QUESTIONS, applies, default_answers

    answers = default_answers()
    for number, question in enumerate(QUESTIONS, start=1):
        if applies(question, answers):
            answers[question.id] = _ask(number, question.id)
    return answers


def _ask(number: int, question_id: str) -> str:
    from consentric.app.init_questions import QUESTIONS, refusal

    question = next(q for q in QUESTIONS if q.id == question_id)
    choices = f" [{'/'.join(question.choices)}]" if question.choices else ""
    while True:
        answer = click.prompt(
            f"{number}. {question.text}{choices}",
            default=question.default,
            show_default=bool(question.default),
            err=True,
        ).strip()
        wrong = refusal(question, answer)
        if not wrong:
            return str(answer)
        click.echo(f"   {wrong}", err=True)


def _next(session: Session) -> str:
    given = "" if session.config == Path("config.toml") else f" -c {session.config}"
    return f"consentric{given} config check"
