"""Settings of what is read: which fields, of which class, and where purchases come from."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

FieldClass = Literal["identifier", "quasi", "attribute", "activity", "special", "free_text", "ignore"]
Generalisation = Literal["department", "age_band", "day", "month", "year"]


class FieldSettings(BaseModel):
    """One `[[field]]`: a field of a source, its class, and what may be kept of it.

    A field that no entry names is never asked for (GDPR art. 5(1)(c)).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    connection: str
    object: str = "contact"
    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")
    field_class: FieldClass = Field(alias="class")
    generalise: Generalisation | None = None
    """What is kept of a `quasi` field: department of a postcode, ten-year band of a birth date, ..."""
    external_id: str | None = None
    """Of an `identifier`: the number it carries (`loyalty`), by which records of one person are joined."""
    as_: str | None = Field(default=None, alias="as", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    """Name in segment rules; the field's own name, in lower case, when absent."""
    purpose: str | None = None
    """Of a `special` field: the purpose with explicit consent that covers it (GDPR art. 9)."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.field_class == "quasi" and self.generalise is None:
            raise ValueError('a field of class "quasi" must name a generalisation: department, age_band, ...')
        if self.field_class != "quasi" and self.generalise is not None:
            raise ValueError('only a field of class "quasi" is generalised')
        if self.external_id is not None and self.field_class != "identifier":
            raise ValueError('only a field of class "identifier" can be an external id')
        if self.field_class == "special" and self.purpose is None:
            raise ValueError('a field of class "special" must name the purpose with explicit consent')
        return self

    @property
    def attribute(self) -> str | None:
        """Name under which the warehouse keeps it, or None when it is not kept."""
        if self.field_class in ("quasi", "attribute", "special"):
            return self.as_ or self.name.lower()
        return None

    @property
    def is_requested(self) -> bool:
        """Whether the connector may ask for it at all."""
        return self.attribute is not None or self.external_id is not None


class PurchasesSettings(BaseModel):
    """`[purchases]`: the sources of truth for orders, the first one wins."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    sources: tuple[str, ...] = Field(default=(), alias="from")
    """Connections whose orders count; orders of others are left out."""


class MoneySettings(BaseModel):
    """`[money]`: the reporting currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reporting: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    rates: str | None = None
    """CSV with the columns currency, day, rate (units of the reporting currency for one); relative path."""
