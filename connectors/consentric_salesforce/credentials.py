"""How one signs in to an org: JWT bearer, client credentials, or a refresh token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from consentric.sdk.errors import KeyMaterialError
from consentric_privacy.files import write_atomic
from consentric_privacy.secrets import SCHEMES, resolve

from .settings import SalesforceSettings

if TYPE_CHECKING:
    from .session import SalesforceSession


class Credentials:
    """Exchanges what the settings hold for an access token; holds secrets, prints none."""

    def __init__(self, settings: SalesforceSettings, *, workspace: Path) -> None:
        self._settings = settings
        self._workspace = workspace
        self._refresh: SecretStr | None = None

    def sign_in(self, session: SalesforceSession) -> tuple[str, str]:
        """The access token and the host of the org; one request.

        Raises:
            RemoteError: With kind AUTH when Salesforce refuses; TRANSIENT when its answer is unreadable.
            KeyMaterialError: When a secret is missing or the private key is none.
        """
        if self._settings.sign_in == "refresh_token":
            return self._by_refresh_token(session)
        return self._by_sdk(session)

    def _by_sdk(self, session: SalesforceSession) -> tuple[str, str]:
        from simple_salesforce.login import SalesforceLogin

        options: dict[str, Any] = {
            "session": session,
            "domain": self._settings.domain,
            "sf_version": self._settings.api_version,
            "consumer_key": self._reveal(self._settings.consumer_key),
        }
        if self._settings.sign_in == "jwt":
            options["username"] = self._settings.username
            options["privatekey"] = self._private_key()
        else:
            options["consumer_secret"] = self._reveal(self._settings.consumer_secret)
        token, host = SalesforceLogin(**options)
        return str(token or ""), str(host)

    def _by_refresh_token(self, session: SalesforceSession) -> tuple[str, str]:
        # Not in the SDK. Salesforce's answer names no lifetime: a token ends when a 401 says so.
        reference = self._settings.refresh_token or ""
        if self._refresh is None:
            self._refresh = SecretStr(self._reveal(SecretStr(reference)))
        form = {
            "grant_type": "refresh_token",
            "client_id": self._reveal(self._settings.consumer_key),
            "refresh_token": self._refresh.get_secret_value(),
        }
        if self._settings.consumer_secret is not None:
            form["client_secret"] = self._reveal(self._settings.consumer_secret)
        url = f"https://{self._settings.domain}.salesforce.com/services/oauth2/token"
        answer = session.json_object(session.post(url, data=form))
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and rotated and rotated != self._refresh.get_secret_value():
            self._refresh = SecretStr(rotated)
            if reference.startswith("file:"):
                file = self._workspace / Path(reference.removeprefix("file:")).expanduser()
                write_atomic(file, rotated.encode() + b"\n")
        return str(answer["access_token"]), str(answer["instance_url"]).removeprefix("https://")

    def _private_key(self) -> str:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        pem = self._reveal(self._settings.private_key)
        try:
            load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError):
            pem = ""
        if not pem:
            # Not inside `except`: what the library says of a broken key may quote it.
            raise KeyMaterialError(
                "private_key of the Salesforce connection holds no PEM of a private key without a password",
                hint="give the key whose certificate the connected app holds, as file:salesforce.key",
                code="CS403",
            )
        return pem

    def _reveal(self, secret: SecretStr | None) -> str:
        held = secret.get_secret_value() if secret is not None else ""
        if held.partition(":")[0] not in SCHEMES:
            return held
        return resolve(held, base=self._workspace).reveal()
