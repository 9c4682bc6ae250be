"""The nine questions of `init`, with a part for each CRM where the answer differs by CRM."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .config_faults import is_reference

Answer = str | tuple[str, ...]
Answers = Mapping[str, Answer]
"""Key of a part, as `company` or `hubspot.token`, to what was answered."""

CRMS = {"hubspot": "HubSpot", "mailchimp": "Mailchimp", "salesforce": "Salesforce"}
SEGMENTATION, MAILING = "segmentation", "email_marketing"
GROUNDS = ("none", "eea", "adequacy", "scc", "bcr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing to be answered; its default allows nothing."""

    key: str
    """As in the file of answers: what stands before a dot is the table of a CRM."""
    text: str
    default: Answer = ""
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None
    """Gives what is wrong with an answer, or an empty text."""
    needs: tuple[str, ...] = ()
    """`company`: that one must be answered; `purposes: segmentation`: that word must be in its answer."""
    is_required: bool = False
    """Whether nothing works without an answer, where the part applies."""
    is_asked: bool = True
    """False when only a file can answer it."""

    @property
    def crm(self) -> str:
        """The CRM it is about; empty when it is about none."""
        head, dot, _ = self.key.partition(".")
        return head if dot else ""

    @property
    def is_list(self) -> bool:
        """Whether there may be several answers."""
        return isinstance(self.default, tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; which of its parts apply depends on the answers before it."""

    id: str
    parts: tuple[Part, ...]


def _country(answer: str) -> str:
    return "" if re.fullmatch(r"[A-Z]{2}", answer) else "write the two letters of ISO 3166, as FR"


def _reference(answer: str) -> str:
    if is_reference(answer):
        return ""
    return "never the secret itself: say where it is kept, as env:NAME or file:PATH"


def _one_line(answer: str) -> str:
    return "" if answer.isprintable() else "one line of plain text"


def _matching(shape: str, wanted: str) -> Callable[[str], str]:
    return lambda answer: "" if re.fullmatch(shape, answer) else wanted


_audience = _matching(r"[0-9A-Za-z]{1,40}", "the Audience ID, as a1b2c3d4e5")
_my_domain = _matching(
    r"(?!login$|test$)[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*){0,3}", "the My Domain of the org, as acme.my"
)
_file_name = _matching(r"(?!.*\.\.)[\w .-]{1,100}", "the name of a file in the workspace, as lia-2026.md")
_field = _matching(r"[A-Za-z][A-Za-z0-9_]{0,99}", "the name of a field, as hs_external_order_id")


def _crm(
    key: str,
    text: str,
    default: Answer = "",
    *,
    needs: tuple[str, ...] = (),
    choices: tuple[str, ...] = (),
    check: Callable[[str], str] | None = None,
    is_required: bool = False,
    is_asked: bool = True,
) -> Part:
    crm, _, _ = key.partition(".")
    return Part(
        key=key,
        text=f"{CRMS[crm]}: {text}",
        default=default,
        needs=(f"crms: {crm}", *needs),
        choices=choices,
        check=check,
        is_required=is_required,
        is_asked=is_asked,
    )


def _where(key: str, what: str, default: str) -> Part:
    return _crm(key, f"where {what} is kept, never the secret itself", default, check=_reference)


def _consents(crm: str, what: str, check: Callable[[str], str] = _one_line) -> Part:
    text = f"{what} that mean consent to e-mail marketing (empty: none)"
    return _crm(f"{crm}.consents", text, (), needs=(f"purposes: {MAILING}",), check=check)


def _purchases(crm: str, *kinds: str) -> Part:
    needs = (f"purposes: {SEGMENTATION}",)
    return _crm(
        f"{crm}.purchases", "what counts as a purchase", "none", needs=needs, choices=("none", *kinds)
    )


def _order_number(crm: str) -> Part:
    text = "field with the shop's order number (empty: none; needed when two CRMs hold purchases)"
    return _crm(f"{crm}.order_number", text, needs=(f"{crm}.purchases",), check=_field)


def _pretend(crm: str) -> Part:
    text = "folder of a pretend one to be used in its place"
    return _crm(f"{crm}.sandbox", text, check=_one_line, is_asked=False)


def _transfer(crm: str) -> Part:
    needs = (f"purposes: {SEGMENTATION}", f"purposes: {MAILING}")
    text = "ground on which labels may be written to it"
    return _crm(f"{crm}.transfer", text, "none", needs=needs, choices=GROUNDS)


QUESTIONS = (
    Question(
        id="controller",
        parts=(
            Part(key="company", text="Company that answers for the data", check=_one_line),
            Part(key="country", text="Its country", default="FR", check=_country, needs=("company",)),
            Part(
                key="dpo",
                text="Address of its data protection officer",
                check=_one_line,
                needs=("company",),
            ),
        ),
    ),
    Question(
        id="root_key",
        parts=(
            Part(
                key="root_key",
                text="Where the root key is kept; file:PATH makes one there",
                default="env:CONSENTRIC_ROOT_KEY",
                check=_reference,
            ),
        ),
    ),
    Question(
        id="crms",
        parts=(
            Part(
                key="crms",
                text="CRMs to read, the one that is right about purchases first (empty: none)",
                default=(),
                choices=tuple(CRMS),
            ),
        ),
    ),
    Question(
        id="sign_in",
        parts=(
            _where("hubspot.token", "its token", "env:HUBSPOT_TOKEN"),
            _pretend("hubspot"),
            _where("mailchimp.api_key", "its API key", "env:MAILCHIMP_KEY"),
            _crm(
                "mailchimp.audiences",
                "audiences to read, by Audience ID",
                (),
                check=_audience,
                is_required=True,
            ),
            _pretend("mailchimp"),
            _crm("salesforce.domain", "its My Domain, as acme.my", check=_my_domain, is_required=True),
            _where("salesforce.consumer_key", "the consumer key of its app", "env:SALESFORCE_KEY"),
            _where("salesforce.consumer_secret", "the consumer secret of its app", "env:SALESFORCE_SECRET"),
            _pretend("salesforce"),
        ),
    ),
    Question(
        id="purposes",
        parts=(
            Part(
                key="purposes",
                text="What the data is used for: segments, writing to people by e-mail (empty: nothing)",
                default=(),
                choices=(SEGMENTATION, MAILING),
            ),
        ),
    ),
    Question(
        id="assessment",
        parts=(
            Part(
                key="assessment",
                text="Segments rest on legitimate interest: the file with its balancing test, to be signed",
                check=_file_name,
                needs=(f"purposes: {SEGMENTATION}",),
                is_required=True,
            ),
        ),
    ),
    Question(
        id="consents",
        parts=(
            _consents("hubspot", "subscription types"),
            _consents("mailchimp", "audiences", _audience),
            _consents("salesforce", "data use purposes"),
        ),
    ),
    Question(
        id="purchases",
        parts=(
            _purchases("hubspot", "deals", "orders"),
            _purchases("mailchimp", "orders"),
            _purchases("salesforce", "opportunities", "orders"),
            # After all of these: only then is it known whether two CRMs hold purchases.
            _order_number("hubspot"),
            _order_number("salesforce"),
        ),
    ),
    Question(id="transfers", parts=tuple(_transfer(crm) for crm in CRMS)),
)
PARTS = {part.key: part for question in QUESTIONS for part in question.parts}
NUMBER_OF = {part.key: n for n, question in enumerate(QUESTIONS, start=1) for part in question.parts}
"""Key of a part to the number of its question."""


def default_answers() -> dict[str, Answer]:
    """Everything answered with its default."""
    return {key: part.default for key, part in PARTS.items()}


def lacking(part: Part, answers: Answers) -> str:
    """What must be answered before this part means anything, in words; empty when it applies."""
    for need in part.needs:
        key, _, word = need.partition(": ")
        given = answers.get(key, PARTS[key].default)
        if word and word not in given:
            return f'"{word}" among {key}'
        if not word and given == PARTS[key].default:
            return f'an answer to "{key}"'
    return ""


def refusal(part: Part, answer: Answer) -> str:
    """What is wrong with an answer, or an empty text; the default is right unless one is required."""
    if answer == part.default:
        return "an answer is needed here" if part.is_required else ""
    for one in answer if isinstance(answer, tuple) else (answer,):
        if part.choices and one not in part.choices:
            return f"one of {', '.join(part.choices)}"
        wrong = part.check(one) if part.check is not None else ""
        if wrong:
            return wrong
    if isinstance(answer, tuple) and len(set(answer)) < len(answer):
        return "each once"
    return ""


def contradictions(answers: Answers) -> dict[str, str]:
    """Key of a part to what is wrong with it beside the others."""
    found = {}
    audiences, meant = answers["mailchimp.audiences"], answers["mailchimp.consents"]
    if set(meant) - set(audiences):
        found["mailchimp.consents"] = "an audience that is not among mailchimp.audiences"
    sources = purchase_sources(answers)
    for crm in sources if len(sources) > 1 else ():
        key = f"{crm}.order_number"
        if key in PARTS and not answers[key]:
            # Two CRMs mirror each other's orders; only the shop's number tells one purchase from two.
            found[key] = f"{len(sources)} CRMs hold purchases: each must name the field with the order number"
    return found


def purchase_sources(answers: Answers) -> list[str]:
    """CRMs whose purchases are read, the one that is right first."""
    return [crm for crm in answers["crms"] if answers[f"{crm}.purchases"] != "none"]
