"""One running org: its state, clock, limits, faults, open queries and log, and what every handler shares."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consentric_sandbox.faults import KINDS, FaultScript
from consentric_sandbox.write_log import Kind, WriteLog

from .api import not_found
from .catalogue import Visible
from .cursors import Cursors
from .limits import Limiter
from .snapshot import FILES, load
from .state import SalesforceState
from .times import stamp

BIN_DAYS = 15
"""After which the recycle bin forgets a record ("Recycle Bin" help page)."""
JOB_DAYS = 7
"""For which results of bulk jobs are kept (Bulk API 2.0 "Limits and Allocations")."""
FAULT_FILE = "salesforce.faults.json"
# No 207, 423 or 477; a batch is never refused as a whole for one row; what is committed is seen at once, and
# a locator says where its page begins.
FAULTS = KINDS - {
    "207-lying",
    "409-whole-batch",
    "423",
    "477",
    "duplicate-page",
    "empty-page",
    "index-lag",
    "page-drift",
}


class Org:
    """What the handlers work on; `lock` is held while one of them runs."""

    def __init__(
        self,
        state: SalesforceState,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.state = state
        self.folder = folder
        self.clock = clock
        self.wall_clock = wall_clock
        """The machine's own: the SDK signs assertions by it whatever time the org pretends."""
        self.lock = threading.Lock()
        self.limiter = Limiter(state.allowance, clock=clock)
        self.faults = FaultScript.load(folder / FAULT_FILE, kinds=FAULTS)
        self.log = WriteLog(folder / FILES.log)
        self.cursors = Cursors()
        self.is_changed = False
        self._swept = ""

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], datetime]) -> Org:
        """Loads the org that lies in `folder`."""
        return cls(load(folder), folder, clock=clock)

    @property
    def requests(self) -> dict[str, int]:
        """Operation to the number of requests received since the org was made."""
        return self.state.requests

    def now(self) -> str:
        """The org's time as Salesforce prints it."""
        return stamp(self.clock())

    def entity(self, name: str) -> Visible:
        """The object of a path.

        Raises:
            ApiError: 404 when there is none, or the user may not see it.
        """
        found = self.state.catalogue.entity(name)
        if found is None:
            raise not_found()
        return found

    def sweep(self) -> None:
        """Forgets what lay in the recycle bin too long, and old jobs; once an hour of the org's time."""
        now = self.clock()
        hour = stamp(now)[:13]
        if hour == self._swept:
            return
        self._swept = hour
        before = stamp(now - timedelta(days=BIN_DAYS))
        for table in self.state.tables.values():
            if table.bin and table.empty(before):
                self.is_changed = True
        kept = stamp(now - timedelta(days=JOB_DAYS))
        for job in [job for job in self.state.jobs.values() if job.stamp < kept]:
            del self.state.jobs[job.id]
            self.is_changed = True

    def accept(
        self,
        kind: Kind,
        operation: str,
        ids: Sequence[str],
        values: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Writes the line of an accepted write."""
        self.log.append(kind, operation, at=self.now(), ids=ids, values=values)
        self.state.log_seq = self.log.seq
        self.is_changed = True
