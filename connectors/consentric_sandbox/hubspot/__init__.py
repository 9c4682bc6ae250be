"""The pretend HubSpot: a portal in memory, answered over HTTPS on the loopback interface."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consentric.sdk.contracts import Endpoint
    from consentric_sandbox.sandboxes import Sandbox


def serve(folder: Path, *, clock: Callable[[], datetime]) -> AbstractContextManager[Endpoint]:
    """Serves the portal that lies in `folder`; saves it at the end if anything was written.

    When another process serves that folder, gives its address instead: its clock then counts, and saving
    is its business.

    Raises:
        ConfigError: The folder holds no pretend HubSpot, or who holds it does not answer.
    """
    return sandbox().serve(folder, clock=clock)


def make_empty(folder: Path) -> None:
    """Puts a portal without contacts into `folder`."""
    from .snapshot import save
    from .state import HubSpotState

    save(HubSpotState(), folder)


def example(folder: Path) -> str:
    """The part of a configuration that uses this folder; such a connection starts the server itself."""
    return (
        "[connections.hubspot]\n"
        'connector = "hubspot"\n'
        f'sandbox = "{folder}"\n'
        f'token = "file:{folder / "hubspot.token"}"\n'
    )


def sandbox() -> Sandbox:
    """How a portal is opened and served; imported when it is asked for."""
    from consentric_sandbox.sandboxes import Sandbox

    from .desk import Desk
    from .portal import Portal
    from .snapshot import FILES

    return Sandbox(
        title="HubSpot", files=FILES, open=lambda folder, clock: Desk(Portal.open(folder, clock=clock))
    )
