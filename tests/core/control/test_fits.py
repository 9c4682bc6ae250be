"""Estimated parameters: kept, replaced, forgotten; a store of the version before gets their table."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from consentric.control.fits import Fit, StoredFits
from consentric.control.store import ControlStore

FIT = Fit(rules="abc", fitted_on=date(2026, 6, 30), values={"r": (0.25, 4.5), "log_likelihood": (-9582.429,)})


def test_a_fit_comes_back_as_it_was_put_in_the_next_process(tmp_path: Path) -> None:
    store = ControlStore.open(tmp_path / "control.sqlite")
    StoredFits(store)["clv"] = FIT
    store.close()
    fits = StoredFits(ControlStore.open(tmp_path / "control.sqlite"))
    assert dict(fits) == {"clv": FIT}
    del fits["clv"]
    assert len(fits) == 0
    with pytest.raises(KeyError):
        del fits["clv"]


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    store = ControlStore.open(path)
    store_id = store.store_id
    store.close()
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE fit")
        old.execute("UPDATE meta SET schema_version = 1")
    old.close()
    store = ControlStore.open(path)
    StoredFits(store)["clv"] = FIT
    assert store.store_id == store_id
    assert store.connection.execute("SELECT schema_version FROM meta").fetchone() == (2,)
