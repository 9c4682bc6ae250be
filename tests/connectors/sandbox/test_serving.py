"""One server per folder: who comes second connects to it, and a dead one leaves nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime

import click
import pytest
import urllib3
from click.testing import CliRunner

from consentric.sdk.errors import ConfigError
from consentric_sandbox import plugin, serving
from consentric_sandbox.hubspot import sandbox, serve, snapshot

URL_FILE = "hubspot.url"
AT = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@contextmanager
def process_of_its_own(folder):
    command = [sys.executable, "-m", "consentric_sandbox", str(folder), "--at", "2026-06-15T18:00:00Z"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def rename(endpoint, folder, city):
    token = (folder / "hubspot.token").read_text().strip()
    with urllib3.PoolManager(ca_certs=str(endpoint.ca_file)) as pool:
        reply = pool.request(
            "PATCH",
            f"{endpoint.base_url}/crm/v3/objects/contacts/101",
            body=json.dumps({"properties": {"city": city}}),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            retries=False,
        )
        return json.loads(reply.data)["updatedAt"]


def saved_city(folder):
    return snapshot.load(folder).objects["contacts"].live[101].properties.get("city")


def test_a_folder_that_another_process_serves_is_used_there(state, tmp_path):
    snapshot.save(state, tmp_path)
    with process_of_its_own(tmp_path) as (process, url):
        with serve(tmp_path, clock=lambda: AT) as endpoint:
            assert endpoint.base_url == url
            # That process's clock, not ours.
            assert rename(endpoint, tmp_path, "Ulm") == "2026-06-15T18:00:00.000Z"
        assert saved_city(tmp_path) is None, "saving is the server's business"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert saved_city(tmp_path) == "Ulm"


def test_the_address_of_a_killed_server_means_nothing(state, tmp_path):
    snapshot.save(state, tmp_path)
    with process_of_its_own(tmp_path) as (process, url):
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (tmp_path / URL_FILE).read_text().strip() == url, "left over"
        with serve(tmp_path, clock=lambda: AT) as endpoint:
            assert endpoint.base_url != url
            assert rename(endpoint, tmp_path, "Ulm") == "2026-06-15T12:00:00.000Z"
    assert saved_city(tmp_path) == "Ulm"


def test_two_users_in_one_process_share_one_server(state, tmp_path):
    snapshot.save(state, tmp_path)
    with (
        serve(tmp_path, clock=lambda: AT) as first,
        serve(tmp_path, clock=lambda: AT) as second,
    ):
        assert first == second
        rename(second, tmp_path, "Ulm")
    assert saved_city(tmp_path) == "Ulm"


def test_a_server_that_ends_gives_the_folder_free(state, tmp_path):
    snapshot.save(state, tmp_path)
    with serve(tmp_path, clock=lambda: AT):
        assert serving.Claim.take(tmp_path / URL_FILE) is None
    assert (tmp_path / URL_FILE).read_text() == ""
    with serving.Claim.take(tmp_path / URL_FILE) as claim:
        assert claim is not None


def test_a_second_one_waits_while_the_first_is_still_loading(tmp_path):
    with serving.Claim.take(tmp_path / URL_FILE):
        looks = []

        def sleep(seconds):
            looks.append(seconds)
            if len(looks) == 3:
                (tmp_path / URL_FILE).write_text("https://127.0.0.1:1\n")  # nobody answers there

        with pytest.raises(ConfigError, match="does not answer"):
            serving.claim_or_join(tmp_path / URL_FILE, sleep=sleep)
    assert looks == [0.1] * 1200


def test_a_second_one_takes_over_when_the_first_dies_before_it_listens(tmp_path):
    first = serving.Claim.take(tmp_path / URL_FILE)

    def sleep(seconds):
        first.__exit__(None, None, None)

    found = serving.claim_or_join(tmp_path / URL_FILE, sleep=sleep)
    assert isinstance(found, serving.Claim)
    with found:
        pass


def test_a_second_server_and_a_reset_are_refused_while_one_runs(state, tmp_path):
    cli = click.Group()
    plugin.register_commands(cli)
    snapshot.save(state, tmp_path)
    with serve(tmp_path, clock=lambda: AT):
        with (
            pytest.raises(ConfigError, match="another process serves"),
            sandbox().serve_alone(tmp_path, clock=lambda: AT),
        ):
            pass
        for command in ("up", "reset"):
            result = CliRunner().invoke(cli, ["sandbox", command, str(tmp_path)])
            assert isinstance(result.exception, ConfigError)
        second = subprocess.run(
            [sys.executable, "-m", "consentric_sandbox", str(tmp_path)], capture_output=True, text=True
        )
    assert (second.returncode, second.stderr.count("another process serves")) == (2, 1)
