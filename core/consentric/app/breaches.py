"""Asks a plugin something and says what it broke: who, where and what, never the words of its error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from consentric.sdk.contracts import Context
from consentric.sdk.errors import ConsentricError, DataError, RemoteError, RemoteKind

from .plugin_errors import kind_and_place, place_in
from .plugin_watch import SILENCE_SECONDS, PluginHung, watched

T = TypeVar("T")


class Closing(Protocol):
    """A connector or a writer, as far as its end goes."""

    def close(self) -> None:
        """Frees what it holds."""


Inner = TypeVar("Inner", bound=Closing)
Breach = Callable[[str, str], ConsentricError]
"""Makes the error of where and what, as `stream "members"` and `raised KeyError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One connector or writer of a plugin, in one connection."""

    plugin: str
    module: str
    """Where its class is from; places in it are named."""
    context: Context

    def answer(self, told: str, ask: Callable[[], T], breach: Breach) -> T:
        """What the plugin answers. Errors of ours pass; everything else it raises is a breach."""
        transport = self.context.transport
        try:
            with watched(SILENCE_SECONDS, sign_of_life=lambda: transport.calls):
                return ask()
        except ConsentricError:
            raise
        except PluginHung as error:
            silence = f"{SILENCE_SECONDS / 60:g} minutes"
            what = f"was stopped: it gave nothing for {silence}{place_in(error.__traceback__, self.module)}"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - anything may happen in code of others
            what = f"raised {kind_and_place(error, self.module)}"
        # Not inside `except`: the words of the error may name people, and would hang on as its context.
        raise breach(told, what)

    def data_error(self, told: str, what: str) -> DataError:
        """For a connector: its connection ends without a bookmark, the others go on."""
        return DataError(
            self._message(told, what),
            hint=self._hint,
            happened="the page it stood in was left out and no bookmark was saved; other connections go on.",
            code="CS303",
        )

    def ambiguous(self, told: str, what: str) -> RemoteError:
        """For a write that may have been applied: it is read back, never sent again on a guess."""
        return self._remote_error(told, what, RemoteKind.AMBIGUOUS)

    def fatal(self, told: str, what: str) -> RemoteError:
        """For a writer that cannot be worked with."""
        return self._remote_error(told, what, RemoteKind.FATAL)

    def _remote_error(self, told: str, what: str, kind: RemoteKind) -> RemoteError:
        return RemoteError(
            self._message(told, what),
            kind=kind,
            account=self.context.connection,
            operation=told,
            vendor_code="PLUGIN",
            hint=self._hint,
            code="CS109",
        )

    @property
    def _hint(self) -> str:
        return f'tell the author of "{self.plugin}"; the words of its error may name people and are not kept'

    def _message(self, told: str, what: str) -> str:
        return f'connection "{self.context.connection}": plugin "{self.plugin}": {told} {what}'


class Guarded(Generic[Inner]):
    """What a guarded connector and a guarded writer share: the plugin's own, and its end.

    It is made when it is first asked: a constructor that raises then fails its connection and no other.
    """

    settings: Any
    context: Context
    _kind: Callable[[Any, Context], Inner]
    _asked: Asked

    def close(self) -> None:
        """Frees what it holds; a plugin that cannot is no reason to fail a run that is over."""
        if "_inner" in self.__dict__:
            try:
                self._asked.answer("close", self._inner.close, self._asked.fatal)
            except ConsentricError:
                return

    @cached_property
    def _inner(self) -> Inner:
        return self._kind(self.settings, self.context)


def each(begin: Callable[[], Iterator[Any]], answer: Callable[[Callable[[], Any]], Any]) -> Iterator[Any]:
    """What the plugin yields, asked for one by one, so that a breach is known where it happens."""
    items, end = answer(lambda: iter(begin())), object()
    while (one := answer(lambda: next(items, end))) is not end:
        yield one
