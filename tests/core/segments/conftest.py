"""Fixtures of the segment tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .people import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)
