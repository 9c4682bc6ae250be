"""Drives connector and writer through all they use, and holds every exchange to the vendor's description."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from consentric.app.plugin_manager import SANDBOX_GROUP, Plugins
from consentric.sdk.contracts import (
    Accepted,
    Change,
    Connector,
    Context,
    Endpoint,
    LabelSet,
    SegmentLabel,
    Verb,
    Writer,
)
from consentric.sdk.errors import ConsentricError
from consentric.sdk.records import Bookmark, Contact, RecordRef
from consentric.sdk.transport import Transport

from .description import Description
from .exchanges import Exchange, Specimen, noted

_FIELD_VERBS: tuple[Verb, ...] = ("set", "clear")
_LIST_VERBS: tuple[Verb, ...] = ("add", "remove")
_NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
_LABELS = LabelSet(
    name="rfm5",
    title="RFM",
    segments=(SegmentLabel(key="champions", title="Champions"), SegmentLabel(key="lost", title="Lost")),
    prefix="consentric_",
    marker="managed by consentric 0123456789abcdef",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecReport:
    """One vendor held to its description."""

    name: str
    title: str
    operations: dict[str, int]
    """Described operations that were reached, with the number of exchanges."""
    violations: tuple[str, ...]


def described_vendors(specs: Path) -> dict[str, Callable[[Path], Specimen]]:
    """Sandboxes that offer a specimen and whose description lies in the folder, by connector."""
    found = {}
    for point in entry_points(group=SANDBOX_GROUP):
        serve = point.load()
        specimen = getattr(sys.modules[serve.__module__], "specimen", None)
        if specimen is None:
            continue
        with TemporaryDirectory() as folder:
            file = specimen(Path(folder)).description
        if (specs / file).is_file():
            found[point.name] = cast(Callable[[Path], Specimen], specimen)
    return found


def hold_to_description(name: str, specimen_of: Callable[[Path], Specimen], specs: Path) -> SpecReport:
    """Every exchange of connector and writer with their pretend CRM, over real sockets.

    Raises:
        ImportError: Without the checker of descriptions.
    """
    with TemporaryDirectory(prefix="consentric-specs-") as folder:
        specimen = specimen_of(Path(folder))
        description = Description.read(specs / specimen.description)
        serve = Plugins(()).sandbox(name)
        stopped: list[str] = []
        with serve(Path(folder), clock=lambda: _NOW) as endpoint, noted(endpoint.base_url) as exchanges:
            try:
                _drive(name, specimen, endpoint, Path(folder))
            except ConsentricError as error:
                stopped.append(f"the drive ended early: {error.message}")
    told = [*_below(specimen.base_path, exchanges), *specimen.unfold(exchanges)]
    operations = Counter(
        operation for one in told if (operation := description.operation(one.method, one.path)) is not None
    )
    violations = [
        fault
        for one in told
        for fault in description.faults(
            one.method, one.path, one.query, one.sent, one.status, one.content_type, one.answer
        )
    ]
    return SpecReport(
        name=name,
        title=specimen.title,
        operations=dict(sorted(operations.items())),
        violations=tuple(dict.fromkeys([*violations, *stopped])),
    )


def _below(base_path: str, exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    for one in exchanges:
        if one.path.startswith(f"{base_path}/") or one.path == base_path:
            yield Exchange(
                method=one.method,
                path=one.path.removeprefix(base_path) or "/",
                query=one.query,
                sent=one.sent,
                status=one.status,
                content_type=one.content_type,
                answer=one.answer,
            )


def _drive(name: str, specimen: Specimen, endpoint: Endpoint, folder: Path) -> None:
    context = Context(
        connection=name,
        clock=lambda: _NOW,
        transport=Transport(
            name,
            clock=lambda: _NOW,
            calls_per_second=1000.0,
            daily_limit=100_000,
            sleep=lambda _seconds: None,
        ),
        workspace=folder,
        fields=specimen.fields,
        purposes=specimen.purposes,
        endpoint=endpoint,
    )
    plugins = Plugins(())
    kind = plugins.connector(name)
    settings = kind.settings_model.model_validate(dict(specimen.settings))
    with closing(kind(settings, context)) as connector:
        people = _read(connector)
    with closing(plugins.writer(name)(settings, context)) as writer:
        _write(writer, people)


def _read(connector: Connector) -> list[RecordRef]:
    """Everything once, then what changed, then denials; gives the people."""
    connector.check()
    people: dict[RecordRef, None] = {}
    marks = []
    for stream in connector.streams():
        records = list(connector.read(stream, None))
        people.update(dict.fromkeys(one.ref for one in records if isinstance(one, Contact)))
        bookmarks = [one for one in records if isinstance(one, Bookmark)]
        marks += bookmarks[-1:] if stream.kind == "contacts" else []
        list(connector.read(stream, bookmarks[-1] if bookmarks else None))
    list(connector.read_denials(marks[-1] if marks else None))
    return list(people)


def _write(writer: Writer, people: Sequence[RecordRef]) -> None:
    """Provides the labels, puts them on, reads them back, takes them off; few people, then all."""
    labels = [_LABELS]
    for missing in writer.prepare(labels):
        if missing.is_possible:
            writer.provision(labels, missing.target)
    list(writer.labelled(labels))
    for part in (people[:2], people):
        for verb in _FIELD_VERBS + _LIST_VERBS if writer.has_fields else _LIST_VERBS:
            writer.consent_fingerprint(part)
            _apply(writer, labels, _changes(verb, part))
            list(writer.current(labels, part))
            list(writer.labelled(labels))


def _changes(verb: Verb, people: Sequence[RecordRef]) -> list[Change]:
    is_field = verb in _FIELD_VERBS
    since: date | None = (_NOW - timedelta(days=1)).date() if verb == "set" else None
    return [
        Change(
            op=number,
            record=ref,
            verb=verb,
            target="field:rfm5" if is_field else "list:rfm5.champions",
            new="champions" if verb in ("set", "add") else "",
            since=since,
        )
        for number, ref in enumerate(people, start=1)
    ]


def _apply(writer: Writer, labels: Sequence[LabelSet], changes: Sequence[Change]) -> None:
    for one in list(writer.apply(labels, changes)):
        if isinstance(one, Accepted):
            list(writer.collect(one.job))
