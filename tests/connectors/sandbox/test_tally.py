"""Servers count what requests could do to people, and a session of tests with one such request fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from consentric_sandbox.hubspot import make_empty, serve
from consentric_sandbox.tally import FOLDER, added_up

from .conftest import START

SUITE = Path(__file__).parents[2] / "conftest.py"
ASKS = """
import json, ssl, urllib.request
from datetime import UTC, datetime
from consentric_sandbox.hubspot import make_empty, serve

def ask(folder, path):
    make_empty(folder)
    with serve(folder, clock=lambda: datetime(2026, 6, 15, tzinfo=UTC)) as endpoint:
        trusted = ssl.create_default_context(cafile=str(endpoint.ca_file))
        try:
            urllib.request.urlopen(urllib.request.Request(endpoint.base_url + path, b"{}"), context=trusted)
        except urllib.error.HTTPError as error:
            assert error.code == 401

def test_it(tmp_path):
    ask(tmp_path, "/crm/v3/objects/contacts/%s")
"""
WORDS = "requests that could create, subscribe or un-opt-out anybody:"


def test_refused_requests_count_and_servers_of_one_folder_add_up(
    service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_empty(tmp_path / "crm")
    monkeypatch.setenv(FOLDER, str(tmp_path / "tally"))
    body = {"properties": {"hs_email_optout": "false"}}

    for _ in range(2):
        with serve(tmp_path / "crm", clock=lambda: START) as endpoint:
            service.base_url = endpoint.base_url
            service.pool.connection_pool_kw["ca_certs"] = str(endpoint.ca_file)
            service.pool.clear()
            assert service.get("/crm/v3/objects/contacts", token="wrong").status == 401
            assert service.post("/crm/v3/objects/contacts", body, token="wrong").status == 401

    total = added_up(tmp_path / "tally")
    assert (total.servers, total.requests, total.dangerous) == (2, 4, 2)
    assert total.dangers == {"create": 2, "un-opt-out": 2}


def test_nothing_is_counted_where_nobody_wants_to_know(
    service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER)
    make_empty(tmp_path / "crm")

    with serve(tmp_path / "crm", clock=lambda: START):
        pass

    assert added_up(tmp_path / "none").servers == 0


@pytest.mark.parametrize(
    ("path", "workers", "code", "line"),
    [
        ("search", "0", 0, f"{WORDS} 0 of 1 requests at 1 pretend CRMs"),
        ("batch/create", "1", 1, f"{WORDS} 1 of 1 requests at 1 pretend CRMs"),
    ],
)
def test_a_session_fails_though_its_tests_pass_when_one_request_could_create_somebody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, workers: str, code: int, line: str
) -> None:
    shutil.copy(SUITE, tmp_path)
    (tmp_path / "test_asks.py").write_text(ASKS % path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = ["-q", "-p", "no:cacheprovider", "-p", "xdist", "-n", workers]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert line in done.stdout
    assert "1 passed" in done.stdout
    assert done.returncode == code
    assert ("test_asks.py: {'create': 1}" in done.stdout) == bool(code)
