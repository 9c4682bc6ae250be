"""What a destination needs in its CRM, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from consentric.app.destination_setup import Setup
from consentric.sdk.contracts import Need

from .table import table

_STATES = {"there": "there", "missing": "MISSING", "unknown": "?"}


def setup_text(setup: Setup) -> str:
    """A table of all needs, then what the CRM's admin has to do, then the next command."""
    rows = [(_STATES[one.state], one.kind, one.name, one.definition) for one in setup.needs]
    lines = [f"{setup.destination} (connection {setup.connection})", table(("", "what", "name", ""), rows)]
    by_admin = [one for one in setup.missing if one.remedy]
    if by_admin:
        lines += ["", "Only an admin of the CRM can do this:"]
        lines += [line for number, one in enumerate(by_admin, 1) for line in _steps(number, one)]
    if setup.creatable:
        lines += ["", "The CRM lets us create this:"]
        lines += [f"  {one.target}: {one.description}" for one in setup.creatable]
    return "\n".join([*lines, "", _ending(setup)])


def _steps(number: int, need: Need) -> Iterator[str]:
    yield f"  {number}. {need.kind} {need.name}"
    yield f"     {need.remedy}"


def _ending(setup: Setup) -> str:
    if setup.creatable:
        return f"Next:  consentric setup {setup.destination} --create"
    if any(one.state == "unknown" for one in setup.needs):
        lines = "? is what the CRM does not tell; the first plan and apply will show it.\n"
    else:
        lines = "Everything is there.\n"
    if setup.missing:
        return f"Next:  let the admin do it, then  consentric setup {setup.destination}"
    return f"{lines}Next:  consentric plan {setup.destination}"
