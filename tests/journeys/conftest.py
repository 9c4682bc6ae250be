"""Worlds for journeys: untouched, with an approved first plan, and with the first labels written."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consentric.sdk.transport import Transport
from consentric_sandbox.hubspot.portal import Portal

from .bad_input_world import Operator
from .three_crms import Beginning, InThree, begin
from .world import World, build


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three worlds, built once; tests get copies."""
    root: Path = tmp_path_factory.mktemp("worlds")
    (root / "new").mkdir(mode=0o700)
    build(root / "new", World)
    approved = _copied(root / "new", root / "approved")
    approved.approve(approved.sync().plans[0].plan)
    # SQL compiled from the configuration; it takes a second, and holds nothing of anybody.
    shutil.copytree(root / "approved" / "workspace" / "cache", root / "new" / "workspace" / "cache")
    labelled = _copied(root / "approved", root / "labelled")
    labelled.apply(labelled.latest_plan())
    return root


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Portal, Counter[str]]]:
    """Remembers every portal that a step serves, for its counts of requests."""
    portals: list[tuple[Portal, Counter[str]]] = []
    opening = Portal.open.__func__  # type: ignore[attr-defined]

    def opened(kind: type[Portal], /, folder: Path, **options: Any) -> Portal:
        portal: Portal = opening(kind, folder, **options)
        portals.append((portal, Counter(portal.requests)))
        return portal

    monkeypatch.setattr(Portal, "open", classmethod(opened))
    return portals


@pytest.fixture
def new_world(templates: Path, tmp_path: Path, served: list[tuple[Portal, Counter[str]]]) -> Iterator[World]:
    """Nothing was pulled yet."""
    world = _copied(templates / "new", tmp_path / "world", served)
    yield world
    _nobody_was_created_or_subscribed(world)


@pytest.fixture
def approved_world(
    templates: Path, tmp_path: Path, served: list[tuple[Portal, Counter[str]]]
) -> Iterator[World]:
    """The first plan was sealed and approved; nothing was written."""
    world = _copied(templates / "approved", tmp_path / "world", served)
    yield world
    _nobody_was_created_or_subscribed(world)


@pytest.fixture
def world(templates: Path, tmp_path: Path, served: list[tuple[Portal, Counter[str]]]) -> Iterator[World]:
    """The first labels were approved and written at `START`."""
    world = _copied(templates / "labelled", tmp_path / "world", served)
    yield world
    _nobody_was_created_or_subscribed(world)


@pytest.fixture(scope="session")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    """The protagonist in three CRMs, up to the first labels."""
    root: Path = tmp_path_factory.mktemp("three") / "labelled"
    root.mkdir(mode=0o700)
    return begin(root)


@pytest.fixture
def in_three(beginning: Beginning, tmp_path: Path) -> InThree:
    """The first labels were approved and written in all three CRMs at `START`."""
    shutil.copytree(beginning.root, tmp_path / "world")
    (tmp_path / "world").chmod(0o700)
    return InThree(tmp_path / "world")


@pytest.fixture
def operator(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    """At the command line of a workspace whose labels are written; a transport does not wait."""
    monkeypatch.setitem(Transport.__init__.__kwdefaults__ or {}, "sleep", lambda _seconds: None)
    return Operator(world, capsys, monkeypatch)


@pytest.fixture
def beginner(
    new_world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    """At the command line of a workspace that nothing was pulled into."""
    return Operator(new_world, capsys, monkeypatch)


def _copied(template: Path, root: Path, served: list[tuple[Portal, Counter[str]]] | None = None) -> World:
    shutil.copytree(template, root)
    root.chmod(0o700)
    return World(root, portals=[] if served is None else served)


def _nobody_was_created_or_subscribed(world: World) -> None:
    """Holds after every journey, whatever happened in it."""
    kinds = {line["kind"] for line in world.writes()}
    assert kinds <= {"label", "provision", "merge"}  # merges are the CRM's own users'
