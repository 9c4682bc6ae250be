"""Lets the warehouse follow when records change their person, also after a run that was killed in between."""

from __future__ import annotations

import pyarrow as pa

from .stores import Stores


def follow_moves(stores: Stores) -> None:
    """Hands records to the person they belong to now; activities, attributes and labels stay with them.

    The vault keeps what is still to be done, so whoever comes next finishes it.
    """
    moves = stores.vault.moves()
    if not moves:
        return
    with stores.warehouse.transaction():
        stores.warehouse.regroup(
            pa.table(
                {
                    "rref": pa.array([rref for rref, _ in moves], pa.binary()),
                    "pid": pa.array([stores.pseudonyms.pid(sid) for _, sid in moves], pa.string()),
                }
            )
        )
    stores.vault.settle_moves(rref for rref, _ in moves)
