"""A signed assessment stands as long as its file is there, unchanged, under the name the purpose gives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric_privacy.assessment import assessment_is_signed, sign_assessment
from consentric_privacy.errors import ConsentricError
from consentric_privacy.settings import PurposeSettings

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def purpose(**more: Any) -> PurposeSettings:
    return PurposeSettings.model_validate({"id": "segmentation", "assessment": "file:lia.txt"} | more)


def test_an_assessment_counts_from_its_signature_until_its_file_changes(house: Any, tmp_path: Path) -> None:
    file = tmp_path / "lia.txt"
    file.write_text("We weighed it.")
    assert not assessment_is_signed(house.people, purpose(), tmp_path)

    digest = sign_assessment(house.people, purpose(), tmp_path, signed_by="dpo", at=NOON)
    assert digest == "4786a86e66bd8cf57039a6e93ef85f94f03c53a2c813c5388e23d962617115db"
    assert assessment_is_signed(house.people, purpose(), tmp_path)
    assert house.people.connection.execute(
        "SELECT path, signed_by, signed_at FROM assessment"
    ).fetchall() == [("file:lia.txt", "dpo", "2026-06-15T12:00:00Z")]

    file.write_text("We weighed it!")
    assert not assessment_is_signed(house.people, purpose(), tmp_path)
    file.unlink()
    assert not assessment_is_signed(house.people, purpose(), tmp_path)


def test_another_file_or_none_is_not_signed(house: Any, tmp_path: Path) -> None:
    for name in ("lia.txt", "other.txt"):
        (tmp_path / name).write_text("We weighed it.")
    sign_assessment(house.people, purpose(), tmp_path, signed_by="dpo", at=NOON)

    assert not assessment_is_signed(house.people, purpose(assessment="file:other.txt"), tmp_path)
    assert not assessment_is_signed(house.people, purpose(assessment=None), tmp_path)


def test_what_is_not_there_cannot_be_signed(house: Any, tmp_path: Path) -> None:
    for given in (purpose(), purpose(assessment=None)):
        with pytest.raises(ConsentricError) as caught:
            sign_assessment(house.people, given, tmp_path, signed_by="dpo", at=NOON)
        assert caught.value.code == "CS242"
