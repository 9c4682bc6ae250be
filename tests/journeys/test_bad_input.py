"""Whatever is wrong, the command line says what, where and what to do, and leaves everything as it was."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from consentric.app.plugin_manager import Plugins
from consentric.sdk.contracts import Endpoint

from .bad_input_world import TYPED_ADDRESS, Operator, everything, files_that_hold, logs
from .shop import A_CHAMPION, contact_of, type_in, unsubscribe

KEPT = "what was read of it before is kept; nothing new was planned or written for it."
NOTHING = "nothing was read or written."
RULES = '''[[segment_set]]
name = "own"
purpose = "segmentation"

[[segment]]
set = "own"
key = "late"
name = {{ fr = "En retard", en = "Late" }}
when = """
orders > 3
and {rule}
"""

[[segment]]
set = "own"
key = "rest"
name = {{ fr = "Reste", en = "Rest" }}
otherwise = true

[[destination]]'''


# The configuration


def test_unknown_missing_and_mistyped_settings_are_told_at_once(operator: Operator) -> None:
    operator.edits('name = "Épicerie SAS"\ncountry = "FR"', 'countri = "FR"')
    operator.edits("searches_per_second = 5", 'searches_per_second = "five"')
    operator.edits("[[destination]]", "[[destintion]]")
    operator.is_refused(
        "sync",
        exit_code=2,
        said=f"""
        error[CS201]: setting "searches_per_second" = "five": input should be a valid number, unable to parse string as a number
          --> config.toml:{operator.line("searches_per_second")}  [connections.hubspot] searches_per_second
        error[CS204]: setting "name" is missing
          --> config.toml:{operator.line("[controller]")}  [controller] name
          hint: add  name = ...
        error[CS202]: unknown setting "countri"
          --> config.toml:{operator.line("countri")}  [controller] countri
          hint: did you mean "country"?
        error[CS202]: unknown section "destintion"
          --> config.toml:{operator.line("destintion")}  destintion
          hint: did you mean "destination"?
        error[CS200]: the configuration has 4 faults (config.toml)
          what happened: {NOTHING}
          hint: mend them, then  consentric config check
        """,  # noqa: E501
    )


@pytest.mark.parametrize("secret", ["pat-eu1-12345678-1234-1234-1234-123456789012", "sword-and-fish"])
def test_a_secret_written_down_is_refused_and_not_repeated(operator: Operator, secret: str) -> None:
    operator.edits("file:../sandbox/hubspot.token", secret)
    operator.is_refused(
        "pull",
        exit_code=2,
        said=f"""
        error[CS203]: "token" holds a secret itself; a configuration only says where a secret is kept
          --> config.toml:{operator.line("token =")}  [connections.hubspot] token
          hint: write  token = "env:NAME"  (or file:, keyring:, exec:), and renew the secret: it was exposed
        error[CS200]: the configuration has 1 fault (config.toml)
          what happened: {NOTHING}
          hint: mend them, then  consentric config check
        """,
    )


def test_an_unset_token_names_its_line(operator: Operator) -> None:
    operator.edits("file:../sandbox/hubspot.token", "env:CONSENTRIC_NOT_SET")
    operator.is_refused(
        "pull",
        exit_code=2,
        said=f"""
        error[CS212]: connection "hubspot": setting "token": env:CONSENTRIC_NOT_SET is not set
          --> config.toml:{operator.line("token =")}  [connections.hubspot] token
          what happened: {NOTHING}
          hint: export CONSENTRIC_NOT_SET=...   or name another source
        """,
    )


def test_an_unset_root_key_names_its_line(operator: Operator) -> None:
    operator.edits("file:../root.key", "env:CONSENTRIC_NOT_SET")
    operator.is_refused(
        "pull",
        exit_code=4,
        said=f"""
        error[CS401]: env:CONSENTRIC_NOT_SET is not set
          --> config.toml:{operator.line("root_key")}  [workspace] root_key
          what happened: {NOTHING}
          hint: export CONSENTRIC_NOT_SET=...   or name another source
        """,
    )


@pytest.mark.parametrize(
    ("rule", "column", "sentence", "hint"),
    [
        ('days_since_last_order > "thirty"', 29, "a number cannot be compared with a text", ""),
        (
            "days_since_last_ordre > 30",
            5,
            'there is no measure or attribute "days_since_last_ordre"',
            'did you mean "days_since_last_order"?',
        ),
        (
            "days_since_last_order >> 3",
            28,
            '">" stands where a measure, an attribute or a value is expected',
            "",
        ),
    ],
)
def test_a_rule_is_told_by_line_and_column(
    operator: Operator, rule: str, column: int, sentence: str, hint: str
) -> None:
    operator.edits("[[destination]]", RULES.format(rule=rule))
    line = operator.line(rule)
    hint_line = f"\n  hint: {hint}" if hint else ""
    operator.is_refused(
        "segment",
        exit_code=2,
        said=f"error[CS228]: {sentence}\n"
        f"  --> config.toml:{line}:{column}  [[segment]] when{hint_line}\n"
        "error[CS200]: the configuration has 1 fault (config.toml)\n"
        f"  what happened: {NOTHING}\n"
        "  hint: mend them, then  consentric config check\n",
    )


def test_a_configuration_that_is_no_toml_is_told_by_line_and_column(operator: Operator) -> None:
    operator.edits("[purchases]", "[purchases")
    line = operator.line("[purchases")
    said = operator.does("status")
    assert said.err.startswith("error[CS221]: this is not TOML: ")
    assert f"  --> config.toml:{line}:11\n" in said.err
    assert said.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (["plann"], 'no command is named "plann"', 'did you mean "plan"?'),
        (["segments", "lst"], 'no command is named "lst"', 'did you mean "list"?'),
        (["pull", "hubspto"], 'no connection is named "hubspto"', 'did you mean "hubspot"?'),
        (["plan", "hubspot-tst"], 'no destination is named "hubspot-tst"', 'did you mean "hubspot-test"?'),
        (
            ["explain", "rfm5.champion"],
            'no segment is named "rfm5.champion"',
            'did you mean "rfm5.champions"?',
        ),
        (["explain", "crm:hubspt:7"], 'no connection is named "hubspt"', 'did you mean "hubspot"?'),
        (
            ["explain", "CONSENT_WITHDRAWM"],
            'no reason is named "CONSENT_WITHDRAWM"',
            'did you mean "CONSENT_WITHDRAWN"?',
        ),
        (
            ["doctor", "--only", "hubspt"],
            'no check or connection is named "hubspt"',
            'did you mean "hubspot"?',
        ),
        # Somebody typed an address in the wrong place.
        (["pull", TYPED_ADDRESS], 'no connection is named "<e-mail>"', "there are: hubspot, shop"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(
    operator: Operator, arguments: list[str], sentence: str, hint: str
) -> None:
    operator.is_refused(
        *arguments,
        exit_code=2,
        said=f"error[CS211]: {sentence}\n  what happened: {NOTHING}\n  hint: {hint}\n",
    )


@pytest.mark.parametrize("arguments", [["apply"], ["approve", "--reason", "looked at"], ["runs", "rows"]])
def test_an_unknown_plan_is_told_with_the_nearest(operator: Operator, arguments: list[str]) -> None:
    plan = operator.world.latest_plan()
    typed = plan[:-1] + ("0" if plan[-1] != "0" else "1")
    operator.is_refused(
        *arguments,
        typed,
        exit_code=2,
        said=f"""
        error[CS230]: there is no plan "{typed}"
          what happened: nothing was sent.
          hint: did you mean "{plan}"?
        """,
    )


def test_a_missing_sandbox_folder_names_its_line(operator: Operator) -> None:
    operator.edits('sandbox = "../sandbox"', 'sandbox = "../nowhere"')
    operator.is_refused(
        "pull",
        exit_code=2,
        said=f"""
        error[CS223]: connection "hubspot": the sandbox folder "../nowhere" is missing
          --> config.toml:{operator.line("../nowhere")}  [connections.hubspot] sandbox
          what happened: {NOTHING}
          hint: make one with  consentric sandbox up FOLDER  or run  consentric demo
        """,
    )


# Files


def test_a_byte_order_mark_is_read_without_a_word(beginner: Operator) -> None:
    path = beginner.world.root / "shop.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    said = beginner.does("pull", "shop")
    assert (said.exit_code, said.err) == (0, "")
    assert "complete    3 contacts, 3 new records" in said.out


@pytest.mark.parametrize(
    ("row", "code", "place", "problem"),
    [
        (b"K901,zoe@ragged.example", "CS302", "", "has 2 cells, the header 3"),
        ("K901,zoé@latin.example,L1".encode("latin-1"), "CS302", "", "is not utf-8"),
        (b"=1+1,zoe@sheet.example,L1", "CS301", ', column "card"', "starts like a formula"),
        (b"K901,zoe@sheet.example,@SUM(1)", "CS301", ', column "loyalty"', "starts like a formula"),
        (
            b"K901,zo\0e@nul.example,L1",
            "CS302",
            "",
            "holds a NUL byte: not a text file in this encoding",
        ),
    ],
)
def test_a_faulty_row_is_told_by_file_row_and_column(
    operator: Operator, row: bytes, code: str, place: str, problem: str
) -> None:
    path = operator.world.root / "shop.csv"
    path.write_bytes(path.read_bytes() + row + b"\r\n")
    operator.is_refused(
        "pull",
        "shop",
        exit_code=3,
        said=f"""
        error[{code}]: ../shop.csv, line 5{place}: {problem}
          --> ../shop.csv:5
          what happened: the file was checked to this place; nothing of it was taken
          hint: mend the file or its settings, then pull again
        """,
    )


def test_a_faulty_file_does_not_hold_up_a_no(operator: Operator) -> None:
    world = operator.world
    path = world.root / "shop.csv"
    path.write_bytes(path.read_bytes() + b"K901,zoe@ragged.example\r\n")
    at = world.advance(hours=1)
    with world.crm() as state:
        unsubscribe(state, A_CHAMPION, at=at)
    said = operator.does("sync")
    assert (said.exit_code, said.err) == (3, "")
    assert (
        "  ! shop could not be read: ../shop.csv, line 5: has 2 cells, the header 3 [CS302]\n"
        "      --> ../shop.csv:5\n"
        "      what happened: the file was checked to this place; nothing of it was taken\n"
        "      hint: mend the file or its settings, then pull again\n"
    ) in said.out
    assert A_CHAMPION not in world.segments()
    assert A_CHAMPION not in world.members()


# The CRM


def test_a_wrong_token_names_its_line(operator: Operator) -> None:
    because = " (401 INVALID_AUTHENTICATION)"
    token = operator.world.sandbox / "hubspot.token"
    token.write_text("another-token\n", encoding="utf-8")
    operator.is_refused(
        "sync",
        exit_code=4,
        said=f"""
        error[CS104]: connection "hubspot": HubSpot contacts.properties was refused{because}
          --> config.toml:{operator.line("token =")}  [connections.hubspot] token
          what happened: {KEPT}
          hint: renew the token, then  consentric doctor --only hubspot
        """,
    )


def test_a_missing_scope_is_named(operator: Operator) -> None:
    operator.world.revoke("communication_preferences.statuses.batch.read")
    operator.world.revoke("crm.objects.contacts.read")
    operator.is_refused(
        "sync",
        exit_code=4,
        said=f"""
        error[CS104]: connection "hubspot": HubSpot contacts.search was refused (403 MISSING_SCOPES)
          --> config.toml:{operator.line("token =")}  [connections.hubspot] token
          what happened: {KEPT}
          hint: give the token the scope crm.objects.contacts.read, then  consentric doctor --only hubspot
        """,
    )


def test_a_crm_where_nothing_listens(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.socket()) as unheard:
        unheard.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{unheard.getsockname()[1]}"

        @contextmanager
        def unserved(folder: Path, *, clock: object) -> Iterator[Endpoint]:
            yield Endpoint(base_url=address, ca_file=folder / "ca.pem")

        monkeypatch.setattr(Plugins, "sandbox", lambda _plugins, _connector: unserved)
        operator.is_refused(
            "sync",
            exit_code=4,
            said=f"""
            error[CS101]: connection "hubspot": HubSpot contacts.properties could not connect
              --> config.toml:{operator.line("[connections.hubspot]")}  [connections.hubspot]
              what happened: {KEPT}
              hint: look at the network of this machine; the next run goes on where this one stopped
            """,
        )


@pytest.mark.parametrize(
    ("fault", "operation", "sentence"),
    [
        ("html-page", "contacts.search", "gave an unreadable answer (200)"),
        ("truncated-body", "contacts.search", "got no answer"),
        ("502-html", "contacts.search", "was refused (502)"),
    ],
)
def test_a_crm_that_answers_nonsense(operator: Operator, fault: str, operation: str, sentence: str) -> None:
    operator.world.break_crm({"kind": fault, "match": {"endpoint": operation}})
    operator.is_refused(
        "sync",
        exit_code=4,
        said=f"""
        error[CS101]: connection "hubspot": HubSpot {operation} {sentence}
          --> config.toml:{operator.line("[connections.hubspot]")}  [connections.hubspot]
          what happened: {KEPT}
          hint: nothing to mend here; the next run goes on where this one stopped
        """,
    )


def test_a_field_that_vanished_is_named_and_what_was_known_stays(operator: Operator) -> None:
    assert operator.does("pull").exit_code == 0
    with operator.world.crm() as state:
        del state.properties["contacts"]["age_band"]
    before = everything(operator.world)
    said = operator.does("pull")
    assert (said.exit_code, said.err) == (3, "")
    assert 'the property "age_band" of contacts is gone from HubSpot or hidden from the token' in said.out
    assert everything(operator.world) == before


# People


@pytest.mark.parametrize("typed", [TYPED_ADDRESS, "+33 6 99 98 97 96", "crm:hubspot:999999"])
def test_somebody_unknown_is_not_repeated_and_nowhere_on_disk(operator: Operator, typed: str) -> None:
    operator.is_refused(
        "explain",
        stdin=f"{typed}\n",
        exit_code=7,
        said="""
        error[CS701]: nobody is known under what was given
          what happened: nothing was read from a CRM; what was given is not kept.
          hint: name a record as crm:CONNECTION:ID; after a change in the CRM run  consentric pull  first
        """,
    )
    for part in (typed, typed.replace(" ", ""), "nowhere-known"):
        assert files_that_hold(operator.world.root, part) == []


def test_an_address_on_the_command_line_is_refused_and_nowhere_on_disk(operator: Operator) -> None:
    operator.is_refused(
        "explain",
        TYPED_ADDRESS,
        exit_code=2,
        said="""
        error[CS219]: an address must not stand on the command line
          what happened: nothing was read; the address is not kept.
          hint: run  consentric explain  and type it, or name a record as crm:CONNECTION:ID
        """,
    )
    assert files_that_hold(operator.world.root, "nowhere-known") == []


# Plans


def test_a_used_plan(operator: Operator) -> None:
    plan = operator.world.latest_plan()
    operator.is_refused(
        "apply",
        plan,
        exit_code=5,
        said=f"""
        error[CS532]: plan {plan} was used already; a plan is applied once
          what happened: nothing of it was sent
          hint: consentric plan hubspot-test   makes a new one
        """,
    )


def test_an_approval_that_is_refused_is_not_noted_as_one(operator: Operator) -> None:
    plan = operator.world.latest_plan()
    approvals = _approvals(operator)
    operator.is_refused(
        "approve",
        plan,
        "--reason",
        "once more",
        exit_code=5,
        said=f"""
        error[CS532]: plan {plan} was used already; a plan is applied once
          what happened: nothing was approved
          hint: consentric plan hubspot-test   makes a new one
        """,
    )
    assert _approvals(operator) == approvals


def _approvals(operator: Operator) -> int:
    return dict(logs(operator.world))["log.jsonl"].count('"plan.approve"')


def test_a_stale_plan(operator: Operator) -> None:
    plan = _plan_after_two_withdrawals(operator)
    with operator.world.crm() as state:
        type_in(state, contact_of(1), {"consentric_rfm5": "loyal"}, at=operator.world.now)
    assert operator.does("pull").exit_code == 0
    operator.is_refused(
        "apply",
        plan,
        exit_code=5,
        said=f"""
        error[CS531]: plan {plan} is stale: labels changed since it was made
          what happened: nothing of it was sent
          hint: consentric plan hubspot-test   makes a new one
        """,
    )


def test_an_altered_plan(operator: Operator) -> None:
    plan = _plan_after_two_withdrawals(operator)
    with closing(sqlite3.connect(operator.world.workspace / "control.sqlite")) as connection:
        connection.execute("UPDATE op SET new = 'loyal' WHERE plan = ?", (plan,))
        connection.commit()
    operator.is_refused(
        "apply",
        plan,
        exit_code=5,
        said=f"""
        error[CS533]: plan {plan} is not what was sealed: its rows were altered or damaged
          what happened: nothing of it was sent
          hint: consentric plan hubspot-test   makes a new one
        """,
    )


def test_a_reason_that_names_somebody_approves_nothing(beginner: Operator) -> None:
    plan = beginner.world.sync().plans[0].plan
    beginner.is_refused(
        "approve",
        plan,
        "--reason",
        f"{TYPED_ADDRESS} asked for it",
        exit_code=2,
        said="""
        error[CS239]: the reason looks as if it named a person, and the audit log keeps it for years
          what happened: nothing was approved, and the reason is not kept.
          hint: say it without addresses or numbers of people
        """,
    )
    beginner.is_refused(
        "apply",
        plan,
        exit_code=5,
        said=f"""
        error[CS534]: plan {plan} is held by the brake (first_apply)
          what happened: nothing of it was sent
          hint: read it, then  consentric approve {plan} --reason "..."
        """,
    )


def _plan_after_two_withdrawals(operator: Operator) -> str:
    world = operator.world
    at = world.advance(hours=1)
    with world.crm() as state:
        unsubscribe(state, contact_of(0), at=at)
        unsubscribe(state, contact_of(2), at=at)
    assert [operator.does(command).exit_code for command in ("pull", "segment")] == [0, 0]
    return operator.does("plan").plan()
