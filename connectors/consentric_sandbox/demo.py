"""`consentric demo`: the whole way on a published year of purchases, told step by step."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .demo_crms import counted, labelled, labelled_groups, make_fields, withdraw, writes_seen
from .demo_world import make_world
from .people.spread import CRMS

if TYPE_CHECKING:
    from consentric.app.session import Session
    from consentric.app.stages import SyncReport
    from consentric.app.workspace import Workspace

WITHDRAWALS = 7
"""In each CRM."""


@click.command()
@click.argument("folder", default="demo", type=click.Path(file_okay=False, path_type=Path))
def demo(folder: Path) -> None:
    """The whole job on a published year of purchases in three pretend CRMs: no account, no network.

    Reads a HubSpot, a Salesforce and a Mailchimp with 160,000 orders, finds out who is one person, computes
    segments over pseudonyms, plans, waits for an approval, writes, and shows what happens when people change
    their mind in one of the three. Everything lies in FOLDER; it can be deleted at any time.

    Example:  consentric demo ./demo
    """
    from consentric.app.session import current_session

    _Story(current_session(), folder.resolve()).tell()


class _Story:
    """One telling; each chapter opens the workspace anew, as a timer would."""

    def __init__(self, session: Session, folder: Path) -> None:
        self._session = session
        self._folder = folder
        self._began = time.monotonic()

    def tell(self) -> None:
        self._say(
            "A grocer's year of baskets (The Complete Journey, 84.51°); invented names for 2,469 households.",
            "Making a pretend HubSpot, Salesforce and Mailchimp, and a shop's customer file ...",
        )
        self._world = make_world(self._folder)
        self._prepare()
        self._pull()
        self._identity()
        self._segment()
        self._first_apply()
        self._second_sync()
        before = labelled(self._world.sandbox)
        leaving = withdraw(self._world.sandbox, before, WITHDRAWALS, at=self._now())
        self._third_sync(before, leaving)
        self._explain(before, leaving)
        self._crm_view()
        self._report()
        self._next()

    def _prepare(self) -> None:
        """What people do beforehand: a balancing test is signed, Salesforce's admin makes three fields."""
        from consentric_privacy.assessment import sign_assessment

        with self._open() as workspace:
            marker = f"managed by consentric {workspace.control.store_id}"
            for purpose in workspace.settings.purpose:
                if purpose.assessment is not None:
                    at = workspace.clock()
                    sign_assessment(workspace.people, purpose, workspace.folder, signed_by="dpo", at=at)
        make_fields(self._world.sandbox, marker=marker)

    def _pull(self) -> None:
        from consentric.app import stages
        from consentric.app.render.pull import pulls_text

        self._chapter("Read the three CRMs and the shop's file", "consentric pull")
        with self._open() as workspace, self._session.working() as work:
            reading = stages.pull(workspace, progress=work.progress)
        self._say(pulls_text(reading.pulls))

    def _identity(self) -> None:
        from consentric.app.render.table import number
        from consentric_sandbox.people import expected

        with self._open() as workspace:
            groups: dict[bytes, list[str]] = {}
            live = list(workspace.vault.live(None))
            links = workspace.vault.links([record.rref for record in live])
            for record in live:
                link = links[record.rref]
                groups.setdefault(record.sid, []).append(f"{link.account}:{link.id}")
        found = expected.compare(groups.values(), self._world.sandbox)
        self._say(
            f"{number(len(live))} records are {number(len(groups))} people: "
            f"{number(found.joined)} pairs joined, {found.wrong} wrongly, {found.missed} missed, "
            f"and {found.missed_as_listed} that no key can tell (we invented them, so we know)."
        )
        if found.wrong or found.missed:
            raise click.ClickException("the groups are not those of the people who were made")

    def _segment(self) -> None:
        from consentric.app import stages
        from consentric.app.render.segments import segments_text

        self._chapter("Compute segments over pseudonyms of those who may be segmented", "consentric segment")
        with self._open() as workspace, self._session.working() as work:
            report = stages.segment(workspace, progress=work.progress)
            text = segments_text(report, self._titles(workspace))
        self._say(text.rsplit("\nNext:", 1)[0])

    def _first_apply(self) -> None:
        from consentric.app import stages
        from consentric.app.render.apply import apply_text
        from consentric.app.render.plan import plans_text

        self._chapter("Plan: who may be labelled, who not and why; nothing is written", "consentric plan")
        with self._open() as workspace, self._session.working() as work:
            planning = stages.plan(workspace, progress=work.progress)
            self._say(plans_text(planning, self._titles(workspace)))
        self._chapter(
            "The first apply to a CRM waits for a named approval", "consentric approve PLAN --reason ..."
        )
        with self._open() as workspace:
            for plan in planning.plans:
                stages.approve(workspace, plan.plan, "first labels of the demo, looked at", by="demo")
                self._say(f"  {plan.destination}: {plan.plan} is approved")
        self._chapter("Apply: consent is checked again at the last moment", "consentric apply PLAN")
        with self._open() as workspace, self._session.working() as work:
            applied = [stages.apply(workspace, plan.plan, progress=work.progress) for plan in planning.plans]
        for report in applied:
            self._say(apply_text(report).rsplit("\nNext:", 1)[0])
            self._expect(report.exit_code == 0, "an apply did not finish")

    def _second_sync(self) -> None:
        from consentric.app.render.table import number

        self._chapter("The next night: nothing changed, so nothing is written", "consentric sync")
        report = self._sync()
        with self._open() as workspace:
            standing = sum(records_with_labels(workspace).values())
        self._say(
            f"{number(report.writes)} writes; the labels of {number(standing)} records stand as they should."
        )
        self._expect(report.exit_code == 0 and report.writes == 0, "a second sync wrote something")

    def _third_sync(self, before: dict[str, str], leaving: dict[str, list[str]]) -> None:
        from consentric.app.render.apply import apply_text

        self._chapter(
            f"{len(leaving)} people leave the newsletter, {WITHDRAWALS} of them in each CRM; the night after",
            "consentric sync",
        )
        report = self._sync()
        for one in report.applies:
            self._say(apply_text(one).rsplit("\nNext:", 1)[0])
        after = labelled(self._world.sandbox)
        theirs = {record for records in leaving.values() for record in records}
        gone = counted(before) - counted(after)
        told = ", ".join(f"{crm} {gone[crm]}" for crm in CRMS)
        self._say(
            f"A no in one CRM counts in all: {gone.total()} labels are gone ({told}); nobody else moved."
        )
        others = {record: name for record, name in before.items() if record not in theirs}
        self._expect(after == others, "others than those who withdrew have moved")
        self._expect(report.exit_code == 0, "the third sync did not finish")

    def _explain(self, before: dict[str, str], leaving: dict[str, list[str]]) -> None:
        from consentric.app.explanation import explain_subject
        from consentric.app.render.explanation import explanation_text

        groups = labelled_groups(self._world.sandbox, before)
        stayed = next(group[0] for group in groups if group not in leaving.values())
        for record in (stayed, next(iter(leaving))):
            subject = f"crm:{record}"
            self._chapter("Why?", f"consentric explain {subject}")
            with self._open() as workspace:
                explanation = explain_subject(workspace, subject)
                self._say(explanation_text(explanation, self._titles(workspace), lang=self._session.lang))

    def _crm_view(self) -> None:
        from consentric.app.render.table import number

        self._chapter(
            "What each pretend CRM counted, beside our own count", "cat demo/sandbox/*.writes.jsonl"
        )
        with self._open() as workspace:
            ours = records_with_labels(workspace)
        shown, seen = counted(labelled(self._world.sandbox)), writes_seen(self._world.sandbox)
        rows: tuple[tuple[str, Callable[[str], int]], ...] = (
            ("records with a label in the CRM", lambda crm: shown[crm]),
            ("by our ledger", lambda crm: ours[crm]),
            ("calls that wrote labels", lambda crm: seen[crm]["label"]),
            ("calls that made fields, lists or tags", lambda crm: seen[crm]["provision"]),
            ("calls that could create anybody", lambda crm: seen[crm]["could_create"]),
            ("calls that could subscribe anybody", lambda crm: seen[crm]["could_subscribe"]),
        )
        self._say(" " * 40 + "".join(f"{crm:>12}" for crm in CRMS))
        for title, figure in rows:
            self._say(f"  {title:<38}" + "".join(f"{number(figure(crm)):>12}" for crm in CRMS))
        for crm in CRMS:
            self._expect(shown[crm] == ours[crm], f"{crm} and our ledger disagree")
            harm = seen[crm]["could_create"] + seen[crm]["could_subscribe"]
            self._expect(not harm, f"a forbidden call was made to {crm}")

    def _report(self) -> None:
        from consentric.app.report.files import write_html, write_pictures
        from consentric.app.report.published import published_report
        from consentric.app.report.text import report_text
        from consentric.sdk.errors import ConfigError

        page, folder = self._folder / "report.html", self._folder / "pictures"
        self._chapter("What came of it, in six pictures", f"consentric report --html {page.name}")
        with self._open() as workspace:
            report = published_report(workspace, lang="fr" if self._session.lang == "fr" else "en")
        try:
            files = [write_html(report, page), *write_pictures(report, folder)]
        except ConfigError as error:  # the demo needs no pictures; `make demo` has what draws them
            files = []
            self._say(f"{error.message}: {error.hint}")
        self._say(report_text(report, files[:1]))

    def _next(self) -> None:
        config = self._world.config
        seconds = time.monotonic() - self._began
        # `make demo` runs us by our path; the commands below want us on the PATH.
        on_path = shutil.which("consentric") is not None
        self._say(
            "",
            f"Done in {seconds:.0f} s. Everything lies in {self._folder}; look around:",
            *([] if on_path else [f'  export PATH="{Path(sys.executable).parent}:$PATH"']),
            f"  consentric -c {config} sync            0 writes, today and tomorrow",
            f"  consentric -c {config} status",
            "With your own CRM, reading only at first:",
            "  consentric init         asks what it needs; allows nothing that you did not say",
            "  consentric doctor       checks the token and its scopes",
            "  consentric pull && consentric plan",
        )

    def _sync(self) -> SyncReport:
        from consentric.app import stages

        with self._open() as workspace, self._session.working() as work:
            return stages.sync(workspace, progress=work.progress)

    def _open(self) -> Workspace:
        from consentric.app.workspace import Workspace

        return Workspace.open(self._world.config)

    def _now(self) -> datetime:
        with self._open() as workspace:
            return workspace.clock()

    def _titles(self, workspace: Workspace) -> dict[str, str]:
        from consentric.app.outlets import segment_sets
        from consentric.app.render.segments import titles_of

        return titles_of(segment_sets(workspace), self._session.lang)

    def _chapter(self, title: str, command: str) -> None:
        click.echo("")
        click.echo(click.style(title, bold=True))
        click.echo(click.style(f"  $ {command}", dim=True))

    def _say(self, *lines: str) -> None:
        for line in lines:
            click.echo(line)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise click.ClickException(otherwise)


def records_with_labels(workspace: Workspace) -> dict[str, int]:
    """Each CRM to its records with a label of ours, by our own ledger."""
    from consentric.control.ownership import owned_labels

    return {
        one.to: len({label.rref for label in owned_labels(workspace.control, one.name)})
        for one in workspace.settings.destination
    }
