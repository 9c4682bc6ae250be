"""`consentric consent`: the decision about consent, put to the test."""

from __future__ import annotations

from pathlib import Path

import click

from consentric.app.render.table import table
from consentric.app.session import current_session
from consentric.sdk.errors import ConfigError


@click.group()
def consent() -> None:
    """What people allowed, and how that is decided.

    Example:  consentric consent test tests/data/decision_cases.json
    """


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
