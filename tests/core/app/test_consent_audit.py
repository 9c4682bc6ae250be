"""Audit of consent, evidence claims and worksheets over a workspace with seven people made by hand."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from consentric.app import cli
from consentric.app.assessments import sign_file
from consentric.app.consent_audit import unmapped_of
from consentric.app.evidence import record_new_documents
from consentric.app.plugin_manager import Plugins
from consentric.app.reading import policy_of
from consentric.app.render import changes
from consentric.app.workspace import Workspace
from consentric.gate.audit import Unmapped
from consentric_privacy.changes import Kind
from consentric_privacy.ledger import NewEvent
from consentric_privacy.vault import Arrival

from .conftest import PretendConnector

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
CONFIG = """\
[workspace]
root_key = "env:CONSENTRIC_TEST_ROOT"
[clock]
at = 2026-06-15T12:00:00Z
[controller]
name = "Acme SAS"
[connections.hubspot]
connector = "hubspot"
sandbox = "../sandbox"
token = "env:CONSENTRIC_TEST_TOKEN"
consents = { "Newsletter" = "email_marketing" }
[[purpose]]
id = "segmentation"
assessment = "file:lia.md"
[[purpose]]
id = "email_marketing"
basis = ["consent"]
accepted_notices = ["n2"]
authorities = ["hubspot"]
[[notice]]
id = "n2"
text = "file:notice.txt"
"""
CLAIMS = """
[[evidence]]
source = "hubspot"
where = "form = 'Newsletter'"
from = 2025-01-01
grade = "B"
notice = "n2"
document = "file:newsletter.png"
by = "dpo"
on = 2026-01-15
[[evidence]]
source = "hubspot"
where = "list = 'Foire d'été'"
notice = "n2"
document = "file:fair.png"
by = "the shop"
on = 2026-02-01
"""
# Number of the contact to what HubSpot says: state, list, day, grade, notice. The seventh says nothing.
SAID = {
    1: [("granted", "Newsletter", "2025-03-01", "B", "n2")],
    2: [("granted", "Newsletter", "2025-04-01", "C", None)],
    3: [("granted", "Newsletter", "2024-04-01", "C", None)],
    4: [("granted", "Foire d'été", "2025-05-01", "B", None)],
    5: [
        ("granted", "Newsletter", "2025-06-01", "C", None),
        ("withdrawn", "Newsletter", "2025-07-01", "C", None),
    ],
    6: [("granted", "Newsletter", None, "D", None)],
    7: [],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONSENTRIC_TEST_ROOT", bytes(range(32)).hex())
    monkeypatch.setenv("CONSENTRIC_TEST_TOKEN", "a-token")
    folder = tmp_path / "acme"
    folder.mkdir(mode=0o700)
    for name in ("lia.md", "notice.txt", "newsletter.png", "fair.png"):
        (folder / name).write_text(f"This is {name}.")
    configure(folder, CLAIMS)
    with Workspace.open(folder / "config.toml") as workspace:
        sign_file(workspace, "lia.md", by="tests")
        for number, said in SAID.items():
            arrival = Arrival(
                account="hubspot", object="contact", id=str(number), email=f"p{number}@mel.example"
            )
            [record] = workspace.vault.admit([arrival], at=NOON).records
            events = [event(record.rref, *one) for one in said]
            workspace.ledger.record_events(events, at=NOON)
        workspace.ledger.mark_read("hubspot", NOON, full=True)
    return folder


def configure(folder: Path, claims: str) -> None:
    (folder / "config.toml").write_text(CONFIG + claims)


def event(rref: bytes, state: Any, origin: str, day: str | None, grade: Any, notice: str | None) -> NewEvent:
    return NewEvent(
        rref=rref,
        source="hubspot",
        purpose="email_marketing",
        channel="email",
        state=state,
        grade=grade,
        method="form",
        occurred_at=datetime.fromisoformat(f"{day}T10:00:00+00:00") if day else None,
        notice=notice,
        origin=origin,
    )


def say(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = cli.run(["-c", str(folder / "config.toml"), *arguments])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def audited(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, said = say(folder, capsys, "consent", "audit", "--json", *arguments)
    assert code == 0, said
    found = json.loads(said)
    for question in found["questions"]:
        assert sum(one["people"] for one in question["classes"]) == found["people"] == 7
    return dict(found)


def mail(found: dict[str, Any]) -> dict[str, Any]:
    [question] = [one for one in found["questions"] if one["purpose"] == "email_marketing"]
    return dict(question)


def test_two_claims_let_two_people_in_and_the_difference_names_both(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = tmp_path / "came-in.csv"
    found = audited(folder, capsys, "--came-in", str(listing))
    assert (mail(found)["allowed_without_claims"], mail(found)["allowed"]) == (1, 3)
    assert [(one["number"], one["by"], one["on"], one["people"]) for one in found["claims"]] == [
        (1, "dpo", "2026-01-15", 1),
        (2, "the shop", "2026-02-01", 1),
    ]
    assert list(csv.reader(listing.open())) == [
        ["record", "purpose", "channel", "claims"],
        ["crm:hubspot:2", "email_marketing", "email", "1"],
        ["crm:hubspot:4", "email_marketing", "email", "2"],
    ]
    assert listing.stat().st_mode & 0o777 == 0o600
    assert mail(audited(folder, capsys, "--without-claims"))["allowed"] == 1


def test_each_class_says_the_one_thing_that_would_change_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = say(folder, capsys, "consent", "audit", "--purpose", "email_marketing", "--without-claims")
    lines = [line.strip() for line in said.partition("\nGrades: ")[0].splitlines() if line.strip()]
    assert lines[:2] == [
        "People known              7",
        "May be mailed             1    purpose email_marketing by email",
    ]
    told = dict(
        zip(lines[lines.index("purpose email_marketing by email") + 2 :: 2], lines[5::2], strict=True)
    )
    claim = '[[evidence]] source = "hubspot", where = "list ='
    assert told == {
        "2  unproved: hubspot Newsletter, granted, grade C, time, no notice": (
            f"> which form, and which text, was shown 2024-04 to 2025-04? {claim} 'Newsletter'\","
            ' grade = "B", notice = ...'
        ),
        "1  notice unknown: hubspot Foire d'été, granted, grade B, time, no notice": (
            f"> which form text was shown in 2025-05? {claim} 'Foire d'été'\", notice = ..."
        ),
        "1  withdrawn: hubspot Newsletter, withdrawn, grade C, time, no notice": (
            "> a confirmed sign-up by the person: nobody is asked again by us"
        ),
        "1  unproved: hubspot Newsletter, granted, grade D, no time, no notice": (
            "> a confirmed sign-up by the person: nobody is asked again by us"
        ),
        "1  never asked: hubspot, nothing said": (
            "> a confirmed sign-up by the person: nobody is asked again by us"
        ),
    }


def test_the_change_that_is_said_lets_exactly_its_class_in(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = mail(audited(folder, capsys))
    [one] = [one for one in before["classes"] if one["changes"] and one["changes"][0]["kind"] != "sign_up"]
    assert one["changes"] == [{"kind": "claim_grade_and_notice", "source": "hubspot", "origin": "Newsletter"}]
    assert (one["people"], one["first"], one["last"]) == (1, "2024-04-01", "2024-04-01")
    configure(folder, CLAIMS.replace("from = 2025-01-01", "from = 2024-04-01"))
    after = mail(audited(folder, capsys))
    assert after["allowed"] == before["allowed"] + 1

    def denied(found: dict[str, Any]) -> list[tuple[str, str, str, int]]:
        return sorted(
            (row["status"], row["grade"], row["reason"], row["people"])
            for row in found["classes"]
            if not row["is_allowed"]
        )

    assert denied(after) == [row for row in denied(before) if row != ("granted", "C", one["reason"], 1)]


def test_a_list_that_nothing_is_mapped_to_is_to_be_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unmapped = CONFIG.replace('consents = { "Newsletter" = "email_marketing" }\n', "")
    (folder / "config.toml").write_text(unmapped)
    _, said = say(folder, capsys, "consent", "audit", "--purpose", "email_marketing")
    named = "name the list or form that records it in [connections.hubspot] consents"
    assert said.count(named) == 1
    assert f"never asked: hubspot, nothing said\n           > {named}" in said


def test_the_words_for_grades_are_explained_once_below_the_classes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = say(folder, capsys, "consent", "audit")
    line = "Grades: A confirmed by the person, B form with time, C import or staff, D bare flag"
    assert (said.count("Grades: "), said.rstrip().splitlines()[-1]) == (1, line)


def test_both_languages_have_words_for_every_change() -> None:
    kinds = set(get_args(Kind))
    assert [kinds - words.keys() for words in changes._WORDS.values()] == [set(), set()]
    assert changes._ENGLISH.keys() == changes._FRENCH.keys()


def test_an_unsigned_assessment_and_a_stale_read_are_the_thing_to_mend(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "lia.md").write_text("Something else.")
    text = (folder / "config.toml").read_text().replace("2026-06-15T12:00:00Z", "2026-06-17T12:00:00Z")
    (folder / "config.toml").write_text(text)
    found = audited(folder, capsys)
    [segmentation] = [one for one in found["questions"] if one["purpose"] == "segmentation"]
    assert [one["changes"][0]["kind"] for one in segmentation["classes"]] == ["sign_assessment"]
    kinds = {one["reason"]: [c["kind"] for c in one["changes"]] for one in mail(found)["classes"]}
    assert kinds["SOURCE_STALE"][0] == "read"
    assert kinds["CONSENT_WITHDRAWN"] == ["read", "sign_up"]


def test_a_claim_falls_with_its_document_until_somebody_records_it_anew(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Workspace.open(folder / "config.toml") as workspace:
        record_new_documents(workspace)
    assert say(folder, capsys, "doctor", "--only", "evidence")[0] == 0
    (folder / "newsletter.png").write_text("Another picture.")
    (folder / "fair.png").unlink()
    found = audited(folder, capsys)
    assert [one["state"] for one in found["claims"]] == ["changed", "missing"]
    assert mail(found)["allowed"] == 1
    code, said = say(folder, capsys, "doctor", "--only", "evidence")
    assert code != 0
    assert "evidence claim 1 does not count: newsletter.png is changed" in said
    _, said = say(folder, capsys, "records", "evidence")
    assert (
        "claim 1 does not count: newsletter.png was altered since it was recorded: restore it, or "
        "consentric records evidence --record newsletter.png" in said
    )
    code, said = say(folder, capsys, "records", "evidence", "--record", "fair.png")
    assert (code, said.split(":")[0]) == (2, "error[CS261]")
    assert say(folder, capsys, "records", "evidence", "--record", "newsletter.png")[0] == 0
    assert mail(audited(folder, capsys))["allowed"] == 2
    log = "".join(path.read_text() for path in (folder / "audit").glob("*.jsonl"))
    assert log.count('"action":"evidence.recorded"') == 3


def test_consent_explain_shows_what_an_allowed_decision_rests_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = say(folder, capsys, "consent", "explain", "crm:hubspot:2", "--purpose", "email_marketing")
    lines = said.splitlines()
    policy = lines.pop()
    assert lines == [
        "Records: crm:hubspot:2",
        "",
        "email_marketing / email / write_back: allowed by consent",
        "  rule 17 of the decision, CONSENT_VALID",
        "  until 2029-06-15, by time alone",
        "  rests on: granted, hubspot Newsletter, 2025-04-01 10:00 UTC, grade C, notice none",
        "    with the claims of the controller: grade B, notice n2",
    ]
    assert policy.startswith("  policy 1.")
    _, said = say(folder, capsys, "consent", "explain", "crm:hubspot:5")
    assert "not allowed: withdrawn\n  rule 14 of the decision, CONSENT_WITHDRAWN" in said
    assert "effect on a label already written: remove" in said
    assert "rests on: withdrawn, hubspot Newsletter, 2025-07-01 10:00 UTC" in said
    assert "what would change it: a confirmed sign-up by the person" in said
    _, said = say(folder, capsys, "consent", "explain", "crm:hubspot:3", "--lang", "fr")
    assert "quel formulaire, et quel texte, a été montré en 2024-04 ?" in said
    code, said = say(folder, capsys, "consent", "explain", "jean@mel.example")
    assert (code, "jean" in said) == (2, False)


@pytest.mark.parametrize(
    ("lang", "title"), [("en", "assessment: segmentation"), ("fr", "légitime : segmentation")]
)
def test_a_worksheet_is_signed_only_when_every_question_is_answered(
    folder: Path, capsys: pytest.CaptureFixture[str], lang: str, title: str
) -> None:
    (folder / "lia.md").unlink()
    out = folder / "lia.md"
    draft = ("records", "lia", "--draft", "--lang", lang, "--out", str(out))
    code, said = say(folder, capsys, *draft)
    # Its purpose names the file already, so nothing is left to be edited.
    assert code == 0
    assert said.strip().endswith(
        '13 questions to answer; then  consentric records lia --sign lia.md --by "NAME"'
    )
    text = out.read_text()
    assert title in text.splitlines()[0]
    assert "Acme SAS" in text
    assert "7" in text
    assert text.count("[?]") == text.count("\n- [?] ") == 13
    code, said = say(folder, capsys, *draft)
    assert (code, said.split(":")[0]) == (2, "error[CS263]")
    sign = ("records", "lia", "--sign", "lia.md", "--by", "dpo")
    code, said = say(folder, capsys, *sign)
    assert (code, said.split(":")[0]) == (2, "error[CS262]")
    assert "13 questions of file:lia.md are not answered" in said
    out.write_text(text.replace("[?]", "Answered:"))
    assert say(folder, capsys, *sign)[0] == 0


def test_whoever_has_no_live_record_any_more_is_not_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Workspace.open(folder / "config.toml") as workspace:
        workspace.vault.delete(workspace.vault.find("hubspot", "contact", "", ["7"]).values(), NOON)
    code, said = say(folder, capsys, "consent", "audit", "--json")
    assert (code, json.loads(said)["people"]) == (0, 6)


def test_a_connector_without_a_consents_setting_is_not_told_to_set_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bare(PretendConnector):
        settings_model = type("Bare", (BaseModel,), {"model_config": {"extra": "allow"}})

    with Workspace.open(folder / "config.toml") as workspace:
        assert unmapped_of(workspace, policy_of(workspace)).sources == {"segmentation": {"hubspot"}}
        monkeypatch.setattr(Plugins, "connector", lambda _plugins, _name: Bare)
        assert unmapped_of(workspace, policy_of(workspace)) == Unmapped(lists={}, sources={})
