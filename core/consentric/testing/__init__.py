"""Conformance suites for plugin authors; each is imported when first named, for it brings pytest along."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connector_suite import ConnectorBench, ConnectorSuite
    from .writer_suite import Sent, WriterBench, WriterSuite

__all__ = ["ConnectorBench", "ConnectorSuite", "Sent", "WriterBench", "WriterSuite"]

_HOMES = {
    "ConnectorBench": "connector_suite",
    "ConnectorSuite": "connector_suite",
    "Sent": "writer_suite",
    "WriterBench": "writer_suite",
    "WriterSuite": "writer_suite",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    # Before the suites are imported: an author then sees the values of an assertion that fails.
    pytest.register_assert_rewrite(*(f"{__name__}.{home}" for home in sorted(set(_HOMES.values()))))
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
