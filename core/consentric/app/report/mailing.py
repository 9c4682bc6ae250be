"""Sends the report by mail after a nightly run, as often as `[report]` says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb

from consentric.app.notify import NotifySettings, why
from consentric.app.outgoing import UNSENT, send_mail
from consentric.app.places import RUNS_FOLDER
from consentric.app.workspace import Workspace
from consentric_privacy.files import make_private_folder, write_atomic
from consentric_privacy.secrets import resolve

from .page import html_page
from .published import published_report
from .report import Report
from .words import Words

SENT_FILE = "reported.json"


def mail_report_if_due(workspace: Workspace, *, tell: Callable[[str], None]) -> bool:
    """Mails the page to `[report] to`, when it is due; what cannot be sent is said, and no run fails of it.

    Returns:
        Whether it was sent.
    """
    settings = workspace.settings
    to, now = settings.report.to, workspace.clock().astimezone(settings.time.info)
    if to is None or (settings.report.send == "weekly" and _is_of_week(_last_sent(workspace.folder), now)):
        return False
    try:
        report = published_report(workspace, lang=settings.workspace.language)
        _send(report, to, settings.notify, folder=workspace.folder)
        _remember(workspace.folder, now)
    except (*UNSENT, duckdb.Error) as error:
        tell(f"! the report of [report] was not sent: {why(error)}")
        return False
    return True


def _send(report: Report, to: str, notify: NotifySettings, *, folder: Path) -> None:
    words = Words(report.lang)
    day = words.day(report.day or report.made_on)
    secret = notify.smtp_password
    send_mail(
        words(f"Segments report, {day}", f"Rapport sur les segments, {day}"),
        "\n".join(f"- {one.finding} ({one.period})" for one in report.pictures) + "\n",
        to=to,
        sender=notify.sender or notify.mail or to,
        smtp=notify.smtp,
        password=resolve(secret, base=folder).reveal() if secret is not None else "",
        page=(f"report-{report.made_on}.html", html_page(report)),
    )


def _last_sent(folder: Path) -> datetime | None:
    try:
        kept = json.loads((folder / RUNS_FOLDER / SENT_FILE).read_text(encoding="utf-8"))
        return datetime.fromisoformat(kept["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_of_week(sent: datetime | None, now: datetime) -> bool:
    return sent is not None and sent.astimezone(now.tzinfo).isocalendar()[:2] == now.isocalendar()[:2]


def _remember(folder: Path, now: datetime) -> None:
    make_private_folder(folder / RUNS_FOLDER)
    write_atomic(folder / RUNS_FOLDER / SENT_FILE, json.dumps({"at": now.isoformat()}).encode())
