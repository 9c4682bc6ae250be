"""The stores a pull writes, in the order in which it writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from consentric.control.store import ControlStore
from consentric.sdk.records import RecordRef
from consentric.warehouse.store import Warehouse
from consentric_privacy.ledger import Ledger
from consentric_privacy.people import PeopleStore
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.vault import Vault

from .settings import FieldSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything a page of records ends in: people (vault and ledger), warehouse, control."""

    people: PeopleStore
    vault: Vault
    ledger: Ledger
    pseudonyms: Pseudonyms
    warehouse: Warehouse
    control: ControlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may be kept of one connection's records."""

    connection: str
    fields: tuple[FieldSettings, ...]
    counts_purchases: bool
    """Whether this connection is a source of truth for orders."""
    zone: tzinfo
    """Business time zone: an activity belongs to a calendar day there."""
    default_country: str
    """For phone numbers in national form, and for the age of digital consent."""
    consent_ages: Mapping[str, int]
    """Age of digital consent by country; 16 elsewhere."""
    reporting_currency: str
    """Of amounts whose source names no currency."""


def known_records(vault: Vault, account: str, refs: Iterable[RecordRef]) -> dict[RecordRef, bytes]:
    """The rrefs of records that were pulled; others are left out."""
    groups: dict[tuple[str, str], dict[str, RecordRef]] = {}
    for ref in refs:
        groups.setdefault((ref.object, ref.partition), {})[ref.id] = ref
    return {
        by_id[crm_id]: rref
        for (kind, partition), by_id in groups.items()
        for crm_id, rref in vault.find(account, kind, partition, by_id).items()
    }
