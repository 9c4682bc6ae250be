"""The pretend HubSpot: a portal in memory, answered over HTTPS on the loopback interface."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consentric.sdk.contracts import Endpoint


@contextlib.contextmanager
def serve(folder: Path, *, clock: Callable[[], datetime]) -> Iterator[Endpoint]:
    """Serves the portal that lies in `folder`; saves it at the end if anything was written.

    Raises:
        ConfigError: When the folder holds no pretend HubSpot.
    """
    from consentric.sdk.errors import ConfigError

    from .portal import Portal
    from .server import listen
    from .snapshot import FILE, save_changed

    if not (folder / FILE).exists():
        raise ConfigError(
            f"{folder} holds no pretend HubSpot ({FILE} is missing)",
            hint=f"consentric sandbox reset {folder}",
        )
    portal = Portal.open(folder, clock=clock)
    try:
        with listen(portal) as endpoint:
            yield endpoint
    finally:
        portal.log.close()
        if portal.is_changed:
            save_changed(portal.state, folder)
