"""Makes a plan: reads what is wanted, owned and shown, counts, brakes, and seals it under a hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from sqlite3 import Connection

from consentric.control.outbox import rejections
from consentric.control.ownership import (
    forget_merges_of,
    merged_records,
    mirror_rows,
    owned_labels,
    revision,
)
from consentric.control.plans import (
    OpRow,
    Plan,
    PlanHash,
    PlanHead,
    abandon_plans,
    finished_plans,
    insert_ops,
    insert_plan,
    new_plan_id,
    plan_named,
    record_approval,
    records_sent_in_parts,
    seal,
    was_ever_applied,
)
from consentric.control.store import ControlStore
from consentric.sdk.contracts import Clock, LabelSet, Writer
from consentric.sdk.errors import ConfigError, GuardError

from .brake import MEDIAN_OF, History, brake_reasons
from .costs import CostCount
from .listing import Listing
from .outlet import Links, Outlet, config_digest, open_outlet
from .part import Part
from .planner import Circumstances, is_list, plan_records
from .record_plan import PlannedOp
from .report import PlannedProvision, PlanReport, Tally
from .settings import DestinationSettings
from .settle import settle
from .wanted import Wanted


def seal_plan(
    store: ControlStore,
    *,
    destination: DestinationSettings,
    labels: Sequence[LabelSet],
    wanted: Iterable[Wanted],
    writer: Writer,
    links: Links,
    clock: Clock,
    run: str,
    as_of_day: date,
    plans_folder: Path,
    rules: Mapping[str, str],
    part: Part | None = None,
) -> PlanReport:
    """Plans a destination and seals the plan; reads from the CRM what is missing there, writes nothing to it.

    What an earlier plan sent without an answer is settled first; one left half applied is ended, since
    this plan finds anew what it did not do.

    Args:
        labels: What the destination shows for each of its sets.
        wanted: One row per live record and set in the order of rref (`read_wanted`).
        as_of_day: The day of the run, written beside a label as `since`.
        plans_folder: Folder of the listings, `plans/ID/rows.parquet`.
        rules: Set to a hash of its rules; a changed one is the cause of that set's changes.
        part: Which changes to take; all of them when None. A part is no finished plan: the first apply, a
            changed rule and what else the brake looks at are still to come.

    Raises:
        RemoteError: When the CRM cannot be asked, or a field or list of our name is not ours.
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
    settle(outlet)
    abandon_plans(store, destination.name, now=clock())
    maker = _Maker(
        outlet=outlet,
        digest=config_digest(destination, labels),
        provisions=_provisions(destination, labels, writer),
        as_of_day=as_of_day,
        plans_folder=plans_folder,
        rules=rules,
        part=part or Part(),
    )
    return maker.make(wanted)


def approve_plan(store: ControlStore, plan_id: str, *, by: str, reason: str, clock: Clock) -> None:
    """Lifts the brake for exactly these rows.

    Raises:
        ConfigError: When there is no such plan, or the configuration forbids the destination.
        GuardError: When it was used already.
    """
    plan = approvable_plan(store, plan_id)
    record_approval(store, plan, by=by, reason=reason, now=clock())


def approvable_plan(store: ControlStore, plan_id: str) -> Plan:
    """The plan of that name, if an approval can help it; changes nothing.

    Raises:
        ConfigError: When there is no such plan, or the configuration forbids the destination.
        GuardError: When it was used already.
    """
    plan = plan_named(store, plan_id)
    if plan.state in ("applied", "abandoned"):
        raise GuardError(
            f"plan {plan_id} was used already; a plan is applied once",
            hint=f"consentric plan {plan.head.destination}   makes a new one",
            happened="nothing was approved",
            code="CS532",
        )
    if "refused" in plan.brake:
        raise ConfigError(
            f"plan {plan_id} cannot be approved: the configuration forbids its destination",
            hint=f"consentric plan {plan.head.destination}   names the reason; mend it and plan again",
            happened="nothing was approved",
            code="CS238",
        )
    return plan


@dataclass(slots=True, kw_only=True)
class _Maker:
    outlet: Outlet
    digest: str
    provisions: tuple[PlannedProvision, ...]
    as_of_day: date
    plans_folder: Path
    rules: Mapping[str, str]
    part: Part

    def make(self, wanted: Iterable[Wanted]) -> PlanReport:
        """Everything in one transaction: a plan is there with its hash, or not at all."""
        store, now = self.outlet.store, self.outlet.clock()
        with store.transaction() as database:
            head = PlanHead(
                run=self.outlet.run,
                destination=self.outlet.name,
                parent=None,
                kind="changes",
                base_rev=revision(store, self.outlet.name),
                config_digest=self.digest,
                as_of_day=self.as_of_day,
            )
            plan_id = new_plan_id(store, head, now=now)
            insert_plan(database, plan_id, head, now=now)
            digest = PlanHash(head, store_id=store.store_id)
            with Listing(self.plans_folder / plan_id) as listing:
                tally, costs = self._write(database, plan_id, digest, wanted, listing)
            report = self._report(plan_id, tally, costs, rows=str(listing.path), digest=digest)
            brake = [reason.code for reason in report.brake]
            seal(database, plan_id, sha256=report.sha256, brake=brake, report=report.as_json())
        return report

    def _write(
        self,
        database: Connection,
        plan_id: str,
        digest: PlanHash,
        wanted: Iterable[Wanted],
        listing: Listing,
    ) -> tuple[Tally, CostCount]:
        tally, costs, store, name = Tally(), CostCount(), self.outlet.store, self.outlet.name
        insert_ops(database, plan_id, name, _hashed(digest, _provision_ops(self.provisions)))
        around = self._circumstances()
        whole: list[bytes] = []
        records = plan_records(wanted, owned_labels(store, name), mirror_rows(store, name), around)
        for record in map(self.part.of, records):
            tally.add(record)
            listing.add(record)
            ops = [op for one in record.sets for op in one.ops]
            if ops:
                costs.add(ops)
                insert_ops(database, plan_id, name, _hashed(digest, ops))
            elif record.state == "unchanged" and record.rref in around.merged:
                whole.append(record.rref)
        # Their merge dropped nothing: what is missing from now on, somebody took away.
        forget_merges_of(database, name, whole)
        tally.check_sum()
        return tally, costs

    def _circumstances(self) -> Circumstances:
        store, name = self.outlet.store, self.outlet.name
        last = finished_plans(store, name, limit=1)
        known: Mapping[str, str] = last[0].report.get("rules", {}) if last else {}
        changed = [one for one, rule in self.rules.items() if one in known and known[one] != rule]
        return Circumstances(
            hash_value=_Remembering(store).__getitem__,
            fields=self.outlet.writer.has_fields,
            lists=self.outlet.settings.lists or not self.outlet.writer.has_fields,
            changed_sets=frozenset(changed),
            last_run=last[0].head.run if last else "",
            merged=merged_records(store, name),
            rejections=rejections(store, name),
        )

    def _report(
        self, plan_id: str, tally: Tally, costs: CostCount, *, rows: str, digest: PlanHash
    ) -> PlanReport:
        history = _history(self.outlet.store, self.outlet.name)
        ops = costs.ops
        brake = brake_reasons(
            tally, history, self.outlet.settings.brake, has_changes=ops > 0 or bool(self.provisions)
        )
        return PlanReport(
            plan=plan_id,
            part=str(self.part),
            destination=self.outlet.name,
            account=self.outlet.settings.to,
            as_of_day=self.as_of_day.isoformat(),
            sha256=digest.seal([reason.code for reason in brake]),
            total=tally.total,
            enter=tally.kinds["enter"],
            move=tally.kinds["move"],
            leave=tally.kinds["leave"],
            leave_by_consent=tally.leave_by_consent,
            unchanged=tally.states["unchanged"],
            no_segment=tally.no_segment,
            withheld=dict(tally.withheld),
            rejected=tally.states["rejected"],
            rejected_with_ops=tally.rejected_with_ops,
            enter_by_segment=dict(sorted(tally.enters.items())),
            moves=tally.moved(),
            causes=dict(tally.causes),
            population=sum(tally.after.values()),
            not_adopted=tally.not_adopted,
            refused=dict(tally.refused),
            explicit_denials=tally.explicit_ops,
            ops=ops,
            provisions=self.provisions,
            cost=costs.cost(self.outlet.writer.limits, provisions=len(self.provisions)),
            rules=dict(self.rules),
            first_apply=history.is_first,
            brake=brake,
            rows=rows,
        )


def is_needed(destination: DestinationSettings, writer: Writer, target: str) -> bool:
    """Whether a destination uses what this target stands for: one without lists needs none in its CRM."""
    return destination.lists or not writer.has_fields or not is_list(target)


def _provisions(
    destination: DestinationSettings, labels: Sequence[LabelSet], writer: Writer
) -> tuple[PlannedProvision, ...]:
    return tuple(
        PlannedProvision(target=one.target, description=one.description, is_possible=one.is_possible)
        for one in writer.prepare(labels)
        if is_needed(destination, writer, one.target)
    )


def _provision_ops(provisions: Iterable[PlannedProvision]) -> Iterator[PlannedOp]:
    for one in provisions:
        yield PlannedOp(
            rref=b"",
            verb="provision",
            target=one.target,
            old="",
            new="",
            change="provision",
            cause="people changed",
            step=0,
        )


def _hashed(digest: PlanHash, ops: Iterable[PlannedOp]) -> list[OpRow]:
    rows = [op.as_row() for op in ops]
    for row in rows:
        digest.add(row)
    return rows


def _history(store: ControlStore, destination: str) -> History:
    reports = [plan.report for plan in finished_plans(store, destination, limit=MEDIAN_OF)]
    if not was_ever_applied(store, destination):
        return History(in_parts=records_sent_in_parts(store, destination))
    moves = [sum(move["people"] for move in report["moves"]) for report in reports]
    return History(moves=moves, population=reports[0]["population"])


class _Remembering(dict[str, bytes]):
    """Hashes of values seen before: a plan compares millions of times the same few segments."""

    def __init__(self, store: ControlStore) -> None:
        super().__init__()
        self._store = store

    def __missing__(self, value: str) -> bytes:
        self[value] = hashed = self._store.hash_value(value)
        return hashed
