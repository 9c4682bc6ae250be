"""What consent records say of one person, settled: several on one question, the least permissive speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from consentric.sdk.records import ConsentEvent, Grade, RecordRef

Method = Literal["doi", "form", "phone", "paper", "crm_flag"]
CHANNELS = {"Email": "email", "Phone": "phone", "MailingAddress": "post", "Web": "none"}
"""Contact point type to channel; one for social networks speaks about no channel that we use."""
_METHODS: Mapping[str, Method] = {"Web": "form", "Phone": "phone", "MailingAddress": "paper"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One consent record, read; its giver may be several records of ours."""

    giver: str
    purpose: str | None
    """None when no purpose of ours is mapped to it."""
    channel: str
    """`*` when the source does not say which."""
    status: str
    """NotSeen, Seen, OptIn or OptOut."""
    said_at: datetime | None
    """When it was captured, or when it begins to count where that is later."""
    ends_at: datetime | None
    is_deleted: bool
    changed_at: datetime | None
    is_confirmed: bool
    captured_by: str
    """Contact point type through which it was captured."""
    origin: str | None


def settled(words: Iterable[Word], people: Iterable[RecordRef], *, at: datetime) -> Iterator[ConsentEvent]:
    """The events of one giver, for each record of theirs.

    A no does not run out by itself, and takes the latest time of its group: of two records that contradict
    each other the stricter counts, whichever is newer. Without a mapped purpose a no counts for every
    purpose, and a yes for none.

    Args:
        at: Which grants have ended by then.
    """
    groups: dict[tuple[str, str], list[Word]] = {}
    for word in words:
        if word.purpose is not None or _is_no(word):
            groups.setdefault((word.purpose or "*", word.channel), []).append(word)
    refs = list(people)
    for (purpose, channel), group in groups.items():
        for event in _group(purpose, channel, group, at):
            for ref in refs:
                yield ConsentEvent(record=ref, **event)  # type: ignore[arg-type]


def _group(purpose: str, channel: str, group: list[Word], at: datetime) -> Iterator[dict[str, object]]:
    place = {"purpose": purpose, "channel": channel}
    no = [word for word in group if _is_no(word)]
    if no:
        times = [time for word in group for time in (word.said_at,) if time is not None]
        latest = max(no, key=lambda word: word.said_at or at)
        yield (
            place
            | _facts(latest)
            | {
                "state": "withdrawn",
                # A no without a time is known at the latest since its record changed.
                "occurred_at": max(times, default=latest.changed_at),
            }
        )
        return
    live = [word for word in group if _counts(word, at)]
    for word in live if channel != "*" else ():
        yield place | _facts(word) | {"state": "granted", "occurred_at": word.said_at}
    if not live:
        ended = max(filter(None, (_end(word) for word in group)), default=None)
        if ended is not None:
            yield place | {"state": "ended", "grade": "D", "occurred_at": ended}


def _facts(word: Word) -> dict[str, object]:
    # Salesforce keeps no notice, so no record alone reaches grade B; a claim of the controller may lift it.
    grade: Grade = "A" if word.is_confirmed else "C" if word.said_at is not None else "D"
    method = "doi" if word.is_confirmed else _METHODS.get(word.captured_by, "crm_flag")
    return {"grade": grade, "method": method, "origin": word.origin}


def _is_no(word: Word) -> bool:
    return word.status == "OptOut" and not word.is_deleted


def _counts(word: Word, at: datetime) -> bool:
    is_over = word.ends_at is not None and word.ends_at <= at
    return word.status == "OptIn" and not word.is_deleted and not is_over


def _end(word: Word) -> datetime | None:
    """When a record ceased to say yes; one that never did ends nothing by it."""
    if word.status == "OptIn" and not word.is_deleted:
        return word.ends_at
    return word.changed_at
