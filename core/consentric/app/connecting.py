"""Makes connectors and writers of the configured connections, each with a transport of its account."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from consentric.pull.stores import Rules
from consentric.sdk.contracts import Connector, Context, Writer
from consentric.sdk.errors import ConfigError, DataError
from consentric.sdk.transport import Transport
from consentric_privacy.ages import DIGITAL_CONSENT_AGES

from .guarded_connector import GuardedConnector
from .guarded_writer import GuardedWriter
from .plugin_manager import UNUSABLE
from .workspace import Workspace

DEFAULT_COUNTRY = "FR"
P = TypeVar("P", bound=Connector | Writer)


class Connections:
    """Connectors and writers of one workspace; those of one connection share one transport."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._open: list[Connector | Writer] = []
        self.connector = cache(self._make_connector)
        self.writer = cache(self._make_writer)
        self._context = cache(self._make_context)

    def calls(self, connection: str) -> int:
        """Calls made to a connection by this process so far."""
        return self._context(connection).transport.calls

    def rules(self, connection: str) -> Rules:
        """What may be kept of a connection's records."""
        settings = self._workspace.settings
        controller = settings.controller
        return Rules(
            connection=connection,
            fields=tuple(field for field in settings.field if field.connection == connection),
            counts_purchases=not settings.purchases.sources or connection in settings.purchases.sources,
            zone=settings.time.info,
            default_country=controller.country if controller is not None else DEFAULT_COUNTRY,
            consent_ages={**DIGITAL_CONSENT_AGES, **(controller.consent_ages if controller else {})},
            reporting_currency=settings.money.reporting,
        )

    def close(self) -> None:
        """Frees what they hold."""
        for part in self._open:
            part.close()
        self._open.clear()

    def is_remote(self, connection: str) -> bool:
        """Whether it reads a CRM; makes no connector."""
        return self._connector_class(connection).is_remote

    def _make_connector(self, connection: str) -> Connector:
        kind = self._connector_class(connection)
        settings, context = self._settings(connection), self._context(connection)
        plugin = self._workspace.config.plugins.outsider(kind)
        if plugin is None:
            return self._kept(kind(settings, context))
        return self._kept(GuardedConnector(kind, plugin, settings, context))

    def _make_writer(self, connection: str) -> Writer:
        kind = self._writer_class(connection)
        settings, context = self._settings(connection), self._context(connection)
        plugin = self._workspace.config.plugins.outsider(kind)
        if plugin is None:
            return self._kept(kind(settings, context))
        return self._kept(GuardedWriter(kind, plugin, settings, context))

    def _kept(self, part: P) -> P:
        self._open.append(part)
        return part

    def _writer_class(self, connection: str) -> type[Writer]:
        config = self._workspace.config
        try:
            return config.plugins.writer(config.settings.connections[connection].connector)
        except ConfigError as error:
            if error.code != UNUSABLE:
                raise
            # Its connector may be sound, and in another package: the connection fails, and no other.
            raise DataError(error.message, hint=error.hint, code=error.code) from None

    def _connector_class(self, connection: str) -> type[Connector]:
        config = self._workspace.config
        fault = config.unusable.get(connection)
        if fault is not None:
            raise DataError(fault.message, where=fault.where, hint=fault.hint, code=fault.code)
        return config.plugins.connector(config.settings.connections[connection].connector)

    def _settings(self, connection: str) -> Any:
        return self._workspace.config.connection_settings(connection)

    def _make_context(self, connection: str) -> Context:
        workspace = self._workspace
        settings = workspace.settings.connections[connection]
        kind = self._connector_class(connection)
        fields = [f for f in workspace.settings.field if f.connection == connection and f.is_requested]
        requested: dict[str, list[str]] = {}
        for field in fields:
            requested.setdefault(field.object, []).append(field.name)
        return Context(
            connection=connection,
            clock=workspace.clock,
            transport=Transport(
                connection,
                clock=workspace.clock,
                calls_per_second=settings.calls_per_second or kind.calls_per_second,
                daily_limit=settings.calls_per_day or kind.calls_per_day,
                budget=workspace.budget,
            ),
            workspace=workspace.config.folder,
            fields=requested,
            external_ids={field.name: field.external_id for field in fields if field.external_id},
            purposes=frozenset(purpose.id for purpose in workspace.settings.purpose),
            endpoint=workspace.endpoint(connection),
            preview_people=workspace.preview_people,
        )
