"""One destination with everything that writing to it needs, and what can be asked of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from consentric.control.store import ControlStore
from consentric.sdk.contracts import Clock, LabelSet, SegmentLabel, Writer
from consentric.sdk.records import RecordRef

from .planner import is_list, set_of
from .settings import DestinationSettings

Links = Callable[[Sequence[bytes]], Mapping[bytes, RecordRef]]
"""Looks CRM ids up in the vault; a record that is not known there is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A destination, its writer, and the labels we may have written there."""

    store: ControlStore
    settings: DestinationSettings
    labels: Sequence[LabelSet]
    """Those configured, and those that are only left over from an earlier configuration."""
    writer: Writer
    links: Links
    clock: Clock
    run: str

    @property
    def name(self) -> str:
        """Name of the destination."""
        return self.settings.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What the CRM shows for some records, read by their ids."""

    shown: Mapping[tuple[bytes, str], str]
    """(rref, target) to the value; empty text when the target shows nothing."""
    gone: frozenset[bytes]


def open_outlet(
    store: ControlStore,
    *,
    destination: DestinationSettings,
    labels: Sequence[LabelSet],
    writer: Writer,
    links: Links,
    clock: Clock,
    run: str,
) -> Outlet:
    """The outlet of a destination, with the labels that are configured no more but still stand there."""
    return Outlet(
        store=store,
        settings=destination,
        labels=_with_leftovers(store, destination, labels),
        writer=writer,
        links=links,
        clock=clock,
        run=run,
    )


def config_digest(destination: DestinationSettings, labels: Sequence[LabelSet]) -> str:
    """What a plan rests on in the configuration; another one makes it stale."""
    plain = [destination.model_dump(mode="json"), [asdict(one) for one in labels]]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=list).encode()).hexdigest()


def read_back(outlet: Outlet, wanted: Iterable[tuple[bytes, str]]) -> ReadBack:
    """Asks the CRM by id what it shows at these targets; touches the network.

    Raises:
        RemoteError: When it does not answer.
    """
    asked = list(dict.fromkeys(wanted))
    refs = outlet.links(list(dict.fromkeys(rref for rref, _ in asked)))
    rref_of = {ref: rref for rref, ref in refs.items()}
    shown: dict[tuple[bytes, str], str] = {}
    present: set[bytes] = set()
    for part in parts(list(rref_of), outlet.writer.limits.batch_size):
        for one in outlet.writer.current(outlet.labels, part):
            if one.record in rref_of:
                present.add(rref_of[one.record])
                shown[rref_of[one.record], one.target] = one.value
    gone = frozenset(rref for rref, _ in asked if rref not in present)
    unknown = {
        target
        for rref, target in asked
        if rref in present and (rref, target) not in shown and is_list(target)
    }
    if unknown:  # this writer reads fields by id and lists only as a whole
        for one in outlet.writer.labelled(_only(outlet.labels, unknown)):
            if one.record in rref_of and one.target in unknown:
                shown[rref_of[one.record], one.target] = one.value
    return ReadBack(shown={key: shown.get(key, "") for key in asked if key[0] not in gone}, gone=gone)


def parts(items: Sequence[RecordRef], size: int) -> Iterator[Sequence[RecordRef]]:
    """Cuts a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _only(labels: Sequence[LabelSet], targets: Iterable[str]) -> list[LabelSet]:
    keys = {(set_of(target), target.partition(".")[2]) for target in targets}
    return [
        replace(one, segments=tuple(segment for segment in one.segments if (one.name, segment.key) in keys))
        for one in labels
        if any(name == one.name for name, _ in keys)
    ]


def _with_leftovers(
    store: ControlStore, destination: DestinationSettings, labels: Sequence[LabelSet]
) -> list[LabelSet]:
    """Labels we own of sets or segments that were taken out of the configuration must stay reachable."""
    rows = store.connection.execute(
        "SELECT DISTINCT label, segment FROM owned WHERE destination = ? ORDER BY label, segment",
        (destination.name,),
    )
    found = {one.name: one for one in labels}
    for target, segment in rows:
        name = set_of(target)
        known = found.get(name)
        if known is None:
            marker = labels[0].marker if labels else f"managed by consentric {store.store_id}"
            known = LabelSet(
                name=name,
                title=name,
                segments=(),
                prefix=destination.prefix,
                marker=marker,
                fires_automations=destination.automations == "fire",
            )
        if segment not in {one.key for one in known.segments}:
            known = replace(known, segments=(*known.segments, SegmentLabel(key=segment, title=segment)))
        found[name] = known
    return list(found.values())
