"""Finds the end point of a path: literal parts go before named ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Node(Generic[T]):
    literal: dict[str, _Node[T]] = field(default_factory=dict)
    named: dict[str, _Node[T]] = field(default_factory=dict)
    ends: dict[str, T] = field(default_factory=dict)


class PathTree(Generic[T]):
    """End points by path and method."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, method: str, path: str, end: T) -> None:
        """Adds an end point; a part in braces stands for any text and names it."""
        node = self._root
        for part in path.strip("/").split("/"):
            if part.startswith("{"):
                node = node.named.setdefault(part[1:-1], _Node())
            else:
                node = node.literal.setdefault(part, _Node())
        node.ends[method] = end

    def find(self, segments: list[str]) -> list[tuple[dict[str, T], dict[str, str]]]:
        """All places that a path may mean, the most literal first: end points by method, named parts."""
        return [(node.ends, params) for node, params in _walk(self._root, segments, {})]


def _walk(
    node: _Node[T], segments: list[str], params: dict[str, str]
) -> Iterator[tuple[_Node[T], dict[str, str]]]:
    if not segments:
        if node.ends:
            yield node, params
        return
    head, rest = segments[0], segments[1:]
    if head in node.literal:
        yield from _walk(node.literal[head], rest, params)
    for name, child in node.named.items():
        yield from _walk(child, rest, {**params, name: head})
