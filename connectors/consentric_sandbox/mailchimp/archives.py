"""The results of a batch: a tar.gz behind a signed address without credentials, as of an object store."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import tarfile
from datetime import timedelta
from urllib.parse import urlencode

from consentric_sandbox.exchange import Outcome, Received

from .account import MailchimpAccount
from .records import Batch

PATH = "batch-results"
URL_SECONDS = 600
"""About ten minutes; asking for the batch again gives a fresh address."""
_FILES_OF = 250


def signed_url(account: MailchimpAccount, host: str, batch_id: str) -> str:
    """An address that opens the results for ten minutes of the account's clock."""
    until = str(int((account.clock() + timedelta(seconds=URL_SECONDS)).timestamp()))
    query = urlencode({"Expires": until, "Signature": _signature(account, batch_id, until)})
    return f"{host}/{PATH}/{batch_id}-response.tar.gz?{query}"


def fetch(account: MailchimpAccount, received: Received) -> Outcome:
    """The archive: 400 for a request that brings credentials too, 403 when signature or time do not fit.

    An object store takes one way to prove oneself, not two; who sends the account's key there has also
    told it to a stranger.
    """
    batch_id = received.segments[1].removesuffix("-response.tar.gz")
    until = received.query.get("Expires", ["0"])[-1]
    signature = received.query.get("Signature", [""])[-1]
    if "authorization" in received.headers:
        return _refused(400, "InvalidArgument", "Only one auth mechanism allowed")
    is_signed = hmac.compare_digest(signature, _signature(account, batch_id, until))
    if not is_signed or account.clock().timestamp() > int(until):
        return _refused(403, "AccessDenied", "Request has expired")
    batch = account.state.batches.get(batch_id)
    if batch is None or batch.status != "finished":
        return _refused(404, "NoSuchKey", "The specified key does not exist.")
    return Outcome(
        status=200, body=base64.b64decode(batch.archive), headers={"Content-Type": "binary/octet-stream"}
    )


def packed(batch: Batch) -> str:
    """The results as tar.gz in base 64: files of JSON arrays, the first one empty.

    Such empty files are seen in the wild; tap-mailchimp skips them.
    """
    parts = [b""] + [
        json.dumps(batch.results[at : at + _FILES_OF]).encode()
        for at in range(0, len(batch.results), _FILES_OF)
    ]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        folder = tarfile.TarInfo("./")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for number, part in enumerate(parts):
            file = tarfile.TarInfo(f"./{batch.id}-{number}.json")
            file.size = len(part)
            archive.addfile(file, io.BytesIO(part))
    return base64.b64encode(gzip.compress(content.getvalue(), compresslevel=1, mtime=0)).decode()


def _signature(account: MailchimpAccount, batch_id: str, until: str) -> str:
    key = account.state.credentials.api_key.encode()
    return hmac.new(key, f"{batch_id}\n{until}".encode(), hashlib.sha256).hexdigest()


def _refused(status: int, code: str, message: str) -> Outcome:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Outcome(status=status, body=body.encode(), headers={"Content-Type": "application/xml"})
