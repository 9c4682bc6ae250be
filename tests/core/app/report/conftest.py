"""A warehouse of a hundred people, published once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from consentric.app.places import ANALYTICS_FOLDER

from .house import House


@pytest.fixture
def house(tmp_path: Path, full_house: House) -> House:
    """Nothing was published yet."""
    folder = tmp_path / "workspace"
    folder.mkdir(mode=0o700)
    return House(folder, filled=full_house.folder / ANALYTICS_FOLDER)


@pytest.fixture(scope="package")
def full_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A hundred people after two runs; nothing may be changed in it."""
    folder = tmp_path_factory.mktemp("house") / "workspace"
    folder.mkdir(mode=0o700)
    house = House(folder)
    house.publish()
    return house
