"""Every request this package can send to HubSpot: none creates a contact or touches a subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consentric import RemoteError, RemoteKind
from consentric_hubspot.client import HubSpotClient

CONTACT_TYPE_ID = "0-1"
READ_SIZE = 100
"""Inputs of a batch read or update, and rows of a page of contacts, at most (HubSpot, "Contacts" guide)."""
MEMBERS_SIZE = 250
"""Rows of a page of memberships at most (HubSpot, "Get list memberships")."""
_CONTACTS = {"type": "contacts"}


class Portal:
    """The calls of one HubSpot account that labels need, as Python values.

    Definitions of properties and ids of lists are asked for once and kept until something is created.
    """

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._properties: dict[str, dict[str, Any]] | None = None
        self._lists: dict[str, dict[str, Any]] = {}

    def properties(self) -> Mapping[str, dict[str, Any]]:
        """Definitions of all contact properties by name: one call, however many we look for."""
        if self._properties is None:
            answer = self._client.request("GET", "properties", parts=_CONTACTS)
            self._properties = {str(row["name"]): row for row in _rows(answer)}
        return self._properties

    def forget(self) -> None:
        """Asks for definitions and lists again next time."""
        self._properties = None
        self._lists.clear()

    def scopes(self) -> frozenset[str] | None:
        """What the token may do, None when HubSpot does not tell."""
        return self._client.scopes()

    def create_group(self, name: str, label: str) -> None:
        """Creates a property group; one of that name will do."""
        try:
            self._client.request(
                "POST", "property.groups", parts=_CONTACTS, body={"name": name, "label": label}
            )
        except RemoteError as error:
            if error.status != 409:
                raise

    def create_property(self, definition: Mapping[str, Any]) -> None:
        """Creates a contact property; does nothing when one of that name came up meanwhile."""
        self._properties = None
        try:
            self._client.request("POST", "properties", parts=_CONTACTS, body=definition)
        except RemoteError as error:
            if error.status != 409:
                raise

    def set_options(self, name: str, options: Sequence[Mapping[str, Any]]) -> None:
        """Replaces the choices of an enumeration; HubSpot wants the full list."""
        self._properties = None
        self._client.request(
            "PATCH", "property", parts={**_CONTACTS, "name": name}, body={"options": list(options)}
        )

    def find_list(self, name: str) -> dict[str, Any] | None:
        """The list of this name; names are unique in an account."""
        if name not in self._lists:
            try:
                answer = self._client.request(
                    "GET", "list.by_name", parts={"type": CONTACT_TYPE_ID, "name": name}
                )
            except RemoteError as error:
                if error.status != 404:
                    raise
                return None
            self._lists[name] = answer["list"]
        return self._lists[name]

    def create_list(self, name: str) -> None:
        """Creates a list that only API calls and people fill; does nothing when there is one."""
        body = {"name": name, "objectTypeId": CONTACT_TYPE_ID, "processingType": "MANUAL"}
        try:
            self._client.request("POST", "lists", body=body)
        except RemoteError as error:
            # A name that is taken answers 400 or 409 by version; any other fault shows in the look-up.
            if error.kind is not RemoteKind.REJECTED or self.find_list(name) is None:
                raise

    def list_id(self, name: str) -> str:
        """Id of a list that was found before."""
        return str(self._lists[name]["listId"])

    def members(self, list_id: str) -> Iterator[str]:
        """Ids of all members, page by page."""
        after = ""
        while True:
            query = [("limit", str(MEMBERS_SIZE)), *([("after", after)] if after else [])]
            answer = self._client.request("GET", "list.members", parts={"id": list_id}, query=query)
            yield from (str(row["recordId"]) for row in _rows(answer))
            after = _next(answer, after)
            if not after:
                return

    def change_members(self, route: str, list_id: str, ids: Sequence[str]) -> dict[str, Any]:
        """Sends `list.add` or `list.remove`: the body is a bare array of text ids."""
        return self._client.request("PUT", route, parts={"id": list_id}, body=list(ids))

    def contacts(self, properties: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Every contact with these properties, page by page; straight from the store, not the index."""
        after = ""
        while True:
            query = [("limit", str(READ_SIZE)), ("properties", ",".join(properties))]
            query += [("after", after)] if after else []
            answer = self._client.request("GET", "objects", parts=_CONTACTS, query=query)
            yield from _rows(answer)
            after = _next(answer, after)
            if not after:
                return

    def read_contacts(self, ids: Sequence[str], properties: Sequence[str]) -> list[dict[str, Any]]:
        """Up to 100 contacts by id; who is gone is left out, who was merged comes as the survivor."""
        body = {"inputs": [{"id": id} for id in ids], "properties": list(properties)}
        return _rows(self._client.request("POST", "objects.read", parts=_CONTACTS, body=body))

    def lists_of(self, ids: Sequence[str]) -> dict[str, set[str]]:
        """Up to 100 contacts by id with the ids of the lists they are in."""
        body = {"inputs": [{"objectTypeId": CONTACT_TYPE_ID, "recordId": id} for id in ids]}
        answer = self._client.request("POST", "records.lists", body=body)
        return {
            str(row["recordId"]): {str(member["listId"]) for member in row["recordListMemberships"]}
            for row in _rows(answer)
        }

    def update_contacts(self, inputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Updates up to 100 existing contacts by id. Not the upsert, which would create people."""
        return self._client.request("POST", "objects.update", parts=_CONTACTS, body={"inputs": list(inputs)})

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = answer.get("results")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _next(answer: Mapping[str, Any], asked: str) -> str:
    """The cursor of the next page, empty at the end; a short page proves nothing."""
    after = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
    if after and after == asked:
        raise RemoteError(
            "HubSpot gave the same page twice", kind=RemoteKind.FATAL, operation="paging", code="CS107"
        )
    return after
