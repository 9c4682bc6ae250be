"""`consentric identity`: which records are one person, and parting or linking them by hand."""

from __future__ import annotations

import click

from consentric.app.session import current_session

_REASON = "Why; it is kept in the audit log, so it names nobody."


@click.group()
def identity() -> None:
    """Who is one person, and why.

    A person is named by any of their records, as crm:CONNECTION:ID. Names and addresses are not known here.

    Example:  consentric identity report
    """


@identity.command()
def report() -> None:
    """Count joins, conflicts, records marked apart and possible doubles; changes nothing.

    Example:  consentric identity report
    """
    from consentric.app.identity import report as report_of
    from consentric.app.render.identity import report_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        named = report_of(workspace)
    session.show("consentric.identity_report/1", named.as_json(), report_text(named))


@identity.command()
@click.argument("subject")
def show(subject: str) -> None:
    """Show a person's records, and by which kinds of keys they are one.

    Example:  consentric identity show crm:hubspot:4711
    """
    from consentric.app.identity import show as person_of
    from consentric.app.render.identity import person_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        person = person_of(workspace, subject)
    session.show("consentric.identity_person/1", person.as_json(), person_text(person))


@identity.command()
@click.argument("subject")
@click.argument("records", metavar="RECORD...", nargs=-1, required=True)
@click.option("--reason", required=True, help=_REASON)
def split(subject: str, records: tuple[str, ...], *, reason: str) -> None:
    """Part records from a person: they are another one from then on, and no key joins the two again.

    Objections and restrictions count for both; consents, purchases and labels stay with their records.

    Example:  consentric identity split crm:hubspot:4711 crm:shop:88 --reason "one mailbox, two people"
    """
    from dataclasses import asdict

    from consentric.app.identity import split as part
    from consentric.app.render.identity import split_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.working() as work:
        change = part(workspace, subject, records, reason, progress=work.progress)
    session.show("consentric.identity_split/1", asdict(change), split_text(change))


@identity.command()
@click.argument("subject")
@click.argument("other")
@click.option("--reason", required=True, help=_REASON)
def link(subject: str, other: str, *, reason: str) -> None:
    """Make two people one, also such as were parted; a no of either counts for both.

    Example:  consentric identity link crm:hubspot:4711 crm:shop:88 --reason "asked at the till"
    """
    from dataclasses import asdict

    from consentric.app.identity import link as join
    from consentric.app.render.identity import link_text
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open(session.config) as workspace, session.working() as work:
        change = join(workspace, subject, other, reason, progress=work.progress)
    data = {"linked": change is not None, **(asdict(change) if change is not None else {})}
    session.show("consentric.identity_link/1", data, link_text(change))
