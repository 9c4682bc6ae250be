"""An account in which a reader and a writer of labels meet every operation they use."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consentric.testing.exchanges import Exchange, Specimen, json_of

from . import archives
from .snapshot import save
from .state import MailchimpState

_AUDIENCE, _OTHER = "0a1b2c3d4e", "5f6a7b8c9d"
_SHOP, _CAMPAIGN = "myserver-shop", "c000000001"
_AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
_MEMBERS = 40
"""More than are asked for one by one."""
_TAGS = 60
"""More than a member shows."""
_PERMISSION = "aa11"


def make_specimen(folder: Path) -> Specimen:
    """Puts the account into `folder`."""
    state = MailchimpState()
    _add_people(state)
    _add_campaign(state)
    _add_shop(state)
    save(state, folder)
    return Specimen(
        title="Mailchimp",
        description=Path("mailchimp", "marketing-trimmed.json"),
        base_path="/3.0",
        settings={
            "api_key": state.credentials.api_key,
            "audiences": [_AUDIENCE, _OTHER],
            "consents": {_AUDIENCE: "email_marketing"},
            "permissions": {_PERMISSION: "email_marketing"},
            "purchases": "orders",
            "activities": ["campaigns"],
        },
        fields={"member": ("FNAME",)},
        purposes=frozenset({"segmentation", "email_marketing", "email_tracking"}),
        unfold=_unfold,
    )


def _add_people(state: MailchimpState) -> None:
    state.add_audience(
        "News", id=_AUDIENCE, at=_AT - timedelta(days=400), permissions={_PERMISSION: "E-mail"}
    )
    state.add_audience("Partners", id=_OTHER, at=_AT - timedelta(days=400))
    statuses = ("unsubscribed", "cleaned", "pending", "transactional", "archived")
    for n in range(_MEMBERS):
        state.add_member(
            _AUDIENCE,
            _address(n),
            at=_AT - timedelta(days=100, minutes=n),
            status=statuses[n - 2] if 2 <= n < 2 + len(statuses) else "subscribed",
            permissions={_PERMISSION: True},
            merge_fields={"FNAME": f"P{n}"},
            tags=[f"tag {k}" for k in range(_TAGS)] if n == 0 else [],
        )
    state.add_member(_OTHER, _address(0), at=_AT - timedelta(days=90), status="unsubscribed")


def _add_campaign(state: MailchimpState) -> None:
    links = ["https://shop.example/a"]
    state.add_campaign(_AUDIENCE, "Spring", id=_CAMPAIGN, at=_AT, links=links)
    for n in range(10, 20):
        state.add_send(_CAMPAIGN, _address(n), outcome="hard" if n == 19 else "sent")
    for n in range(10, 14):
        state.add_open(_CAMPAIGN, _address(n), at=_AT + timedelta(hours=1))
        state.add_click(_CAMPAIGN, _address(n), at=_AT + timedelta(hours=2))
    state.add_unsubscribe(_CAMPAIGN, _address(15), at=_AT + timedelta(hours=3))


def _add_shop(state: MailchimpState) -> None:
    state.add_store(_AUDIENCE, _SHOP, at=_AT - timedelta(days=300))
    for n in range(_MEMBERS):
        at = _AT - timedelta(days=n)
        state.add_order(_SHOP, f"o{n}", _address(n), "20.00", at=at, lines=[("soap", 2, "10.00")])
    state.add_order(_SHOP, "stranger", "nobody@example.com", "9.00", at=_AT)


def _address(n: int) -> str:
    return f"p{n:02d}@example.com"


def _unfold(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The operations of batches with their results, paired by operation id."""
    results: dict[str, dict[str, object]] = {}
    for one in reversed(list(exchanges)):
        if one.path.startswith(f"/{archives.PATH}/") and one.status == 200:
            results = {str(result["operation_id"]): result for result in _results(one.content)}
        elif one.method == "POST" and one.path.endswith("/batches"):
            for operation in one.sent["operations"]:
                result = results.get(operation["operation_id"])
                if result is not None:
                    yield _inside(operation, result)


def _inside(operation: dict[str, str], result: dict[str, object]) -> Exchange:
    status = int(str(result["status_code"]))
    return Exchange(
        method=operation["method"],
        path=operation["path"],
        sent=json_of(operation.get("body")),
        status=status,
        content_type="application/json" if status < 400 else "application/problem+json",
        answer=json_of(str(result["response"])),
    )


def _results(content: bytes) -> Iterator[dict[str, object]]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as archive:
        for member in archive:
            file = archive.extractfile(member)
            yield from json_of(file.read()) or () if file is not None else ()
