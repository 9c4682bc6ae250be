"""The thirty public conformance cases, each with its verdict and its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consentric_privacy.cases import CaseResult, run_cases

CASES = Path(__file__).parents[1] / "data" / "decision_cases.json"


def test_the_file_holds_thirty_cases_in_order() -> None:
    assert [result.id for result in run_cases(CASES)] == [f"D{number:02}" for number in range(1, 31)]


@pytest.mark.parametrize("result", run_cases(CASES), ids=lambda result: result.id)
def test_case_gives_the_expected_verdict_and_reason(result: CaseResult) -> None:
    assert result.got == result.expected


def test_a_case_with_an_unknown_key_fails_and_the_others_are_decided(tmp_path: Path) -> None:
    document = json.loads(CASES.read_text())
    document["cases"] = [dict(document["cases"][0], moon="full"), document["cases"][1]]
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(document))

    assert [(result.got, result.passed) for result in run_cases(path)] == [
        ("UNREADABLE/unknown key moon", False),
        ("ALLOW/CONSENT_VALID", True),
    ]


def test_a_wrong_expectation_is_a_failure(tmp_path: Path) -> None:
    document = json.loads(CASES.read_text())
    document["cases"] = [dict(document["cases"][1], expect="ALLOW/SOFT_OPT_IN")]
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(document))

    assert [result.passed for result in run_cases(path)] == [False]
