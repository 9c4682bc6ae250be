"""`consentric explain`: a person's segments, one segment, or a code, in plain words."""

from __future__ import annotations

import sys

import click

from consentric.app.messages import unknown_name
from consentric.app.session import Session, current_session


@click.command()
@click.argument("what", metavar="[SUBJECT|SEGMENT|CODE]", default="-")
def explain(what: str) -> None:
    """Why a person is in a segment, and what would change it; or what a segment or a code means.

    A person is named by a record of a CRM. An address is never given on the command line, where other
    users of the machine could read it: without an argument it is read from a prompt or standard input.

    \b
    Examples:
      consentric explain crm:hubspot:4711
      consentric explain < address.txt
      consentric explain rfm5.at_risk
      consentric explain CONSENT_WITHDRAWN
    """
    from consentric.app.subjects import RECORD, refuse_address

    session = current_session()
    refuse_address(what)
    if what == "-":
        _explain_person(session, asked_subject(session))
    elif what.startswith(RECORD):
        _explain_person(session, what)
    elif what.isupper():
        _explain_code(session, what)
    else:
        _explain_segment(session, what)


def asked_subject(session: Session) -> str:
    """Whom a command is about, typed at a prompt or read from standard input."""
    if session.is_terminal():
        return str(click.prompt("Address, telephone number or crm:CONNECTION:ID", err=True)).strip()
    return sys.stdin.readline().strip()


def _explain_person(session: Session, subject: str) -> None:
    from consentric.app.explanation import explain_subject
    from consentric.app.outlets import segment_sets
    from consentric.app.render.explanation import explanation_text
    from consentric.app.render.segments import titles_of
    from consentric.app.workspace import Workspace

    with Workspace.open_stores(session.config) as workspace:
        explanation = explain_subject(workspace, subject)
        titles = titles_of(segment_sets(workspace), session.lang)
    text = explanation_text(explanation, titles, lang=session.lang)
    session.show("consentric.explanation/1", explanation.as_json(), text)


def _explain_code(session: Session, code: str) -> None:
    from consentric.app.render.words import REASONS
    from consentric_privacy.effects import EFFECTS

    if code not in REASONS:
        raise unknown_name("reason", code, sorted(REASONS))
    effect = str(EFFECTS.get(code, ""))
    meaning = {
        "remove": "a label already written is taken off in the next run; no brake holds it",
        "expire": "a label already written is taken off; the brake counts it",
        "hold": "a label already written is neither moved nor taken off",
        "refuse": "our configuration forbids it: the destination stops until it is mended",
        "": "the record is left alone and reported",
    }[effect]
    data = {"code": code, "words": REASONS[code], "effect": effect}
    session.show("consentric.code/1", data, f"{code}: {REASONS[code]}\n  {meaning}")


def _explain_segment(session: Session, name: str) -> None:
    from consentric.app.config import read_config
    from consentric.app.render.segments import listed_segments_text
    from consentric.segments.assembly import assemble
    from consentric.segments.sets import segments_named

    settings = read_config(session.config).settings
    sets = assemble(settings.segment_set, settings.segment)
    found = segments_named(sets, name)
    if not found:
        raise unknown_name("segment", name, [f"{one.name}.{s.key}" for one in sets for s in one.segments])
    lines = [listed_segments_text(found, session.lang)]
    for one in found:
        meaning = one.segments[0].meaning
        if meaning is not None:
            lines.append(meaning.fr if session.lang == "fr" else meaning.en)
        lines.append(f"Computed for the purpose {one.purpose}.")
    data = {"segments": [f"{one.name}.{one.segments[0].key}" for one in found]}
    session.show("consentric.segment_explanation/1", data, "\n".join(lines))
