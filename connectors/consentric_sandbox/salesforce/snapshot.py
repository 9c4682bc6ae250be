"""Keeps a pretend org in one file: JSON in columns, lightly compressed."""

from __future__ import annotations

import os
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from consentric_sandbox.snapshot_files import SnapshotFiles, without_collecting

from .jobs import Job
from .schema import Field
from .state import Account, Allowance, SalesforceState
from .tables import Row, Table

FORMAT = 1
FILES = SnapshotFiles("salesforce")
CONSUMER_FILE = "salesforce.consumer"
"""The consumer key of the app, which a configuration names as it does any secret."""
KEY_FILE = "salesforce.key.pem"
"""The private key with which a connection signs its assertions."""


def save(state: SalesforceState, folder: Path) -> Path:
    """Writes the org to `folder` in one atomic step, readable by its owner only.

    An org without credentials gets some: the consumer secret stands in `salesforce.token`, the private
    key of the JWT flow in `salesforce.key.pem`, the app's consumer key in `salesforce.consumer` (all 0600).
    """
    _ensure_credentials(state.account, folder)
    document = {
        "format": FORMAT,
        "account": asdict(state.account),
        "allowance": asdict(state.allowance),
        "tables": {name: _columns(table) for name, table in state.tables.items()},
        "custom_fields": {
            name: [asdict(one) for one in entity.fields.values() if one.is_custom]
            for name, entity in state.entities.items()
        },
        "features": sorted(state.features),
        "hidden_objects": sorted(state.hidden_objects),
        "hidden_fields": sorted(state.hidden_fields),
        "read_only_fields": sorted(state.read_only_fields),
        "jobs": [asdict(job) for job in state.jobs.values()],
        "next_number": state.next_number,
        "log_seq": state.log_seq,
        "requests": state.requests,
    }
    return FILES.write_state(folder, document)


def load(folder: Path) -> SalesforceState:
    """Reads the org back; the file's own format number must fit.

    Raises:
        FileNotFoundError: When the folder holds no org.
        ValueError: When another version wrote it.
    """
    with without_collecting():
        return _loaded(folder)


def save_changed(state: SalesforceState, folder: Path) -> None:
    """Saves an org that was written to; the first one stays beside it, for `reset`."""
    FILES.keep_first(folder)
    save(state, folder)


def _loaded(folder: Path) -> SalesforceState:
    document = FILES.read_state(folder, format=FORMAT)
    state = SalesforceState()
    state.account = Account(**document["account"])
    state.allowance = Allowance(**document["allowance"])
    for name, made in document["custom_fields"].items():
        for entry in made:
            entry["refers_to"], entry["values"] = tuple(entry["refers_to"]), tuple(entry["values"])
            state.entities[name].add(Field(**entry))
    for name, columns in document["tables"].items():
        _fill(state.tables[name], columns)
    state.features = set(document["features"])
    state.hidden_objects = set(document["hidden_objects"])
    state.hidden_fields = set(document["hidden_fields"])
    state.read_only_fields = set(document["read_only_fields"])
    state.jobs = {entry["id"]: Job(**entry) for entry in document["jobs"]}
    state.next_number, state.log_seq = document["next_number"], document["log_seq"]
    state.requests = document["requests"]
    return state


def _ensure_credentials(account: Account, folder: Path) -> None:
    account.consumer_secret = account.consumer_secret or secrets.token_hex(32).upper()
    account.refresh_token = account.refresh_token or f"5Aep861{secrets.token_urlsafe(40)}"
    if not account.public_key:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _write_key(folder, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        account.public_key = public.decode()
    FILES.write_token(folder, account.consumer_secret)
    FILES.write_secret(folder, CONSUMER_FILE, account.consumer_key)


def _write_key(folder: Path, content: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def _columns(table: Table) -> dict[str, Any]:
    rows = list(table.rows.values())
    layouts: dict[tuple[str, ...], int] = {}
    return {
        "id": [row.id for row in rows],
        "created": [row.created for row in rows],
        "modified": [row.modified for row in rows],
        "stamp": [row.stamp for row in rows],
        "deleted": table.bin,
        "layout": [layouts.setdefault(tuple(row.values), len(layouts)) for row in rows],
        "layouts": list(layouts),
        "values": [list(row.values.values()) for row in rows],
    }


def _fill(table: Table, columns: dict[str, Any]) -> None:
    table.rows.clear()
    table.bin.clear()
    layouts, deleted = columns["layouts"], columns["deleted"]
    names = ("id", "created", "modified", "stamp", "layout", "values")
    for id, created, modified, stamp, layout, values in zip(*(columns[name] for name in names), strict=True):
        filled = dict(zip(layouts[layout], values, strict=True))
        table.add(Row(id, filled, created, modified, stamp, deleted.get(id, "")))
