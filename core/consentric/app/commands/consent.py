"""`consentric consent`: how the decision about consent stands, why, and the decision put to the test."""

from __future__ import annotations

from pathlib import Path

import click

from consentric.app.render.table import table
from consentric.app.session import current_session
from consentric.sdk.errors import ConfigError

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def consent() -> None:
    """What people allowed, and how that is decided.

    Example:  consentric consent audit
    """


@consent.command()
@click.option("--purpose", metavar="PURPOSE", help="Only this purpose.")
@click.option("--without-claims", is_flag=True, help="As if no [[evidence]] stood in the configuration.")
@click.option("--csv", "listing", type=_FILE, metavar="FILE", help="Write the classes to a file.")
@click.option("--came-in", type=_FILE, metavar="FILE", help="Write the records that came in by claims.")
def audit(purpose: str | None, without_claims: bool, listing: Path | None, came_in: Path | None) -> None:
    """Who may be segmented and mailed today, who not, and the one thing that would change it.

    Reads what was pulled and writes nothing; asks no CRM. Each change named was tried with the decision
    itself. --came-in names records as crm:CONNECTION:ID, in a file that only you can read.

    \b
    Examples:
      consentric consent audit
      consentric consent audit --purpose email_marketing --csv classes.csv
    """
    from consentric.app.consent_audit import as_json, audit_consent, records_that_came_in
    from consentric.app.plan_rows import csv_text
    from consentric.app.render.audit import COLUMNS, audit_text, class_cells
    from consentric.app.workspace import Workspace
    from consentric_privacy.files import write_atomic

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        found = audit_consent(
            workspace, purpose=purpose, without_claims=without_claims, names_people=came_in is not None
        )
        if listing is not None:
            cells = [class_cells(*one) for question in found.questions for one in found.classes(question)]
            write_atomic(listing, csv_text(cells, COLUMNS).encode())
        if came_in is not None:
            rows = records_that_came_in(workspace, found)
            write_atomic(came_in, csv_text(rows, ("record", "purpose", "channel", "claims")).encode())
    session.show("consentric.consent_audit/1", as_json(found), audit_text(found))


@consent.command()
@click.argument("subject", default="-")
@click.option("--purpose", metavar="PURPOSE", help="Only this purpose.")
def explain(subject: str, purpose: str | None) -> None:
    """Why a person is or is not allowed: rule, basis, and the event it rests on with its proof.

    A person is named as in  consentric explain : by a record, or by an address that is read from a prompt
    or standard input.

    \b
    Examples:
      consentric consent explain crm:hubspot:4711
      consentric consent explain crm:hubspot:4711 --purpose email_marketing
    """
    from consentric.app.commands.explain import asked_subject
    from consentric.app.render.verdicts import verdicts_text
    from consentric.app.subjects import refuse_address
    from consentric.app.verdicts import explain_consent
    from consentric.app.workspace import Workspace

    session = current_session()
    refuse_address(subject)
    named = asked_subject(session) if subject == "-" else subject
    with Workspace.open_stores(session.config) as workspace:
        explanation = explain_consent(workspace, named, purpose=purpose)
    session.show(
        "consentric.consent_explanation/1",
        explanation.as_json(),
        verdicts_text(explanation, lang=session.lang),
    )


@consent.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def test(ctx: click.Context, file: Path) -> None:
    """Run the decision on every case of a file; exit 0 only if all give what is expected.

    A case names a person's history and the verdict expected of it; no store and no key is needed.

    Example:  consentric consent test tests/data/decision_cases.json
    """
    from consentric_privacy.cases import run_cases

    session = current_session()
    try:
        results = run_cases(file)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        lacks = f"{error} is missing" if isinstance(error, KeyError) else "it has another form"
        raise ConfigError(
            f'"{file.name}" cannot be read as cases: {lacks}',
            hint="docs/consent.md shows a file of cases",
            happened="nothing was decided.",
            code="CS221",
        ) from None
    failed = sum(not result.passed for result in results)
    rows = [(r.id, r.expected, r.got, "" if r.passed else "FAILED") for r in results]
    text = f"{table(('case', 'expected', 'got', ''), rows)}\n{len(results) - failed} passed, {failed} failed"
    data = {
        "passed": len(results) - failed,
        "failed": failed,
        "cases": [{"id": r.id, "expected": r.expected, "got": r.got, "passed": r.passed} for r in results],
    }
    session.show("consentric.consent_test/1", data, text)
    ctx.exit(1 if failed else 0)
