"""The pretend Salesforce: an org in memory, answered over HTTPS on the loopback interface."""

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
    """Serves the org that lies in `folder`; saves it at the end if anything was written.

    When another process serves that folder, gives its address instead: its clock then counts, and saving
    is its business.

    Raises:
        ConfigError: The folder holds no pretend Salesforce, or who holds it does not answer.
    """
    return sandbox().serve(folder, clock=clock)


def sandbox() -> Sandbox:
    """How an org is opened and served; imported when it is asked for."""
    from consentric_sandbox.sandboxes import Sandbox

    from .desk import Desk
    from .org import Org
    from .snapshot import FILES

    return Sandbox(
        title="Salesforce", files=FILES, open=lambda folder, clock: Desk(Org.open(folder, clock=clock))
    )
