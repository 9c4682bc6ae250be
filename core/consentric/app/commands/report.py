"""`consentric report`: the six pictures, as text, page, files, mail attachment; and what may leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from consentric.app.session import current_session


@click.command()
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="One page that needs nothing else."
)
@click.option(
    "--png", type=click.Path(path_type=Path), metavar="DIR", help="A picture and its table for each part."
)
@click.option(
    "--export",
    "form",
    type=click.Choice(("parquet", "csv")),
    help="Segments under pseudonyms of another domain.",
)
@click.option(
    "--pseudonyms",
    type=click.Choice(("domain", "random")),
    default="domain",
    help="Of an export: those of its domain, or new ones that nobody can join.",
)
@click.option("--risk", is_flag=True, help="How small the groups are in which somebody could be recognised.")
def report(html: Path | None, png: Path | None, form: Any, pseudonyms: str, *, risk: bool) -> None:
    """What the segments look like, where people moved, who can be reached, and how the runs went.

    Reads what the last run published; needs no key, but for an export. Small counts are hidden.

    \b
    Examples:
      consentric report
      consentric report --html report.html --lang fr
      consentric report --png pictures
      consentric report --export csv --pseudonyms random
      consentric report --risk
    """
    from consentric.app.report.export import export_segments
    from consentric.app.report.files import write_html, write_pictures
    from consentric.app.report.published import published, published_report
    from consentric.app.report.risk import risk_of, risk_text
    from consentric.app.report.text import export_text, report_text
    from consentric.app.workspace import Workspace

    session = current_session()
    data: dict[str, Any] = {}
    texts: list[str] = []
    with Workspace.open_stores(session.config) as workspace:
        if html or png or not (form or risk):
            made = published_report(workspace, lang="fr" if session.lang == "fr" else "en")
            files = [write_html(made, html)] if html is not None else []
            files += write_pictures(made, png) if png is not None else []
            data |= {**made.as_json(), "files": [str(path) for path in files]}
            texts.append(report_text(made, files))
        if form is not None:
            with published(workspace) as connection:
                export = export_segments(workspace, connection, form, is_random=pseudonyms == "random")
            data["export"] = export.as_json()
            texts.append(export_text(export))
        if risk:
            with published(workspace) as connection:
                found = risk_of(connection, workspace.settings)
            data["risk"] = found.as_json()
            texts.append(risk_text(found))
    session.show("consentric.report/1", data, "\n\n".join(texts))
