"""An account's folder: built, served, saved, taken back."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from base64 import b64encode
from datetime import timedelta
from importlib.metadata import entry_points

import click
import pytest
import urllib3
from click.testing import CliRunner

from consentric.sdk.contracts import Endpoint
from consentric.sdk.errors import ConfigError
from consentric_sandbox import plugin
from consentric_sandbox.hubspot import serve as serve_hubspot
from consentric_sandbox.hubspot import snapshot as hubspot_snapshot
from consentric_sandbox.hubspot.state import HubSpotState
from consentric_sandbox.mailchimp import example, sandbox, serve, snapshot

from .conftest import NEWS, START, hash_of


def ask(endpoint, folder, method, path, body=None):
    token = b64encode(b"x:" + (folder / "mailchimp.token").read_bytes().strip()).decode()
    with urllib3.PoolManager(ca_certs=str(endpoint.ca_file)) as pool:
        reply = pool.request(
            method,
            f"{endpoint.base_url}/3.0{path}",
            body=json.dumps(body) if body is not None else None,
            headers={"Authorization": f"Basic {token}"},
            retries=False,
        )
        return reply.status, json.loads(reply.data) if reply.data else None


def tag(endpoint, folder, name, tag):
    body = {"tags": [{"name": tag, "status": "active"}]}
    return ask(endpoint, folder, "POST", f"/lists/{NEWS}/members/{hash_of(name)}/tags", body)[0]


def test_it_is_found_by_its_entry_point():
    found = {one.name: one.value for one in entry_points(group="consentric.sandboxes")}
    assert found["mailchimp"] == "consentric_sandbox.mailchimp:serve"


def test_a_snapshot_gives_the_same_account_back(state, tmp_path):
    snapshot.save(state, tmp_path)
    loaded = snapshot.load(tmp_path)
    assert list(loaded.audiences) == list(state.audiences)
    for id, audience in state.audiences.items():
        assert loaded.audiences[id].members == audience.members
        assert loaded.audiences[id].segments == audience.segments
        assert set(loaded.audiences[id].by_contact) == set(audience.by_contact)
    assert (loaded.campaigns, loaded.stores) == (state.campaigns, state.stores)
    assert (loaded.credentials, loaded.next_id) == (state.credentials, state.next_id)


def test_a_write_is_saved_and_a_read_is_not(state, tmp_path):
    snapshot.save(state, tmp_path)
    before = (tmp_path / "mailchimp.json.gz").stat().st_mtime_ns
    with serve(tmp_path, clock=lambda: START) as endpoint:
        assert ask(endpoint, tmp_path, "GET", "/lists")[0] == 200
    assert (tmp_path / "mailchimp.json.gz").stat().st_mtime_ns == before
    for name in ("bob", "cyd"):
        with serve(tmp_path, clock=lambda: START) as endpoint:
            assert tag(endpoint, tmp_path, name, "A") == 204
    saved = snapshot.load(tmp_path).audiences[NEWS]
    assert len(saved.segment_named("A").members) == 2
    lines = (tmp_path / "mailchimp.writes.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3]


def test_a_batch_goes_on_after_a_restart(state, tmp_path):
    snapshot.save(state, tmp_path)
    path = f"/lists/{NEWS}/members/{hash_of('bob')}/tags"
    body = json.dumps({"tags": [{"name": "A", "status": "active"}]})
    operation = {"method": "POST", "path": path, "body": body}
    with serve(tmp_path, clock=lambda: START) as endpoint:
        id = ask(endpoint, tmp_path, "POST", "/batches", {"operations": [operation]})[1]["id"]
    with serve(tmp_path, clock=lambda: START) as endpoint:
        seen = [ask(endpoint, tmp_path, "GET", f"/batches/{id}")[1]["status"] for _ in range(4)]
    assert seen == ["preprocessing", "started", "finalizing", "finished"]
    assert snapshot.load(tmp_path).audiences[NEWS].segment_named("A") is not None


def test_files_are_for_their_owner_only(state, tmp_path):
    folder = tmp_path / "sandbox"
    snapshot.save(state, folder)
    with serve(folder, clock=lambda: START) as endpoint:
        tag(endpoint, folder, "bob", "A")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == dict.fromkeys(
        (
            "mailchimp.json.gz",
            "mailchimp.first.json.gz",
            "mailchimp.token",
            "mailchimp.url",
            "mailchimp.writes.jsonl",
            "ca.pem",
            "server.pem",
        ),
        0o600,
    )


def test_reset_takes_everything_back(state, tmp_path):
    snapshot.save(state, tmp_path)
    with serve(tmp_path, clock=lambda: START) as endpoint:
        tag(endpoint, tmp_path, "bob", "A")
    assert snapshot.FILES.reset(tmp_path) is True
    assert snapshot.load(tmp_path).audiences[NEWS].segment_named("A") is None
    assert not (tmp_path / "mailchimp.writes.jsonl").exists()
    assert snapshot.FILES.reset(tmp_path) is False


def test_two_vendors_share_a_folder(state, tmp_path):
    snapshot.save(state, tmp_path)
    hubspot_snapshot.save(HubSpotState(), tmp_path)
    with (
        serve(tmp_path, clock=lambda: START) as mailchimp,
        serve_hubspot(tmp_path, clock=lambda: START) as hubspot,
    ):
        assert mailchimp.base_url != hubspot.base_url
        assert mailchimp.ca_file == hubspot.ca_file
        assert ask(mailchimp, tmp_path, "GET", "/ping")[0] == 200


def test_a_second_server_is_refused_and_a_second_user_joins(state, tmp_path):
    snapshot.save(state, tmp_path)
    with serve(tmp_path, clock=lambda: START) as first:
        with serve(tmp_path, clock=lambda: START) as second:
            assert first == second
        with (
            pytest.raises(ConfigError, match="another process serves"),
            sandbox().serve_alone(tmp_path, clock=lambda: START),
        ):
            pass


def test_an_empty_folder_cannot_be_served(tmp_path):
    with (
        pytest.raises(ConfigError, match="holds no pretend Mailchimp"),
        serve(tmp_path, clock=lambda: START),
    ):
        pass


def test_the_command_makes_an_account_and_takes_it_back(tmp_path):
    cli = click.Group()
    plugin.register_commands(cli)
    arguments = ["sandbox", "reset", str(tmp_path), "--crm", "mailchimp"]
    assert "Made an empty Mailchimp" in CliRunner().invoke(cli, arguments).output
    assert example(tmp_path).splitlines() == [
        "[connections.mailchimp]",
        'connector = "mailchimp"',
        f'sandbox = "{tmp_path}"',
        f'api_key = "file:{tmp_path}/mailchimp.token"',
        'audiences = ["00000003e9"]',
    ]
    assert "had not changed" in CliRunner().invoke(cli, arguments).output


def test_it_runs_as_a_process_of_its_own(state, tmp_path):
    snapshot.save(state, tmp_path)
    command = [sys.executable, "-m", "consentric_sandbox", str(tmp_path), "--crm", "mailchimp"]
    process = subprocess.Popen([*command, "--at", "2026-06-15T12:00:00Z"], stdout=subprocess.PIPE, text=True)
    try:
        endpoint = Endpoint(base_url=process.stdout.readline().strip(), ca_file=tmp_path / "ca.pem")
        assert tag(endpoint, tmp_path, "bob", "A") == 204
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        process.stdout.close()
    assert len(snapshot.load(tmp_path).audiences[NEWS].segment_named("A").members) == 1


def test_the_builder_refuses_what_the_account_does_not_know(state):
    at = START + timedelta(hours=1)
    with pytest.raises(ValueError, match="a member is one of"):
        state.add_member(NEWS, "x@example.com", at=at, status="gone")
    with pytest.raises(ValueError, match="no marketing permission"):
        state.add_member(NEWS, "x@example.com", at=at, permissions={"zz": True})
    with pytest.raises(ValueError, match="no merge field"):
        state.add_member(NEWS, "x@example.com", at=at, merge_fields={"SHOE": "42"})
    with pytest.raises(ValueError, match="is a member already"):
        state.add_member(NEWS, "Ada@example.com", at=at)
    assert state.add_tag(NEWS, "VIP", at=at) == state.audiences[NEWS].segment_named("VIP").id
