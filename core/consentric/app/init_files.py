"""The three files that `init` writes: what allows something has the answer it rests on beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .init_questions import CRMS, MAILING, NUMBER_OF, SEGMENTATION, Answer, Answers, purchase_sources

FILES = ("config.toml", "segments.toml", "privacy.toml")
_SET = "rfm5"
Value = str | int | Sequence[str] | Mapping[str, str]


class _Sheet:
    """The lines of one file."""

    def __init__(self, answers: Answers, *title: str) -> None:
        self._answers = answers
        self._lines: list[str] = []
        self.say(*title)

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def say(self, *sentences: str) -> None:
        self._lines += [f"# {sentence}" for sentence in sentences]

    def part(self, head: str = "", *sentences: str) -> None:
        """Begins a section, with what it is for."""
        self._lines.append("")
        self.say(*sentences)
        self._lines += [head] if head else []

    def put(self, key: str, value: Value, because: str = "") -> None:
        """One setting, and the number of the answer it rests on."""
        self._lines.append(
            f"{key} = {_toml(value)}" + (f"  # answer {NUMBER_OF[because]}" if because else "")
        )

    def answer(self, key: str) -> str:
        """An answer as its file has it."""
        return f"answer {NUMBER_OF[key]}: {key} = {_toml(self._answers[key])}"


def texts_of(answers: Answers) -> dict[str, str]:
    """Name of each file to its text."""
    return dict(zip(FILES, (_config(answers), _segments(answers), _privacy(answers)), strict=True))


def read_only(answers: Answers) -> list[str]:
    """CRMs that are read and never written, because no ground of a transfer to them was named."""
    return [crm for crm in answers["crms"] if answers[f"{crm}.transfer"] == "none"]


def _config(answers: Answers) -> str:
    sheet = _Sheet(
        answers,
        "The machine's part: connections and destinations. The folder of this file is the workspace: every",
        "store lies in it. The comment beside a line is the answer to init it rests on. Check all three with",
        "    consentric config check",
    )
    sheet.put("include", FILES[1:])
    sheet.part(
        "[workspace]",
        "Whoever has this key and the stores can tell who is who: keep it elsewhere, back it up apart.",
    )
    sheet.put("root_key", answers["root_key"], "root_key")
    for crm in answers["crms"]:
        _connection(sheet, answers, crm)
    if not answers["crms"]:
        sheet.part("", "No CRM is read: answer 3 names none.")
    destined = [crm for crm in answers["crms"] if crm not in read_only(answers)]
    for crm in destined:
        _destination(sheet, answers, crm)
    if not destined:
        sheet.part("", "Nothing is written to any CRM: answer 9 names no ground for it.")
    elif only_read := [CRMS[crm] for crm in read_only(answers)]:
        verb = "is" if len(only_read) == 1 else "are"
        sheet.part(
            "", f"{', '.join(only_read)} {verb} read, not written: answer 9 names no ground of transfer."
        )
    sheet.part(
        "",
        "[jobs]  says when your timer calls  consentric sync ; until then nothing runs by itself.",
    )
    return sheet.text


def _connection(sheet: _Sheet, answers: Answers, crm: str) -> None:
    sheet.part(f"[connections.{crm}]")
    sheet.put("connector", crm, "crms")
    if answers[f"{crm}.sandbox"]:
        sheet.say("A pretend CRM, on this machine: there is no vendor to be spared.")
        sheet.put("sandbox", answers[f"{crm}.sandbox"], f"{crm}.sandbox")
        sheet.put("calls_per_second", 1000)
    for name in _SIGN_IN[crm]:
        sheet.put(name, answers[f"{crm}.{name}"], f"{crm}.{name}")
    meant = answers[f"{crm}.consents"]
    if meant:
        sheet.put("consents", dict.fromkeys(meant, MAILING), f"{crm}.consents")
    else:
        sheet.say(f"consents: no {_LISTS[crm]} means consent here; who said no is respected all the same.")
    sources = purchase_sources(answers)
    if crm not in sources:
        sheet.say("purchases: none are read from here.")
        return
    sheet.put("purchases", answers[f"{crm}.purchases"], f"{crm}.purchases")
    number = answers.get(f"{crm}.order_number") or (_OWN_NUMBER.get(crm) if len(sources) > 1 else "")
    if number:
        key = f"{crm}.order_number"
        sheet.put("order_number", number, key if answers.get(key) else f"{crm}.purchases")


_SIGN_IN = {
    "hubspot": ("token",),
    "mailchimp": ("api_key", "audiences"),
    "salesforce": ("domain", "consumer_key", "consumer_secret"),
}
_LISTS = {"hubspot": "subscription type", "mailchimp": "audience", "salesforce": "data use purpose"}
_OWN_NUMBER = {"mailchimp": "id"}
"""CRMs whose orders carry the shop's own number as theirs."""


def _destination(sheet: _Sheet, answers: Answers, crm: str) -> None:
    sheet.part(
        "[[destination]]",
        f"Labels go to {CRMS[crm]} for whom both purposes allow it. Nothing is written without",
        "consentric apply , and the first plan waits for  consentric approve .",
    )
    sheet.put("name", f"{crm}-prod")
    sheet.put("to", crm)
    sheet.put("sets", [_SET])
    sheet.put("purpose", MAILING, "purposes")
    sheet.put("channel", "email")
    sheet.put("transfer", answers[f"{crm}.transfer"], f"{crm}.transfer")


def _segments(answers: Answers) -> str:
    sheet = _Sheet(
        answers,
        "The campaigns' part: where purchases come from, segment sets and their segments (docs/segments.md).",
    )
    if SEGMENTATION not in answers["purposes"]:
        sheet.part("", "Nobody is segmented: answer 5 does not name segmentation.")
        return sheet.text
    sources = purchase_sources(answers)
    if sources:
        sheet.part(
            "[purchases]", "Orders of other CRMs are left out; of two with one number the first named wins."
        )
        sheet.put("from", sources, "crms")
    else:
        sheet.part("", "No purchases are read (answer 8), so the set below finds nobody yet.")
    sheet.part(
        "[[segment_set]]",
        "Recency, frequency, monetary: five segments. Only people whom the purpose allows take part.",
    )
    sheet.put("name", _SET)
    sheet.put("purpose", SEGMENTATION, "purposes")
    sheet.put("method", "rfm")
    return sheet.text


def _privacy(answers: Answers) -> str:
    sheet = _Sheet(
        answers,
        "Data protection's part: controller, purposes, evidence, fields with their classes (docs/consent.md)",
    )
    if answers["company"]:
        sheet.part("[controller]")
        sheet.put("name", answers["company"], "company")
        if answers["dpo"]:
            sheet.put("dpo", answers["dpo"], "dpo")
        sheet.put("country", answers["country"], "country")
    if SEGMENTATION in answers["purposes"]:
        sheet.part(
            "[[purpose]]",
            "Why people are put into segments. Until the assessment is signed, nobody is:",
            f'    consentric records lia --sign {answers["assessment"]} --by "NAME"',
        )
        sheet.put("id", SEGMENTATION, "purposes")
        sheet.put("basis", ["legitimate_interest"])
        sheet.put("assessment", f"file:{answers['assessment']}", "assessment")
    if MAILING in answers["purposes"]:
        _mailing(sheet, answers)
    if not answers["purposes"]:
        sheet.part("", "No purpose is configured, so nothing is allowed.")
    sheet.part(
        "",
        "A field of a CRM that no [[field]] names is never asked for. In [[evidence]] you claim, with a",
        "document, what a form showed: a bare flag lets nobody in.",
    )
    return sheet.text


def _mailing(sheet: _Sheet, answers: Answers) -> None:
    authorities = [crm for crm in answers["crms"] if answers[f"{crm}.consents"]]
    sheet.part(
        "[[purpose]]",
        "Why labels are written: to write to people who agreed. A no wins, unless a proven yes is later.",
    )
    sheet.put("id", MAILING, "purposes")
    sheet.put("basis", ["consent"])
    sheet.put("channel", "email")
    if not authorities:
        sheet.say("Nobody is allowed: answer 7 names no place where consent is recorded.")
        return
    sheet.say("Where consent is recorded; read again before anything is written:")
    for crm in authorities:
        sheet.say(f"    {sheet.answer(f'{crm}.consents')}")
    sheet.put("authorities", authorities)


def _toml(value: Answer | Value) -> str:
    import tomlkit

    if isinstance(value, Mapping):
        pairs = (f"{_toml(key)} = {_toml(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, (str, int)):
        return tomlkit.item(value).as_string()
    return f"[{', '.join(_toml(one) for one in value)}]"
