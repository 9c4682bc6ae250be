"""`consentric demo`: the whole way on a published year of purchases, told step by step."""

from __future__ import annotations

import shutil
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .demo_world import labelled_contacts, make_world, withdraw, writes_seen

if TYPE_CHECKING:
    from consentric.app.session import Session
    from consentric.app.stages import SyncReport
    from consentric.app.workspace import Workspace
    from consentric.segments.report import SegmentReport

WITHDRAWALS = 20


@click.command()
@click.argument("folder", default="demo", type=click.Path(file_okay=False, path_type=Path))
def demo(folder: Path) -> None:
    """The whole job on a published year of purchases in a pretend CRM: no account, no network.

    Reads 2,489 contacts with their consents and 153,000 orders, computes segments over pseudonyms, plans,
    waits for an approval, writes, and shows what happens when twenty people change their mind. Everything
    lies in FOLDER; it can be deleted at any time.

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
            "Making a pretend HubSpot and a shop's customer file ...",
        )
        self._world = make_world(self._folder)
        self._sign()
        self._pull()
        self._identity()
        self._segment()
        self._first_apply()
        self._second_sync()
        before = labelled_contacts(self._world)
        chosen = withdraw(self._world, WITHDRAWALS, at=self._now())
        self._third_sync(before, chosen)
        self._explain(before, chosen)
        self._crm_view()
        self._next()

    def _sign(self) -> None:
        from consentric_privacy.assessment import sign_assessment

        with self._open() as workspace:
            for purpose in workspace.settings.purpose:
                if purpose.assessment is not None:
                    at = workspace.clock()
                    sign_assessment(workspace.people, purpose, workspace.folder, signed_by="dpo", at=at)

    def _pull(self) -> None:
        from consentric.app import stages
        from consentric.app.render.pull import pulls_text

        self._chapter("Read the CRM and the shop's file", "consentric pull")
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
        self._segments: SegmentReport = report

    def _first_apply(self) -> None:
        from consentric.app import stages
        from consentric.app.render.apply import apply_text
        from consentric.app.render.plan import plans_text

        self._chapter("Plan: who may be labelled, who not and why; nothing is written", "consentric plan")
        with self._open() as workspace, self._session.working() as work:
            planning = stages.plan(workspace, progress=work.progress)
            self._say(plans_text(planning, self._titles(workspace)))
        [plan] = planning.plans
        name = plan.plan
        self._chapter("The first apply waits for a named approval", f"consentric approve {name} --reason ...")
        with self._open() as workspace:
            stages.approve(workspace, name, "first labels of the demo, looked at", by="demo")
        self._chapter("Apply: consent is checked again at the last moment", f"consentric apply {name}")
        with self._open() as workspace, self._session.working() as work:
            report = stages.apply(workspace, name, progress=work.progress)
        self._say(apply_text(report).rsplit("\nNext:", 1)[0])
        self._expect(report.exit_code == 0, "the apply did not finish")
        self._labelled = report.written

    def _second_sync(self) -> None:
        from consentric.app.render.table import number

        self._chapter("The next night: nothing changed, so nothing is written", "consentric sync")
        report = self._sync()
        unchanged = number(report.plans[0].unchanged)
        self._say(f"{number(report.writes)} writes; {unchanged} labels stand as they should.")
        self._expect(report.exit_code == 0 and report.writes == 0, "a second sync wrote something")

    def _third_sync(self, before: dict[int, str], chosen: list[int]) -> None:
        from consentric.app.render.apply import apply_text

        self._chapter(
            f"{len(chosen)} people leave the newsletter in the CRM; the night after", "consentric sync"
        )
        report = self._sync()
        for one in report.applies:
            self._say(apply_text(one).rsplit("\nNext:", 1)[0])
        after = labelled_contacts(self._world)
        self._say(f"In the CRM {len(before) - len(after)} labels are gone; nobody else moved.")
        others = {number: name for number, name in before.items() if number not in chosen}
        self._expect(after == others, "others than those who withdrew have moved")
        self._expect(report.exit_code == 0, "the third sync did not finish")

    def _explain(self, before: dict[int, str], chosen: list[int]) -> None:
        from consentric.app.explanation import explain_subject
        from consentric.app.render.explanation import explanation_text

        stayed = next(number for number in before if number not in chosen)
        for number in (stayed, chosen[0]):
            subject = f"crm:hubspot:{number}"
            self._chapter("Why?", f"consentric explain {subject}")
            with self._open() as workspace:
                explanation = explain_subject(workspace, subject)
                self._say(explanation_text(explanation, self._titles(workspace), lang=self._session.lang))

    def _crm_view(self) -> None:
        from consentric.app.render.table import number

        self._chapter(
            "What the pretend CRM counted, beside our own count", "cat demo/sandbox/hubspot.writes.jsonl"
        )
        seen = writes_seen(self._world)
        shown = labelled_contacts(self._world)
        self._say(
            f"  contacts with a label: {number(len(shown))} in the CRM, "
            f"{number(self._labelled - WITHDRAWALS)} by our ledger",
            f"  calls that wrote labels: {seen['label']}, that made fields and lists: {seen['provision']}",
            f"  calls that could create anybody: {seen['could_create']}",
            f"  calls that could subscribe anybody: {seen['could_subscribe']}",
        )
        self._expect(len(shown) == self._labelled - WITHDRAWALS, "the CRM and our ledger disagree")
        self._expect(not seen["could_create"] and not seen["could_subscribe"], "a forbidden call was made")

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
            "With your own HubSpot, reading only at first:",
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
