"""Which records are one person: the rules, over keys and carriers that are already in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

MAX_RECORDS_PER_KEY = 3
"""More records of one account on one address or number share a mailbox or a placeholder, not a person."""
UNTAGGED = "untagged"
"""Kind of the key of an address without its `+tag`, beside that with it: counted in reports, joins nobody."""

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Carrier:
    """A live record that carries a key."""

    rref: bytes
    account: str
    group: bytes
    """What the record belongs to before: the sid of its person, or its own rref when it is new."""
    is_apart: bool = False
    """An operator parted it from others: no key joins it again."""


def can_join(kind: str) -> bool:
    """Tells whether a shared key of this kind makes two records one person.

    An e-mail or an external id does. A phone never does: lines are shared, and beside a second agreeing
    key that key has joined the two already. Role addresses never become a key (`normalise`).
    """
    return kind == "email" or kind.startswith("external:")


def is_crowded(carriers: Collection[Carrier]) -> bool:
    """Tells whether a key stands on too many records of one account to mean one person."""
    if len(carriers) <= MAX_RECORDS_PER_KEY:
        return False
    per_account = Counter(account for account, _ in {(one.account, one.rref) for one in carriers})
    return any(records > MAX_RECORDS_PER_KEY for records in per_account.values())


class Groups(Generic[Node]):
    """Sets of nodes that only ever grow together (union-find with path halving)."""

    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}

    def add(self, node: Node) -> None:
        """Makes a node known, alone unless it was joined before."""
        self._parent.setdefault(node, node)

    def join(self, one: Node, other: Node) -> None:
        """Puts two nodes, and all that is with them, into one set."""
        self._parent[self.top(one)] = self.top(other)

    def top(self, node: Node) -> Node:
        """Gives the node that stands for the whole set."""
        parent = self._parent
        self.add(node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def sets(self) -> Iterator[list[Node]]:
        """Gives each set once, its nodes in the order in which they came."""
        members: dict[Node, list[Node]] = {}
        for node in self._parent:
            members.setdefault(self.top(node), []).append(node)
        yield from members.values()


def groups_of(
    nodes: Iterable[bytes], carriers: Mapping[tuple[str, bytes], Collection[Carrier]]
) -> tuple[Groups[bytes], frozenset[tuple[str, bytes]]]:
    """Groups what shares a current key.

    Args:
        nodes: Every group that must be in the result, joined or not.
        carriers: For each (kind, key) the live records that carry it.

    Returns:
        The groups, and the (kind, key) that joined nobody because too many records carry them.
    """
    groups: Groups[bytes] = Groups()
    for node in nodes:
        groups.add(node)
    crowded = set()
    for (kind, key), holders in carriers.items():
        if not can_join(kind):
            continue
        if is_crowded(holders):
            crowded.add((kind, key))
            continue
        joined = [holder.group for holder in holders if not holder.is_apart]
        for other in joined[1:]:
            groups.join(joined[0], other)
    return groups, frozenset(crowded)
