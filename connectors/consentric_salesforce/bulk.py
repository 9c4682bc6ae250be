"""Queries as jobs of Bulk API 2.0: created, polled until done, fetched page by page, deleted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.transport import Pace

from .client import SalesforceClient
from .values import Row

RESULTS_PAGE = 10_000
_POLLS_PER_SECOND = 0.2
_MOST_POLLS = 720
"""An hour at one poll in five seconds; a query that takes longer will not end."""


def bulk_pages(
    client: SalesforceClient, entity: str, soql: str, *, with_deleted: bool
) -> Iterator[list[Row]]:
    """Pages of the rows that a query finds; cells are texts, an empty one is None.

    Raises:
        RemoteError: Of any kind; TRANSIENT when the job failed or does not end.
    """
    job = _create(client, entity, soql, with_deleted=with_deleted)
    try:
        _wait(client, entity, job)
        locator = ""
        while True:
            rows, locator = _results(client, entity, job, locator)
            yield rows
            if not locator:
                return
    finally:
        _delete(client, entity, job)


def _create(client: SalesforceClient, entity: str, soql: str, *, with_deleted: bool) -> str:
    body = {
        "operation": "queryAll" if with_deleted else "query",
        "query": soql,
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    # No write: nothing in the org changes, and a job made twice is deleted by Salesforce after a week.
    return client.ask(
        f"{entity}.bulk_query",
        lambda sdk: str(sdk.restful("jobs/query", method="POST", json=body)["id"]),
    )


def _wait(client: SalesforceClient, entity: str, job: str) -> None:
    pace = Pace(_POLLS_PER_SECOND)
    for _ in range(_MOST_POLLS):
        state = client.ask(
            f"{entity}.bulk_poll", lambda sdk: str(sdk.restful(f"jobs/query/{job}")["state"]), pace=pace
        )
        if state == "JobComplete":
            return
        if state in ("Failed", "Aborted"):
            raise _failed(client, entity, state)
    raise _failed(client, entity, "Timeout")


def _results(client: SalesforceClient, entity: str, job: str, locator: str) -> tuple[list[Row], str]:
    def fetch(sdk: Any) -> tuple[list[Row], str]:
        # `sdk.bulk2` copies the token, so it is taken anew for each page.
        answer = getattr(sdk.bulk2, entity)._client.get_query_results(job, locator, RESULTS_PAGE)
        reader = csv.DictReader(io.StringIO(answer["records"], newline=""))
        rows: list[Row] = [{name: cell or None for name, cell in row.items()} for row in reader]
        if len(rows) != answer["number_of_records"]:
            raise ValueError("cut short")
        return rows, str(answer["locator"])

    return client.ask(f"{entity}.bulk_results", fetch)


def _delete(client: SalesforceClient, entity: str, job: str) -> None:
    """Results hold people and would lie there for a week; a job that cannot be deleted stops nothing."""
    try:
        client.ask(f"{entity}.bulk_delete", lambda sdk: sdk.restful(f"jobs/query/{job}", method="DELETE"))
    except RemoteError:
        return


def _failed(client: SalesforceClient, entity: str, state: str) -> RemoteError:
    account = client.context.connection
    return RemoteError(
        f'connection "{account}": the Salesforce bulk query of {entity} ended as {state}',
        kind=RemoteKind.TRANSIENT,
        account=account,
        operation=f"{entity}.bulk_query",
        vendor_code=state,
        hint="run again; if it stays, raise bulk_from_rows to read by REST",
    )
