"""The worksheet of a legitimate-interest assessment: facts filled in, questions marked; two languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consentric.app.lia_facts import LiaFacts
from consentric.segments.settings import Texts
from consentric_privacy.assessment import UNANSWERED

from .lia_words import WORDS, Words
from .table import number


def worksheet(facts: Sequence[LiaFacts], *, lang: str) -> str:
    """Markdown; every question that only a human can answer begins with the mark of an open one."""
    words = WORDS[lang]
    return "\n".join(line for one in facts for line in _worksheet(one, words, lang))


def _worksheet(facts: LiaFacts, words: Words, lang: str) -> Iterator[str]:
    yield f"# {words['title'].format(purpose=facts.purpose.id)}"
    yield ""
    yield words["made"].format(day=facts.today, config=facts.config_hash)
    parts: tuple[tuple[str, Iterator[str]], ...] = (
        ("interest", _interest(facts, words)),
        ("necessity", _necessity(facts, words)),
        ("impact", _impact(facts, words, lang)),
        ("measures", _measures(facts, words)),
        ("balance", iter(())),
        ("signature", iter(())),
    )
    for place, (part, lines) in enumerate(parts, 1):
        yield from ("", f"## {place}. {words[part]}", "")
        known = [f"- {line}" for line in lines]
        yield from known
        if known:
            yield ""
        yield from (f"- {UNANSWERED} {question}" for question in words.questions[part])
    yield ""


def _interest(facts: LiaFacts, words: Words) -> Iterator[str]:
    controller = facts.controller
    if controller is not None:
        contact = controller.dpo or controller.contact or words["none"]
        yield words["controller"].format(name=controller.name, country=controller.country, contact=contact)
    yield words["purpose"].format(
        purpose=facts.purpose.id,
        bases=", ".join(facts.purpose.basis),
        channels=", ".join(facts.purpose.channels),
    )
    if facts.purpose.direct_marketing:
        yield words["marketing"]
    if facts.people:
        yield words["counts"].format(
            people=number(facts.people), allowed=number(facts.allowed), day=facts.last_run or words["none"]
        )
    else:
        yield words["no_counts"]


def _necessity(facts: LiaFacts, words: Words) -> Iterator[str]:
    yield words["sources"].format(sources=", ".join(f"{name} ({kind})" for name, kind in facts.sources))
    yield words["activities"]
    for field in facts.fields:
        yield words["field"].format(
            connection=field.connection,
            name=field.name,
            kind=words.classes[field.field_class],
            kept=field.generalise or field.attribute or words["not_stored"],
        )
    if not facts.fields:
        yield words["no_fields"]


def _impact(facts: LiaFacts, words: Words, lang: str) -> Iterator[str]:
    for one in facts.sets:
        segments = ", ".join(_text(segment.name, lang) or segment.key for segment in one.segments)
        yield words["set"].format(name=one.name, segments=segments)
    for destination in facts.destinations:
        yield words["destination"].format(
            name=destination.name,
            to=destination.to,
            purpose=destination.purpose,
            channel=destination.channel,
            transfer=destination.transfer or words["none"],
            automations=words[destination.automations],
        )
    if not facts.destinations:
        yield words["no_destination"]
    yield words["significant" if facts.purpose.significant_effect else "not_significant"]


def _measures(facts: LiaFacts, words: Words) -> Iterator[str]:
    yield from words.measures
    yield words["retention"].format(months=facts.purpose.inactivity_months)
    if facts.purpose.profiling:
        yield words["minors"]


def _text(texts: Texts | None, lang: str) -> str:
    if texts is None:
        return ""
    return texts.fr if lang == "fr" else texts.en
