"""Trouble that needs the org's help: a record that is merged away just before a request for it is read."""

from __future__ import annotations

import re

from consentric_sandbox.exchange import Received

from .ids import known_id
from .lifecycle import merge
from .org import Org

_ID = re.compile(rb"\b(?:003|00Q)[0-9A-Za-z]{12,15}\b")


def merged_away(org: Org, received: Received) -> None:
    """Merges the first contact or lead that a request names into a twin; the request then goes on."""
    path = "/".join(received.segments).encode()
    found = _ID.search(path) or _ID.search(received.content)
    query = " ".join(value for values in received.query.values() for value in values)
    found = found or _ID.search(query.encode())
    id = None if found is None else known_id(found[0].decode())
    if id is None:
        return
    entity = "Lead" if id.startswith("00Q") else "Contact"
    row = org.state.tables[entity].live(id)
    if row is None:
        return
    twin = {"LastName": "Twin"} | ({"Company": "Twin"} if entity == "Lead" else {})
    winner = org.state.add(entity, twin, created_at=org.clock())
    merge(org.state, entity, winner, [id], at=org.clock())
    org.accept("merge", "merge", [winner, id])
