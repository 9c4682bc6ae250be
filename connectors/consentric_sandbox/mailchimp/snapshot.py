"""Keeps a pretend Mailchimp account in one file."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import Any

from consentric_sandbox.snapshot_files import SnapshotFiles, without_collecting

from .records import Audience, Batch, Campaign, Customer, Member, MergeField, Order, Segment, Store
from .state import Credentials, MailchimpState

FORMAT = 1
FILES = SnapshotFiles("mailchimp")
_MEMBER = tuple(Member.__dataclass_fields__)
_ORDER = tuple(Order.__dataclass_fields__)
_CUSTOMER = tuple(Customer.__dataclass_fields__)


def save(state: MailchimpState, folder: Path) -> Path:
    """Writes the account to `folder` in one atomic step, readable by its owner only.

    An account without credentials gets some; its API key stands in `mailchimp.token` (0600).
    """
    credentials = state.credentials
    credentials.api_key = credentials.api_key or f"{secrets.token_hex(16)}-{credentials.data_centre}"
    credentials.access_token = credentials.access_token or secrets.token_hex(16)
    FILES.write_token(folder, credentials.api_key)
    return FILES.write_state(
        folder,
        {
            "format": FORMAT,
            "credentials": asdict(credentials),
            "audiences": [_audience_row(one) for one in state.audiences.values()],
            "campaigns": [asdict(one) for one in state.campaigns.values()],
            "stores": [_store_row(one) for one in state.stores.values()],
            "batches": [asdict(one) for one in state.batches.values()],
            "next_id": state.next_id,
            "log_seq": state.log_seq,
            "requests": state.requests,
        },
    )


def load(folder: Path) -> MailchimpState:
    """Reads the account back; the file's own format number must fit.

    Raises:
        FileNotFoundError: When the folder holds no account.
        ValueError: When another version wrote it.
    """
    with without_collecting():
        return _loaded(FILES.read_state(folder, format=FORMAT))


def save_changed(state: MailchimpState, folder: Path) -> None:
    """Saves an account that was written to; the first one stays beside it, for `reset`."""
    FILES.keep_first(folder)
    save(state, folder)


def _loaded(document: dict[str, Any]) -> MailchimpState:
    state = MailchimpState()
    state.credentials = Credentials(**document["credentials"])
    for row in document["audiences"]:
        audience = _audience(row)
        state.audiences[audience.id] = audience
    for row in document["campaigns"]:
        row["clicks"] = [tuple(one) for one in row["clicks"]]
        row["opens"] = [tuple(one) for one in row["opens"]]
        row["unsubscribes"] = {email: tuple(one) for email, one in row["unsubscribes"].items()}
        state.campaigns[row["id"]] = Campaign(**row)
    for row in document["stores"]:
        row["customers"] = {
            values[0]: Customer(**dict(zip(_CUSTOMER, values, strict=True))) for values in row["customers"]
        }
        row["orders"] = {one.id: one for one in map(_order, row["orders"])}
        state.stores[row["id"]] = Store(**row)
    state.batches = {row["id"]: Batch(**row) for row in document["batches"]}
    state.next_id, state.log_seq = document["next_id"], document["log_seq"]
    state.requests = document["requests"]
    return state


def _audience_row(audience: Audience) -> dict[str, Any]:
    values = attrgetter(*_MEMBER)
    return {
        "id": audience.id,
        "web_id": audience.web_id,
        "name": audience.name,
        "created_at": audience.created_at,
        "has_double_optin": audience.has_double_optin,
        "permissions": audience.permissions,
        "merge_fields": [asdict(one) for one in audience.merge_fields.values()],
        "forgotten": sorted(audience.forgotten),
        "members": [values(member) for member in audience.members.values()],
        "segments": [
            [one.id, one.name, one.created_at, one.updated_at, list(one.members)]
            for one in audience.segments.values()
        ],
    }


def _audience(row: dict[str, Any]) -> Audience:
    members, segments = row.pop("members"), row.pop("segments")
    merge_fields = {one["tag"]: MergeField(**one) for one in row.pop("merge_fields")}
    audience = Audience(**row | {"forgotten": set(row["forgotten"]), "merge_fields": merge_fields})
    for values in members:
        member = Member(**dict(zip(_MEMBER, values, strict=True)))
        member.tags = {int(id): at for id, at in member.tags.items()}  # JSON knows texts as keys only
        audience.put(member)
    for id, name, created, updated, contacts in segments:
        audience.segments[id] = Segment(
            id=id, name=name, created_at=created, updated_at=updated, members=dict.fromkeys(contacts)
        )
    audience.revision = 0
    return audience


def _store_row(store: Store) -> dict[str, Any]:
    customers, orders = attrgetter(*_CUSTOMER), attrgetter(*_ORDER)
    return {
        "id": store.id,
        "list_id": store.list_id,
        "name": store.name,
        "currency": store.currency,
        "created_at": store.created_at,
        "customers": [customers(one) for one in store.customers.values()],
        "orders": [orders(one) for one in store.orders.values()],
    }


def _order(values: list[Any]) -> Order:
    order = Order(**dict(zip(_ORDER, values, strict=True)))
    order.lines = [(product, quantity, price) for product, quantity, price in order.lines]
    return order
