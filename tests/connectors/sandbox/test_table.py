"""The table of behaviours, and the proof that breaking one makes its tests fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.connectors.behaviour_table import behaviours, result_of

from consentric_sandbox.hubspot import api, limits, lists, oauth, object_writes, objects, search, values
from consentric_sandbox.hubspot.desk import Desk

HERE = Path(__file__).parent


def test_every_row_names_a_behaviour_once_and_its_source():
    rows = behaviours(HERE)
    assert len(rows) > 60
    assert all(what and len(source) > 8 for what, source, _ in rows)
    assert len({what for what, _, _ in rows}) == len(rows)


def accept_unknown_fields(patch):
    def lenient(body, allowed, *required):
        return body

    for module in (object_writes, objects, search):
        patch.setattr(module, "fields", lenient)


def skip_the_page_cap(patch):
    patch.setattr(
        api.Request, "number", lambda self, name, *, default, most: int(self.one(name, str(default)))
    )


def ignore_statuses(patch):
    finished = Desk._finished

    def always_ok(self, status, body, headers, fault):
        return finished(self, 200, body, headers, fault)

    patch.setattr(Desk, "_finished", always_ok)


def skip_the_batch_cap(patch):
    for module in (object_writes, objects):
        patch.setattr(module, "inputs", lambda body, most=100: body["inputs"])


def forget_the_ceiling(patch):
    patch.setattr(search, "CEILING", 10**9)


def never_throttle(patch):
    patch.setattr(limits.Limiter, "admit", lambda self, version, *, is_search: {})


def ask_for_no_scope(patch):
    patch.setattr(oauth, "missing_scopes", lambda scopes: None)
    authorize = oauth.authorize
    patch.setattr(oauth, "authorize", lambda portal, header, scopes: authorize(portal, header, ()))


def accept_any_property(patch):
    patch.setattr(object_writes, "checked", lambda known, current, properties: (dict(properties), []))


def accept_duplicates(patch):
    patch.setattr(object_writes, "_refuse_duplicates", lambda rows: None)


def compare_numbers_as_numbers(patch):
    patch.setattr(search, "_converter", lambda definition: lambda text: float(text) if text else None)


def write_no_log(patch):
    from consentric_sandbox.write_log import WriteLog

    patch.setattr(WriteLog, "append", lambda self, *args, **more: None)


def spell_added_right(patch):
    change = lists._change

    def renamed(portal, request, to_add, to_remove):
        status, body = change(portal, request, to_add, to_remove)
        return status, {name.replace("recordsIds", "recordIds"): value for name, value in body.items()}

    patch.setattr(lists, "_change", renamed)


def take_any_day(patch):
    patch.setattr(values, "_stored", lambda definition, current, value: value)


MUTATIONS: list[tuple[Callable[[pytest.MonkeyPatch], None], str]] = [
    (accept_unknown_fields, "test_writes.py::test_an_unknown_field_is_refused"),
    (skip_the_page_cap, "test_records.py::test_a_page_of_101_is_refused"),
    (ignore_statuses, "test_records.py::test_a_missing_record_makes_a_207_up_to_2026_03"),
    (skip_the_batch_cap, "test_writes.py::test_a_batch_update_of_101_is_refused"),
    (forget_the_ceiling, "test_search.py::test_the_ten_thousandth_result_is_the_last"),
    (never_throttle, "test_access.py::test_the_191st_request_in_ten_seconds_is_refused"),
    (ask_for_no_scope, "test_access.py::test_a_missing_scope_is_refused"),
    (accept_any_property, "test_writes.py::test_an_unknown_property_rejects_the_whole_batch"),
    (accept_duplicates, "test_writes.py::test_duplicate_ids_are_refused"),
    (compare_numbers_as_numbers, "test_search.py::test_record_numbers_sort_as_texts"),
    (write_no_log, "test_writes.py::test_the_log_has_one_line_per_accepted_write"),
    (spell_added_right, "test_provision.py::test_members_are_added_and_removed_as_a_set"),
    (take_any_day, "test_writes.py::test_a_day_is_midnight_or_refused"),
]


@pytest.mark.parametrize(
    ("mutation", "killer"), MUTATIONS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_broken_sandbox_fails_the_test_named(mutation, killer, monkeypatch, capsys):
    mutation(monkeypatch)
    code = result_of(HERE, killer)
    assert code == pytest.ExitCode.TESTS_FAILED, capsys.readouterr().out


def test_the_tests_named_pass_on_the_sandbox_as_it_is(capsys):
    code = result_of(HERE, *(killer for _, killer in MUTATIONS))
    assert code == pytest.ExitCode.OK, capsys.readouterr().out
