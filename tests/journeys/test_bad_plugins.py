"""A plugin of somebody else's breaks in the middle of a run: it is named, and nobody else is harmed."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.core.app.conftest import PretendConnector, entry_point

from consentric import Bookmark, Complete, Contact, Limits, Provision, RecordRef, Stream, Writer, hookimpl
from consentric.app import plugin_manager, stages
from consentric.app.render.consents import consents_text
from consentric.sdk.progress import SilentProgress
from consentric_privacy.files import write_atomic

from .bad_input_world import Operator
from .shop import A_CHAMPION, unsubscribe
from .world import World

CONNECTION = """
[plugins]
allow = ["acme"]

[connections.till]
connector = "till"
token = "file:../root.key"
"""
DESTINATION = """
[[destination]]
name = "till"
to = "till"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "adequacy"
"""


def contact(number: int) -> Contact:
    return Contact(ref=RecordRef(object="contact", id=str(number)), email=f"t{number}@kunden.example")


class Till(PretendConnector):
    """Reads two people, soundly; a clock that stands still may stand beside it."""

    name = "till"
    is_remote = False

    def streams(self) -> Any:
        return [Stream(name="members", kind="contacts")]

    def read(self, stream: Any, since: Any) -> Iterator[Any]:
        yield contact(1)
        yield contact(2)
        yield Bookmark(watermark="1")
        yield Complete(count=2)


class Yields(Till):
    def read(self, stream: Any, since: Any) -> Iterator[Any]:
        yield contact(1)
        yield Bookmark(watermark="1")
        yield {"email": "t2@kunden.example"}


class Raises(Till):
    def read(self, stream: Any, since: Any) -> Iterator[Any]:
        yield contact(1)
        yield Bookmark(watermark="1")
        raise KeyError("t2@kunden.example")


class TakesAName(Till):
    name = "hubspot"


class BadWriter(Writer):
    """Cannot even say what is missing."""

    name = "till"
    settings_model = Till.settings_model
    limits = Limits(batch_size=1, list_batch_size=1, calls_per_second=1, calls_per_day=1)

    def prepare(self, labels: Any) -> list[Provision]:
        raise KeyError("t1@kunden.example")

    def provision(self, labels: Any, target: str) -> None: ...

    def current(self, labels: Any, records: Any) -> Any:
        return iter(())

    def labelled(self, labels: Any) -> Any:
        return iter(())

    def apply(self, labels: Any, changes: Any) -> Any:
        return iter(())


Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lets a plugin `acme` with these classes be found beside ours."""

    def found(*connectors: type, writers: tuple[type, ...] = ()) -> None:
        module = types.ModuleType("acme_of_tests")
        module.register_connectors = hookimpl(lambda: list(connectors))  # type: ignore[attr-defined]
        module.register_writers = hookimpl(lambda: list(writers))  # type: ignore[attr-defined]
        if connectors:
            monkeypatch.setitem(sys.modules, "acme_of_tests", module)
        ours = plugin_manager._installed()
        theirs = entry_point("acme", "acme_of_tests", distribution="acme-crm")
        monkeypatch.setattr(plugin_manager, "_installed", lambda: [*ours, theirs])

    return found


def configure(world: World, *more: str) -> None:
    path = world.workspace / "config.toml"
    write_atomic(path, "".join([path.read_text(encoding="utf-8"), *more]).encode())


@pytest.mark.parametrize(
    ("connectors", "said"),
    [
        ([Yields], 'plugin "acme": stream "members" yielded a dict, which is no record'),
        ([Raises], 'plugin "acme": stream "members" raised KeyError (test_bad_plugins.py:'),
        ([TakesAName], 'plugin "acme" cannot load: "hubspot" is already a name of plugin "hubspot"'),
        ([], 'plugin "acme" cannot load: module "acme_of_tests" is not installed'),
    ],
    ids=["wrong type", "raises", "takes a name", "does not import"],
)
def test_the_other_connections_go_on_and_nothing_is_half_written(
    new_world: World, install: Install, connectors: list[type], said: str
) -> None:
    install(*connectors)
    configure(new_world, CONNECTION)
    reading = new_world.pull()
    assert [one.connection for one in reading.pulls] == ["hubspot", "shop"]
    assert not reading.is_whole
    assert said in reading.failures["till"].message
    assert "kunden.example" not in f"{vars(reading.failures['till'])}"
    with new_world.opened() as workspace:
        assert list(workspace.vault.live("till")) == []
        marked = workspace.control.connection.execute("SELECT DISTINCT connection FROM bookmark")
        assert {name for (name,) in marked} == {"hubspot", "shop"}


def test_a_writer_that_does_not_load_fails_its_connection_alone(world: World, install: Install) -> None:
    install(Till)
    theirs = entry_point("acme-sync", "no_such_module", distribution="acme-sync")
    found = [*plugin_manager._installed(), theirs]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugin_manager, "_installed", lambda: found)
        configure(world, CONNECTION.replace('["acme"]', '["acme", "acme-sync"]'), DESTINATION)
        report = world.sync()
    assert [one.destination for one in report.plans] == ["hubspot-test"]
    assert 'plugin "acme-sync" cannot load' in report.failures["till"].message
    assert report.exit_code == 3


def test_a_writer_that_breaks_keeps_no_other_crm_from_its_labels(world: World, install: Install) -> None:
    install(Till, writers=(BadWriter,))
    configure(world, CONNECTION, DESTINATION)
    report = world.sync()
    assert [one.destination for one in report.plans] == ["hubspot-test"]
    assert 'plugin "acme": prepare raised KeyError' in report.failures["till"].message
    assert report.exit_code == 3


def broken_till_before(world: World) -> None:
    """The till's destination stands first; its plugin does not import."""
    path = world.workspace / "config.toml"
    text = path.read_text(encoding="utf-8").replace("[[destination]]", f"{DESTINATION}\n[[destination]]", 1)
    write_atomic(path, (text + CONNECTION).encode())


def test_a_broken_plugin_keeps_nobodys_no_from_the_other_crms(world: World, install: Install) -> None:
    at = world.advance(hours=1)
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    install()
    broken_till_before(world)
    done = world.sync_consents()
    assert (done.exit_code, done.removed) == (3, 1)
    assert A_CHAMPION not in world.segments()
    assert A_CHAMPION not in world.members()
    assert 'plugin "acme" cannot load' in done.failures["till"].message
    [told] = [line for line in consents_text(done).splitlines() if "till" in line]
    assert told.startswith("  ! till nothing could be taken off: no writer is named")


def test_a_broken_plugin_keeps_no_other_destination_from_its_plan(
    operator: Operator, install: Install
) -> None:
    operator.does("sync")
    install()
    broken_till_before(operator.world)
    said = operator.does("plan")
    assert said.exit_code == 3
    assert "  hubspot-test" in said.out
    assert "  ! till could not be planned: no writer is named" in said.out
    alone = operator.does("plan", "till")
    assert (alone.exit_code, alone.out) == (3, "")
    assert alone.err.startswith("error[CS251]: no writer is named")


def test_files_beside_a_broken_plugin_are_read_and_told(new_world: World, install: Install) -> None:
    install()
    configure(new_world, CONNECTION)
    with new_world.opened() as workspace:
        reading = stages.pull(workspace, connections=["till", "shop"], progress=SilentProgress())
    assert [one.connection for one in reading.pulls] == ["shop"]
    assert list(reading.failures) == ["till"]


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that grows by a letter whenever the plugin is imported, which then breaks."""
    seen = tmp_path / "imports"
    seen.touch()
    source = f"open({str(seen)!r}, 'a').write('i')\nraise RuntimeError('boom for t1@kunden.example')\n"
    (tmp_path / "acme_of_tests.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return seen


def test_who_asks_no_crm_imports_no_plugin(operator: Operator, install: Install, imports: Path) -> None:
    install()
    configure(operator.world, CONNECTION)
    for command in ("status", "runs list", "segments list", "explain rfm5.at_risk", "config show"):
        assert operator.does(*command.split()).exit_code == 0
    explained = operator.does("explain", f"crm:hubspot:{A_CHAMPION}")
    assert explained.exit_code == 0
    assert imports.read_text(encoding="utf-8") == ""


def test_a_run_imports_a_broken_plugin_once_and_shows_none_of_its_words(
    operator: Operator, install: Install, imports: Path
) -> None:
    install()
    configure(operator.world, CONNECTION)
    said = operator.does("sync")
    assert imports.read_text(encoding="utf-8") == "i"
    assert "it raised RuntimeError (acme_of_tests.py:2) [CS251]" in said.out
    assert "kunden.example" not in said.out + said.err
