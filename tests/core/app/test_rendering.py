"""Reports as people read them; figures worked out by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consentric.app.explanation import Explanation, WrittenLabel
from consentric.app.identity import NamedReport
from consentric.app.render.apply import apply_text
from consentric.app.render.explanation import explanation_text
from consentric.app.render.gate import gate_text
from consentric.app.render.identity import report_text
from consentric.app.render.ledger import Ledger, ledger_lines
from consentric.app.render.plan import plan_text, plans_text
from consentric.app.render.pull import pulls_text
from consentric.app.render.segments import segments_text
from consentric.app.render.status import status_text
from consentric.app.render.table import THIN_SPACE, table
from consentric.app.render.words import FRENCH_REASONS, REASONS
from consentric.app.stages import Planning
from consentric.app.status import HeldPlan, JobStatus, StatusReport, status_of
from consentric.app.timetable import Timetable
from consentric.app.unwritten import Unwritten
from consentric.app.verdicts import Verdict
from consentric.control.runs import end_run, start_run
from consentric.control.store import ControlStore
from consentric.gate.gate import GateReport
from consentric.pull.report import PullReport, StreamReport
from consentric.segments.explanation import Input, Limit, NearestChange, Score, SetExplanation
from consentric.segments.report import SegmentReport, SetReport
from consentric.sync.report import ApplyReport, BrakeReason, Cost, Move, PlanReport
from consentric.warehouse.results import CutPoint
from consentric_privacy.effects import EFFECTS
from consentric_privacy.identity_report import Finding, IdentityReport

TITLES = {"rfm5.champions": "Champions", "rfm5.loyal": "Loyal", "rfm5.new": "New", "rfm5.at_risk": "At risk"}

GATE = GateReport(
    decided=81,
    people=12_480,
    allowed={
        "email_marketing/email/write_back": 10_116,
        "segmentation/none/process": 11_902,
        "segmentation/none/write_back": 11_902,
    },
    denied={
        "email_marketing/email/write_back": {"CONSENT_MISSING": 2_364},
        "segmentation/none/process": {"OBJECTED": 544, "RESTRICTED": 34},
        "segmentation/none/write_back": {"OBJECTED": 544, "RESTRICTED": 34},
    },
)
PLAN = PlanReport(
    plan="7f3a",
    destination="hubspot-prod",
    account="Acme prod",
    as_of_day="2026-11-20",
    sha256="0" * 64,
    total=11_204,
    enter=412,
    move=356,
    leave=103,
    leave_by_consent=27,
    unchanged=9_245,
    withheld={"CONSENT_MISSING": 793, "CONSENT_WITHDRAWN": 268, "CHANGED_BY_HAND": 19, "GONE": 8},
    rejected=0,
    rejected_with_ops=0,
    enter_by_segment={"rfm5.champions": 38, "rfm5.loyal": 121, "rfm5.new": 253},
    moves=(
        Move(set="rfm5", before="loyal", after="at_risk", people=96),
        Move(set="rfm5", before="new", after="loyal", people=60),
    ),
    causes={"people changed": 790, "consent changed": 81},
    population=10_116,
    not_adopted=0,
    refused={},
    explicit_denials=0,
    ops=1_742,
    provisions=(),
    cost=Cost(calls=11, read_back_calls=1, seconds=4.2, share_of_day=0.00002),
    rules={"rfm5": "0" * 64},
    first_apply=False,
    brake=(),
    rows="plans/7f3a/rows.parquet",
)


def test_a_plan_shows_the_five_states_and_their_sum() -> None:
    assert plan_text(PLAN, TITLES).replace(THIN_SPACE, " ") == (
        "Plan 7f3a   data as of 2026-11-20\n"
        '  hubspot-prod "Acme prod"\n'
        "    + enter                 412    New 253, Loyal 121, Champions 38\n"
        "    ~ move                  356    most: Loyal to At risk 96\n"
        "    - leave                 103    27 of them because consent denies\n"
        "      unchanged           9 245\n"
        "      withheld            1 088    never asked 793, withdrawn 268, changed by hand 19, gone 8\n"
        "      = 11 204 records\n"
        "      why                  people changed 790, consent changed 81\n"
        "      cost                 11 calls, about 4 s, 0.002 % of today's allowance\n"
        "Nothing has been written.   Full list: plans/7f3a/rows.parquet (by record reference)\n"
        "Next:  consentric apply 7f3a"
    )


def test_whoever_is_in_no_segment_is_not_among_those_whose_label_stands() -> None:
    shown = plan_text(replace(PLAN, no_segment=49), TITLES).replace(THIN_SPACE, " ")
    assert (
        "      unchanged           9 196\n"
        "      no segment             49    may be labelled\n"
        "      withheld            1 088"
    ) in shown
    assert "      = 11 204 records\n" in shown


def test_a_braked_plan_asks_for_an_approval() -> None:
    braked = replace(
        PLAN, brake=(BrakeReason(code="first_apply", sentence="first apply to this destination"),)
    )
    shown = plan_text(braked, TITLES)
    assert "    ! the brake holds this plan: first apply to this destination\n" in shown
    assert shown.endswith('Next:  consentric approve 7f3a --reason "..."\n       consentric apply 7f3a')


def test_a_refused_plan_sends_the_reader_to_what_names_the_remedy() -> None:
    uncovered = plan_text(replace(PLAN, refused={"TRANSFER_NOT_COVERED": 5}), TITLES)
    assert uncovered.endswith("Next:  consentric config check")
    shown = plan_text(replace(PLAN, refused={"LIA_MISSING": 5}), TITLES)
    assert "    ! this destination is refused: assessment missing (5 records)\n" in shown
    assert shown.endswith("Next:  consentric doctor")


def test_states_that_do_not_add_up_are_never_shown() -> None:
    with pytest.raises(AssertionError, match="do not add up"):
        plan_text(replace(PLAN, unchanged=9_244), TITLES)


def test_before_the_first_pull_a_plan_says_to_pull() -> None:
    planning = Planning(gate=GateReport(), plans=(PLAN,))

    assert plans_text(planning, TITLES) == (
        "Nobody is known yet, so there is nobody to plan for.\nNext:  consentric pull"
    )


def test_the_gate_says_who_may_be_what_and_why_not_the_others() -> None:
    assert gate_text(GATE).replace(THIN_SPACE, " ") == (
        "  people known         12 480    81 decided again\n"
        "  may be segmented     11 902    purpose segmentation; not: objected 544, restricted 34\n"
        "  may be labelled      10 116    purpose email_marketing by email; not: never asked 2 364"
    )


def test_a_purpose_that_may_compute_but_not_write_gets_a_line_of_its_own() -> None:
    writing = "segmentation/none/write_back"
    held = GateReport(
        people=12_480,
        allowed={**GATE.allowed, writing: 0},
        denied={**GATE.denied, writing: {"SOURCE_STALE": 5}},
    )

    assert (
        "  may be labelled           0    purpose segmentation; not: consent not read lately 5"
        in gate_text(held)
    )


def test_no_destination_is_said_so() -> None:
    assert (
        plans_text(Planning(gate=GATE, plans=()), TITLES)
        == "No destination is configured, so there is nothing to plan."
    )


APPLY = ApplyReport(
    plan="7f3a",
    destination="hubspot-prod",
    total=100,
    enter=10,
    move=5,
    leave=2,
    unchanged=70,
    withheld={"CONSENT_WITHDRAWN": 8},
    rejected={"INVALID_OPTION": 3},
    not_finished=2,
    ops={"done": 34, "dead": 3, "pending": 2},
    calls_saved=1,
    verified=33,
)


def test_an_apply_shows_what_was_refused_and_what_is_open() -> None:
    assert apply_text(APPLY) == (
        "Applied 7f3a to hubspot-prod\n"
        "    + enter                  10\n"
        "    ~ move                    5\n"
        "    - leave                   2\n"
        "      unchanged              70\n"
        "      withheld                8    withdrawn 8\n"
        "      rejected                3    INVALID_OPTION 3\n"
        "      not finished            2    run the same command again\n"
        "      = 100 records\n"
        "      verified             33 values read back; 1 stood there already and needed no call\n"
        "Next:  consentric apply 7f3a   (goes on where it stopped)"
    )


def test_an_apply_counts_those_in_no_segment_apart() -> None:
    assert (
        "      unchanged              66\n      no segment              4    may be labelled\n"
    ) in apply_text(replace(APPLY, no_segment=4))


def test_a_ledger_counts_each_record_once() -> None:
    ledger = Ledger(total=6, enter=1, move=1, leave=1, unchanged=1, withheld={"GONE": 1}, rejected={"X": 1})
    assert ledger.sum == 6
    assert ledger_lines(ledger)[-1] == "      = 6 records"


def test_segments_show_size_share_and_notes() -> None:
    report = SegmentReport(
        as_of_day=date(2026, 6, 14),
        run="2026-06-15T02-00-00Z",
        sets=(
            SetReport(
                name="rfm5",
                purpose="segmentation",
                population=200,
                sizes={"champions": 50, "at_risk": 150},
                entered=3,
                moved=2,
                left=1,
                notes=("recency: many people share a value",),
            ),
        ),
    )
    assert segments_text(report, TITLES) == (
        "Segments as of 2026-06-14   run 2026-06-15T02-00-00Z\n"
        "  rfm5   200 people may be segmented (purpose segmentation)\n"
        "    Champions         50   25 %\n"
        "    At risk          150   75 %\n"
        "    entered 3, moved 2, left 1\n"
        "    ! recency: many people share a value\n"
        "Next:  consentric plan"
    )


def test_two_streams_of_one_name_say_which_part_each_is_and_an_incomplete_one_why() -> None:
    report = PullReport(
        connection="mailchimp",
        streams=[
            StreamReport(
                name="members", partition="a1b2c3d4e5", state="complete", counts=Counter(contacts=1_205)
            ),
            StreamReport(
                name="members", partition="ffeeddccbb", state="incomplete", reason="preview: only a few"
            ),
            StreamReport(
                name="orders",
                state="incomplete",
                reason="preview: only a few",
                counts=Counter(unknown_record=3),
            ),
        ],
    )
    assert pulls_text([report]).replace(THIN_SPACE, " ") == (
        "Read; no address, name or number was stored.\n"
        "  mailchimp\n"
        "    members a1b2c3d4e5 complete    1 205 contacts\n"
        "    members ffeeddccbb incomplete  preview: only a few\n"
        "    orders             incomplete  3 activities of addresses that are no contact here, left out;"
        " preview: only a few"
    )


def test_a_long_list_of_records_is_cut_to_five() -> None:
    rrefs = tuple(bytes([number]) for number in range(7))
    named = NamedReport(
        report=IdentityReport(
            people=9,
            records=20,
            joined_by={},
            joined_before=0,
            by_records={},
            by_accounts={},
            two_values={"phone": Finding(count=3, records=rrefs)},
            crowded={},
            apart=Finding(count=0, records=()),
            alike={},
            shared_lines=0,
        ),
        names={rref: f"crm:hubspot:{rref[0]}" for rref in rrefs},
    )  # fmt: skip
    found = report_text(named)
    shown = ", ".join(f"crm:hubspot:{number}" for number in range(5))
    assert f"             {shown} and 2 more (--json)\n" in found


def test_every_reason_of_the_decision_has_words() -> None:
    assert set(EFFECTS) <= set(REASONS)


def test_a_table_without_rows_says_none() -> None:
    assert table(("run",), []) == "none"


def test_status_tells_what_is_overdue(tmp_path: Path) -> None:
    store = ControlStore.open(tmp_path / "control.sqlite")
    began = datetime(2026, 6, 13, 2, 0, tzinfo=UTC)
    run = start_run(store, job="sync", config_hash="0" * 64, engine_version="0.1.0", now=began)
    end_run(store, run, state="done", now=began, summary={})
    store.close()
    table = Timetable(sync="04:00", zone=ZoneInfo("Europe/Paris"))
    report = status_of(tmp_path, now=datetime(2026, 6, 15, 12, 0, tzinfo=UTC), timetable=table)
    assert status_text(report) == (
        "job   state          last run    run\n"
        "sync  done, OVERDUE  2 days ago  2026-06-13T02-00-00Z\n"
        "Next runs: sync 2026-06-16 02:00 UTC\n"
        "  ! sync: 2 runs were missed since\n"
        "Next:  consentric sync"
    )
    assert report.as_json()["jobs"][0]["age_seconds"] == 208_800
    on_time = status_of(tmp_path, now=datetime(2026, 6, 14, 3, 0, tzinfo=UTC), timetable=table)
    assert not on_time.is_overdue


def test_status_tells_which_plan_waits_for_an_approval() -> None:
    done = JobStatus(job="sync", run="2026-06-15T02-00-00Z", state="done", age_seconds=3_600)
    held = HeldPlan(
        destination="hubspot-prod", plan="da98", changes=820, reasons=("first apply to this destination",)
    )
    assert status_text(StatusReport(jobs=(done,), held=(held,))) == (
        "job   state  last run    run\n"
        "sync  done   1 hour ago  2026-06-15T02-00-00Z\n"
        "  ! hubspot-prod: plan da98 is held by the brake (first apply to this destination);"
        " 820 records wait for an approval\n"
        'Next:  consentric approve da98 --reason "..."'
    )


def test_status_of_an_unused_workspace_makes_no_store(tmp_path: Path) -> None:
    report = status_of(tmp_path, now=datetime(2026, 6, 15, tzinfo=UTC))
    assert status_text(report) == "Nothing has run yet.\nNext:  consentric doctor"
    assert list(tmp_path.iterdir()) == []


def explanation() -> Explanation:
    at_risk = SetExplanation(
        set="rfm5",
        purpose="segmentation",
        method="rfm",
        run="2026-06-15T02-00-00Z",
        as_of_day=date(2026, 6, 14),
        is_allowed=True,
        reason="LEGITIMATE_INTEREST",
        segment="at_risk",
        previous="loyal",
        since=date(2026, 6, 1),
        inputs=(Input(name="days_since_last_order", value=1200),),
        scores=(
            Score(
                name="r_score",
                measure="days_since_last_order",
                value=1200,
                score=2,
                cut_points=(
                    CutPoint(measure="days_since_last_order", score=2, lowest=300, highest=1300, people=9),
                ),
            ),
        ),
        limits=(Limit(name="inactive after", input="days_since_last_order", value=90),),
        nearest=(NearestChange(input="days_since_last_order", now=1200, then=299, segment="loyal"),),
    )
    verdicts = (
        Verdict(
            purpose="segmentation",
            channel="none",
            action="process",
            is_allowed=True,
            reason="LEGITIMATE_INTEREST",
            rule=17,
            basis="legitimate_interest",
            valid_until=None,
            effect=None,
            proof=None,
            policy="1.0123456789ab",
        ),
        Verdict(
            purpose="email_marketing",
            channel="email",
            action="write_back",
            is_allowed=False,
            reason="CONSENT_WITHDRAWN",
            rule=14,
            basis=None,
            valid_until=None,
            effect="remove",
            proof=None,
            policy="1.0123456789ab",
        ),
    )
    label = WrittenLabel(
        destination="prod", label="field:rfm5", segment="loyal", previous="", since=date(2026, 5, 1)
    )
    return Explanation(records=("crm:hubspot:4711",), sets=(at_risk,), verdicts=verdicts, labels=(label,))


def test_an_explanation_says_why_what_is_allowed_and_what_was_written() -> None:
    shown = explanation_text(explanation(), TITLES, lang="en").replace(THIN_SPACE, " ")
    assert shown == (
        "Records: crm:hubspot:4711\n"
        "rfm5: At risk, since 2026-06-01; before that Loyal\n"
        "  computed for the purpose segmentation as of 2026-06-14, run 2026-06-15T02-00-00Z\n"
        "  value used: days_since_last_order = 1 200\n"
        "  limit of this person: inactive after = 90 (days_since_last_order)\n"
        "  r_score (days_since_last_order): score 2 of 5 with 1 200; in this run 2: 300..1 300\n"
        "  nearest change: with days_since_last_order 299 instead of 1 200, Loyal\n"
        "What the person allows\n"
        "  may be segmented: yes, by legitimate interest\n"
        "  may get labels by e-mail: no, withdrawn\n"
        "What was written where\n"
        "  prod  field:rfm5  Loyal, since 2026-05-01"
    )


@pytest.mark.parametrize(
    ("why", "english", "french"),
    [
        (
            "approval",
            "nothing yet: waits in plan da98 for an approval",
            "attend une approbation dans le plan da98",
        ),
        ("part", "plan da98 was a part and left it for a later plan", "le plan da98 n'était qu'une partie"),
        ("withheld", "nothing: withheld by plan da98: never asked", "rien : retenu par le plan da98 : "),
    ],
)
def test_an_explanation_says_why_nothing_was_written(why: Any, english: str, french: str) -> None:
    one = Unwritten(destination="hubspot-prod", plan="da98", why=why, reason="CONSENT_MISSING")
    bare = replace(explanation(), labels=(), unwritten=(one,))
    shown = explanation_text(bare, TITLES, lang="en").partition("What was written where\n")[2]
    assert shown.startswith("  hubspot-prod  ")
    assert english in shown
    assert french in explanation_text(bare, TITLES, lang="fr")


def test_an_explanation_is_french_on_demand() -> None:
    shown = explanation_text(explanation(), TITLES, lang="fr")
    assert "depuis le 2026-06-01; auparavant Loyal" in shown
    assert "Ce que la personne permet" in shown
    assert "  peut être segmentée : oui, intérêt légitime\n" in shown
    assert "  peut recevoir des étiquettes par e-mail : non, retiré\n" in shown


@pytest.mark.parametrize(
    ("lang", "spent", "points"),
    [("en", "spent = 2 415.56 EUR", "points = 5.6"), ("fr", "spent = 2 415,56 €", "points = 5,6")],
)
def test_an_explanation_shows_money_with_its_currency_and_points_to_one_decimal(
    lang: str, spent: str, points: str
) -> None:
    [one] = explanation().sets
    inputs = (Input(name="spent_minor", value=241556), Input(name="points", value=5_623_456))
    change = NearestChange(input="points", now=5_623_456, then=4_999_999, segment="loyal")
    bought = replace(one, inputs=inputs, nearest=(change,))
    shown = explanation_text(replace(explanation(), sets=(bought,)), TITLES, lang=lang)
    shown = shown.replace(THIN_SPACE, " ")
    assert f"{spent}\n" in shown
    assert f"{points}\n" in shown
    # 5.0 would be in the band that the person is in: what is said is rounded away from it.
    assert "points 4" + points[-2] + "9 " in shown
    assert "_minor" not in shown


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(FRENCH_REASONS) == set(REASONS)


def test_somebody_who_may_not_be_segmented_is_told_the_reason() -> None:
    [one] = explanation().sets
    denied = replace(
        one, is_allowed=False, reason="OBJECTED_MARKETING", segment=None, previous=None, since=None
    )
    shown = explanation_text(replace(explanation(), sets=(denied,)), TITLES, lang="en")
    assert "rfm5: in no segment\n  not segmented: objected to marketing\n" in shown
