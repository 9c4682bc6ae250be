"""A pretend plugin, so that tests of the engine name no connector of ours."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from consentric.app import plugin_manager
from consentric.sdk.contracts import Account, Connector, Stream
from consentric.sdk.hooks import hookimpl


class PretendSettings(BaseModel):
    """Settings of the pretend connector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    consents: dict[str, str] = {}
    purchases: str | None = None
    order_number: str | None = None


class PretendConnector(Connector):
    """Reads nothing."""

    name = "hubspot"
    settings_model = PretendSettings

    def check(self) -> Account:
        return Account(id="4711", name="Acme prod")

    def streams(self) -> Sequence[Stream]:
        return ()

    def read(self, stream: Any, since: Any) -> Iterator[Any]:
        return iter(())


class PretendDistribution:
    """What an entry point knows of the package it came with."""

    def __init__(self, name: str, version: str = "1.0") -> None:
        self.name = name
        self.version = version
        self.metadata = types.SimpleNamespace(get_all=lambda _name: None)


def entry_point(
    name: str, module: str, *, distribution: str = "consentric", group: str = "consentric"
) -> EntryPoint:
    """An entry point of a distribution that is not installed."""
    point = EntryPoint(name=name, value=module, group=group)
    vars(point)["dist"] = PretendDistribution(distribution)
    return point


@pytest.fixture(autouse=True)
def pretend_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only installed plugin is a pretend one."""
    module = types.ModuleType("pretend_plugin")

    @hookimpl
    def register_connectors() -> list[type[Connector]]:
        return [PretendConnector]

    module.register_connectors = register_connectors  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pretend_plugin", module)
    points = [
        entry_point("hubspot", "pretend_plugin"),
        entry_point("hubspot", "pretend_plugin:register_connectors", group="consentric.sandboxes"),
    ]
    monkeypatch.setattr(plugin_manager, "_installed", lambda: points)
