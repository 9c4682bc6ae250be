"""What users install: the wheel holds our packages and nothing else, and its version is the program's."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import consentric

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_our_packages_only(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert names == {
        "consentric",
        "consentric_privacy",
        "consentric_files",
        "consentric_hubspot",
        "consentric_mailchimp",
        "consentric_sandbox",
        "consentric_hubspot_sync",
        "consentric_mailchimp_sync",
        "consentric_salesforce",
        "consentric_salesforce_sync",
        f"consentric-{consentric.__version__}.dist-info",
    }


def test_every_package_of_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packages = {name.split("/")[0] for name in names if name.endswith("/__init__.py")}

    assert {f"{package}/py.typed" for package in packages} <= names


def test_the_version_stands_in_one_way_in_both_places() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == consentric.__version__


def test_locks_hold_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
