"""One running portal: its state, clock, limits, faults and log, and the steps that every write shares."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from consentric_sandbox.faults import KINDS, FaultScript
from consentric_sandbox.write_log import Kind, WriteLog

from .api import ApiError, Request, invalid, not_found
from .limits import Limiter
from .object_store import ObjectStore, StoredObject, iso
from .search_index import SearchIndex
from .snapshot import LOG_FILE, load
from .state import OBJECT_TYPES, HubSpotState

_NAMES = {
    alias: name
    for name, (type_id, _, _, singular) in OBJECT_TYPES.items()
    for alias in (name, type_id, singular, name[:-1])
}
# HubSpot has no jobs, no row locks and no 403 that means "slower"; its pages go by a cursor.
FAULTS = KINDS - {"403-limit", "page-drift", "job-stuck", "job-lost", "job-failed", "lock-row"}


class Portal:
    """What the handlers work on; `lock` is held while one of them runs."""

    def __init__(
        self,
        state: HubSpotState,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = state
        self.folder = folder
        self.clock = clock
        self.lock = threading.Lock()
        self.limiter = Limiter(state.allowance, state.account.time_zone, clock=clock, monotonic=monotonic)
        self.faults = FaultScript.load(folder / "faults.json", kinds=FAULTS)
        self.log = WriteLog(folder / LOG_FILE)
        self.index = SearchIndex(state, clock)
        self.is_changed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Portal:
        """Loads the portal that lies in `folder`."""
        return cls(load(folder), folder, clock=clock, monotonic=monotonic)

    @property
    def requests(self) -> dict[str, int]:
        """Operation to the number of requests received since the portal was made."""
        return self.state.requests

    def now(self) -> str:
        """The portal's time as HubSpot prints it."""
        return iso(self.clock())

    def store(self, object_type: str) -> ObjectStore:
        """The records of a type, named in plural, singular or by type id."""
        name = _NAMES.get(object_type.lower())
        if name is None:
            raise invalid(f"Unable to infer object type from: {object_type}")
        return self.state.objects[name]

    def find(self, store: ObjectStore, id: str, id_property: str = "") -> StoredObject | None:
        """The live record under a number (merges are followed) or under a unique property's value."""
        if not id_property:
            return store.resolve(int(id)) if id.isdigit() else None
        if id_property not in store.unique:
            raise invalid(
                f"Unable to perform read/update by non-unique {store.type_id} property {id_property}"
                f" in portal ID {self.state.account.portal_id}"
            )
        return store.by_unique(id_property, id)

    def get(self, store: ObjectStore, id: str, id_property: str = "") -> StoredObject:
        """Like `find`, but 404 when there is none."""
        record = self.find(store, id, id_property)
        if record is None:
            raise not_found("Object not found.  objectId are usually numeric.", id=[id])
        return record

    def write(
        self, request: Request, store: ObjectStore, record: StoredObject, values: dict[str, str]
    ) -> None:
        """Stores checked values; any write moves the modification time, even of the same value."""
        self.index.remember(request, store, record)
        for name, value in values.items():
            store.put(record, name, value)
        store.touch(record, request.at)
        self.is_changed = True

    def add(self, request: Request, store: ObjectStore, values: dict[str, str]) -> StoredObject:
        """Creates a record; 409 for a taken unique value, 400 for an address erased before."""
        for name in store.unique:
            value = values.get(name, "")
            taken = store.by_unique(name, value) if value else None
            if taken is not None:
                raise ApiError(409, "CONFLICT", f"Contact already exists. Existing ID: {taken.id}")
        if values.get("email", "").lower() in self.state.blocked:
            raise invalid(
                "This e-mail address was permanently deleted and is blocklisted", code="BLOCKLISTED"
            )
        kept = {name: value for name, value in values.items() if value}
        record = StoredObject(self.state.new_id(), kept, request.at, request.at)
        store.add(record)
        self.index.remember_new(request, store, record)
        self.is_changed = True
        return record

    def accept(
        self,
        kind: Kind,
        request: Request,
        ids: Sequence[object],
        values: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Writes the line of an accepted write."""
        self.log.append(kind, request.operation, at=request.at, ids=[str(id) for id in ids], values=values)
        self.state.log_seq = self.log.seq
        self.is_changed = True
