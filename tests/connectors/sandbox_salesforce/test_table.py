"""The table of behaviours, and the proof that breaking one makes its tests fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.behaviour_table import behaviours, result_of

from consentric_sandbox.salesforce import (
    api,
    bulk_jobs,
    bulk_query,
    collections_api,
    conditions,
    desk,
    field_values,
    lifecycle,
    limits,
    oauth,
    query_api,
    record_writes,
    records_api,
    selection,
    soql,
)
from consentric_sandbox.salesforce.jobs import Job
from consentric_sandbox.salesforce.tables import Table

HERE = Path(__file__).parent


def test_every_row_names_a_behaviour_once_and_its_source():
    rows = behaviours(HERE)
    assert len(rows) > 100
    assert all(what and len(source) > 8 for what, source, _ in rows)
    assert len({what for what, _, _ in rows}) == len(rows)


def accept_unknown_json(patch):
    patch.setattr(collections_api, "fields", lambda body, allowed, *required: body)


def accept_unknown_fields(patch):
    def lenient(entity, sent, *, is_new):
        return dict(sent)

    patch.setattr(record_writes, "checked", lenient)


def forget_field_security(patch):
    from consentric_sandbox.salesforce.catalogue import Catalogue

    made = Catalogue.__init__

    def blind(self, entities, *, hidden_fields, **rest):
        made(self, entities, hidden_fields=set(), **rest)

    patch.setattr(Catalogue, "__init__", blind)


def skip_the_page_cap(patch):
    patch.setattr(query_api, "MOST_BATCH", 10**6)


def skip_the_batch_cap(patch):
    patch.setattr(collections_api, "MOST", 10**6)


def forget_the_rest_of_a_page(patch):
    page = query_api._page

    def short(request, cursor, start):
        reply = page(request, cursor, start)
        reply.body["done"] = True
        reply.body.pop("nextRecordsUrl", None)
        return reply

    patch.setattr(query_api, "_page", short)


def ignore_statuses(patch):
    answer = desk.Desk.answer

    def always_ok(self, received):
        outcome = answer(self, received)
        outcome.status = 200
        return outcome

    patch.setattr(desk.Desk, "answer", always_ok)


def never_count(patch):
    patch.setattr(limits.Limiter, "admit", lambda self: None)


def let_sessions_live(patch):
    patch.setattr(oauth, "authorize", lambda org, authorization: None)


def tell_a_lifetime(patch):
    match = desk.match

    def talkative(method, segments):
        found = match(method, segments)
        if found.route.operation != "oauth.token":
            return found

        def handler(org, request):
            reply = oauth.token(org, request)
            reply.body["expires_in"] = 7200
            return reply

        return replace(found, route=replace(found.route, handler=handler))

    patch.setattr(desk, "match", talkative)


def trust_any_signature(patch):
    patch.setattr(oauth.rsa.RSAPublicKey, "verify", lambda *args: None, raising=False)
    claims = oauth._claims

    def trusting(assertion, public_key):
        try:
            return claims(assertion, public_key)
        except api.ApiError:
            import jwt

            return jwt.decode(assertion, options={"verify_signature": False})

    patch.setattr(oauth, "_claims", trusting)


def keep_refresh_tokens(patch):
    rotate = oauth._by_refresh_token

    def kept(org, request, form):
        before = org.state.account.refresh_token
        extra = rotate(org, request, form)
        org.state.account.refresh_token = before
        return extra

    patch.setattr(oauth, "_by_refresh_token", kept)


def show_deleted_rows(patch):
    patch.setattr(Table, "each", lambda self, *, with_deleted=False: iter(self.rows.values()))


def mix_and_with_or(patch):
    def condition(self):
        parts = [self._simple()]
        while self._peek().lower() in ("and", "or"):
            self.at += 1
            parts.append(self._simple())
        return parts[0] if len(parts) == 1 else soql.Junction("or", tuple(parts))

    patch.setattr(soql._Reader, "_condition", condition)


def accept_quoted_dates(patch):
    comparable = conditions._comparable

    def lenient(field, value):
        kind = field.type if field.type in ("datetime", "date") else value.kind
        return comparable(field, value._replace(kind=kind))

    patch.setattr(conditions, "_comparable", lenient)


def keep_text_of_any_length(patch):
    patch.setattr(field_values, "_text", lambda field, value: value)


def accept_second_members(patch):
    patch.setattr(record_writes.Writes, "_check_member", lambda self, values: None)


def leave_half_of_all_or_none(patch):
    patch.setattr(record_writes.Writes, "take_back", lambda self: None)


def write_no_log(patch):
    from consentric_sandbox.write_log import WriteLog

    patch.setattr(WriteLog, "append", lambda self, *args, **more: None)


def call_everything_a_label(patch):
    patch.setattr(record_writes, "_kind_of", lambda entity, values, *, is_new: "label")


def leave_children_behind(patch):
    patch.setattr(lifecycle, "_hang_on", lambda *args, **more: None)


def end_results_with_an_empty_locator(patch):
    csv_reply = bulk_jobs.csv_reply

    def emptied(job, rows, headers=None):
        told = {name: "" if value == "null" else value for name, value in (headers or {}).items()}
        return csv_reply(job, rows, told)

    patch.setattr(bulk_jobs, "csv_reply", emptied)


def accept_compound_fields(patch):
    patch.setattr(
        bulk_query, "_checked", lambda org, text: selection.Selection(org.state, soql.read_query(text))
    )


def finish_jobs_at_once(patch):
    made = Job.__init__

    def quick(self, **values):
        made(self, **{"polls_left": 0, **values})

    patch.setattr(Job, "__init__", quick)


def take_any_span(patch):
    patch.setattr(records_api, "_span", lambda org, request: ("", "9"))


MUTATIONS: list[tuple[Callable[[pytest.MonkeyPatch], None], str]] = [
    (accept_unknown_json, "test_collections.py::test_a_body_out_of_form_is_refused"),
    (accept_unknown_fields, "test_records.py::test_a_value_that_does_not_fit_is_refused"),
    (forget_field_security, "test_schema.py::test_a_hidden_field_does_not_exist"),
    (skip_the_page_cap, "test_query.py::test_a_batch_size_must_fit"),
    (skip_the_batch_cap, "test_collections.py::test_a_collection_of_201_is_refused"),
    (forget_the_rest_of_a_page, "test_query.py::test_pages_follow_each_other_under_a_locator"),
    (ignore_statuses, "test_records.py::test_a_missing_record_is_not_found"),
    (never_count, "test_access.py::test_a_spent_day_is_refused_for_24_hours"),
    (let_sessions_live, "test_query.py::test_a_session_that_ends_mid_page_goes_on_with_a_new_token"),
    (let_sessions_live, "test_bulk.py::test_a_session_that_ends_mid_bulk_goes_on_with_a_new_token"),
    (tell_a_lifetime, "test_access.py::test_a_signed_assertion_gives_a_token_without_a_lifetime"),
    (trust_any_signature, "test_access.py::test_an_assertion_of_another_key_or_algorithm_is_refused"),
    (keep_refresh_tokens, "test_access.py::test_a_rotated_refresh_token_works_once"),
    (show_deleted_rows, "test_lifecycle.py::test_a_loser_names_its_master"),
    (mix_and_with_or, "test_soql.py::test_a_malformed_query_is_refused"),
    (accept_quoted_dates, "test_soql.py::test_a_literal_of_another_type_is_refused"),
    (keep_text_of_any_length, "test_records.py::test_a_value_that_does_not_fit_is_refused"),
    (accept_second_members, "test_collections.py::test_members_are_made_and_taken_off"),
    (leave_half_of_all_or_none, "test_collections.py::test_all_or_none_undoes_every_row"),
    (write_no_log, "test_collections.py::test_the_log_has_ids_and_values_of_accepted_rows"),
    (call_everything_a_label, "test_records.py::test_the_log_tells_writes_apart"),
    (leave_children_behind, "test_lifecycle.py::test_children_hang_on_the_winner"),
    (end_results_with_an_empty_locator, "test_bulk.py::test_pages_of_results_end_with_the_text_null"),
    (accept_compound_fields, "test_bulk.py::test_a_query_that_bulk_cannot_run_is_refused_at_once"),
    (finish_jobs_at_once, "test_bulk.py::test_a_query_job_has_the_vendors_fields_and_states"),
    (take_any_span, "test_records.py::test_a_bad_span_is_refused"),
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
