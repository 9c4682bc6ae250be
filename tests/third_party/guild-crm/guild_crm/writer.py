"""Writes badges: the hall has no fields, so each segment is a badge of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from consentric import (
    Change,
    LabelSet,
    Limits,
    Outcome,
    Provision,
    RecordRef,
    RemoteError,
    RemoteKind,
    Shown,
    Writer,
)

from .desk import Desk, GuildSettings


class GuildWriter(Writer):
    """Pins badges on members and takes them off; nobody is enrolled."""

    name = "guild"
    settings_model = GuildSettings
    has_fields = False

    @property
    def limits(self) -> Limits:
        """The hall takes twenty members at once."""
        return Limits(batch_size=20, list_batch_size=20, calls_per_second=20, calls_per_day=10_000)

    def prepare(self, labels: Sequence[LabelSet]) -> list[Provision]:
        """Badges that are not there."""
        there = self._badges()
        for name, marker in ((n, m) for _, n, m in _badges_of(labels) if there.get(n, m) != m):
            raise RemoteError(
                f'connection "{self.context.connection}": badge "{name}" is not ours ({marker[:7]})',
                kind=RemoteKind.FATAL,
                account=self.context.connection,
                operation="badges",
                code="CS105",
            )
        return [
            Provision(target=target, description=f'badge "{name}"')
            for target, name, _ in _badges_of(labels)
            if name not in there
        ]

    def provision(self, labels: Sequence[LabelSet], target: str) -> None:
        """Makes one badge."""
        self.prepare(labels)
        for _, name, marker in (one for one in _badges_of(labels) if one[0] == target):
            self._ask("badges", {"name": name, "about": marker})

    def current(self, labels: Sequence[LabelSet], records: Sequence[RecordRef]) -> Iterator[Shown]:
        """Badges of these members."""
        worn = self._ask("worn", {"members": [record.id for record in records]}, is_write=False)
        for record in (one for one in records if one.id in worn):
            for target, name, _ in _badges_of(labels):
                yield Shown(record=record, target=target, value="member" if name in worn[record.id] else "")

    def labelled(self, labels: Sequence[LabelSet]) -> Iterator[Shown]:
        """Everybody with a badge of ours."""
        for target, name, _ in _badges_of(labels):
            for id in self._ask("wearers", {"name": name}, is_write=False):
                yield Shown(record=RecordRef(object="member", id=id), target=target, value="member")

    def apply(self, labels: Sequence[LabelSet], changes: Sequence[Change]) -> Iterator[Outcome]:
        """Pins or takes off, badge by badge."""
        for target, name, _ in _badges_of(labels):
            same = [change for change in changes if change.target == target]
            if same:
                verb = "pin" if same[0].verb == "add" else "unpin"
                unknown = self._ask(verb, {"name": name, "members": [change.record.id for change in same]})
                for change in same:
                    yield Outcome(op=change.op, state="gone" if change.record.id in unknown else "done")

    def consent_fingerprint(self, records: Sequence[RecordRef]) -> dict[RecordRef, str]:
        """What members said about letters."""
        said = self._ask("letters", {"members": [record.id for record in records]}, is_write=False)
        return {record: said[record.id] for record in records if record.id in said}

    def _badges(self) -> dict[str, str]:
        found: dict[str, str] = self._ask("badges", is_write=False)
        return found

    def _ask(self, path: str, body: Any = None, *, is_write: bool = True) -> Any:
        return Desk(self.settings, self.context).ask(path, body, is_write=is_write)


def _badges_of(labels: Sequence[LabelSet]) -> list[tuple[str, str, str]]:
    """Target, name and marker of each badge."""
    return [
        (f"list:{one.name}.{segment.key}", f"{one.prefix}{one.name}.{segment.key}", one.marker)
        for one in labels
        for segment in one.segments
    ]
