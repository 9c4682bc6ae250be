"""Our Mailchimp writer passes the public suite against the pretend Mailchimp, over real HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.connectors.mailchimp.conftest import KEY, NEWS
from tests.connectors.mailchimp.test_mailchimp_connector_conformance import PEOPLE, refusing

from consentric import RecordRef
from consentric.testing.writer_suite import LABELS, WriterBench, WriterSuite
from consentric_mailchimp_sync.labels import tag_labels

from .conftest import NAMES, sent


class TestMailchimpWriter(WriterSuite):
    has_fields = False

    @pytest.fixture
    def bench(self, writing: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriterBench]:
        account = writing.account
        writer = writing.writer()

        def occupy(target: str) -> None:
            (name,) = [label.name for label in tag_labels([LABELS]) if label.target == target]
            account.client().post(
                "/lists/{list}/segments",
                "segments.create",
                {"name": name, "static_segment": ["ada@example.org"]},
                parts={"list": NEWS},
            )

        def answer_with(status: int) -> None:
            _, http = writer._client._connected()
            monkeypatch.setattr(http.get_adapter("https://"), "send", refusing(status))

        yield WriterBench(
            writer=writer,
            records=[writing.ref(name) for name in NAMES],
            absent=RecordRef(object="member", partition=NEWS, id="f" * 32),
            sent=lambda: sent(account.asked),
            count_people=lambda: sum(len(one.members) for one in account.live.audiences.values()),
            occupy=occupy,
            answer_with=answer_with,
            personal=PEOPLE,
            secrets=[KEY],
        )
        writer.close()
