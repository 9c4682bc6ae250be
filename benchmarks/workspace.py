"""The workspace of a benchmark: one HubSpot, three sets, one destination, everything else as it comes."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2026, 11, 16, 6, tzinfo=UTC)
"""The time of the workspace and of the pretend CRM."""
SANDBOX = "sandbox"
WORKSPACE = "workspace"
DESTINATION = "marketing"

_CONFIG = f"""
[workspace]
root_key = "file:../root.key"

[clock]
at = {NOW:%Y-%m-%dT%H:%M:%SZ}

[connections.hubspot]
connector = "hubspot"
sandbox = "../{SANDBOX}"
token = "file:../{SANDBOX}/hubspot.token"
purchases = "orders"
order_number = "hs_external_order_id"
activities = ["marketing_emails"]
phone = "phone"
consents = {{ "Newsletter" = "email_marketing" }}
calls_per_day = 100_000_000

[[destination]]
name = "{DESTINATION}"
to = "hubspot"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "adequacy"

[controller]
name = "Benchmark"
country = "FR"

[[purpose]]
id = "segmentation"
basis = ["legitimate_interest"]
assessment = "file:assessment.md"

[[purpose]]
id = "email_marketing"
basis = ["consent", "soft_opt_in"]
channel = "email"
authorities = ["hubspot"]

[[field]]
connection = "hubspot"
name = "loyalty_number"
class = "identifier"
external_id = "loyalty"

[[field]]
connection = "hubspot"
name = "zip"
class = "quasi"
generalise = "department"
as = "department"

[[field]]
connection = "hubspot"
name = "age_band"
class = "attribute"

[[segment_set]]
name = "rfm5"
title = {{ en = "Customer value", fr = "Valeur client" }}
purpose = "segmentation"
method = "rfm"

[[segment_set]]
name = "lifecycle"
purpose = "segmentation"
method = "lifecycle"

[[segment_set]]
name = "engagement"
purpose = "segmentation"
method = "engagement"
"""


def make(folder: Path) -> Path:
    """Writes configuration, key and assessment beside the sandbox; gives the configuration's path."""
    workspace = folder / WORKSPACE
    workspace.mkdir(mode=0o700)
    key = folder / "root.key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    (workspace / "assessment.md").write_text("A balancing test, signed for the benchmark.\n")
    config = workspace / "config.toml"
    config.write_text(_CONFIG)
    config.chmod(0o600)
    return config
