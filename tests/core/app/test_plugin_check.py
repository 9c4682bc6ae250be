"""`plugins check` looks from a child process; `plugins new` writes what it finds nothing in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from consentric.app import cli, plugin_manager
from consentric.app.plugin_check import check_plugin, findings_of
from consentric.app.plugin_template import package_files

from .installed import install

GOOD = {
    path: text.replace('"acme-good"', '"acme"')
    for path, text in package_files("acme-good", has_writer=True).items()
    if path.startswith("acme_good/")
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that this process and its children find packages in."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def findings(
    site: Path, monkeypatch: pytest.MonkeyPatch, modules: dict[str, str], point: str
) -> list[tuple[str, str, str]]:
    """What is said of a plugin, imported into this process and forgotten again."""
    [found] = install(site, modules, point=point).entry_points
    monkeypatch.setattr(plugin_manager, "_installed", lambda: [found])
    known = set(sys.modules)
    try:
        return [(one.state, one.name, one.finding) for one in findings_of("acme")]
    finally:
        for name in set(sys.modules) - known:
            if name.partition(".")[0].startswith("acme"):
                del sys.modules[name]


def failed(found: list[tuple[str, str, str]]) -> list[str]:
    return [finding for state, _, finding in found if state == "failed"]


def test_what_plugins_new_writes_keeps_the_contract(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(site, monkeypatch, GOOD, "acme_good.plugin") == [
        ("ok", "import", "module acme_good.plugin"),
        ("ok", "contract", "registers acme"),
        ("ok", "settings", "url, token"),
    ]


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("client", "token: SecretStr", "token: str", '"token" looks like a secret and is no SecretStr'),
        ("client", "url: str", "sandbox: str = ''\n    url: str", '"sandbox" is a setting of every'),
        ("client", 'extra="forbid", ', "", 'the settings of "acme" do not refuse unknown keys: ConfigDict('),
        ("connector", '"""Asks the service who', 'import time; time.sleep(0)\n        """', "waits itself"),
        ("writer", "def close", "def subscribe", 'writer "acme" offers subscribe'),
        ("writer", '] = "acme"', '] = "other"', 'no connector is named "other"'),
        ("writer", "def labelled", "def labeled", '"acme" lacks labelled'),
        ("connector", '] = "acme"', '] = "Acme Till"', "AcmeGoodConnector.name is no name"),
        (
            "client",
            "import Any",
            "import Any\nfrom consentric_privacy import vault",
            "imports consentric_privacy",
        ),
    ],
)
def test_what_breaks_the_contract_is_said(
    site: Path, monkeypatch: pytest.MonkeyPatch, file: str, before: str, after: str, said: str
) -> None:
    name = f"acme_good/{file}.py"
    assert before in GOOD[name]
    bad = {**GOOD, name: GOOD[name].replace(before, after, 1)}
    assert any(said in one for one in failed(findings(site, monkeypatch, bad, "acme_good.plugin")))


def test_what_is_only_unwise_is_advice(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {"acme_quiet.py": "def f():\n    try:\n        print('hello')\n    except:\n        pass\n"}
    assert findings(site, monkeypatch, modules, "acme_quiet") == [
        ("ok", "import", "module acme_quiet"),
        ("advice", "contract", "it registers no connector and no writer"),
        ("advice", "metadata", "it has no py.typed: type checkers do not look into it"),
        ("advice", "source", "acme_quiet.py:4: catches everything, Ctrl-C too (bare except)"),
        ("advice", "source", "acme_quiet.py:3: prints; a report or a pipe reads standard output"),
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import time\ntime.sleep(60)\n", "it did not come back within 2 seconds"),
        ("import os\nos._exit(3)\n", "it ended the process that imported it (exit 3)"),
    ],
)
def test_one_that_hangs_or_ends_its_process_harms_only_the_child(site: Path, code: str, said: str) -> None:
    install(site, {"acme_bad.py": code}, point="acme_bad")
    [finding] = check_plugin("acme", seconds=2)
    assert (finding.state, finding.finding) == ("failed", said)


def test_a_plugin_that_hangs_at_import_is_stopped_in_a_run_too(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consentric.app import plugin_watch
    from consentric.app.plugin_manager import Plugins

    [point] = install(site, {"acme_idle.py": "while True:\n    pass\n"}, point="acme_idle").entry_points
    monkeypatch.setattr(plugin_watch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(plugin_watch, "IMPORT_SECONDS", 0.03)
    [plugin] = Plugins(["acme"], found=[point]).load_all()
    assert (plugin.state, plugin.reason) == (
        "failed",
        "it was stopped: it did not come back within 0.03 seconds",
    )


def test_an_unknown_plugin_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["plugins", "check", "hubspto"]) == 2
    assert 'no plugin is named "hubspto"' in capsys.readouterr().err


def test_info_tells_the_metadata_and_imports_nothing(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [point] = install(site, {}, point="no_such_module").entry_points
    monkeypatch.setattr(plugin_manager, "_installed", lambda: [point])
    assert cli.run(["plugins", "info", "acme"]) == 0
    assert capsys.readouterr().out == (
        "acme   acme-crm 1.0   not allowed\n  module      no_such_module\n  requires    consentric\n"
    )


def test_new_writes_the_files_and_refuses_a_folder_with_something_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    assert cli.run(["plugins", "new", "corner-shop", "--out", str(folder)]) == 0
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {
        "README.md",
        "corner_shop/__init__.py",
        "corner_shop/client.py",
        "corner_shop/connector.py",
        "corner_shop/plugin.py",
        "corner_shop/py.typed",
        "pyproject.toml",
        "tests/pretend_service.py",
        "tests/test_connector.py",
    }
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())
    assert "class CornerShopConnector(Connector)" in text
    assert "env:CORNER_SHOP_TOKEN" in text
    assert not {"acme-till", "acme_till", "AcmeTill"} & set(text.replace('"', " ").split())
    assert cli.run(["plugins", "new", "corner-shop", "--out", str(folder)]) == 2
    assert "mine is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Corner", "../shop", "shop-", "1shop", ""])
def test_new_refuses_what_is_no_name(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["plugins", "new", name, "--out", str(tmp_path / "mine")]) == 2
    assert not (tmp_path / "mine").exists()
