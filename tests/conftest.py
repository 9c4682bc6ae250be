"""No request of the whole suite could create, subscribe or un-opt-out anybody: counted at every pretend CRM.

The servers count, in whatever process they run; a session in which they counted one such request fails.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from consentric_sandbox.tally import FOLDER, Total, added_up

ON_PURPOSE = "on purpose"
"""Folder of the counts of rooms that drive a pretend CRM as consentric never may."""
_SUITE = pytest.StashKey[Path]()


@pytest.fixture
def driven_on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declares that a test asks a pretend CRM itself for what consentric never may ask."""
    monkeypatch.setenv(FOLDER, str(Path(os.environ[FOLDER]).parent / ON_PURPOSE))


def pytest_configure(config: pytest.Config) -> None:
    """Names a folder, for this process and all that it starts: a worker has the one of its session."""
    # Ibis, pydantic and the pretend CRMs keep millions of objects; looking through them again and again
    # for cycles took a tenth of the suite.
    gc.set_threshold(100_000, 50, 50)
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = str(Path(tempfile.mkdtemp(prefix="consentric-tally-"), "outside of tests"))
    config.stash[_SUITE] = Path(os.environ[FOLDER]).parent


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    os.environ[FOLDER] = str(item.config.stash[_SUITE] / quote(item.nodeid.partition("::")[0], safe=""))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput") and _worst(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    totals = [total for _, total in _totals(config)]
    if not totals:
        return
    dangerous = sum(total.dangerous for total in totals)
    terminalreporter.write_line(
        f"requests that could create, subscribe or un-opt-out anybody: {dangerous}"
        f" of {sum(total.requests for total in totals):,} requests"
        f" at {sum(total.servers for total in totals):,} pretend CRMs",
        red=bool(dangerous),
        green=not dangerous,
    )
    for name, total in _worst(config):
        terminalreporter.write_line(f"  {name}: {dict(total.dangers)}", red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_SUITE], ignore_errors=True)


def _totals(config: pytest.Config) -> Iterator[tuple[str, Total]]:
    """Each file of tests with what it asked of pretend CRMs; rooms that declare themselves are left out."""
    for folder in sorted(config.stash[_SUITE].iterdir()):
        if folder.name != ON_PURPOSE:
            yield unquote(folder.name), added_up(folder)


def _worst(config: pytest.Config) -> list[tuple[str, Total]]:
    return [(name, total) for name, total in _totals(config) if total.dangerous]
