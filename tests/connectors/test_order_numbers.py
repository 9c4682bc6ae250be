"""Purchases of several sources: what each connector must be told, or the configuration is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from consentric.app.config import load_config
from consentric.sdk.errors import ConfigError, Fault

CONFIG = """\
[purchases]
from = ["sf", "news", "portal", "till"]

[connections.sf]
connector = "salesforce"
domain = "acme.my"
consumer_key = "env:SF_KEY"
consumer_secret = "env:SF_SECRET"
purchases = "orders"

[connections.news]
connector = "mailchimp"
api_key = "env:NEWS"
audiences = ["0a1b2c3d4e"]
purchases = "orders"

[connections.portal]
connector = "hubspot"
token = "env:PORTAL"
purchases = "deals"

[connections.till]
connector = "files"
contacts = { path = "people.csv", columns = { id = "card" } }
activities = [
  { path = "visits.csv", kind = "visit", columns = { contact = "card", key = "id", at = "day" } },
  { path = "tickets.csv", kind = "order", columns = { contact = "card", key = "id", at = "day" } },
  { path = "all.csv", columns = { contact = "card", key = "id", at = "day", kind = "what" } },
]
"""


def faults(folder: Path, text: str) -> list[Fault]:
    (folder / "config.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "config.toml")
    assert caught.value.exit_code == 2
    return list(caught.value.faults)


def test_each_source_that_names_no_order_number_is_refused_with_its_line(tmp_path: Path) -> None:
    found = faults(tmp_path, CONFIG)

    assert {fault.code for fault in found} == {"CS214"}
    assert [fault.where for fault in found] == [
        "config.toml:4  [connections.sf] order_number",
        "config.toml:11  [connections.news] order_number",
        "config.toml:17  [connections.portal] order_number",
        "config.toml:27  [connections.till] activities.columns.order_number",
        "config.toml:28  [connections.till] activities.columns.order_number",
    ]
    assert found[0].hint == 'add  order_number = "FIELD"  to each, or name one source in [purchases] from'


def test_sources_that_all_name_it_are_taken(tmp_path: Path) -> None:
    text = CONFIG.replace(
        'purchases = "orders"\n\n[connections.news]',
        'purchases = "orders"\norder_number = "OrderNumber"\n\n[connections.news]',
    )
    text = text.replace(
        'purchases = "orders"\n\n[connections.portal]',
        'purchases = "orders"\norder_number = "id"\n\n[connections.portal]',
    )
    text = text.replace('purchases = "deals"', 'purchases = "deals"\norder_number = "shop_number"')
    text = text.replace(
        'at = "day" } },\n  { path = "all', 'at = "day", order_number = "no" } },\n  { path = "all'
    )
    text = text.replace('kind = "what"', 'kind = "what", order_number = "no"')
    (tmp_path / "config.toml").write_text(text)

    assert load_config(tmp_path / "config.toml").settings.purchases.sources == (
        "sf",
        "news",
        "portal",
        "till",
    )


def test_one_source_needs_none(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG.replace('["sf", "news", "portal", "till"]', '["sf"]'))

    assert load_config(tmp_path / "config.toml").settings.purchases.sources == ("sf",)
