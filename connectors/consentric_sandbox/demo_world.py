"""The demo's folder: a workspace, a pretend CRM with people in it, and what happens to them meanwhile."""

from __future__ import annotations

import json
import secrets
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from consentric.sdk.errors import ConfigError
from consentric_privacy.files import make_private_folder, write_atomic
from consentric_sandbox.hubspot import snapshot
from consentric_sandbox.hubspot.object_store import iso
from consentric_sandbox.people.build import build
from consentric_sandbox.people.portal import NEWSLETTER

MARKER = ".consentric-demo"
"""Says that a folder is a demo's, so that the next demo may take it away."""
WRITE_LOG = "hubspot.writes.jsonl"
SEED = 20261115


@dataclass(frozen=True, slots=True)
class World:
    """Where everything of one demo lies."""

    folder: Path

    @property
    def workspace(self) -> Path:
        """Our stores and the configuration."""
        return self.folder / "workspace"

    @property
    def sandbox(self) -> Path:
        """The CRM's data, the shop's file and the truth about the people."""
        return self.folder / "sandbox"

    @property
    def config(self) -> Path:
        """The configuration that commands take with `-c`."""
        return self.workspace / "config.toml"


def make_world(folder: Path, *, households: int | None = None) -> World:
    """Makes a new world; one that an earlier demo left in this folder is taken away.

    Args:
        folder: Where it lies.
        households: Only so many, for tests; all when None.

    Raises:
        ConfigError: The folder holds something else, or the demo's data is not installed.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise ConfigError(
                f'the folder "{folder}" is not empty and not a demo\'s',
                hint="name another one:  consentric demo FOLDER",
                happened="nothing was written.",
                code="CS224",
            )
        shutil.rmtree(folder)
    make_private_folder(folder)
    write_atomic(folder / MARKER, b"")
    world = World(folder)
    make_private_folder(world.workspace)
    for source in files("consentric_sandbox").joinpath("demo_files").iterdir():
        write_atomic(world.workspace / source.name, source.read_bytes())
    write_atomic(folder / "root.key", secrets.token_hex(32).encode())
    state = build(world.sandbox, seed=SEED, households=households)
    # A year of orders at the vendor's real pace would take a quarter of an hour; nothing is learnt by it.
    state.allowance.burst = state.allowance.search_per_second = state.allowance.daily = None
    snapshot.save(state, world.sandbox)
    return world


def withdraw(world: World, count: int, *, at: datetime) -> list[int]:
    """So many labelled people leave the newsletter in the CRM, by themselves; gives their contacts.

    Each of them has one contact, so as many labels go as people leave.
    """
    state = snapshot.load(world.sandbox)
    contacts = state.objects["contacts"]
    cards = Counter(contact.properties.get("loyalty_number") for contact in contacts.live.values())
    labelled = sorted(member for one in state.lists.values() for member in one.members)
    alone = [
        number for number in labelled if cards[contacts.live[number].properties.get("loyalty_number")] == 1
    ]
    chosen = alone[:: max(1, len(alone) // count)][:count]
    for number in chosen:
        contact = contacts.live[number]
        address = contact.properties["email"]
        state.set_status(address, NEWSLETTER, "UNSUBSCRIBED", at=at, source="Preference page")
        contacts.touch(contact, iso(at))
    snapshot.save(state, world.sandbox)
    return chosen


def labelled_contacts(world: World) -> dict[int, str]:
    """Contacts that the CRM itself shows in a list of ours, with the list's name."""
    state = snapshot.load(world.sandbox)
    return {member: one.name for one in state.lists.values() for member in one.members}


def writes_seen(world: World) -> Counter[str]:
    """Kinds of writes that the CRM accepted, by its own log; kinds that could harm anybody included."""
    log = world.sandbox / WRITE_LOG
    if not log.exists():
        return Counter()
    return Counter(json.loads(line)["kind"] for line in log.read_text(encoding="utf-8").splitlines())
