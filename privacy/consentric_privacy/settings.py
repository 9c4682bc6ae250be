"""Settings of the data-protection officer: controller, purposes, evidence claims and notices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from consentric_privacy.purpose import Basis, Claim, Purpose

Channel = Literal["email", "phone", "sms", "post", "none"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
FileReference = Annotated[str, Field(pattern=r"^file:.+$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]

SHIPPED: Mapping[str, Mapping[str, Any]] = {
    "segmentation": {
        "basis": ["legitimate_interest"],
        "channels": ["none"],
        "direct_marketing": True,
        "profiling": True,
    },
    "email_marketing": {
        "basis": ["consent", "soft_opt_in"],
        "channels": ["email"],
        "direct_marketing": True,
    },
}
"""What the two shipped purposes are unless the configuration says otherwise."""

_WHERE = re.compile(r"^(?:form|list|tag)\s*=\s*'(.+)'$")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ControllerSettings(_Section):
    """`[controller]`: who is responsible, and where people turn to."""

    name: str = Field(min_length=1)
    """The company that decides why and how data is used."""
    dpo: str = ""
    """Address of the data protection officer, if there is one."""
    contact: str = ""
    """Where people write to about their data; the officer's address if empty."""
    country: Country = "FR"
    """Country of establishment, ISO 3166-1 alpha-2."""
    consent_ages: dict[Country, Annotated[int, Field(ge=13, le=16)]] = Field(default_factory=dict)
    """Age of digital consent by country, where it differs from the built-in table (Art. 8(1): 13 to 16)."""


class PurposeSettings(_Section):
    """`[[purpose]]`: why data is used, and the conditions."""

    id: Name
    """Name that segment sets, destinations and connections refer to."""
    basis: Annotated[list[Basis], Field(min_length=1)]
    """Legal bases in order of preference; any of them suffices."""
    channels: Annotated[list[Channel], Field(min_length=1)] = ["none"]
    """Ways it contacts people; `none` if it contacts nobody. One alone may be written `channel = "email"`."""
    direct_marketing: bool = False
    """Whether it serves direct marketing: objections and suppression then stop it without balancing."""
    profiling: bool = False
    """Whether it evaluates people: minors are then left out where it rests on legitimate interest."""
    significant_effect: bool = False
    """Whether its result affects people significantly (Art. 22): a human must confirm it."""
    special_category: bool = False
    """Whether it may use data of Art. 9."""
    min_grade: Literal["A", "B"] = "B"
    """Lowest evidence a consent needs: A = confirmed by the person (double opt-in), B = form with time."""
    max_age_months: Annotated[int, Field(ge=1)] | None = None
    """Months after which a consent must be renewed; none by default, inactivity does the work."""
    accepted_notices: list[str] = []
    """Notices a consent may rest on; empty accepts every notice."""
    authorities: list[str] = []
    """Connections where its consent is recorded: read within a day before anything is written."""
    assessment: FileReference | None = None
    """The balancing test of its legitimate interest, as `file:lia-2026.md`; it counts once signed."""
    inactivity_months: Annotated[int, Field(ge=1)] = 36
    """Months without an act of the person after which marketing ends (three years is the French practice)."""
    child_directed: bool = False
    """Whether it is directed at children: an unknown age then denies."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        """Adds the defaults of a shipped purpose and reads `channel` as a list of one."""
        if not isinstance(given, Mapping):
            return given
        values = {**SHIPPED.get(str(given.get("id")), {}), **given}
        if "channel" in values:
            if "channels" in given:
                raise ValueError("channel and channels exclude each other")
            values["channels"] = [values.pop("channel")]
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.basis)) != len(self.basis):
            raise ValueError("basis names one basis twice")
        if self.assessment is not None and "legitimate_interest" not in self.basis:
            raise ValueError('assessment belongs to a purpose with the basis "legitimate_interest"')
        if self.special_category and "consent" not in self.basis:
            raise ValueError('special_category needs the basis "consent" (Art. 9(2)(a))')
        return self


class EvidenceSettings(_Section):
    """`[[evidence]]`: a claim the controller makes and can prove; applied when deciding, never stored."""

    source: str
    """Connection whose consents it speaks about."""
    where: str | None = None
    """One form, list or tag, as `form = 'Newsletter sign-up'`; empty covers all of the source."""
    from_: date | None = Field(default=None, alias="from")
    """First day it covers."""
    to: date | None = None
    """Last day it covers."""
    grade: Literal["B", "C"] | None = None
    """Evidence grade it lifts to; at most B, for only the person can confirm."""
    notice: str | None = None
    """Notice that was shown, where the source names none."""
    optout_offered: bool = False
    """Whether an opt-out was offered when the address was collected (soft opt-in)."""
    document: FileReference
    """The proof, as `file:form-2022.png`; the claim counts while it is the file first relied on."""
    by: str = Field(min_length=1)
    """Who makes the claim."""
    on: date | None = None
    """Day it was made."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.where is not None and _WHERE.match(self.where) is None:
            raise ValueError("where must read: form = 'NAME', list = 'NAME' or tag = 'NAME'")
        if self.grade is None and self.notice is None and not self.optout_offered:
            raise ValueError("an evidence claim says nothing: give grade, notice or optout_offered")
        if self.from_ is not None and self.to is not None and self.to < self.from_:
            raise ValueError("to lies before from")
        return self


class NoticeSettings(_Section):
    """`[[notice]]`: a text that people were shown when they consented."""

    id: str = Field(min_length=1)
    """Name that purposes and evidence claims refer to."""
    text: FileReference
    """The text itself, as `file:notice-n2.md`."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "fr"
    """ISO 639-1."""
    from_: date | None = Field(default=None, alias="from")
    """First day it was shown."""
    to: date | None = None
    """Last day it was shown."""


def purpose_from(settings: PurposeSettings, *, has_assessment: bool) -> Purpose:
    """The purpose as the decision reads it.

    Args:
        settings: The checked section.
        has_assessment: Whether its balancing test is signed and its file unchanged
            (`assessment.assessment_is_signed`); only asked for where legitimate interest is a basis.
    """
    return Purpose(
        id=settings.id,
        basis=tuple(settings.basis),
        channels=tuple(settings.channels),
        direct_marketing=settings.direct_marketing,
        profiling=settings.profiling,
        significant_effect=settings.significant_effect,
        special_category=settings.special_category,
        min_grade=settings.min_grade,
        max_age_months=settings.max_age_months,
        accepted_notices=tuple(settings.accepted_notices),
        authorities=tuple(settings.authorities),
        has_assessment=has_assessment,
        inactivity_months=settings.inactivity_months,
        child_directed=settings.child_directed,
    )


def claim_from(settings: EvidenceSettings) -> Claim:
    """The claim as the decision reads it; its last day is covered to its end (UTC)."""
    name = _WHERE.match(settings.where) if settings.where is not None else None
    return Claim(
        source=settings.source,
        origin=name[1] if name is not None else None,
        from_at=None if settings.from_ is None else _start_of(settings.from_),
        until_at=None if settings.to is None else _start_of(settings.to + timedelta(days=1)),
        grade=settings.grade,
        notice=settings.notice,
        optout_offered=settings.optout_offered,
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
