"""The table of behaviours, and the proof that breaking one makes its test fail."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.connectors.behaviour_table import behaviours, result_of

from consentric_sandbox.mailchimp import (
    access,
    account,
    api,
    archives,
    batches,
    desk,
    member_writes,
    members,
    segments,
    tags,
)
from consentric_sandbox.mailchimp.records import Audience
from consentric_sandbox.write_log import WriteLog

HERE = Path(__file__).parent


def test_every_row_names_a_behaviour_once_and_its_source():
    rows = behaviours(HERE)
    assert len(rows) > 55
    assert all(what and len(source) > 8 for what, source, _ in rows)
    assert len({what for what, _, _ in rows}) == len(rows)


def accept_unknown_fields(patch):
    for module in (tags, member_writes, batches, segments):
        patch.setattr(module, "fields", lambda body, allowed, *required, where="": body)


def skip_the_page_cap(patch):
    patch.setattr(
        api.Request, "number", lambda self, name, *, default, most=None: int(self.one(name, str(default)))
    )


def list_archived_members(patch):
    patch.setattr(members, "_found", lambda audience, request: list(audience.members.values()))


def take_the_moment_itself_in(patch):
    moment = api.Request.moment

    def a_second_earlier(self, name):
        text = moment(self, name)
        return text and text.replace(":00+00:00", ":00+00:0")  # sorts before the moment itself

    patch.setattr(api.Request, "moment", a_second_earlier)


def answer_ok_always(patch):
    finished = desk.Desk._finished
    patch.setattr(desk.Desk, "_finished", lambda self, status, body, fault: finished(self, 200, body, fault))


def put_a_body_into_throttles(patch):
    instead = desk.Desk._instead

    def chatty(self, fault):
        outcome = instead(self, fault)
        outcome.body = outcome.body or b'{"retry_after": 1}'
        return outcome

    patch.setattr(desk.Desk, "_instead", chatty)


def let_everybody_in_at_once(patch):
    patch.setattr(account, "MOST_AT_ONCE", 100)


def resubscribe_anybody(patch):
    stored = member_writes._stored

    def careless(running, request, audience, member, body):
        if member is not None:
            member.is_locked = False
        return stored(running, request, audience, member, body)

    patch.setattr(member_writes, "_stored", careless)


def forget_who_was_forgotten(patch):
    put = Audience.put

    def forgiving(self, member):
        self.forgotten.clear()
        put(self, member)

    patch.setattr(
        Audience, "drop", lambda self, member: (self.members.pop(member.id), self.forgotten.clear())
    )
    patch.setattr(Audience, "put", forgiving)


def print_null_dates(patch):
    printed = members.printed

    def with_nulls(*arguments):
        return {name: None if value == "" else value for name, value in printed(*arguments).items()}

    patch.setattr(members, "printed", with_nulls)


def show_every_tag(patch):
    patch.setattr(members, "MOST_TAGS_INLINE", 10**6)


def skip_the_address_cap(patch):
    patch.setattr(segments, "MOST_ADDRESSES", 10**6)


def skip_the_operation_cap(patch):
    patch.setattr(batches, "MOST_OPERATIONS", 10**6)


def finish_at_once(patch):
    patch.setattr(batches, "_NEXT", dict.fromkeys(batches._NEXT, "finalizing") | {"finalizing": "finished"})


def keep_the_order(patch):
    run = batches._run

    def all_at_once(batch, operations, perform):
        together, batch.waiting = (batch.waiting, []) if batch.status == "started" else ([], [])
        run(batch, together, perform)

    patch.setattr(batches, "_run", all_at_once)


def leave_the_empty_file_out(patch):
    add = tarfile.TarFile.addfile

    def add_full_ones(self, info, content=None):
        if info.isdir() or info.size:
            add(self, info, content)

    patch.setattr(tarfile.TarFile, "addfile", add_full_ones)


def hand_results_to_anybody(patch):
    patch.setattr(archives, "_signature", lambda running, batch_id, until: "same")
    patch.setattr(archives.hmac, "compare_digest", lambda given, known: True)


def take_any_key(patch):
    patch.setattr(access, "_same", lambda given, known: True)


def write_no_log(patch):
    patch.setattr(WriteLog, "append", lambda self, *args, **more: None)


def make_no_tag(patch):
    changed = tags._changed

    def careful(running, request, audience, member, name, status):
        known = audience.segment_named(name) is not None
        return known and changed(running, request, audience, member, name, status)

    patch.setattr(tags, "_changed", careful)


MUTATIONS: list[tuple[Callable[[pytest.MonkeyPatch], None], str]] = [
    (accept_unknown_fields, "test_tags.py::test_a_wrong_body_is_refused_and_says_where[body0-status]"),
    (skip_the_page_cap, "test_members.py::test_a_page_of_1001_is_refused"),
    (list_archived_members, "test_members.py::test_archived_members_are_listed_only_when_asked_for"),
    (take_the_moment_itself_in, "test_members.py::test_the_windows_bounds_are_not_in_it"),
    (answer_ok_always, "test_tags.py::test_a_tag_write_answers_204_without_body"),
    (put_a_body_into_throttles, "test_faults.py::test_a_throttle_has_neither_body_nor_hint"),
    (let_everybody_in_at_once, "test_access.py::test_the_11th_request_at_a_time_is_throttled"),
    (resubscribe_anybody, "test_member_writes.py::test_a_member_in_compliance_state_is_refused"),
    (forget_who_was_forgotten, "test_member_writes.py::test_a_forgotten_member_cannot_be_imported"),
    (print_null_dates, "test_members.py::test_unknown_dates_are_empty_texts"),
    (show_every_tag, "test_tags.py::test_the_51st_tag_is_told_by_the_tags_end_point_only"),
    (skip_the_address_cap, "test_segments.py::test_a_change_of_501_addresses_is_refused"),
    (skip_the_operation_cap, "test_batches.py::test_a_batch_of_1001_is_refused"),
    (finish_at_once, "test_batches.py::test_a_batch_moves_one_step_with_each_poll"),
    (keep_the_order, "test_batches.py::test_each_operation_has_its_own_outcome"),
    (leave_the_empty_file_out, "test_batches.py::test_the_first_file_of_an_archive_is_empty"),
    (hand_results_to_anybody, "test_batches.py::test_an_address_with_another_signature_is_refused"),
    (take_any_key, "test_access.py::test_a_missing_and_a_wrong_key_differ_by_title"),
    (write_no_log, "test_tags.py::test_the_log_tells_whether_automations_would_fire"),
    (make_no_tag, "test_tags.py::test_an_unknown_tag_is_made_and_the_log_says_so"),
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
