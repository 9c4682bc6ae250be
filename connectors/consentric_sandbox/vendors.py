"""The vendors whose CRM this package pretends to be, imported when one is asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from .snapshot_files import SnapshotFiles

if TYPE_CHECKING:
    from .sandboxes import Sandbox

VENDORS = ("hubspot", "mailchimp", "salesforce")


class Vendor(Protocol):
    """What the package of a vendor offers to commands."""

    def sandbox(self) -> Sandbox:
        """How its CRM is opened and served."""
        ...

    def make_empty(self, folder: Path) -> None:
        """Puts a CRM that knows nobody into a folder."""
        ...

    def example(self, folder: Path) -> str:
        """The part of a configuration that uses such a folder."""
        ...


def vendor(name: str) -> Vendor:
    """The package of a vendor; `name` is one of `VENDORS`."""
    return cast(Vendor, import_module(f"consentric_sandbox.{name}"))


def vendors_in(folder: Path) -> tuple[str, ...]:
    """The vendors whose CRM lies in a folder."""
    return tuple(name for name in VENDORS if (folder / SnapshotFiles(name).state).exists())
