"""Whom a command is about: a record of a CRM, or an address that becomes a fingerprint and is forgotten."""

from __future__ import annotations

from collections.abc import Iterable

from consentric.sdk.errors import ConfigError, NotIdentifiedError
from consentric_privacy.normalise import email, phone

from .connecting import DEFAULT_COUNTRY
from .messages import unknown_name
from .workspace import Workspace

RECORD = "crm:"
"""How the name of a record begins."""


def refuse_address(given: str) -> None:
    """Refuses an address on the command line, where other users of the machine could read it.

    Raises:
        ConfigError: CS219; the address is not repeated.
    """
    if "@" in given:
        raise ConfigError(
            "an address must not stand on the command line",
            hint="run  consentric explain  and type it, or name a record as crm:CONNECTION:ID",
            happened="nothing was read; the address is not kept.",
            code="CS219",
        )


def person_named(workspace: Workspace, subject: str) -> bytes:
    """The sid of the person whom a record, an address or a telephone number names.

    Raises:
        ConfigError: The record is of a connection that there is not (CS211).
        NotIdentifiedError: Nobody is known under it (exit 7).
    """
    by_record = subject.startswith(RECORD)
    rrefs = records_named(workspace, subject) if by_record else _by_address(workspace, subject)
    for sid in workspace.vault.subject_of(rrefs).values():
        return sid
    raise NotIdentifiedError(
        "nobody is known under what was given",
        happened="nothing was read from a CRM; what was given is not kept.",
        hint="name a record as crm:CONNECTION:ID; after a change in the CRM run  consentric pull  first",
    )


def records_named(workspace: Workspace, name: str) -> list[bytes]:
    """The live records that `crm:CONNECTION:ID` names: one in each part of the account that knows the id.

    Raises:
        ConfigError: There is no such connection (CS211).
    """
    _, _, rest = name.partition(":")
    connection, _, record_id = rest.partition(":")
    known = list(workspace.settings.connections)
    if connection not in known:
        raise unknown_name("connection", connection, known)
    return [
        rref
        for kind, partition in workspace.vault.places(connection)
        for rref in workspace.vault.find(connection, kind, partition, [record_id]).values()
    ]


def names_of(workspace: Workspace, rrefs: Iterable[bytes]) -> dict[bytes, str]:
    """How the operator names live records, as `crm:hubspot:4711`; others are left out."""
    links = workspace.vault.links(rrefs)
    return {rref: f"{RECORD}{link.account}:{link.id}" for rref, link in links.items()}


def _by_address(workspace: Workspace, subject: str) -> list[bytes]:
    controller = workspace.settings.controller
    country = controller.country if controller is not None else DEFAULT_COUNTRY
    for kind, normalised in (("email", email(subject)), ("phone", phone(subject, country))):
        if normalised is not None:
            found = workspace.vault.carriers(kind, normalised)
            if found:
                return found
    return []
