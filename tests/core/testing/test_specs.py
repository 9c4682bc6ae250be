"""`python -m consentric.testing specs`: every exchange of connector and writer against the description."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from consentric.testing.__main__ import main
from consentric_sandbox.mailchimp import members

SPECS = os.environ.get("CONSENTRIC_SPECS", "")
needs_specs = pytest.mark.skipif(not SPECS, reason="CONSENTRIC_SPECS is unset")
# Every path that connector and writer spell, found by reading them; a new one belongs here.
USED = [
    "GET /",
    "GET /batches/{batch_id}",
    "GET /campaigns",
    "GET /ecommerce/orders",
    "GET /ecommerce/stores",
    "GET /lists/{list_id}",
    "GET /lists/{list_id}/members",
    "GET /lists/{list_id}/members/{subscriber_hash}",
    "GET /lists/{list_id}/members/{subscriber_hash}/tags",
    "GET /lists/{list_id}/merge-fields",
    "GET /lists/{list_id}/segments",
    "GET /ping",
    "GET /reports/{campaign_id}/click-details",
    "GET /reports/{campaign_id}/click-details/{link_id}/members",
    "GET /reports/{campaign_id}/open-details",
    "GET /reports/{campaign_id}/sent-to",
    "GET /reports/{campaign_id}/unsubscribed",
    "POST /batches",
    "POST /lists/{list_id}/members/{subscriber_hash}/tags",
    "POST /lists/{list_id}/segments",
]


@needs_specs
def test_every_operation_is_reached_and_none_departs_from_the_description(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["specs", "--specs", SPECS]) == 0

    lines = capsys.readouterr().out.splitlines()
    reached = [line.strip().rsplit(maxsplit=1) for line in lines if line.startswith("  ")]
    assert [name.strip() for name, _ in reached] == USED
    assert all(int(count) > 0 for _, count in reached)
    assert lines[-2] == "0 violations"
    assert json.loads(lines[-1])["operations"] == {"mailchimp": 20}


@needs_specs
def test_each_departure_of_an_answer_is_told_also_when_it_ends_the_drive(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = members.printed

    def chatty(account: Any, audience: Any, member: Any, request: Any) -> dict[str, Any]:
        return {**printed(account, audience, member, request), "contact_id": 7}

    monkeypatch.setattr(members, "printed", chatty)

    assert main(["specs", "--specs", SPECS]) == 1

    lines = capsys.readouterr().out.splitlines()
    told = [line for line in lines if line.startswith("  !")]
    assert any(line.endswith("contact_id: 7 is not of type 'string'") for line in told)
    assert told[-1].startswith("  ! the drive ended early: ")
    figures = json.loads(lines[-1])
    assert figures["violations"] == len(told)


@needs_specs
def test_what_travels_inside_a_batch_is_held_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((Path(SPECS) / "mailchimp" / "marketing-trimmed.json").read_text())
    tags = document["paths"]["/lists/{list_id}/members/{subscriber_hash}/tags"]["post"]
    del tags["requestBody"]["content"]["application/json"]["schema"]["properties"]["is_syncing"]
    (tmp_path / "mailchimp").mkdir()
    (tmp_path / "mailchimp" / "marketing-trimmed.json").write_text(json.dumps(document))

    assert main(["specs", "--specs", str(tmp_path)]) == 1

    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  !")]
    assert told
    assert all(line.endswith("/tags: accepted is_syncing") for line in told)


def test_a_folder_without_a_description_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["specs", "--specs", str(tmp_path)]) == 2
    assert "no description of a vendor" in capsys.readouterr().err


def test_without_the_checker_its_installation_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mailchimp").mkdir()
    (tmp_path / "mailchimp" / "marketing-trimmed.json").write_text('{"paths": {}}')
    monkeypatch.setitem(sys.modules, "openapi_schema_validator", None)

    assert main(["specs", "--specs", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "specs: openapi_schema_validator is not installed: pip install 'openapi-schema-validator>=0.6,<1'\n"
    )
