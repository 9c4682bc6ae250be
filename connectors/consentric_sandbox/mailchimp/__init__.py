"""The pretend Mailchimp: an account in memory, answered over HTTPS on the loopback interface."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consentric.sdk.contracts import Endpoint
    from consentric.testing.exchanges import Specimen
    from consentric_sandbox.sandboxes import Sandbox


def serve(folder: Path, *, clock: Callable[[], datetime]) -> AbstractContextManager[Endpoint]:
    """Serves the account that lies in `folder` under `/3.0`; saves it at the end if anything was written.

    When another process serves that folder, gives its address instead: its clock then counts, and saving
    is its business.

    Raises:
        ConfigError: The folder holds no pretend Mailchimp, or who holds it does not answer.
    """
    return sandbox().serve(folder, clock=clock)


def make_empty(folder: Path) -> None:
    """Puts an account with one audience and nobody in it into `folder`."""
    from datetime import UTC

    from .snapshot import save
    from .state import MailchimpState

    state = MailchimpState()
    state.add_audience("Pretend shop", at=datetime(2020, 1, 1, tzinfo=UTC))
    save(state, folder)


def example(folder: Path) -> str:
    """The part of a configuration that uses this folder; such a connection starts the server itself."""
    from .snapshot import load

    audiences = ", ".join(f'"{id}"' for id in load(folder).audiences)
    return (
        "[connections.mailchimp]\n"
        'connector = "mailchimp"\n'
        f'sandbox = "{folder}"\n'
        f'api_key = "file:{folder / "mailchimp.token"}"\n'
        f"audiences = [{audiences}]\n"
    )


def specimen(folder: Path) -> Specimen:
    """Puts an account into `folder` in which connector and writer reach every operation they use."""
    from .full_account import make_specimen

    return make_specimen(folder)


def sandbox() -> Sandbox:
    """How an account is opened and served; imported when it is asked for."""
    from consentric_sandbox.sandboxes import Sandbox

    from .account import MailchimpAccount
    from .desk import Desk
    from .snapshot import FILES

    return Sandbox(
        title="Mailchimp",
        files=FILES,
        open=lambda folder, clock: Desk(MailchimpAccount.open(folder, clock=clock)),
    )
