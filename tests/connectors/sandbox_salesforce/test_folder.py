"""What an org keeps in its folder between two servers."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from datetime import timedelta

import click
import pytest
import requests
from click.testing import CliRunner

from consentric.sdk.contracts import Endpoint
from consentric.sdk.errors import ConfigError
from consentric_sandbox import plugin
from consentric_sandbox.salesforce import example, lifecycle, sandbox, serve, snapshot
from consentric_sandbox.salesforce.state import SalesforceState

from .conftest import DATA, START, small_org


def ask(endpoint, folder, state, method, path, *, headers=None, **options):
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(endpoint.ca_file)
        form = {
            "grant_type": "client_credentials",
            "client_id": state.account.consumer_key,
            "client_secret": (folder / "salesforce.token").read_text().strip(),
        }
        granted = session.post(f"{endpoint.base_url}/services/oauth2/token", data=form, timeout=10).json()
        sent = {"Authorization": f"Bearer {granted['access_token']}"} | (headers or {})
        url = f"{endpoint.base_url}{DATA}{path}"
        return session.request(method, url, headers=sent, timeout=10, **options)


def test_everything_of_an_org_survives_a_snapshot(service, tmp_path):
    state, ids = service.state, service.ids
    lifecycle.merge(state, "Contact", ids["bob"], [ids["ada"]], at=START)
    lifecycle.convert(state, ids["lee"], at=START)
    state.hide_field("Contact", "Title")
    state.protect_field("Contact", "Email")
    state.hide_object("Event")
    state.set_feature("multi_currency", is_on=True)
    service.post("/jobs/query", {"operation": "query", "query": "SELECT Id FROM Contact"})
    service.get("/limits")
    snapshot.save(state, tmp_path)
    loaded = snapshot.load(tmp_path)
    for name in (
        "account allowance tables entities features hidden_objects hidden_fields read_only_fields jobs"
        " next_number log_seq requests"
    ).split():
        assert getattr(loaded, name) == getattr(state, name), name
    assert [one.name for one in loaded.catalogue.each()] == [one.name for one in state.catalogue.each()]


def test_a_snapshot_of_another_format_is_refused(tmp_path, monkeypatch):
    state, _ = small_org()
    snapshot.save(state, tmp_path)
    monkeypatch.setattr(snapshot, "FORMAT", 99)
    with pytest.raises(ValueError, match="this version reads 99"):
        snapshot.load(tmp_path)


def test_a_write_is_saved_and_the_log_goes_on_counting(tmp_path):
    state, ids = small_org()
    snapshot.save(state, tmp_path)
    ada = f"/sobjects/Contact/{ids['ada']}"
    for number in (1, 2):
        with serve(tmp_path, clock=lambda: START + timedelta(hours=1)) as endpoint:
            body = {"Segment__c": f"s{number}"}
            assert ask(endpoint, tmp_path, state, "PATCH", ada, json=body).status_code == 204
    with serve(tmp_path, clock=lambda: START) as endpoint:
        row = ask(endpoint, tmp_path, state, "GET", ada).json()
    assert (row["Segment__c"], row["SystemModstamp"]) == ("s2", "2026-06-15T13:00:00.000+0000")
    lines = (tmp_path / "salesforce.writes.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]
    assert snapshot.FILES.reset(tmp_path)
    assert snapshot.load(tmp_path).tables["Contact"].rows[ids["ada"]].values.get("Segment__c") is None


def test_a_job_goes_on_in_the_next_server(tmp_path):
    state, ids = small_org()
    snapshot.save(state, tmp_path)
    with serve(tmp_path, clock=lambda: START) as endpoint:
        body = {"object": "Contact", "operation": "update"}
        job = ask(endpoint, tmp_path, state, "POST", "/jobs/ingest", json=body).json()["id"]
        path = f"/jobs/ingest/{job}"
        rows = {"data": f"Id,Segment__c\n{ids['ada']},x\n", "headers": {"Content-Type": "text/csv"}}
        assert ask(endpoint, tmp_path, state, "PUT", f"{path}/batches", **rows).status_code == 201
        ask(endpoint, tmp_path, state, "PATCH", path, json={"state": "UploadComplete"})
    with serve(tmp_path, clock=lambda: START + timedelta(minutes=1)) as endpoint:
        assert ask(endpoint, tmp_path, state, "GET", path).json()["state"] == "JobComplete"


def test_files_are_for_their_owner_only(tmp_path):
    folder = tmp_path / "sandbox"
    snapshot.save(SalesforceState(), folder)
    with serve(folder, clock=lambda: START):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = ("json.gz", "token", "key.pem", "consumer", "url", "writes.jsonl")
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == dict.fromkeys(
        [f"salesforce.{name}" for name in names] + ["ca.pem", "server.pem"], 0o600
    )


def test_credentials_are_made_once(tmp_path):
    state = SalesforceState()
    snapshot.save(state, tmp_path)
    key, secret = (tmp_path / "salesforce.key.pem").read_bytes(), state.account.consumer_secret
    snapshot.save(state, tmp_path)
    assert (tmp_path / "salesforce.key.pem").read_bytes() == key
    assert (tmp_path / "salesforce.token").read_text().strip() == secret
    assert key.startswith(b"-----BEGIN PRIVATE KEY-----")


def test_an_empty_folder_cannot_be_served(tmp_path):
    with (
        pytest.raises(ConfigError, match="holds no pretend Salesforce"),
        serve(tmp_path, clock=lambda: START),
    ):
        pass


def test_limits_can_be_lifted(tmp_path):
    state, _ = small_org()
    state.allowance.daily = 0
    snapshot.save(state, tmp_path)
    with sandbox().serve_alone(tmp_path, clock=lambda: START, has_limits=False) as endpoint:
        assert ask(endpoint, tmp_path, state, "GET", "/limits").status_code == 200
    with serve(tmp_path, clock=lambda: START) as endpoint:
        assert ask(endpoint, tmp_path, state, "GET", "/limits").status_code == 403


def test_the_command_makes_an_empty_org_and_takes_it_back(tmp_path):
    cli = click.Group()
    plugin.register_commands(cli)
    arguments = ["sandbox", "reset", str(tmp_path), "--crm", "salesforce"]
    assert "Made an empty Salesforce" in CliRunner().invoke(cli, arguments).output
    assert "had not changed" in CliRunner().invoke(cli, arguments).output
    assert example(tmp_path).splitlines() == [
        "[connections.salesforce]",
        'connector = "salesforce"',
        f'sandbox = "{tmp_path}"',
        'domain = "pretend.my"',
        f'consumer_key = "file:{tmp_path}/salesforce.consumer"',
        f'consumer_secret = "file:{tmp_path}/salesforce.token"',
    ]


def test_it_runs_as_a_process_of_its_own(tmp_path):
    state, _ = small_org()
    snapshot.save(state, tmp_path)
    command = [sys.executable, "-m", "consentric_sandbox", str(tmp_path), "--crm", "salesforce"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        endpoint = Endpoint(base_url=process.stdout.readline().strip(), ca_file=tmp_path / "ca.pem")
        assert ask(endpoint, tmp_path, state, "GET", "/limits").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_it_is_found_by_its_entry_point():
    from importlib.metadata import entry_points

    point = entry_points(group="consentric.sandboxes", name="salesforce")
    assert [one.load() for one in point] == [serve]
