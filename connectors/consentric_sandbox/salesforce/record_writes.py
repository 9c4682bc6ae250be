"""Writes of single records, shared by all end points: what the vendor refuses, what the log says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from consentric_sandbox.write_log import Kind

from .catalogue import Visible
from .field_values import Refused, RowError, checked
from .ids import known_id
from .org import Org
from .tables import Row, Table

LOCKED = RowError(
    "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: pretend"
)
_NO_MESSAGES = frozenset({"HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"})
_OBJECTIONS = _NO_MESSAGES | {
    "PersonHasOptedOutOfEmail",
    "HasOptedOutProcessing",
    "HasOptedOutProfiling",
    "HasOptedOutSolicit",
    "HasOptedOutTracking",
    "HasOptedOutGeoTracking",
    "ShouldForget",
}
_CONSENTS = frozenset({"ContactPointTypeConsent", "ContactPointConsent", "CommSubscriptionConsent"})
_PEOPLE = frozenset({"Contact", "Lead", "Account", "Individual"})


class Writes:
    """Carries out the rows of one request, and logs them by kind at its end."""

    def __init__(self, org: Org, operation: str) -> None:
        self.org = org
        self.operation = operation
        self.at = org.now()
        self._done: dict[Kind, list[tuple[str, dict[str, str]]]] = {}
        self._unique: dict[tuple[str, str], dict[str, str]] = {}
        self._before: list[tuple[Table, str, Row | None]] = []

    def update(self, entity: Visible, id: object, sent: Mapping[str, Any]) -> str:
        """Changes a live record; any write moves its modification time, even of the same value.

        Raises:
            Refused: The record or a value is not as it must be.
        """
        row = self._found(entity, id)
        if row.values.get("IsConverted"):
            raise Refused(RowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"))
        values = checked(entity, sent, is_new=False)
        self._check_unique(entity, values, row.id)
        self._remember(entity, row.id)
        self._put(entity, row, values)
        row.modified = row.stamp = self.at
        self._note(_kind_of(entity.name, values, is_new=False), row.id, values)
        return row.id

    def create(self, entity: Visible, sent: Mapping[str, Any]) -> str:
        """Makes a record and gives its id.

        Raises:
            Refused: A value is missing or not as it must be, or the record exists already.
        """
        values = checked(entity, sent, is_new=True)
        state = self.org.state
        if entity.name == "CampaignMember":
            self._check_member(values)
        self._check_unique(entity, values, "")
        row = Row(state.new_id(entity.name), {}, self.at, self.at, self.at)
        for field in entity.fields.values():
            if field.default:
                row.values[field.name] = field.default
        self._put(entity, row, values)
        self._remember(entity, row.id)
        state.tables[entity.name].add(row)
        self._note(_kind_of(entity.name, values, is_new=True), row.id, values)
        return row.id

    def upsert(self, entity: Visible, key: str, value: str, sent: Mapping[str, Any]) -> tuple[str, bool]:
        """Changes the record with that value of an external id, or makes one; gives id and whether made.

        An upsert is logged as what could create, also when it found its record.

        Raises:
            Refused: As update and create do.
        """
        found = self.known(entity, key).get(value.lower())
        if found is None:
            return self.create(entity, {**sent, key: value}), True
        row = self._found(entity, found)
        values = checked(entity, sent, is_new=False)
        self._remember(entity, row.id)
        self._put(entity, row, values)
        row.modified = row.stamp = self.at
        self._note("could_create", row.id, values)
        return row.id, False

    def delete(self, entity: Visible, id: object, *, for_good: bool = False) -> str:
        """Puts a live record into the recycle bin, or takes it out for good.

        Raises:
            Refused: There is no such live record.
        """
        row = self._found(entity, id)
        table = self.org.state.tables[entity.name]
        self._remember(entity, row.id)
        if for_good:
            table.remove(row.id)
        else:
            table.delete(row, self.at)
        self._note("label" if entity.name == "CampaignMember" else "erase", row.id, {})
        return row.id

    def end(self) -> None:
        """Takes dependent records along and writes one line of the log for each kind of write."""
        gone = {id for kind in self._done if kind == "erase" for id, _ in self._done[kind]}
        if gone:
            self._cascade(gone)
        for kind, rows in self._done.items():
            self.org.accept(kind, self.operation, [id for id, _ in rows], [values for _, values in rows])
        self._done.clear()

    def take_back(self) -> None:
        """Undoes everything since the request began; nothing is logged."""
        for table, id, row in reversed(self._before):
            if id in table.rows:
                table.remove(id)
            if row is not None:
                table.add(row)
        self._done.clear()

    def known(self, entity: Visible, field: str) -> dict[str, str]:
        """Values of a unique or external id field, in lower case, to the live record that has them."""
        if (entity.name, field) not in self._unique:
            rows = self.org.state.tables[entity.name].each()
            self._unique[entity.name, field] = {
                str(row.values[field]).lower(): row.id for row in rows if row.values.get(field) is not None
            }
        return self._unique[entity.name, field]

    def _found(self, entity: Visible, id: object) -> Row:
        """The live record of an id.

        Raises:
            Refused: In the words for an id that is none, of another object, unknown or deleted.
        """
        if id is None:
            raise Refused(RowError("MISSING_ARGUMENT", "Id not specified in an update call"))
        known = known_id(id)
        if known is None or not known.startswith(entity.prefix):
            message = f"{entity.label} ID: id value of incorrect type: {id}"
            raise Refused(RowError("MALFORMED_ID", message, ("Id",)))
        row = self.org.state.tables[entity.name].rows.get(known)
        if row is None:
            raise Refused(RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
        if row.deleted:
            raise Refused(RowError("ENTITY_IS_DELETED", "entity is deleted"))
        return row

    def _remember(self, entity: Visible, id: str) -> None:
        table = self.org.state.tables[entity.name]
        row = table.rows.get(id)
        self._before.append((table, id, None if row is None else replace(row, values=dict(row.values))))

    def _put(self, entity: Visible, row: Row, values: Mapping[str, Any]) -> None:
        responded = entity.name == "CampaignMember" and values.get("Status") == "Responded"
        if responded and "FirstRespondedDate" not in row.values:
            row.values["FirstRespondedDate"] = self.at[:10]
        for name, value in values.items():
            if value is None:
                row.values.pop(name, None)
            else:
                row.values[name] = value
            if (entity.name, name) in self._unique and value is not None:
                self._unique[entity.name, name][str(value).lower()] = row.id

    def _check_unique(self, entity: Visible, values: Mapping[str, Any], id: str) -> None:
        for name, value in values.items():
            field = entity.field(name)
            if field is None or not field.is_unique or value is None:
                continue
            other = self.known(entity, name).get(str(value).lower())
            if other is not None and other != id:
                message = f"duplicate value found: {name} duplicates value on record with id: {other}"
                raise Refused(RowError("DUPLICATE_VALUE", message))

    def _check_member(self, values: Mapping[str, Any]) -> None:
        state = self.org.state
        people = [values[name] for name in ("ContactId", "LeadId") if values.get(name)]
        if len(people) != 1:
            message = "Required fields are missing: [ContactId or LeadId]"
            raise Refused(RowError("REQUIRED_FIELD_MISSING", message))
        for id, name in ((values["CampaignId"], "Campaign"), (people[0], "")):
            entity = state.catalogue.of_id(id) if not name else state.catalogue.entity(name)
            if entity is None or state.tables[entity.name].live(id) is None:
                raise Refused(RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
        known = self._unique.get(("CampaignMember", "pair"))
        if known is None:
            known = self._unique["CampaignMember", "pair"] = {
                _pair(row.values): row.id for row in state.tables["CampaignMember"].each()
            }
        if _pair(values) in known:
            raise Refused(RowError("DUPLICATE_VALUE", "Already a campaign member."))
        known[_pair(values)] = "new"

    def _cascade(self, gone: set[str]) -> None:
        """Memberships and roles do not outlive the contact, lead, campaign or deal that they link."""
        tables = self.org.state.tables
        for name, links in (
            ("CampaignMember", ("CampaignId", "ContactId", "LeadId")),
            ("OpportunityContactRole", ("OpportunityId", "ContactId")),
        ):
            for row in list(tables[name].each()):
                if any(row.values.get(link) in gone for link in links):
                    tables[name].delete(row, self.at)

    def _note(self, kind: Kind, id: str, values: Mapping[str, Any]) -> None:
        printed = {name: _printed(value) for name, value in values.items()}
        self._done.setdefault(kind, []).append((id, printed))


def _kind_of(entity: str, values: Mapping[str, Any], *, is_new: bool) -> Kind:
    """What a write means for people: whether it could bring someone in, or send them messages."""
    objections = [values[name] for name in _OBJECTIONS & values.keys()]
    if not is_new and False in objections:
        return "could_subscribe"
    if entity in _CONSENTS:
        return "unsubscribe" if values.get("PrivacyConsentStatus") == "OptOut" else "could_subscribe"
    if is_new:
        kinds: dict[str, Kind] = {"CampaignMember": "label", "Campaign": "provision"}
        return kinds.get(entity, "could_create")
    if True in objections:
        return "unsubscribe"
    if entity == "CampaignMember":
        return "label"
    is_label = entity in _PEOPLE and values and all(name.endswith("__c") for name in values)
    return "label" if is_label else "other"


def _pair(values: Mapping[str, Any]) -> str:
    return f"{values.get('CampaignId')} {values.get('ContactId') or values.get('LeadId')}"


def _printed(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
