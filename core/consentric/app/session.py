"""What the global flags of one command say, and how a command shows what it found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from consentric.sdk.progress import Progress

from .interruption import interruptible
from .progress import StoppableProgress, shown_progress

DEFAULT_CONFIG = Path("config.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a stage is given: where it says how far it is, and whether it was asked to stop."""

    progress: Progress
    should_stop: Callable[[], bool]


@dataclass(slots=True, kw_only=True)
class Session:
    """The global flags; they may stand before or after the verb, so it is filled while parsing."""

    config: Path = DEFAULT_CONFIG
    is_json: bool = False
    is_quiet: bool = False
    verbosity: int = 0
    may_ask: bool = True
    may_color: bool = True
    lang: str = "en"
    as_of: date | None = None

    @property
    def folder(self) -> Path:
        """The workspace: the folder of the configuration."""
        return self.config.parent

    def show(self, schema: str, data: Mapping[str, Any], text: str) -> None:
        """Prints a report: one JSON object with `--json`, else the text.

        Args:
            schema: Name and version of the object, as `consentric.plan/1`.
            data: The object; it must not carry personal data.
            text: What a person reads.
        """
        if self.is_json:
            click.echo(json.dumps({"schema": schema, **data}, ensure_ascii=False, default=str))
        else:
            click.echo(text)

    @contextmanager
    def working(self) -> Iterator[Work]:
        """Surrounds what can be interrupted and taken up again, with its progress on standard error."""
        is_quiet = self.is_quiet or self.is_json
        with interruptible() as interruption, shown_progress(is_quiet=is_quiet) as progress:
            yield Work(
                progress=StoppableProgress(progress, interruption), should_stop=interruption.should_stop
            )

    def is_terminal(self) -> bool:
        """Whether a person can be asked."""
        return self.may_ask and sys.stdin.isatty()


def current_session() -> Session:
    """The session of the command that runs."""
    session = click.get_current_context().find_root().obj
    assert isinstance(session, Session)
    return session
