"""A preview: the beginning of every account in throw-away stores, decided and segmented, then forgotten."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from consentric.gate.gate import GateReport
from consentric.pull.pull import pull
from consentric.sdk.errors import DataError, LockedError, RemoteError
from consentric.sdk.progress import Progress
from consentric.segments.report import SegmentReport
from consentric_privacy.files import make_private_folder
from consentric_privacy.keyset import Keyset
from consentric_privacy.signatures import copy_signatures

from .assessments import assessments_of
from .config import Config
from .job import Job, running
from .lock import holder_of
from .messages import fields
from .places import KEYSET_FILE, PREVIEW_FOLDER
from .reading import Reading, decide, placed
from .sampling import Allowance, Bounds, SampledConnector
from .stages import compute_segments
from .workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a first pull and a first run would begin with."""

    bounds: Bounds
    reading: Reading
    gate: GateReport
    segments: SegmentReport
    unsigned: tuple[str, ...]
    """Assessments that are not signed yet: nobody is segmented for their purposes."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "people_at_most": self.bounds.people,
            "rows_at_most": self.bounds.rows,
            "pulls": [one.as_json() for one in self.reading.pulls],
            "failures": {name: fields(error) for name, error in self.reading.failures.items()},
            "gate": self.gate.as_json(),
            "segments": asdict(self.segments),
            "unsigned": self.unsigned,
        }


def preview(real: Workspace, *, people: int, as_of: date | None = None, progress: Progress) -> Preview:
    """Reads the beginning of each connection into stores of its own, and takes them away again.

    Nothing is written to a CRM, nor to a store of the workspace.

    Args:
        real: The workspace; none of its stores is opened.
        people: So many of each connection at most.

    Raises:
        RemoteError: When no connection could be read.
    """
    bounds, config = Bounds(people=people), real.config
    with (
        _throwaway(config.folder) as folder,
        _PreviewWorkspace(config, folder, bounds) as workspace,
        running(workspace, "preview", progress=progress) as job,
    ):
        copy_signatures(config.folder, workspace.people)
        reading = _read(job, bounds)
        gate = decide(job)
        unsigned = tuple(one.file for one in assessments_of(workspace) if not one.is_signed)
        segments = compute_segments(job, as_of)
        return Preview(bounds=bounds, reading=reading, gate=gate, segments=segments, unsigned=unsigned)


class _PreviewWorkspace(Workspace):
    """The configuration of one workspace with stores elsewhere, and a bound on the calls of a stream."""

    def __init__(self, config: Config, folder: Path, bounds: Bounds) -> None:
        super().__init__(config)
        self.folder = folder
        self.preview_people = bounds.people

    @cached_property
    def keyset(self) -> Keyset:
        """Keys under a root key that only this process knows: what a killed preview leaves is unreadable."""
        return Keyset.create(self.folder / KEYSET_FILE, secrets.token_bytes(32))

    @cached_property
    def budget(self) -> Allowance:
        """Calls left for the stream that is read."""
        return Allowance()


@contextmanager
def _throwaway(workspace: Path) -> Iterator[Path]:
    """A private folder inside the workspace; one that a killed preview left is taken away first."""
    folder = workspace / PREVIEW_FOLDER
    if folder.exists():
        holder = holder_of(folder)
        if holder is not None:
            raise LockedError(
                f"another preview runs here (process {holder.pid}, started {holder.started})",
                happened="nothing was read.",
                hint="wait for it",
            )
        shutil.rmtree(folder)
    make_private_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read(job: Job, bounds: Bounds) -> Reading:
    workspace = job.workspace
    assert isinstance(workspace, _PreviewWorkspace)
    reading = Reading()
    for name in workspace.settings.connections:
        try:
            connector = SampledConnector(job.connections.connector(name), bounds, workspace.budget)
            rules = job.connections.rules(name)
            reading.pulls.append(
                pull(
                    connector,
                    workspace.stores,
                    rules,
                    clock=workspace.clock,
                    is_full=True,
                    progress=job.progress,
                )
            )
        except (RemoteError, DataError) as error:
            error.happened = error.happened or "nothing of it is in this preview."
            reading.failures[name] = placed(workspace, name, error)
    if reading.failures and not reading.pulls:
        raise next(iter(reading.failures.values()))
    return reading
