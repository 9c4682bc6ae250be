"""The one thing that would change a verdict, in French and English."""

from __future__ import annotations

from collections.abc import Mapping

from consentric.gate.audit import Class, Row
from consentric_privacy.changes import Change
from consentric_privacy.effects import EFFECTS

from .table import printable

_ENGLISH: Mapping[str, str] = {
    "and": "; and ",
    "nothing": "nothing we could do: more than one thing stands against it",
    "a_no": "nothing we could do: the person's no stands",
    "in": " in {first}",
    "from_to": " {first} to {last}",
    "read": "read where its consent is recorded:  consentric pull",
    "sign_assessment": "sign the assessment:  consentric records lia",
    "review": "a named human confirms the result",
    "claim_notice": "which form text was shown{span}? {claim}, notice = ...",
    "claim_grade": 'what proves how they agreed{span}? {claim}, grade = "B"',
    "claim_grade_and_notice": (
        'which form, and which text, was shown{span}? {claim}, grade = "B", notice = ...'
    ),
    "claim_optout": "was an opt-out offered when {source} got the address? {claim}, optout_offered = true",
    "map": "name {list} in [connections.{source}] consents, if it shows their yes to this purpose",
    "list": 'list "{origin}"',
    "any_list": "the list or form that records it",
    "customer": "a purchase: if there was one, [purchases] from names where it is recorded",
    "contract": "a contract that runs",
    "age": "their age: the purpose is directed at children",
    "begin": "time: what they agreed to has not begun",
    "grow_up": "time: they are not of age",
    "contact": "an act of the person: a purchase, a click, a reply",
    "address": "an address in the CRM that does not bounce",
    "lift_suppression": "the person takes the objection or complaint back",
    "lift_objection": "the person takes the objection back",
    "lift_restriction": "the restriction is lifted (GDPR art. 18)",
    "parental": "a verified consent of the parents",
    "sign_up": "a confirmed sign-up by the person: nobody is asked again by us",
}
_FRENCH: Mapping[str, str] = {
    "and": " ; et ",
    "nothing": "rien qui dépende de nous : plus d'un obstacle s'y oppose",
    "a_no": "rien qui dépende de nous : le refus de la personne demeure",
    "in": " en {first}",
    "from_to": " de {first} à {last}",
    "read": "relire là où son consentement est enregistré :  consentric pull",
    "sign_assessment": "signer l'évaluation :  consentric records lia",
    "review": "la confirmation du résultat par un humain nommé",
    "claim_notice": "quel texte le formulaire montrait-il{span} ? {claim}, notice = ...",
    "claim_grade": 'qu\'est-ce qui prouve leur accord{span} ? {claim}, grade = "B"',
    "claim_grade_and_notice": (
        'quel formulaire, et quel texte, a été montré{span} ? {claim}, grade = "B", notice = ...'
    ),
    "claim_optout": (
        "un refus était-il proposé quand {source} a obtenu l'adresse ? {claim}, optout_offered = true"
    ),
    "map": "nommer {list} dans [connections.{source}] consents, si s'y lit leur oui à cette finalité",
    "list": "la liste « {origin} »",
    "any_list": "la liste ou le formulaire qui l'enregistre",
    "customer": "un achat : s'il y en eut un, [purchases] from nomme où il est enregistré",
    "contract": "un contrat en cours",
    "age": "leur âge : la finalité s'adresse à des enfants",
    "begin": "le temps : leur accord n'a pas commencé",
    "grow_up": "le temps : ces personnes ne sont pas majeures",
    "contact": "un acte de la personne : un achat, un clic, une réponse",
    "address": "dans le CRM, une adresse qui ne revient pas en erreur",
    "lift_suppression": "la personne retire son opposition ou sa plainte",
    "lift_objection": "la personne retire son opposition",
    "lift_restriction": "la limitation est levée (RGPD, art. 18)",
    "parental": "un consentement vérifié des parents",
    "sign_up": "une inscription confirmée par la personne : nous ne redemandons rien à personne",
}
_WORDS = {"en": _ENGLISH, "fr": _FRENCH}


def change_text(one: Class, row: Row, *, lang: str = "en") -> str:
    """What would change the verdict of a class.

    Args:
        one: A class that is denied.
        row: When its consents were given, where the change asks about that.
        lang: `en` or `fr`.
    """
    words = _WORDS[lang]
    if not one.changes:
        is_a_no = EFFECTS.get(one.reason) == "remove" and one.evidence.status != "ended"
        return words["a_no" if is_a_no else "nothing"]
    return words["and"].join(_changed(change, row, words) for change in one.changes)


def _changed(change: Change, row: Row, words: Mapping[str, str]) -> str:
    if change.place is None:
        return words[change.kind]
    source, origin = change.place.source, change.place.origin
    claim, listed = f'[[evidence]] source = "{source}"', words["any_list"]
    if origin is not None:
        claim += f", where = \"list = '{printable(origin)}'\""
        listed = words["list"].format(origin=printable(origin))
    return words[change.kind].format(source=source, list=listed, claim=claim, span=_span(row, words))


def _span(row: Row, words: Mapping[str, str]) -> str:
    if row.first is None or row.last is None:
        return ""
    first, last = f"{row.first:%Y-%m}", f"{row.last:%Y-%m}"
    return words["in" if first == last else "from_to"].format(first=first, last=last)
