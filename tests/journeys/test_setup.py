"""`consentric setup`: what a destination needs in each of the three CRMs, and creating it once confirmed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from consentric.app.cli import run
from consentric.app.workspace import Workspace
from consentric_sandbox.hubspot import snapshot as hubspot
from consentric_sandbox.mailchimp import snapshot as mailchimp
from consentric_sandbox.mailchimp.state import MailchimpState
from consentric_sandbox.salesforce import snapshot as salesforce
from consentric_sandbox.vendors import vendor

from .vendor_journey import START, write_private

REST = """
calls_per_second = 1000

[workspace]
root_key = "file:../root.key"

[clock]
at = {at}

[controller]
name = "Épicerie SAS"
country = "FR"

[[purpose]]
id = "segmentation"
basis = ["consent"]

[[purpose]]
id = "email_marketing"
basis = ["consent"]
channel = "email"

[[segment_set]]
name = "worth"
purpose = "segmentation"
title = {{ fr = "Valeur", en = "Worth" }}

[[segment]]
set = "worth"
key = "good"
name = {{ fr = "Bons", en = "Good" }}
when = "orders > 1"

[[segment]]
set = "worth"
key = "others"
name = {{ fr = "Autres", en = "Others" }}
otherwise = true

[[destination]]
name = "crm"
to = "{connection}"
sets = ["worth"]
purpose = "email_marketing"
channel = "email"
transfer = "scc"
lists = {lists}
"""


@dataclass
class Desk:
    """A workspace beside a pretend CRM, and the command as its operator types it."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def config(self) -> Path:
        return self.root / "workspace" / "config.toml"

    def write_config(self, name: str, *, lists: str = "true") -> None:
        at = START.isoformat().replace("+00:00", "Z")
        connection = vendor(name).example(self.sandbox)
        if name == "salesforce":
            key = salesforce.load(self.sandbox).account.consumer_key
            write_private(self.root / "consumer.key", key)
            connection = connection.replace(f'"{key}"', '"file:../consumer.key"')
        write_private(self.config, connection + REST.format(at=at, connection=name, lists=lists))

    def setup(self, *options: str) -> tuple[int, str]:
        code = run(["-c", str(self.config), "setup", "crm", *options])
        shown = self.capsys.readouterr()
        return code, shown.out + shown.err

    def needs(self) -> dict[str, str]:
        """Kind and name of each need to its state."""
        code, shown = self.setup("--json")
        assert code == 0
        found = json.loads(shown)
        assert found["schema"] == "consentric.setup/1"
        return {f"{need['kind']} {need['name']}": need["state"] for need in found["needs"]}

    def log(self, module: Any) -> list[str]:
        """Operations that the CRM accepted."""
        file = self.sandbox / module.FILES.log
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line)["operation"] for line in lines]

    def audited(self) -> list[tuple[str, str]]:
        """Destination and target of each creation that the audit log holds."""
        lines = (self.root / "workspace" / "audit" / "log.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        return [
            (entry["data"]["destination"], entry["data"]["target"])
            for entry in entries
            if entry["action"] == "setup.create"
        ]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Desk]:
    def make(name: str, *, lists: str = "true") -> Desk:
        (tmp_path / "workspace").mkdir(mode=0o700)
        write_private(tmp_path / "root.key", "0f" * 32)
        vendor(name).make_empty(tmp_path / "sandbox")
        made = Desk(tmp_path, capsys)
        made.write_config(name, lists=lists)
        return made

    return make


SCOPES = [
    "crm.objects.contacts.read",
    "crm.schemas.contacts.read",
    "crm.objects.contacts.write",
    "crm.schemas.contacts.write",
    "crm.lists.read",
    "crm.lists.write",
]
TARGETS = ["field:worth", "list:worth.good", "list:worth.others"]


def test_hubspot_shows_scopes_properties_choices_and_lists_and_changes_nothing(
    desk: Callable[..., Desk],
) -> None:
    crm = desk("hubspot")

    assert crm.needs() == {
        **{f"scope {name}": "there" for name in SCOPES},
        "contact property consentric_worth": "missing",
        "contact property consentric_worth_previous": "missing",
        "contact property consentric_worth_since": "missing",
        "choice consentric_worth: good": "missing",
        "choice consentric_worth: others": "missing",
        "list consentric_worth: good": "missing",
        "list consentric_worth: others": "missing",
    }
    assert crm.log(hubspot) == []


def test_hubspot_creates_all_of_it_with_yes_each_a_line_and_an_audit_entry(desk: Callable[..., Desk]) -> None:
    crm = desk("hubspot")

    code, shown = crm.setup("--create", "--yes")

    assert code == 0
    assert [line.split(":")[0].split()[1] for line in shown.splitlines() if line.startswith("  created")] == [
        "field",
        "list",
        "list",
    ]
    assert crm.audited() == [("crm", target) for target in TARGETS]
    assert set(crm.needs().values()) == {"there"}
    before = crm.log(hubspot)
    assert crm.setup("--create", "--yes")[0] == 0
    assert crm.log(hubspot) == before


def test_a_scope_that_the_token_lacks_comes_with_its_place_and_hides_what_it_covers(
    desk: Callable[..., Desk],
) -> None:
    crm = desk("hubspot")
    state = hubspot.load(crm.sandbox)
    state.account.scopes.remove("crm.lists.read")
    hubspot.save(state, crm.sandbox)

    code, shown = crm.setup()

    assert code == 0
    assert "Settings > Integrations > the app or service key > Scopes > add crm.lists.read" in shown
    assert crm.needs()["list consentric_worth: good"] == "unknown"
    assert crm.setup("--create", "--yes")[0] == 3
    assert crm.log(hubspot) == []


def test_a_destination_without_lists_needs_none(desk: Callable[..., Desk]) -> None:
    crm = desk("hubspot", lists="false")

    assert not [name for name in crm.needs() if name.startswith("list ")]
    crm.setup("--create", "--yes")
    assert crm.audited() == [("crm", "field:worth")]


def test_nothing_is_created_without_a_word_where_nobody_can_be_asked(desk: Callable[..., Desk]) -> None:
    crm = desk("hubspot")

    code, shown = crm.setup("--create")

    assert code == 2
    assert "say --yes" in shown
    assert crm.log(hubspot) == []


@pytest.mark.parametrize(("typed", "code", "created"), [("crm", 0, 3), ("hubspot", 2, 0)])
def test_a_person_types_the_name_of_the_destination(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch, typed: str, code: int, created: int
) -> None:
    crm = desk("hubspot")
    monkeypatch.setattr("consentric.app.session.Session.is_terminal", lambda _self: True)
    monkeypatch.setattr("click.prompt", lambda *_args, **_options: typed)

    assert crm.setup("--create")[0] == code
    assert len(crm.audited() if created else []) == created
    assert bool(crm.log(hubspot)) is bool(created)


def test_mailchimp_shows_the_role_and_the_tags_of_each_audience_and_creates_them(
    desk: Callable[..., Desk],
) -> None:
    crm = desk("mailchimp")
    state = MailchimpState()
    for name, id in (("News", "0a1b2c3d4e"), ("Club", "5f6a7b8c9d")):
        state.add_audience(name, id=id, at=START)
    mailchimp.save(state, crm.sandbox)
    crm.write_config("mailchimp")
    with Workspace.open(crm.config) as workspace:
        owner = f"consentric_worth: managed by consentric {workspace.control.store_id}"

    _, shown = crm.setup("--json")
    needs = [(n["kind"], n["name"], n["state"], n["definition"]) for n in json.loads(shown)["needs"]]

    audiences = ["0a1b2c3d4e", "5f6a7b8c9d"]
    owned, used = "on nobody; says whose the others are", "on who is in the segment"
    assert needs[0][:3] == ("role", "Manager, Admin or Owner", "there")
    assert needs[1:] == [
        ("tag", name, "missing", f"in audience {id}, {use}")
        for id in audiences
        for name, use in (
            (owner, owned),
            ("consentric_worth: good", used),
            ("consentric_worth: others", used),
        )
    ]
    assert crm.log(mailchimp) == []
    assert crm.setup("--create", "--yes")[0] == 0
    assert set(crm.needs().values()) == {"there"}
    assert crm.audited() == [("crm", "list:worth.good"), ("crm", "list:worth.others")]
    assert crm.log(mailchimp) == ["segments.create"] * 6


def test_salesforce_tells_the_admin_every_field_with_its_steps_and_creates_campaigns_alone(
    desk: Callable[..., Desk],
) -> None:
    crm = desk("salesforce")
    with Workspace.open(crm.config) as workspace:
        marker = f"managed by consentric {workspace.control.store_id}"

    code, shown = crm.setup()

    assert code == 0
    for entity in ("Contact", "Lead"):
        place = f"in Salesforce: Setup > Object Manager > {entity} > Fields & Relationships > New > "
        assert (
            f'{place}Text, Length 80; Field Label "Worth: before"; Field Name consentric_worth_previous (API'
            f' name consentric_worth_previous__c); Help Text "{marker}"; not required, not unique; then Set'
            " Field-Level Security > Visible, without Read-Only, for the profile of the integration user"
        ) in shown
        assert (
            f'{place}Date; Field Label "Worth: since"; Field Name consentric_worth_since (API name' in shown
        )
    assert crm.log(salesforce) == []

    code, shown = crm.setup("--create", "--yes")

    assert code == 3  # the admin's part is missing still
    assert crm.audited() == [("crm", "list:worth.good"), ("crm", "list:worth.others")]
    state = salesforce.load(crm.sandbox)
    for entity in ("Contact", "Lead"):
        for name in ("consentric_worth", "consentric_worth_previous", "consentric_worth_since"):
            kind = "date" if "since" in name else "string"
            state.add_field(entity, f"{name}__c", type=kind, length=80, help=marker)
    salesforce.save(state, crm.sandbox)
    assert set(crm.needs().values()) == {"there"}
    assert crm.setup("--create", "--yes")[0] == 0


def test_a_field_that_our_user_may_not_edit_is_told_with_the_way_to_its_security(
    desk: Callable[..., Desk],
) -> None:
    crm = desk("salesforce")
    with Workspace.open(crm.config) as workspace:
        marker = f"managed by consentric {workspace.control.store_id}"
    state = salesforce.load(crm.sandbox)
    for entity in ("Contact", "Lead"):
        for name in ("consentric_worth", "consentric_worth_previous", "consentric_worth_since"):
            kind = "date" if "since" in name else "string"
            state.add_field(entity, f"{name}__c", type=kind, length=80, help=marker)
    state.protect_field("Lead", "consentric_worth__c")
    salesforce.save(state, crm.sandbox)

    _, shown = crm.setup()

    assert "1. field-level security Lead.consentric_worth__c" in shown
    assert "Object Manager > Lead > Fields & Relationships > Worth > Set Field-Level Security" in shown
    assert "2. " not in shown


def test_a_property_that_somebody_else_made_is_named_and_left_alone(desk: Callable[..., Desk]) -> None:
    crm = desk("hubspot")
    state = hubspot.load(crm.sandbox)
    state.add_property("contacts", "consentric_worth", type="string")
    hubspot.save(state, crm.sandbox)

    code, shown = crm.setup("--create", "--yes")

    assert code == 4
    assert 'contact property "consentric_worth"' in shown
    assert crm.log(hubspot) == []


def test_no_destination_of_that_name_is_said(
    desk: Callable[..., Desk], capsys: pytest.CaptureFixture[str]
) -> None:
    crm = desk("hubspot")

    assert run(["-c", str(crm.config), "setup", "crn"]) == 2
    assert 'did you mean "crm"?' in capsys.readouterr().err
