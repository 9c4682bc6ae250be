"""What a sandbox keeps in its folder, its own process and its commands."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import click
import pytest
import urllib3
from click.testing import CliRunner

from consentric.sdk.errors import ConfigError
from consentric_sandbox import plugin
from consentric_sandbox.hubspot import serve, snapshot
from consentric_sandbox.hubspot.state import HubSpotState

AT = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def ask(endpoint, folder, method, path, body=None):
    token = (folder / "hubspot.token").read_text().strip()
    with urllib3.PoolManager(ca_certs=str(endpoint.ca_file)) as pool:
        reply = pool.request(
            method,
            endpoint.base_url + path,
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            retries=False,
        )
        return reply.status, json.loads(reply.data)


def test_everything_of_a_portal_survives_a_snapshot(state, tmp_path):
    contacts = state.objects["contacts"]
    contacts.archive(contacts.live[103], "2026-06-14T00:00:00.000Z")
    contacts.put(contacts.live[102], "city", "Ulm")
    contacts.redirects[7] = 101
    state.opt_out_of_all("bob@example.com", at=AT)
    state.blocked.add("gone@example.com")
    state.add_list("x", [101, 102], at=AT)
    state.add_campaign(7, "June")
    state.add_email_event("SENT", "ada@example.com", at=AT, campaign=7)
    state.add_occurrence("e_visited_page", 101, at=AT)
    snapshot.save(state, tmp_path)
    loaded = snapshot.load(tmp_path)
    for name, store in state.objects.items():
        other = loaded.objects[name]
        assert (store.live, store.archived, store.redirects, store.unique) == (
            other.live,
            other.archived,
            other.redirects,
            other.unique,
        )
    for name in (
        "account allowance properties property_groups associations subscriptions statuses opted_out blocked"
        " lists campaigns email_events occurrences next_id log_seq requests"
    ).split():
        assert getattr(loaded, name) == getattr(state, name), name


def test_a_snapshot_of_another_format_is_refused(state, tmp_path, monkeypatch):
    snapshot.save(state, tmp_path)
    monkeypatch.setattr(snapshot, "FORMAT", 99)
    with pytest.raises(ValueError, match="this version reads 99"):
        snapshot.load(tmp_path)


def test_the_builder_refuses_unknown_properties_and_taken_addresses():
    state = HubSpotState()
    with pytest.raises(ValueError, match="no property named shoe_size"):
        state.add_contact({"shoe_size": "44"}, created_at=AT)
    state.add_contact({"email": "ada@example.com"}, created_at=AT)
    with pytest.raises(ValueError, match="taken"):
        state.add_contact({"email": "Ada@example.com"}, created_at=AT)
    with pytest.raises(ValueError, match="number 101 is taken"):
        state.add_contact({}, created_at=AT, id=101)


def test_a_write_is_saved_a_read_is_not(state, tmp_path):
    snapshot.save(state, tmp_path)
    before = (tmp_path / snapshot.FILE).stat().st_mtime_ns
    with serve(tmp_path, clock=lambda: AT) as endpoint:
        assert ask(endpoint, tmp_path, "GET", "/crm/v3/objects/contacts")[0] == 200
    assert (tmp_path / snapshot.FILE).stat().st_mtime_ns == before
    body = {"properties": {"city": "Ulm"}}
    with serve(tmp_path, clock=lambda: AT + timedelta(hours=1)) as endpoint:
        assert ask(endpoint, tmp_path, "PATCH", "/crm/v3/objects/contacts/101", body)[0] == 200
    with serve(tmp_path, clock=lambda: AT) as endpoint:
        found = ask(endpoint, tmp_path, "GET", "/crm/v3/objects/contacts/101?properties=city")[1]
    assert (found["properties"]["city"], found["updatedAt"]) == ("Ulm", "2026-06-15T13:00:00.000Z")


def test_the_log_goes_on_counting(state, tmp_path):
    snapshot.save(state, tmp_path)
    for _ in range(2):
        with serve(tmp_path, clock=lambda: AT) as endpoint:
            ask(endpoint, tmp_path, "PATCH", "/crm/v3/objects/contacts/101", {"properties": {}})
    lines = (tmp_path / "hubspot.writes.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]


def test_files_are_for_their_owner_only(state, tmp_path):
    folder = tmp_path / "sandbox"
    snapshot.save(state, folder)
    with serve(folder, clock=lambda: AT):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == dict.fromkeys(
        ("hubspot.json.gz", "hubspot.token", "hubspot.url", "hubspot.writes.jsonl", "ca.pem", "server.pem"),
        0o600,
    )


def test_the_authority_is_made_once(state, tmp_path):
    snapshot.save(state, tmp_path)
    texts = set()
    for _ in range(2):
        with serve(tmp_path, clock=lambda: AT) as endpoint:
            texts.add(endpoint.ca_file.read_text())
    assert len(texts) == 1


def test_the_certificate_is_checked(state, tmp_path):
    snapshot.save(state, tmp_path)
    with (
        serve(tmp_path, clock=lambda: AT) as endpoint,
        urllib3.PoolManager() as pool,
        pytest.raises(urllib3.exceptions.MaxRetryError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        pool.request("GET", endpoint.base_url + "/account-info/v3/details", retries=0)


def test_an_empty_folder_cannot_be_served(tmp_path):
    with (
        pytest.raises(ConfigError, match="holds no pretend HubSpot"),
        serve(tmp_path, clock=lambda: AT),
    ):
        pass


def test_reset_takes_everything_back(state, tmp_path):
    cli = click.Group()
    plugin.register_commands(cli)
    snapshot.save(state, tmp_path)
    with serve(tmp_path, clock=lambda: AT) as endpoint:
        ask(endpoint, tmp_path, "POST", "/crm/v3/objects/contacts/merge", {
            "primaryObjectId": "101",
            "objectIdToMerge": "102",
        })  # fmt: skip
    result = CliRunner().invoke(cli, ["sandbox", "reset", str(tmp_path)])
    assert result.exit_code == 0
    assert "is as it was made" in result.output
    assert set(snapshot.load(tmp_path).objects["contacts"].live) == {101, 102, 103}
    assert not (tmp_path / "hubspot.writes.jsonl").exists()
    assert "had not changed" in CliRunner().invoke(cli, ["sandbox", "reset", str(tmp_path)]).output
    fresh = CliRunner().invoke(cli, ["sandbox", "reset", str(tmp_path / "new")])
    assert "Made an empty HubSpot" in fresh.output


def test_the_example_block_names_folder_and_token(tmp_path):
    from consentric_sandbox.hubspot import example

    assert example(tmp_path).splitlines() == [
        "[connections.hubspot]",
        'connector = "hubspot"',
        f'sandbox = "{tmp_path}"',
        f'token = "file:{tmp_path}/hubspot.token"',
    ]


def test_registering_the_commands_imports_nothing_heavy():
    code = (
        "import sys, click; from consentric_sandbox import plugin; plugin.register_commands(click.Group());"
        "print([m for m in ('cryptography', 'ssl', 'http.server', 'duckdb', 'faker', 'hubspot',"
        " 'consentric_sandbox.hubspot') if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_it_runs_as_a_process_of_its_own(state, tmp_path):
    snapshot.save(state, tmp_path)
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "consentric_sandbox", str(tmp_path), "--no-limits"]
    process = subprocess.Popen([*command, "--port-file", str(port_file)], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        assert port_file.read_text().strip() == url
        token = (tmp_path / "hubspot.token").read_text().strip()
        with urllib3.PoolManager(ca_certs=str(tmp_path / "ca.pem")) as pool:
            statuses = [
                pool.request(
                    "GET", f"{url}/crm/v3/objects/contacts", headers={"Authorization": f"Bearer {token}"}
                ).status
                for _ in range(200)
            ]
        assert statuses == [200] * 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
