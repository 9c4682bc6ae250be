"""The pretend HubSpot: a portal in memory, answered over HTTPS on the loopback interface."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consentric.sdk.contracts import Endpoint

    from .serving import Claim


@contextlib.contextmanager
def serve(folder: Path, *, clock: Callable[[], datetime]) -> Iterator[Endpoint]:
    """Serves the portal that lies in `folder`; saves it at the end if anything was written.

    When another process serves that folder, gives its address instead: its clock then counts, and saving
    is its business.

    Raises:
        ConfigError: The folder holds no pretend HubSpot, or who holds it does not answer.
    """
    from consentric.sdk.contracts import Endpoint
    from consentric_sandbox.certificates import CA_FILE

    from .serving import Claim, claim_or_join

    _check(folder)
    found = claim_or_join(folder)
    if isinstance(found, Claim):
        with found, _served(found, folder, clock) as endpoint:
            yield endpoint
    else:
        yield Endpoint(base_url=found, ca_file=folder / CA_FILE)


@contextlib.contextmanager
def serve_alone(
    folder: Path, *, clock: Callable[[], datetime], has_limits: bool = True, is_saved: bool = True
) -> Iterator[Endpoint]:
    """Serves the portal for other processes, as `serve` does for this one.

    Args:
        has_limits: Whether rates and the day's allowance are counted; without for measurements.
        is_saved: Whether what was written is saved at the end.

    Raises:
        ConfigError: The folder holds no pretend HubSpot, or another process serves it.
    """
    _check(folder)
    with (
        claim_for(folder) as claim,
        _served(claim, folder, clock, has_limits=has_limits, is_saved=is_saved) as endpoint,
    ):
        yield endpoint


def claim_for(folder: Path) -> Claim:
    """Takes the folder for this process alone, to serve it or to change its files.

    Raises:
        ConfigError: Another process serves it.
    """
    from consentric.sdk.errors import ConfigError

    from .serving import Claim

    claim = Claim.take(folder)
    if claim is None:
        raise ConfigError(
            f"another process serves {folder}",
            hint="connections that name this folder use that one; or end it",
        )
    return claim


def _check(folder: Path) -> None:
    from consentric.sdk.errors import ConfigError

    from .snapshot import FILE

    if not (folder / FILE).exists():
        raise ConfigError(
            f"{folder} holds no pretend HubSpot ({FILE} is missing)",
            hint=f"consentric sandbox reset {folder}",
        )


@contextlib.contextmanager
def _served(
    claim: Claim,
    folder: Path,
    clock: Callable[[], datetime],
    *,
    has_limits: bool = True,
    is_saved: bool = True,
) -> Iterator[Endpoint]:
    from .portal import Portal
    from .server import listen
    from .snapshot import save_changed

    portal = Portal.open(folder, clock=clock)
    if not has_limits:
        portal.limiter.lift()
    try:
        with listen(portal) as endpoint:
            claim.announce(endpoint.base_url)
            try:
                yield endpoint
            finally:
                claim.withdraw()
    finally:
        portal.log.close()
        if portal.is_changed and is_saved:
            save_changed(portal.state, folder)
