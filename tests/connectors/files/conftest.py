"""A workspace with files in it and a connector that reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric import Context
from consentric.sdk.transport import Transport
from consentric_files.connector import FilesConnector
from consentric_files.settings import FilesSettings

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., FilesConnector]:
    """Gives a connector for these settings; its workspace is the test's own folder."""

    def made(settings: dict[str, Any], **details: Any) -> FilesConnector:
        transport = Transport("shop", clock=lambda: NOON, calls_per_second=1, daily_limit=1)
        context = Context(
            connection="shop", clock=lambda: NOON, transport=transport, workspace=tmp_path, **details
        )
        return FilesConnector(FilesSettings.model_validate(settings), context)

    return made
