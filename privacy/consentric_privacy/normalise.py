"""One spelling for each e-mail address, phone number and external id, so that equal ones meet."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

# The common case, at 1 us instead of 40: an ASCII address that the validator would only lower.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_PLAIN_EMAIL_LENGTH = 64
"""Below every limit of RFC 5321, so that lengths are the validator's business."""
_RESERVED_ENDINGS = tuple(name.rsplit(".", 1)[-1] for name in SPECIAL_USE_DOMAIN_NAMES)

_PHONE_SEPARATORS = re.compile(r"[\s().\-/‐‑‒–—·]+")
_PHONE_DIGITS = re.compile(r"\+?[0-9]+")
_FRENCH = re.compile(r"(?:\+33|0)([1-9][0-9]{8})")
_E164 = re.compile(r"\+[0-9]{8,15}")

# Salesforce shows the same contact (003) or lead (00Q) with 15 characters in its pages and reports and with
# 18 in its API: the three more say which letters of each five are capitals.
_SHORT_SALESFORCE_ID = re.compile(r"(?:003|00Q)[0-9A-Za-z]{12}")
_SALESFORCE_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

# Addresses of a function, not of a person (RFC 2142 and what shops and offices use).
_ROLES = frozenset(
    """
    abuse accounting accounts accueil achats admin administration administrateur adresse agence all
    assistance atelier bestellung billing bonjour boutique buchhaltung buero bureau cabinet careers club
    comite commande commandes commercial communication compta comptabilite contact contacto contactus
    contactez-nous courrier customerservice desk devis direction donotreply do-not-reply ecole email
    enquiries enquiry equipe events facturation feedback finance gdpr general hello help helpdesk hola
    hostmaster hotel hr info informatique information infos inscription invoice invoices it jobs kontakt
    legal logistique mail mailbox mairie magasin marketing media newsletter no-reply noreply office
    orders ne-pas-repondre nepasrepondre personal personnel postmaster presse press privacy production
    pro purchasing qualite rechnung reception recrutement recruitment reservation reservations restaurant
    rgpd rh root sales sav secretaire secretariat security service serviceclient service-client services shop
    siege site staff stage standard store studio support syndic team tech technique usenet vente ventes
    vertrieb web webmaster welcome
    """.split()
)


def email(text: str) -> str | None:
    """Normalises an e-mail address; None when it is empty or none.

    Unicode NFC, the domain in IDNA ASCII (UTS 46), all lower case. Dots and tags are kept: joining two
    people by mistake exposes one to the other.

    >>> email(" Alice.Doe+shop@EXAMPLE.com ")
    'alice.doe+shop@example.com'
    """
    trimmed = text.strip()
    lowered = trimmed.lower()
    if (
        len(lowered) <= _PLAIN_EMAIL_LENGTH
        and lowered.isascii()
        and _PLAIN_EMAIL.fullmatch(lowered)
        and "--" not in lowered
        and not lowered.endswith(_RESERVED_ENDINGS)
    ):
        return lowered
    return _validated_email(trimmed)


def phone(text: str, default_country: str | None) -> str | None:
    """Normalises a phone number to E.164; None when it is empty, none, or national without a country.

    Args:
        text: Digits with separators, a leading `+` or `00`; letters make it invalid.
        default_country: ISO 3166-1 alpha-2 of the account, for numbers in national form.

    >>> phone("06 12 34 56 78", "FR"), phone("0033 (0)6 12 34 56 78", None), phone("06 12 34 56 78", None)
    ('+33612345678', '+33612345678', None)
    """
    digits = _PHONE_SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if not _PHONE_DIGITS.fullmatch(digits):
        return None
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    french = _FRENCH.fullmatch(digits)
    if french and (digits[0] == "+" or default_country == "FR"):
        return f"+33{french[1]}"
    return _parsed_phone(digits, default_country)


def external_id(text: str) -> str | None:
    """Normalises a number that several systems share: trimmed, NFC, otherwise exact; None when empty.

    The id of a Salesforce contact or lead takes its form of 18 characters.

    >>> external_id(" L-42 "), external_id("003A0000006Vm9r")
    ('L-42', '003A0000006Vm9rIAC')
    """
    trimmed = unicodedata.normalize("NFC", text).strip()
    if _SHORT_SALESFORCE_ID.fullmatch(trimmed):
        fives = (trimmed[:5], trimmed[5:10], trimmed[10:])
        capitals = [sum(1 << at for at, letter in enumerate(five) if letter.isupper()) for five in fives]
        return trimmed + "".join(_SALESFORCE_CHECK[bits] for bits in capitals)
    return trimmed or None


def suppression_forms(normalised_email: str) -> tuple[str, ...]:
    """Gives the forms under which a normalised address is suppressed: itself, and without its tag.

    A wrong suppression loses one e-mail, a wrong join exposes a person: only the first drops the tag.

    >>> suppression_forms("a+shop@example.com")
    ('a+shop@example.com', 'a@example.com')
    """
    local, _, domain = normalised_email.rpartition("@")
    untagged = local.partition("+")[0]
    if not untagged or untagged == local:
        return (normalised_email,)
    return (normalised_email, f"{untagged}@{domain}")


def is_role_address(normalised_email: str) -> bool:
    """Tells whether an address belongs to a function (info@, contact@) and so to several people."""
    local = normalised_email.rpartition("@")[0].partition("+")[0]
    return local in _ROLES or local.rstrip("0123456789") in _ROLES or local.replace(".", "-") in _ROLES


def _validated_email(text: str) -> str | None:
    try:
        valid = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return None
    if not valid.ascii_domain or "@" in valid.local_part:
        return None
    local = unicodedata.normalize("NFC", valid.local_part.lower())
    return f"{local}@{valid.ascii_domain.lower()}"


def _parsed_phone(digits: str, default_country: str | None) -> str | None:
    country = None if digits.startswith("+") else (default_country or "").upper() or None
    try:
        number = phonenumbers.parse(digits, country)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return written if _E164.fullmatch(written) else None
