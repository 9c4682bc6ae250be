"""Applies a sealed plan: settle, check, provision, send, settle again, verify, close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consentric.control.outbox import (
    Resolved,
    forget_rejections,
    has_open_ops,
    mark_sent,
    pending_provisions,
    sent_ops,
)
from consentric.control.ownership import forget_merges, revision
from consentric.control.plans import (
    Plan,
    children_of,
    hash_of_stored,
    newer_plan,
    plan_named,
    set_plan_state,
    unfinished_plans,
)
from consentric.control.store import ControlStore
from consentric.sdk.contracts import Clock, LabelSet, Writer
from consentric.sdk.errors import ConfigError, ConsentricError, GuardError, RemoteError, RemoteKind
from consentric.sdk.progress import Progress, SilentProgress

from .ledger import apply_report
from .outlet import Links, Outlet, config_digest, open_outlet
from .permits import ConsentDesk, Permits, RefreshConsents
from .report import ApplyReport
from .sending import Sending
from .settings import DestinationSettings
from .settle import commit, settle
from .verify import verify

STALE = "CS531"
"""Code of a plan that others have overtaken; a new one settles and replaces it."""

SETTLING_ROUNDS = 3
"""Reads back and sends again at most so often within one apply; what is open then, the next run settles."""


def apply_plan(
    store: ControlStore,
    plan_id: str,
    *,
    destination: DestinationSettings,
    labels: Sequence[LabelSet],
    writer: Writer,
    links: Links,
    refresh_consents: RefreshConsents,
    permits: Permits,
    clock: Clock,
    run: str,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ApplyReport:
    """Sends the plan to its CRM; a plan that was begun is taken up where it stopped.

    What stops it halfway (a guard, the CRM, an interruption) stands in the report, whose `exit_code` the
    caller returns; everything sent until then is settled or stays `sent` for the next run.

    Args:
        refresh_consents: Reads the consent changes of all authorities; False holds additions and moves.
        permits: Decides now, for the destination's purposes together.
        should_stop: Asked between batches; True leaves the plan resumable.

    Raises:
        GuardError: Before anything is sent: stale (CS531), used (CS532), altered (CS533), braked (CS534).
        ConfigError: When there is no such plan, or the CRM lacks what only its admin can create.
        RemoteError: When what was sent before cannot be settled.
    """
    outlet = open_outlet(
        store,
        destination=destination,
        labels=labels,
        writer=writer,
        links=links,
        clock=clock,
        run=run,
    )
    plan = _checked(outlet, plan_id, config_digest(destination, labels))
    with store.transaction() as database:
        set_plan_state(database, plan.id, "applying", now=clock())
    desk = ConsentDesk(permits, refresh_consents, clock=clock)
    sending = Sending(outlet, desk, should_stop=should_stop, progress=progress or SilentProgress())
    return _Apply(outlet=outlet, plan=plan, sending=sending).run()


def resumable_plans(store: ControlStore, destination: str) -> list[str]:
    """Plans that a killed or interrupted run left half applied; apply them before anything is pulled."""
    plans = unfinished_plans(store, destination)
    ids = {plan.id for plan in plans}
    return [plan.id for plan in plans if plan.head.parent not in ids]


@dataclass(slots=True, kw_only=True)
class _Apply:
    outlet: Outlet
    plan: Plan
    sending: Sending
    verified: int = 0

    def run(self) -> ApplyReport:
        """Everything after the checks."""
        try:
            self._provision()
            self._send()
            if not self.sending.must_end:
                self.verified = sum(verify(self.outlet, plan) for plan in self._family())
        except RemoteError as error:
            self._stop(error)
        self._close()
        return apply_report(
            self.outlet.store,
            self.plan,
            calls_saved=self.sending.calls_saved,
            verified=self.verified,
            interrupted=self.sending.interrupted,
            stopped_by=self.sending.stopped_by,
        )

    def _stop(self, error: ConsentricError) -> None:
        if self.sending.stopped_by is None:
            self.sending.stopped_by = error

    def _family(self) -> list[Plan]:
        """The plan and the removals that were sealed while it was sent."""
        return [*children_of(self.outlet.store, self.plan.id), self.plan]

    def _provision(self) -> None:
        outlet = self.outlet
        for op in pending_provisions(outlet.store, self.plan.id):
            if self.sending.must_end:
                return
            mark_sent(outlet.store, self.plan, [op], run=outlet.run, now=outlet.clock())
            outlet.store.kill_point("before provision")
            try:
                outlet.writer.provision(outlet.labels, op.target)
            except RemoteError as error:
                if error.kind is not RemoteKind.AMBIGUOUS:
                    again = Resolved(op=op, state="pending", outcome=error.kind.value)
                    commit(outlet, self.plan, [again])
                raise
            outlet.store.kill_point("after provision")
            commit(outlet, self.plan, [Resolved(op=op, state="done")])

    def _send(self) -> None:
        """Sends and settles in turns; nothing is settled by sending it again on a guess."""
        for _ in range(SETTLING_ROUNDS):
            for plan in self._family():
                self.sending.drain(plan)
            if not sent_ops(self.outlet.store, self.outlet.name):
                return
            settled = settle(self.outlet)
            if self.sending.must_end or not settled.states.get("pending"):
                return

    def _close(self) -> None:
        """Ends the plans without open ops; one with some is resumed by the next run."""
        store, now = self.outlet.store, self.outlet.clock()
        if self.sending.must_end:
            return
        is_finished = True
        for plan in self._family():
            if has_open_ops(store, plan.id):
                is_finished = False
            elif plan.id != self.plan.id:
                with store.transaction() as database:
                    set_plan_state(database, plan.id, "applied", now=now)
        if not is_finished:
            return
        with store.transaction() as database:
            set_plan_state(database, self.plan.id, "applied", now=now)
            forget_rejections(database, self.plan.id)
            if self.plan.head.kind == "changes" and not self.plan.is_part:
                forget_merges(database, self.outlet.name)


def _checked(outlet: Outlet, plan_id: str, digest: str) -> Plan:
    plan = _found(outlet, plan_id)
    if plan.state in ("applied", "abandoned"):
        raise _refused(outlet, plan, "CS532", "was used already; a plan is applied once")
    if hash_of_stored(outlet.store, plan) != plan.sha256:
        raise _refused(outlet, plan, "CS533", "is not what was sealed: its rows were altered or damaged")
    settle(outlet)  # before the check for staleness: what it learns belongs to the plan that sent it
    plan = _found(outlet, plan_id)
    is_removal = plan.head.kind == "denials"  # a person's own no is carried out whatever else has changed
    if not is_removal and plan.head.config_digest != digest:
        raise _refused(outlet, plan, STALE, "is stale: the configuration of its destination changed")
    if not is_removal and plan.own_rev != revision(outlet.store, outlet.name):
        raise _refused(outlet, plan, STALE, "is stale: labels changed since it was made")
    if plan.brake and not plan.is_approved:
        raise _refused(
            outlet,
            plan,
            "CS534",
            f"is held by the brake ({', '.join(plan.brake)})",
            hint=f'read it, then  consentric approve {plan.id} --reason "..."',
        )
    impossible = [one["target"] for one in plan.report.get("provisions", ()) if not one["is_possible"]]
    if impossible:
        raise ConfigError(
            f'destination "{outlet.name}" lacks what only the admin of the CRM can create:'
            f" {', '.join(impossible)}",
            hint=f"create them there, then  consentric plan {outlet.name}",
            happened="nothing was sent",
            code="CS237",
        )
    return plan


def _found(outlet: Outlet, plan_id: str) -> Plan:
    plan = plan_named(outlet.store, plan_id)
    if plan.head.destination != outlet.name:
        raise ConfigError(
            f'plan {plan_id} is not one of destination "{outlet.name}"',
            hint=f'it was made for "{plan.head.destination}"',
            happened="nothing was sent",
            code="CS236",
        )
    return plan


def _refused(outlet: Outlet, plan: Plan, code: str, why: str, *, hint: str = "") -> GuardError:
    newer = newer_plan(outlet.store, plan)
    if newer is not None:
        hint = f"plan {newer.id} of the same destination is newer:  consentric apply {newer.id}"
    return GuardError(
        f"plan {plan.id} {why}",
        hint=hint or f"consentric plan {plan.head.destination}   makes a new one",
        happened="nothing of it was sent",
        code=code,
    )
