"""A pin is one hash over a plugin's own files, whoever installed them; another version or file breaks it."""

from __future__ import annotations

import hashlib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from consentric.app import cli, plugin_manager
from consentric.app.allowed import Allowed, allowed_in
from consentric.app.config import load_config
from consentric.app.pins import broken_pin, pin_of
from consentric.app.plugin_trust import Pin, write_pin
from consentric.sdk.errors import ConfigError

from .installed import install

INFO = "acme_crm-1.0.dist-info"
MODULES = {"acme/__init__.py": "", "acme/plugin.py": "MOTTO = 'by hand'\n"}
CONFIG = '# of the shop\n[plugins]\nallow = ["till", "acme"]  # looked at\n\n[jobs]\nsync = "05:00"\n'


def test_the_pin_is_the_hash_of_the_sorted_lines_of_its_own_files(tmp_path: Path) -> None:
    distribution = install(tmp_path, MODULES, point="acme.plugin")
    record = (tmp_path / INFO / "RECORD").read_text(encoding="utf-8").splitlines()
    expected = "".join(f"{line}\n" for line in sorted(record[:-1]))
    assert pin_of(distribution) == hashlib.sha256(expected.encode()).hexdigest()


def test_the_pin_is_equal_after_two_installers(tmp_path: Path) -> None:
    one = install(tmp_path / "one", MODULES, point="acme.plugin", notes={f"{INFO}/INSTALLER": "pip\n"})
    notes = {
        f"{INFO}/INSTALLER": "another\n",
        f"{INFO}/REQUESTED": "",
        f"{INFO}/direct_url.json": '{"url": "file:///somewhere", "archive_info": {}}',
        "acme/__pycache__/plugin.cpython-311.pyc": "compiled",
        "../bin/acme": "#!/somewhere/python\n",
    }
    other = install(tmp_path / "other" / "site", MODULES, point="acme.plugin", notes=notes)
    assert pin_of(one) == pin_of(other)


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_a_file_that_changed_breaks_the_pin(tmp_path: Path, change: str) -> None:
    distribution = install(tmp_path, MODULES, point="acme.plugin")
    allowed = Allowed("acme", "1.0", pin_of(distribution))
    assert broken_pin(allowed, distribution) == ""
    if change == "edited":
        (tmp_path / "acme" / "plugin.py").write_text("MOTTO = 'by theft'\n", encoding="utf-8")
    else:
        (tmp_path / "acme" / "plugin.py").unlink()
    assert broken_pin(allowed, distribution) == "its files are not those that were trusted"


def test_another_version_breaks_the_pin(tmp_path: Path) -> None:
    distribution = install(tmp_path, MODULES, point="acme.plugin")
    allowed = Allowed("acme", "0.9", pin_of(distribution))
    assert broken_pin(allowed, distribution) == "version 1.0 is installed, and 0.9 was trusted"


def test_what_changes_at_will_cannot_be_pinned(tmp_path: Path) -> None:
    notes = {f"{INFO}/direct_url.json": '{"url": "file:///x", "dir_info": {"editable": true}}'}
    distribution = install(tmp_path, MODULES, point="acme.plugin", notes=notes)
    with pytest.raises(ConfigError, match="is installed in editable mode"):
        pin_of(distribution)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("acme", Allowed("acme")),
        ({"name": "acme", "version": "1", "sha256": "a" * 64}, Allowed("acme", "1", "a" * 64)),
        ({"name": "acme"}, None),
        ({"name": "acme", "version": "1", "sha256": "A" * 64}, None),
        ({"name": "acme", "version": "1", "sha256": "a" * 64, "shasum": "b"}, None),
        (7, None),
    ],
)
def test_a_pin_that_cannot_be_understood_lets_nothing_load(entry: object, expected: Allowed | None) -> None:
    assert allowed_in([entry]) == (() if expected is None else (expected,))


def test_the_pin_takes_the_place_of_the_name_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    pin = Pin(name="acme", version="1.0", sha256="a" * 64)
    assert write_pin(config, pin) == ""
    assert config.read_text(encoding="utf-8") == CONFIG.replace('"acme"', pin.as_toml())
    newer = Pin(name="acme", version="2.0", sha256="b" * 64)
    assert write_pin(config, newer) == "1.0"
    assert config.read_text(encoding="utf-8") == CONFIG.replace('"acme"', newer.as_toml())


def test_a_configuration_without_plugins_gets_the_section(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("", encoding="utf-8")
    pin = Pin(name="acme", version="1.0", sha256="a" * 64)
    write_pin(config, pin)
    assert config.read_text(encoding="utf-8") == f"[plugins]\nallow = [{pin.as_toml()}]\n"


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EntryPoint:
    """A plugin that is installed and cannot be imported: a pin must not need that."""
    distribution = install(tmp_path / "site", MODULES, point="acme_of_pins.plugin")
    [point] = distribution.entry_points
    monkeypatch.setattr(plugin_manager, "_installed", lambda: [point])
    return point


def test_a_changed_plugin_stops_every_command_that_reads_the_configuration(
    tmp_path: Path, acme: EntryPoint, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("# ours\n", encoding="utf-8")
    assert cli.run(["-c", str(config), "plugins", "trust", "acme"]) == 0
    assert load_config(config).unusable == {}
    (tmp_path / "site" / "acme" / "plugin.py").write_text("MOTTO = 'by theft'\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    [fault] = caught.value.faults
    assert fault.code == "CS250"
    assert fault.message == (
        'plugin "acme" is not the one that was trusted: its files are not those that were trusted'
    )
    assert fault.where == "config.toml:4  [plugins] allow"
    assert fault.hint == "find out what changed it, then  consentric plugins trust acme"


def test_a_pin_is_printed_without_being_written(
    tmp_path: Path, acme: EntryPoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert acme.dist is not None
    assert cli.run(["-c", str(tmp_path / "none.toml"), "plugins", "trust", "acme", "--print"]) == 0
    expected = f'{{ name = "acme", version = "1.0", sha256 = "{pin_of(acme.dist)}" }}\n'
    assert capsys.readouterr().out == expected
    assert not (tmp_path / "none.toml").exists()


def test_a_pin_that_lacks_something_is_a_fault_of_the_file_told_once(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[plugins]\nallow = [{ name = "acme", version = "1.0" }, "till"]\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    assert [fault.message for fault in caught.value.faults] == ['setting "sha256" is missing']
