"""Plugins: found without an import, loaded one by one, failures told with their reason."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import field_validator

from consentric.app import cli, plugin_manager
from consentric.app.config import load_config
from consentric.app.plugin_manager import Plugins
from consentric.sdk.contracts import Connector
from consentric.sdk.errors import ConfigError
from consentric.sdk.hooks import hookimpl

from .conftest import PretendConnector, entry_point


def connector_named(connector: str, version: int = 1) -> type[Connector]:
    return type("Other", (PretendConnector,), {"name": connector, "api_version": version})


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def make(name: str, *connectors: type[Connector], **hooks: Callable[..., Any]) -> str:
        made = types.ModuleType(name)

        @hookimpl
        def register_connectors() -> Sequence[type[Connector]]:
            return connectors

        made.register_connectors = register_connectors  # type: ignore[attr-defined]
        for hook, function in hooks.items():
            setattr(made, hook, hookimpl(function))
        monkeypatch.setitem(sys.modules, name, made)
        return name

    return make


def states(plugins: Plugins) -> dict[str, tuple[str, str]]:
    return {f"{p.distribution}:{p.name}": (p.state, p.reason) for p in plugins.listed()}


def test_listing_imports_no_plugin() -> None:
    program = (
        "import sys\n"
        "from consentric.app.plugin_manager import Plugins\n"
        "names = [p.name for p in Plugins().listed()]\n"
        "assert 'hubspot' in names, names\n"
        "mine = ('consentric_hubspot', 'consentric_files', 'consentric_sandbox', 'consentric_hubspot_sync')\n"
        "print([m for m in sys.modules if m.split('.')[0] in mine])\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_an_installed_plugin_that_is_not_allowed_is_never_imported() -> None:
    plugins = Plugins(found=[entry_point("acme", "no_such_module_at_all", distribution="acme-crm")])
    plugins.load_all()
    assert states(plugins) == {"acme-crm:acme": ("not allowed", "")}
    with pytest.raises(ConfigError) as caught:
        plugins.connector("acme")
    assert caught.value.message == 'connector "acme" is installed but may not load'
    assert caught.value.hint == 'allow it: [plugins] allow = ["acme"] in config.toml'


def test_an_allowed_plugin_loads(module: Callable[..., str]) -> None:
    name = module("acme_plugin", connector_named("acme"))
    plugins = Plugins(["acme"], found=[entry_point("acme", name, distribution="acme-crm")])
    assert plugins.connector("acme").name == "acme"


def test_a_broken_plugin_is_listed_with_its_reason_and_the_others_load(module: Callable[..., str]) -> None:
    def explode() -> Sequence[type[Connector]]:
        raise RuntimeError("it broke")

    good = module("good_plugin", connector_named("good"))
    bad = module("bad_plugin", register_writers=explode)
    plugins = Plugins(
        ["good", "bad", "absent"],
        found=[
            entry_point("absent", "no_such_module_at_all", distribution="absent-crm"),
            entry_point("bad", bad, distribution="bad-crm"),
            entry_point("good", good, distribution="good-crm"),
        ],
    )
    plugins.load_all()
    assert states(plugins) == {
        "absent-crm:absent": (
            "failed",
            'module "no_such_module_at_all" is not installed; pip install "absent-crm"',
        ),
        "bad-crm:bad": ("failed", "it raised RuntimeError"),
        "good-crm:good": ("loaded", ""),
    }


def test_a_hook_that_does_not_exist_is_a_failure(module: Callable[..., str]) -> None:
    def register_conectors() -> Sequence[type[Connector]]:
        return ()

    name = module("odd_plugin", register_conectors=register_conectors)
    plugins = Plugins(["odd"], found=[entry_point("odd", name, distribution="odd-crm")])
    [odd] = plugins.load_all()
    assert odd.state == "failed"
    assert "unknown hook 'register_conectors'" in odd.reason


def test_a_plugin_of_another_contract_version_is_a_failure(module: Callable[..., str]) -> None:
    name = module("late_plugin", connector_named("late", version=2))
    plugins = Plugins(["late"], found=[entry_point("late", name, distribution="late-crm")])
    [late] = plugins.load_all()
    assert late.reason == ('"late" was written for version 2 of the plugin contract, this is version 1')


def test_a_name_taken_twice_is_refused_and_the_built_in_stays(module: Callable[..., str]) -> None:
    ours = module("ours_plugin", connector_named("hubspot"))
    theirs = module("theirs_plugin", connector_named("hubspot"))
    plugins = Plugins(
        ["hubspot"],
        found=[
            entry_point("hubspot", theirs, distribution="evil-crm"),
            entry_point("hubspot", ours),
        ],
    )
    plugins.load_all()
    assert states(plugins) == {
        "consentric:hubspot": ("loaded", ""),
        "evil-crm:hubspot": ("refused", 'the name "hubspot" is taken twice: consentric, evil-crm'),
    }


def test_two_outsiders_with_one_connector_name_are_both_refused(module: Callable[..., str]) -> None:
    plugins = Plugins(
        ["a", "b"],
        found=[
            entry_point("a", module("a_plugin", connector_named("crm")), distribution="a-crm"),
            entry_point("b", module("b_plugin", connector_named("crm")), distribution="b-crm"),
        ],
    )
    plugins.load_all()
    assert states(plugins) == {
        "a-crm:a": ("refused", '"crm" is also a name of plugin "b"'),
        "b-crm:b": ("refused", '"crm" is already a name of plugin "a"'),
    }
    with pytest.raises(ConfigError):
        plugins.connector("crm")


def test_an_unknown_connector_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        Plugins().connector("hubsopt")
    assert caught.value.hint == 'did you mean "hubspot"?'


def test_a_connector_without_a_sandbox_is_told() -> None:
    with pytest.raises(ConfigError, match='connector "files" has no sandbox'):
        Plugins().sandbox("files")


def test_commands_of_plugins_are_found(
    module: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    def register_commands(cli: click.Group) -> None:
        cli.add_command(click.Command("greet", callback=lambda: click.echo("hello"), help="Greet."))

    name = module("greeting_plugin", register_commands=register_commands)
    group = click.Group()
    Plugins(["g"], found=[entry_point("g", name, distribution="g-crm")]).add_commands(group)
    assert list(group.commands) == ["greet"]


def test_the_list_says_what_may_load(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["plugins", "list"]) == 0
    assert capsys.readouterr().out == (
        "plugin   distribution    standing\nhubspot  consentric 1.0  built in\n"
    )


def test_a_list_with_a_plugin_that_cannot_load_exits_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('[plugins]\nallow = ["acme"]\n', encoding="utf-8")
    points = [entry_point("acme", "no_such_module_at_all", distribution="acme-crm")]
    monkeypatch.setattr(plugin_manager, "_installed", lambda: points)
    config = ["-c", str(tmp_path / "config.toml")]
    assert cli.run([*config, "plugins", "list"]) == 0
    assert cli.run([*config, "plugins", "list", "--load"]) == 3
    assert 'module "no_such_module_at_all" is not installed' in capsys.readouterr().out


def test_a_plugin_that_ends_the_program_at_import_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaving_plugin.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    [left] = Plugins(["l"], found=[entry_point("l", "leaving_plugin", distribution="l-crm")]).load_all()
    assert (left.state, left.reason) == ("failed", "it raised SystemExit (leaving_plugin.py:1)")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("\nraise RuntimeError('boom for p1@kunden.example')\n", "it raised RuntimeError (talking.py:2)"),
        (
            "from consentric import ConfigError\nraise ConfigError('boom for p1@kunden.example')\n",
            "it raised ConfigError (talking.py:2)",
        ),
        (
            "raise ModuleNotFoundError(name='p1@kunden.example')\n",
            "it raised ModuleNotFoundError (talking.py:1)",
        ),
        ("p1@kunden.example = 1\n", "it raised SyntaxError (talking.py:1)"),
    ],
)
def test_the_words_of_a_plugin_that_breaks_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, reason: str
) -> None:
    (tmp_path / "talking.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "talking", raising=False)
    [plugin] = Plugins(["t"], found=[entry_point("t", "talking", distribution="t-crm")]).load_all()
    assert (plugin.state, plugin.reason) == ("failed", reason)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (object(), "what it registers as Connector is no subclass of consentric.Connector"),
        (connector_named("Acme CRM"), "Other.name is no name: small letters, digits, - and _"),
        (
            type("Half", (Connector,), {"name": "half", "settings_model": PretendConnector.settings_model}),
            '"half" lacks check, read, streams',
        ),
        (
            type("Bare", (PretendConnector,), {"name": "bare", "settings_model": dict}),
            '"bare" has no settings_m',
        ),
    ],
)
def test_what_is_no_connector_is_a_failure(module: Callable[..., str], part: Any, said: str) -> None:
    name = module("odd_plugin", part)
    [odd] = Plugins(["odd"], found=[entry_point("odd", name, distribution="odd-crm")]).load_all()
    assert odd.state == "failed"
    assert odd.reason.startswith(said)


def test_two_connectors_of_one_name_in_one_plugin_are_a_failure(module: Callable[..., str]) -> None:
    name = module("twice_plugin", connector_named("a"), connector_named("a"))
    [twice] = Plugins(["t"], found=[entry_point("t", name, distribution="t-crm")]).load_all()
    assert twice.reason == "it registers two connectors of one name"


def test_a_command_whose_name_is_taken_is_refused_with_all_of_its_plugin(module: Callable[..., str]) -> None:
    def adds(*names: str) -> Callable[..., None]:
        def register_commands(cli: click.Group) -> None:
            for name in names:
                cli.add_command(click.Command(name))

        return register_commands

    ours = module("ours_plugin", register_commands=adds("demo"))
    theirs = module("theirs_plugin", register_commands=adds("fine", "demo"))
    others = module("others_plugin", register_commands=adds("plan"))
    plugins = Plugins(
        ["t", "o"],
        found=[
            entry_point("ours", ours),
            entry_point("o", others, distribution="o-crm"),
            entry_point("t", theirs, distribution="t-crm"),
        ],
    )
    group = click.Group()
    plugins.add_commands(group, taken=["plan"])
    assert list(group.commands) == ["demo"]
    assert states(plugins)["t-crm:t"] == ("failed", 'the command "demo" is taken')
    assert states(plugins)["o-crm:o"] == ("failed", 'the command "plan" is taken')


def test_each_watcher_gets_a_report_of_its_own_and_one_that_raises_stops_no_other(
    module: Callable[..., str],
) -> None:
    seen: list[Any] = []

    def meddles(report: dict[str, Any]) -> None:
        report["summary"].clear()
        raise RuntimeError("out of ink")

    def watches(report: dict[str, Any]) -> None:
        seen.append(report)

    plugins = Plugins(
        ["a", "b"],
        found=[
            entry_point("a", module("a_plugin", run_finished=meddles), distribution="a-crm"),
            entry_point("b", module("b_plugin", run_finished=watches), distribution="b-crm"),
        ],
    )
    report = {"run": "r1", "job": "pull", "state": "done", "summary": {"decided": 7}}
    assert [(p.name, p.reason) for p in plugins.run_finished(report)] == [("a", "it raised RuntimeError")]
    assert seen == [{"run": "r1", "job": "pull", "state": "done", "summary": {"decided": 7}}]


def test_a_connection_whose_plugin_broke_is_told_beside_the_name_of_the_plugin(
    module: Callable[..., str],
) -> None:
    def explode() -> Sequence[type[Connector]]:
        raise RuntimeError("it broke")

    name = module("bad_plugin", register_writers=explode)
    plugins = Plugins(["bad"], found=[entry_point("bad", name, distribution="bad-crm")])
    with pytest.raises(ConfigError) as caught:
        plugins.connector("till")
    assert caught.value.code == "CS251"
    assert caught.value.message == (
        'no connector is named "till", and plugin "bad" cannot load: it raised RuntimeError'
    )


def test_settings_that_raise_fail_their_connection_and_no_other(
    module: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Settings(PretendConnector.settings_model):  # type: ignore[misc, valid-type]
        @field_validator("token")
        @classmethod
        def _odd(cls, token: Any) -> Any:
            raise KeyError("ada@example.org")

    part = type("Odd", (PretendConnector,), {"name": "odd", "settings_model": Settings})
    points = [
        *plugin_manager._installed(),
        entry_point("odd", module("odd_plugin", part), distribution="odd-crm"),
    ]
    monkeypatch.setattr(plugin_manager, "_installed", lambda: points)
    (tmp_path / "config.toml").write_text(
        '[plugins]\nallow = ["odd"]\n\n[connections.a]\nconnector = "odd"\ntoken = "env:A"\n\n'
        '[connections.b]\nconnector = "hubspot"\ntoken = "env:B"\n',
        encoding="utf-8",
    )
    unusable = load_config(tmp_path / "config.toml").unusable
    assert {name: fault.message for name, fault in unusable.items()} == {
        "a": 'connector "odd" cannot be used: plugin "odd": its settings raised KeyError'
    }
