"""Serving a pretend CRM from its folder: one server for each, shared by all who ask, saved at the end."""

from __future__ import annotations

import contextlib
import gc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from consentric.sdk.contracts import Endpoint
from consentric.sdk.errors import ConfigError

from .certificates import CA_FILE
from .exchange import Desk
from .server import listen
from .serving import Claim, claim_alone, claim_or_join
from .snapshot_files import SnapshotFiles


class Service(Desk, Protocol):
    """A pretend CRM in memory, ready to be served."""

    def lift_limits(self) -> None:
        """Ends the limits of the vendor for this process."""
        ...

    def close(self, *, is_saved: bool) -> None:
        """Closes the log; saves what was written, if anything was and it is asked for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One vendor's pretend CRM: its name for people, its files, and how a folder is opened."""

    title: str
    files: SnapshotFiles
    open: Callable[[Path, Callable[[], datetime]], Service]

    @contextlib.contextmanager
    def serve(self, folder: Path, *, clock: Callable[[], datetime]) -> Iterator[Endpoint]:
        """Serves what lies in `folder`, or gives the address of the process that already does.

        Raises:
            ConfigError: The folder holds no such CRM, or who holds it does not answer.
        """
        self.check(folder)
        found = claim_or_join(folder / self.files.url)
        if isinstance(found, Claim):
            with found, self._served(found, folder, clock) as endpoint:
                yield endpoint
        else:
            yield Endpoint(base_url=found, ca_file=folder / CA_FILE)

    @contextlib.contextmanager
    def serve_alone(
        self, folder: Path, *, clock: Callable[[], datetime], has_limits: bool = True, is_saved: bool = True
    ) -> Iterator[Endpoint]:
        """Serves for other processes, as `serve` does for this one.

        Raises:
            ConfigError: The folder holds no such CRM, or another process serves it.
        """
        self.check(folder)
        with (
            self.claim(folder) as claim,
            self._served(claim, folder, clock, has_limits=has_limits, is_saved=is_saved) as endpoint,
        ):
            yield endpoint

    def claim(self, folder: Path) -> Claim:
        """Takes the folder for this process alone, to serve it or to change its files.

        Raises:
            ConfigError: Another process serves it.
        """
        return claim_alone(folder / self.files.url)

    def check(self, folder: Path) -> None:
        """Refuses a folder without this vendor's file.

        Raises:
            ConfigError: The file is missing.
        """
        if not (folder / self.files.state).exists():
            raise _unusable(
                f"{folder} holds no pretend {self.title} ({self.files.state} is missing)",
                folder,
                self.files.vendor,
            )

    @contextlib.contextmanager
    def _served(
        self,
        claim: Claim,
        folder: Path,
        clock: Callable[[], datetime],
        *,
        has_limits: bool = True,
        is_saved: bool = True,
    ) -> Iterator[Endpoint]:
        service = self._opened(folder, clock)
        if not has_limits:
            service.lift_limits()
        gc.freeze()  # a big CRM is never garbage while it is served: looking through it would stall answers
        try:
            with listen(service) as endpoint:
                claim.announce(endpoint.base_url)
                try:
                    yield endpoint
                finally:
                    claim.withdraw()
        finally:
            gc.unfreeze()
            service.close(is_saved=is_saved)

    def _opened(self, folder: Path, clock: Callable[[], datetime]) -> Service:
        try:
            return self.open(folder, clock)
        except (ValueError, KeyError, TypeError, OSError, EOFError, zlib.error) as error:
            # People may write these files by hand: the state of the CRM, and the script of its faults.
            said = f"{type(error).__name__}: {error}"
            message = f"the pretend {self.title} in {folder} cannot be loaded ({said})"
            raise _unusable(message, folder, self.files.vendor) from error


def _unusable(message: str, folder: Path, vendor: str) -> ConfigError:
    command = f"consentric sandbox reset {folder} --crm {vendor}"
    return ConfigError(message, hint=f"mend its files, or make it anew with  {command}", code="CS217")
