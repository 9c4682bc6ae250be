"""Keyed fingerprints and pseudonyms: whatever stands for a person, record or activity in a store."""

from __future__ import annotations

from datetime import UTC, datetime

from consentric_privacy.encoding import Mac, base32_lower, derive, lp
from consentric_privacy.keyset import Keyset, Purpose, PurposeKey

_SHORT = 16
"""Bytes of a fingerprint: among 10^9 of them any two collide with a chance of 1.5e-21."""


class Pseudonyms:
    """Makes fingerprints with the keys of a keyset; each key is derived once and kept prepared.

    The methods that end in `_all` give one value per key version that is not destroyed, the active one
    first: a stored value may have been made with any of them.
    """

    def __init__(self, keyset: Keyset) -> None:
        self._keyset = keyset
        self._macs: dict[tuple[Purpose, str, int], Mac] = {}

    def active_version(self, purpose: Purpose) -> int:
        """Gives the key version that new values of a purpose are made with."""
        return self._keyset.active(purpose).version

    def pid(self, sid: bytes, domain: str = "analytics") -> str:
        """Gives the pseudonym of a person in a domain, as `p1.` and 26 characters.

        It follows from the random sid alone, so it survives a change of address, and nobody can test
        guessed addresses against it, not even with every key.
        """
        key = self._keyset.active("pseudonym")
        value = self._mac("pseudonym", domain, key).digest(lp(sid))
        return f"p{key.version}.{base32_lower(value[:_SHORT])}"

    def match_key(self, kind: str, normalised: str) -> bytes:
        """Gives the match key of an identifier.

        Args:
            kind: `email`, `phone` or `external:NAME`.
            normalised: As `normalise` gives it.
        """
        return self._fingerprint("match", kind, self._keyset.active("match"), normalised)[:_SHORT]

    def match_key_all(self, kind: str, normalised: str) -> tuple[bytes, ...]:
        """Gives the match keys of an identifier under every readable version."""
        keys = self._keyset.readable("match")
        return tuple(self._fingerprint("match", kind, key, normalised)[:_SHORT] for key in keys)

    def record_key(self, account: str, object_type: str, partition: str, record_id: str) -> bytes:
        """Gives the fingerprint under which the vault finds a record of a CRM."""
        return self._record_key(self._keyset.active("match"), account, lp(object_type, partition, record_id))

    def record_key_all(
        self, account: str, object_type: str, partition: str, record_id: str
    ) -> tuple[bytes, ...]:
        """Gives the fingerprints of a CRM record under every readable version."""
        message = lp(object_type, partition, record_id)
        return tuple(self._record_key(key, account, message) for key in self._keyset.readable("match"))

    def record_key_under(
        self, version: int, account: str, object_type: str, partition: str, record_id: str
    ) -> bytes:
        """Gives the fingerprint of a CRM record under one version, to check a stored row.

        Raises:
            KeyMaterialError: That version is not in the keyset.
        """
        key = self._keyset.version("match", version)
        return self._record_key(key, account, lp(object_type, partition, record_id))

    def source_key(self, account: str, key: str) -> bytes:
        """Gives the fingerprint of an activity's key in its account, as `deal:123`."""
        return self._mac("source", account, self._keyset.active("source")).digest(lp(key))[:_SHORT]

    def event_id(self, rref: bytes, purpose: str, channel: str, state: str, time: datetime | None) -> bytes:
        """Gives the id of a consent event: the same statement read again is the same event.

        Args:
            rref: The record that carries it.
            purpose: Purpose id or `*`.
            channel: Channel or `*`.
            state: As `granted`.
            time: When it was said, to the second; None when the source does not know.
        """
        said = "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        mac = self._mac("source", "", self._keyset.active("source"))
        return mac.digest(lp(rref, purpose, channel, state, said))[:_SHORT]

    def suppression(self, kind: str, normalised: str) -> bytes:
        """Gives the 32 bytes under which an address or phone is kept from ever coming back."""
        return self._fingerprint("suppress", kind, self._keyset.active("suppress"), normalised)

    def suppression_all(self, kind: str, normalised: str) -> tuple[bytes, ...]:
        """Gives the suppression fingerprints under every readable version."""
        keys = self._keyset.readable("suppress")
        return tuple(self._fingerprint("suppress", kind, key, normalised) for key in keys)

    def _fingerprint(self, purpose: Purpose, kind: str, key: PurposeKey, normalised: str) -> bytes:
        encoded = normalised.encode()
        mac = self._mac(purpose, kind, key, lp(kind))
        return mac.digest(len(encoded).to_bytes(4, "big") + encoded)

    def _record_key(self, key: PurposeKey, account: str, message: bytes) -> bytes:
        return self._mac("match", f"crmid:{account}", key).digest(message)[:_SHORT]

    def _mac(self, purpose: Purpose, context: str, key: PurposeKey, prefix: bytes = b"") -> Mac:
        place = (purpose, context, key.version)
        mac = self._macs.get(place)
        if mac is None:
            mac = Mac(derive(key.secret, key.version, purpose, context), prefix)
            self._macs[place] = mac
        return mac
