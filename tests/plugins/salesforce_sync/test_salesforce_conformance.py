"""Our Salesforce writer passes the public suite against the pretend Salesforce, over real HTTPS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.salesforce.test_salesforce_connector_conformance import PEOPLE, Refusing

from consentric import RecordRef
from consentric.testing.writer_suite import FIELD, LABELS, Sent, WriterBench, WriterSuite
from consentric_salesforce_sync.labels import field_labels, list_labels

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class TestSalesforceWriter(WriterSuite):
    @pytest.fixture
    def bench(self, suite_org: Any, sent: list[Sent]) -> WriterBench:
        writer = suite_org.writer()

        def occupy(target: str) -> None:
            state = suite_org.inside
            if target == FIELD:
                (field,) = field_labels([LABELS])
                state.entities["Contact"].fields[field.value].help = "somebody else's"
            else:
                (name,) = [label.name for label in list_labels([LABELS]) if label.target == target]
                state.add_campaign(name, created_at=NOON)

        return WriterBench(
            writer=writer,
            records=suite_org.records,
            absent=RecordRef(object="Contact", id="003Tn0000009999ABC"),
            sent=lambda: sent,
            count_people=lambda: sum(
                len(list(suite_org.inside.tables[name].each()))
                for name in ("Contact", "Lead", "Account", "Individual")
            ),
            occupy=occupy,
            answer_with=lambda status: writer._office._client._connected().mount(
                "https://", Refusing(status)
            ),
            personal=PEOPLE,
            secrets=[writer.settings.consumer_secret.get_secret_value()],
        )
