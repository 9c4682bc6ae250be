"""One open workspace: its configuration, clock, keys and stores, opened when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from consentric.control.allowance import DailyAllowance
from consentric.control.store import ControlStore
from consentric.pull.stores import Stores
from consentric.sdk.contracts import Clock, Endpoint
from consentric.sdk.errors import ConfigError, ConsentricError, KeyMaterialError, UnsafeStoreError
from consentric.sdk.transport import Budget
from consentric.warehouse.store import Warehouse
from consentric_privacy.audit import AuditLog
from consentric_privacy.deks import DekStore
from consentric_privacy.files import forbid_others
from consentric_privacy.keyset import Keyset, read_root_key
from consentric_privacy.ledger import Ledger
from consentric_privacy.people import PeopleStore
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.vault import Vault

from .config import Config, load_config, read_config
from .failing_stores import store_fault, told_apart
from .lock import hold_workspace
from .places import (
    ANALYTICS_FOLDER,
    AUDIT_FOLDER,
    CONTROL_FILE,
    DEK_FILE,
    KEYSET_FILE,
    PEOPLE_FILE,
)
from .store_modes import require_private_stores

_NOTHING_DONE = "nothing was read or written."


class Workspace:
    """A context manager over everything a command may need.

    Stores are opened when first asked for, so that `status` needs no key and `segment` no vault. What was
    opened is closed at the end, in reverse order; sandboxes save their state then.
    """

    preview_people: int | None = None
    """So many people of each connection are read, where the stores are taken away at the end."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings = config.settings
        self.folder = config.folder
        self._open = ExitStack()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Loads the configuration; touches no store yet. From now on files are made for their owner alone.

        Raises:
            ConfigError: With all faults of the files.
            UnsafeStoreError: The folder or a store can be read by others.
        """
        return cls._opened(load_config, path)

    @classmethod
    def open_stores(cls, path: Path) -> Self:
        """The same for a command that asks no CRM: imports no plugin of somebody else's.

        Raises:
            ConfigError: With all faults of the files.
            UnsafeStoreError: The folder or a store can be read by others.
        """
        return cls._opened(read_config, path)

    @classmethod
    def _opened(cls, load: Callable[[Path], Config], path: Path) -> Self:
        forbid_others()
        config = load(path)
        require_private_stores(config.folder, analytics_group=config.settings.workspace.analytics_group)
        return cls(config)

    @property
    def clock(self) -> Clock:
        """The time: pinned by `[clock] at` for pretend CRMs, else the machine's."""
        pinned = self.settings.clock
        if pinned is not None:
            return lambda: pinned.at
        return lambda: datetime.now(UTC)

    @contextmanager
    def locked(self, job: str) -> Iterator[None]:
        """Holds the workspace for one run.

        Raises:
            LockedError: When another run holds it.
            UnsafeStoreError: When the audit log is damaged.
        """
        with hold_workspace(self.folder, run=job, now=datetime.now(UTC)):
            self.audit.head()  # what could not be noted at its end does not begin
            yield

    @cached_property
    def keyset(self) -> Keyset:
        """The keys of this workspace; made with the first run.

        Raises:
            KeyMaterialError: The root key is missing, malformed, or not the one of these stores; or the
                keyset is gone while the stores made with it are here.
        """
        path = self.folder / KEYSET_FILE
        try:
            root = read_root_key(self.settings.workspace.root_key, base=self.folder)
            if path.exists():
                return Keyset.load(path, root)
        except KeyMaterialError as error:
            error.where = error.where or self.config.where("workspace", "root_key")
            error.happened = error.happened or _NOTHING_DONE
            raise
        if self._is_there(DEK_FILE) or self.people.has_people:
            raise KeyMaterialError(
                f"{KEYSET_FILE} is gone, but the stores made with it are here",
                where=KEYSET_FILE,
                hint="restore it from the backup; new keys would make everybody a stranger",
                happened=_NOTHING_DONE,
                code="CS405",
            )
        return Keyset.create(path, root)

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """Pseudonyms and fingerprints under these keys."""
        return Pseudonyms(self.keyset)

    @cached_property
    def people(self) -> PeopleStore:
        """Vault and ledger, in one file.

        Raises:
            UnsafeStoreError: It is gone while the keys of its people are here.
        """
        if self._is_there(DEK_FILE) and not self._is_there(PEOPLE_FILE):
            raise UnsafeStoreError(
                f"{PEOPLE_FILE} is gone, but the keys of its people are here",
                where=PEOPLE_FILE,
                hint="restore it from the backup; an empty one would forget every withdrawal and objection",
                happened=_NOTHING_DONE,
                code="CS506",
            )
        store = PeopleStore.open(self.folder)
        self._open.callback(store.close)
        return store

    @cached_property
    def ledger(self) -> Ledger:
        """What the people allowed and forbade."""
        return Ledger(self.people, self.pseudonyms)

    @cached_property
    def vault(self) -> Vault:
        """Who the records are.

        Raises:
            KeyMaterialError: The keys of the people are gone.
        """
        people = self.people  # made before the keys, so that one of the two alone means a loss
        if people.has_people and not self._is_there(DEK_FILE):
            raise KeyMaterialError(
                f"{DEK_FILE} is gone, but the people whose keys it held are here",
                where=DEK_FILE,
                hint=f"restore it and {PEOPLE_FILE} from one backup; without it no record can be found again",
                happened=_NOTHING_DONE,
                code="CS406",
            )
        deks = DekStore.open(self.folder / DEK_FILE, self.keyset)
        self._open.callback(deks.close)
        return Vault(people, deks, self.pseudonyms)

    @cached_property
    def control(self) -> ControlStore:
        """Runs, plans, outbox, bookmarks, ownership."""
        store = ControlStore.open(self.folder / CONTROL_FILE)
        self._open.callback(store.close)
        return store

    @cached_property
    def budget(self) -> Budget:
        """The day's calls of each account."""
        return DailyAllowance(self.control)

    @cached_property
    def warehouse(self) -> Warehouse:
        """Activities and segments under pseudonyms."""
        limit = self.settings.workspace.memory_limit_mb
        warehouse = Warehouse.open(self.folder / ANALYTICS_FOLDER, memory_limit_mb=limit)
        self._open.callback(warehouse.close)
        return warehouse

    @cached_property
    def audit(self) -> AuditLog:
        """The chained log of what was done."""
        return AuditLog(self.folder / AUDIT_FOLDER)

    @cached_property
    def stores(self) -> Stores:
        """Everything a pull writes."""
        return Stores(
            people=self.people,
            vault=self.vault,
            ledger=self.ledger,
            pseudonyms=self.pseudonyms,
            warehouse=self.warehouse,
            control=self.control,
        )

    def note(self, action: str, *, ref: str = "", **data: str | int | None) -> None:
        """Appends to the audit log; anchors it when this process holds the keys.

        Args:
            action: What was done.
            ref: The person it concerns, as `Vault.audit_ref` gives it.
            data: Counts and codes.
        """
        at = self.clock()
        self.audit.append(action, actor="cli", data=data, at=at, ref=ref)
        if "keyset" in self.__dict__:
            with self.people.transaction() as connection:
                self.audit.anchor(connection, self.keyset, at=at)

    def endpoint(self, connection: str) -> Endpoint | None:
        """Where the pretend CRM of a `sandbox` connection listens; starts it when first asked for.

        Raises:
            ConfigError: Its folder is missing, or its connector has no sandbox.
        """
        settings = self.settings.connections[connection]
        if settings.sandbox is None:
            return None
        if connection not in self._endpoints:
            folder = (self.config.folder / settings.sandbox).resolve()
            if not folder.is_dir():
                raise ConfigError(
                    f'connection "{connection}": the sandbox folder "{settings.sandbox}" is missing',
                    where=self.config.where("connections", connection, "sandbox"),
                    hint="make one with  consentric sandbox up FOLDER  or run  consentric demo",
                    happened=_NOTHING_DONE,
                    code="CS223",
                )
            try:
                serve = self.config.plugins.sandbox(settings.connector)
                self._endpoints[connection] = self._open.enter_context(serve(folder, clock=self.clock))
            except ConfigError as error:
                error.where = error.where or self.config.where("connections", connection, "sandbox")
                error.happened = error.happened or _NOTHING_DONE
                raise
        return self._endpoints[connection]

    def _is_there(self, name: str) -> bool:
        """Whether a store was ever filled; one of no bytes is as good as none."""
        path = self.folder / name
        return path.exists() and path.stat().st_size > 0

    @cached_property
    def _endpoints(self) -> dict[str, Endpoint]:
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with told_apart():
                self._open.close()
        except (ConsentricError, OSError):
            if error is None:
                raise  # else what came first is the news: stores that failed fail again when they close
        fault = store_fault(error) if error is not None else None
        if fault is not None:
            raise fault from error
