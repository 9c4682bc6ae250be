"""What a destination needs in its CRM, which of it is there, and creating what the CRM lets us create."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from consentric.sdk.contracts import LabelSet, Need, Provision, Writer
from consentric.sdk.progress import Progress
from consentric.sync.seal import is_needed
from consentric.sync.settings import DestinationSettings

from .connecting import Connections
from .job import running
from .outlets import labels_of
from .workspace import Workspace
from .writing import destination_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The needs of one destination, and what was created of them just now."""

    destination: str
    connection: str
    needs: tuple[Need, ...]
    creatable: tuple[Provision, ...]
    """What is missing and the CRM lets us create."""
    created: tuple[Provision, ...] = ()

    @property
    def missing(self) -> tuple[Need, ...]:
        """Needs that are not met."""
        return tuple(need for need in self.needs if need.state == "missing")

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "destination": self.destination,
            "connection": self.connection,
            "is_ready": not self.missing,
            "needs": [asdict(need) for need in self.needs],
            "creatable": [asdict(one) for one in self.creatable],
            "created": [asdict(one) for one in self.created],
        }


def look(workspace: Workspace, name: str) -> Setup:
    """Asks the CRM what is there; writes nothing to it.

    Raises:
        ConfigError: When no destination has this name.
        RemoteError: The CRM refused, was not reached, or holds something of our names that is not ours.
    """
    destination = destination_named(workspace, name)
    with closing(Connections(workspace)) as connections:
        return _found(workspace, destination, connections.writer(destination.to))


def create(
    workspace: Workspace, name: str, *, progress: Progress, tell: Callable[[str], None] = lambda _line: None
) -> Setup:
    """Creates what is missing and the CRM lets us create, one thing after the other, each in the audit log.

    Args:
        tell: Takes a line for each thing as soon as it is there.

    Raises:
        ConfigError: When no destination has this name.
        RemoteError: As `look`; what was created before stays, and is not created again.
    """
    destination = destination_named(workspace, name)
    labels = labels_of(workspace, destination)
    created: list[Provision] = []
    with running(workspace, "setup", progress=progress) as job:
        writer = job.connections.writer(destination.to)
        for one in _creatable(destination, labels, writer):
            writer.provision(labels, one.target)
            workspace.note("setup.create", destination=name, target=one.target, run=job.run)
            created.append(one)
            tell(f"  created  {one.target}: {one.description}")
        job.summary.update(destination=name, created=len(created))
        return _found(workspace, destination, writer, created)


def _found(
    workspace: Workspace,
    destination: DestinationSettings,
    writer: Writer,
    created: Sequence[Provision] = (),
) -> Setup:
    labels = labels_of(workspace, destination)
    needs = [one for one in writer.needs(labels) if is_needed(destination, writer, one.target)]
    return Setup(
        destination=destination.name,
        connection=destination.to,
        needs=tuple(needs),
        creatable=tuple(_creatable(destination, labels, writer)) if _can_look(needs) else (),
        created=tuple(created),
    )


def _can_look(needs: Sequence[Need]) -> bool:
    """What a permission hides cannot be told from what is missing, so nothing of it may be created."""
    return not any(need.state == "unknown" and not need.target.startswith("permission:") for need in needs)


def _creatable(
    destination: DestinationSettings, labels: Sequence[LabelSet], writer: Writer
) -> list[Provision]:
    return [
        one
        for one in writer.prepare(labels)
        if one.is_possible and is_needed(destination, writer, one.target)
    ]
