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


def make_empty(folder: Path) -> None:
    """Puts an org that knows nobody into `folder`; its administrator's fields are not there either."""
    from .snapshot import save
    from .state import SalesforceState

    save(SalesforceState(), folder)


def example(folder: Path) -> str:
    """The part of a configuration that uses this folder; such a connection starts the server itself."""
    from .snapshot import CONSUMER_FILE

    return (
        "[connections.salesforce]\n"
        'connector = "salesforce"\n'
        f'sandbox = "{folder}"\n'
        'domain = "pretend.my"\n'
        f'consumer_key = "file:{folder / CONSUMER_FILE}"\n'
        f'consumer_secret = "file:{folder / "salesforce.token"}"\n'
    )


def sandbox() -> Sandbox:
    """How an org is opened and served; imported when it is asked for."""
    from consentric_sandbox.sandboxes import Sandbox

    from .desk import Desk
    from .org import Org
    from .snapshot import FILES

    return Sandbox(
        title="Salesforce", files=FILES, open=lambda folder, clock: Desk(Org.open(folder, clock=clock))
    )
