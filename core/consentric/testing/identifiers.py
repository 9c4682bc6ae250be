"""Every form in which an identifier of a planted person may stand in a file, as bytes to search for.

Searched are addresses, their local parts, phones, full names and postal addresses, each of at least six
characters. First and last names alone are common words (Rose, Martin) and are not searched; nor are domains,
which many people share, but as part of the address. A local part of a function (info, contact) and a postal
address without a number in it (a town) are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from consentric_privacy import normalise

PEOPLE_FILE = "people.json"
SHORTEST = 6
"""Characters; what is shorter turns up by chance."""
_SHORTEST_BASE64 = 8
"""Characters; of 64 signs, eight turn up by chance once in 10^14 places."""
_DIGESTS = ("md5", "sha1", "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A planted person."""

    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Bytes that betray somebody."""

    data: bytes
    person: int
    kind: str
    """`email`, `local part`, `phone`, `name` or `address`."""
    form: str
    """As `utf-8`, `base64` or `sha256 hex`."""
    is_folded: bool
    """Whether it is searched in bytes whose ASCII letters are lower case."""
    is_bounded: bool
    """Whether letters and digits around it make it something else."""


def read_people(folder: Path) -> list[Somebody]:
    """The planted people of a sandbox folder: `people.json`, a list of objects."""
    rows = json.loads((folder / PEOPLE_FILE).read_text(encoding="utf-8"))
    names = ("email", "phone", "first_name", "last_name", "address")
    return [Somebody(**{name: str(row.get(name) or "") for name in names}) for row in rows]


def patterns_of(people: Sequence[Somebody]) -> list[Pattern]:
    """All patterns, each byte string once; of people who share one the first is named."""
    found: dict[tuple[bytes, bool], Pattern] = {}
    for number, somebody in enumerate(people):
        for kind, text in _texts(somebody):
            if len(text) >= SHORTEST:
                for pattern in _forms(text, number, kind):
                    _keep(found, pattern)
        for kind, text in _normalised(somebody):
            for pattern in _digests(text, number, kind):
                _keep(found, pattern)
    return list(found.values())


def _keep(found: dict[tuple[bytes, bool], Pattern], pattern: Pattern) -> None:
    """Keep a pattern unless its bytes are known; one without bounds finds more than one with."""
    known = found.get((pattern.data, pattern.is_folded))
    if known is None or (known.is_bounded and not pattern.is_bounded):
        found[pattern.data, pattern.is_folded] = pattern


def _texts(somebody: Somebody) -> Iterator[tuple[str, str]]:
    email = somebody.email.strip()
    local, _, domain = email.rpartition("@")
    if local:
        yield "email", email
        reversed_domain = ".".join(reversed(domain.split(".")))
        for joint in (".", "@", "/"):
            yield "email", f"{reversed_domain}{joint}{local}"
        if not normalise.is_role_address(email.lower()):
            yield "local part", local
    for phone in _phones(somebody.phone):
        yield "phone", phone
    first, last = somebody.first_name.strip(), somebody.last_name.strip()
    if first and last:
        for name in (f"{first} {last}", f"{last} {first}", f"{last}, {first}", f"{first}_{last}"):
            yield "name", name
            yield "name", _without_accents(name)
    address = somebody.address.strip()
    for part in {address, address.split(",")[0].strip()}:
        if any(character.isdigit() for character in part):  # a town alone is many people's
            yield "address", part


def _phones(text: str) -> set[str]:
    """A number as given, in E.164 with and without its plus, and in French national form."""
    forms = {text.strip(), "".join(character for character in text if character.isdigit())}
    full = normalise.phone(text, "FR") if text else None
    if full is not None:
        forms |= {full, full[1:]}
        if full.startswith("+33"):
            forms.add(f"0{full[3:]}")
    return forms


def _normalised(somebody: Somebody) -> Iterator[tuple[str, str]]:
    """The texts that others hash: the lower-case address, the number in E.164 and its digits."""
    if somebody.email:
        yield "email", somebody.email.strip().lower()
    full = normalise.phone(somebody.phone, "FR") if somebody.phone else None
    if full is not None:
        yield "phone", full
        yield "phone", full[1:]


def _without_accents(text: str) -> str:
    return "".join(
        character for character in unicodedata.normalize("NFD", text) if not unicodedata.combining(character)
    )


def _forms(text: str, person: int, kind: str) -> Iterator[Pattern]:
    is_bounded = kind in ("local part", "phone", "name")
    # Bytes are lowered as ASCII only, so letters with accents are searched in each of their cases.
    cases = {text, text.lower(), text.upper(), text.casefold()}
    for case in cases:
        for shape in {case, unicodedata.normalize("NFD", case)}:
            yield Pattern(shape.encode().lower(), person, kind, "utf-8", True, is_bounded)
        if not case.isascii() and _is_latin(case):
            yield Pattern(case.encode("latin-1").lower(), person, kind, "latin-1", True, is_bounded)
        for encoding in ("utf-16-le", "utf-16-be"):
            yield Pattern(case.encode(encoding).lower(), person, kind, encoding, True, False)
        for escaped, form in (
            (quote(case, safe=""), "url"),
            (quote_plus(case), "url"),
            (_json(case), "json"),
        ):
            if escaped != case:
                yield Pattern(escaped.encode().lower(), person, kind, form, True, is_bounded)
    for case in {text, text.lower()}:
        yield Pattern(case.encode().hex().encode(), person, kind, "hex", True, False)
        for part in _base64_parts(case.encode()):
            yield Pattern(part, person, kind, "base64", False, False)


def _is_latin(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _base64_parts(data: bytes) -> Iterator[bytes]:
    """What stands in base 64 whatever comes before and after: three alignments, both alphabets."""
    for before, skipped in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * before + data)
        part = encoded[skipped : (before + len(data)) * 8 // 6]
        if len(part) >= _SHORTEST_BASE64:
            yield from {part, part.translate(bytes.maketrans(b"+/", b"-_"))}


def _digests(text: str, person: int, kind: str) -> Iterable[Pattern]:
    for name in _DIGESTS:
        digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
        yield Pattern(digest.hex().encode(), person, kind, f"{name} hex", True, False)
        yield Pattern(digest, person, kind, name, False, False)
