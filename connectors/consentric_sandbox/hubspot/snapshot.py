"""Keeps a pretend portal in one file: JSON in columns, lightly compressed."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from consentric_sandbox.snapshot_files import SnapshotFiles, without_collecting

from .object_store import ObjectStore, StoredObject
from .properties import Option, Property
from .state import Account, Allowance, ContactList, EmailEvent, HubSpotState, Occurrence, Status, Subscription

FORMAT = 1
FILES = SnapshotFiles("hubspot")
FILE = FILES.state
FIRST_FILE = FILES.first
TOKEN_FILE = FILES.token
LOG_FILE = FILES.log


def save(state: HubSpotState, folder: Path) -> Path:
    """Writes the portal to `folder` in one atomic step, readable by its owner only.

    A portal without credentials gets some; its token stands in `hubspot.token` (0600).
    Columns instead of one object per record: 160,000 orders load and save in about a second each.
    """
    _ensure_credentials(state.account, folder)
    document = {
        "format": FORMAT,
        "account": asdict(state.account),
        "allowance": asdict(state.allowance),
        "objects": {name: _columns(store) for name, store in state.objects.items()},
        "properties": {
            name: [asdict(one) for one in made.values() if not one.hubspot_defined]
            for name, made in state.properties.items()
        },
        "property_groups": state.property_groups,
        "associations": [
            [start, end, list(links), list(links.values())]
            for (start, end), links in state.associations.items()
        ],
        "subscriptions": [asdict(one) for one in state.subscriptions.values()],
        "statuses": [[email, list(known.items())] for email, known in state.statuses.items()],
        "opted_out": state.opted_out,
        "blocked": sorted(state.blocked),
        "lists": [asdict(one) | {"members": list(one.members.items())} for one in state.lists.values()],
        "campaigns": list(state.campaigns.items()),
        "email_events": [list(column) for column in zip(*state.email_events, strict=True)],
        "occurrences": state.occurrences,
        "next_id": state.next_id,
        "log_seq": state.log_seq,
        "requests": state.requests,
    }
    return FILES.write_state(folder, document)


def load(folder: Path) -> HubSpotState:
    """Reads the portal back; the file's own format number must fit.

    Raises:
        FileNotFoundError: When the folder holds no portal.
        ValueError: When another version wrote it.
    """
    with without_collecting():
        return _loaded(folder)


def save_changed(state: HubSpotState, folder: Path) -> None:
    """Saves a portal that was written to; the first one stays beside it, for `reset`."""
    FILES.keep_first(folder)
    save(state, folder)


def reset(folder: Path) -> bool:
    """Takes a portal back to how it was made, and forgets its log; False when it never changed."""
    return FILES.reset(folder)


def _loaded(folder: Path) -> HubSpotState:
    document = FILES.read_state(folder, format=FORMAT)
    state = HubSpotState()
    state.account = Account(**document["account"])
    state.allowance = Allowance(**document["allowance"])
    for name, made in document["properties"].items():
        for entry in made:
            entry["options"] = [Option(**option) for option in entry["options"]]
            state.properties[name][entry["name"]] = Property(**entry)
            if entry["has_unique_value"]:
                state.objects[name].unique[entry["name"]] = {}
    for name, columns in document["objects"].items():
        _fill(state.objects[name], columns)
    state.property_groups = document["property_groups"]
    for start, end, starts, ends in document["associations"]:
        state.associations[(start, end)] = dict(zip(starts, ends, strict=True))
    state.subscriptions = {one["id"]: Subscription(**one) for one in document["subscriptions"]}
    state.statuses = {
        email: {number: Status(*entry) for number, entry in known} for email, known in document["statuses"]
    }
    state.opted_out = document["opted_out"]
    state.blocked = set(document["blocked"])
    for entry in document["lists"]:
        entry["members"] = dict(entry["members"])
        state.lists[entry["id"]] = ContactList(**entry)
    state.campaigns = dict(document["campaigns"])
    state.email_events = [EmailEvent(*row) for row in zip(*document["email_events"], strict=True)]
    state.is_email_log_sorted = False
    state.occurrences = [Occurrence(*row) for row in document["occurrences"]]
    state.next_id, state.log_seq = document["next_id"], document["log_seq"]
    state.requests = document["requests"]
    return state


def _ensure_credentials(account: Account, folder: Path) -> None:
    account.token = account.token or f"pat-eu1-{secrets.token_hex(16)}"
    account.client_secret = account.client_secret or secrets.token_hex(16)
    account.refresh_token = account.refresh_token or f"eu1-{secrets.token_hex(18)}"
    FILES.write_token(folder, account.token)


def _columns(store: ObjectStore) -> dict[str, Any]:
    records = [*store.live.values(), *store.archived.values()]
    layouts: dict[tuple[str, ...], int] = {}
    layout = [layouts.setdefault(tuple(record.properties), len(layouts)) for record in records]
    return {
        "id": [record.id for record in records],
        "created": [record.created_at for record in records],
        "updated": [record.updated_at for record in records],
        "archived": {record.id: record.archived_at for record in store.archived.values()},
        "history": {record.id: record.history for record in records if record.history},
        "layouts": list(layouts),
        "layout": layout,
        "values": [list(record.properties.values()) for record in records],
        "redirects": list(store.redirects.items()),
    }


def _fill(store: ObjectStore, columns: dict[str, Any]) -> None:
    layouts = columns["layouts"]
    rows = zip(
        columns["id"],
        columns["created"],
        columns["updated"],
        columns["layout"],
        columns["values"],
        strict=True,
    )
    for number, created, updated, layout, values in rows:
        record = StoredObject(number, dict(zip(layouts[layout], values, strict=True)), created, updated)
        archived_at = columns["archived"].get(str(number))
        if archived_at is None:
            store.add(record)
        else:
            record.archived_at = archived_at
            store.put_in_bin(record)
        history = columns["history"].get(str(number))
        if history:
            record.history = [tuple(entry) for entry in history]
    store.redirects = dict(columns["redirects"])
