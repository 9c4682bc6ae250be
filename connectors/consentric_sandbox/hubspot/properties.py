"""The property definitions of the pretend portal: what HubSpot ships and what was added."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

TYPES = frozenset({"bool", "date", "datetime", "enumeration", "number", "phone_number", "string"})
FIELD_TYPES = frozenset(
    [
        "booleancheckbox",
        "calculation_equation",
        "checkbox",
        "date",
        "file",
        "html",
        "number",
        "phonenumber",
        "radio",
        "select",
        "text",
        "textarea",
    ]
)


@dataclass(slots=True, kw_only=True)
class Option:
    """One choice of an enumeration."""

    label: str
    value: str
    hidden: bool = False
    displayOrder: int = -1  # noqa: N815 -- the vendor's spelling, printed as it stands
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Property:
    """The definition of one property of one object type."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: list[Option] = field(default_factory=list)
    has_unique_value: bool = False
    hubspot_defined: bool = False
    read_only_value: bool = False
    created_at: str = "2019-01-01T00:00:00.000Z"
    updated_at: str = "2019-01-01T00:00:00.000Z"

    @property
    def takes_several(self) -> bool:
        """Whether a value is a `;`-joined list (fieldType checkbox)."""
        return self.type == "enumeration" and self.field_type == "checkbox"

    def shown(self) -> dict[str, Any]:
        """The definition as the API prints it."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [asdict(option) for option in self.options],
            "displayOrder": -1,
            "calculated": False,
            "externalOptions": False,
            "hasUniqueValue": self.has_unique_value,
            "hidden": False,
            "hubspotDefined": self.hubspot_defined,
            "formField": not self.hubspot_defined,
            "archived": False,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined,
                "readOnlyValue": self.read_only_value,
            },
        }


# One line per property: name, type, fieldType, marks (u unique, r read-only value).
_SYSTEM = "hs_object_id number number r; hs_merged_object_ids enumeration checkbox r"
_CONTACTS = """
createdate datetime date r; lastmodifieddate datetime date r; email string text u; firstname string text;
lastname string text; phone string phonenumber; mobilephone string phonenumber; address string text;
city string text; state string text; zip string text; country string text; company string text;
jobtitle string text; gender string text; date_of_birth string text; hs_language string text;
hs_additional_emails enumeration checkbox r; hs_calculated_merged_vids enumeration checkbox r;
hs_email_optout bool booleancheckbox r; hs_email_optout_survey_reason string text r;
hs_email_quarantined bool booleancheckbox r; hs_email_quarantined_reason string text r;
hs_email_hard_bounce_reason string text r; hs_email_hard_bounce_reason_enum string text r;
hs_email_is_ineligible bool booleancheckbox r; hs_emailconfirmationstatus string text r;
hs_marketable_status string text r; hs_email_bounce number number r; hs_email_delivered number number r;
hs_email_open number number r; hs_email_click number number r; hs_email_replied number number r;
hs_email_last_open_date datetime date r; hs_email_last_click_date datetime date r;
hs_email_last_send_date datetime date r; hs_email_last_reply_date datetime date r;
hs_email_sends_since_last_engagement number number r; num_associated_deals number number r;
notes_last_contacted datetime date r; recent_conversion_date datetime date r
"""
_DEALS = """
createdate datetime date; hs_lastmodifieddate datetime date r; dealname string text; amount number number;
amount_in_home_currency number number r; deal_currency_code string text; closedate datetime date;
dealstage string text; pipeline string text; dealtype string text; description string textarea;
hs_is_closed_won bool booleancheckbox r; hs_is_closed bool booleancheckbox r
"""
_ORDERS = """
hs_createdate datetime date r; hs_lastmodifieddate datetime date r; hs_order_name string text;
hs_external_order_id string text; hs_external_order_status string text; hs_total_price number number;
hs_subtotal_price number number; hs_refund_amount number number; hs_currency_code string text;
hs_external_created_date datetime date; hs_processed_date datetime date; hs_cancelled_date datetime date;
hs_external_cancel_date datetime date; hs_cancellation_reason string text; hs_fulfillment_status string text;
hs_payment_status string text; hs_pipeline string text; hs_pipeline_stage string text;
hs_source_store string text; hs_tags string text
"""
_ENGAGEMENT = """
hs_createdate datetime date r; hs_lastmodifieddate datetime date r; hs_timestamp datetime date;
hubspot_owner_id string text
"""
_CALLS = """
hs_call_title string text; hs_call_body string textarea; hs_call_duration number number;
hs_call_direction string text; hs_call_disposition string text; hs_call_status string text
"""
_EMAILS = """
hs_email_subject string text; hs_email_text string textarea; hs_email_direction string text;
hs_email_status string text
"""
_MEETINGS = """
hs_meeting_title string text; hs_meeting_outcome string text; hs_meeting_start_time datetime date;
hs_meeting_end_time datetime date
"""
SHIPPED = {
    "contacts": _CONTACTS,
    "deals": _DEALS,
    "orders": _ORDERS,
    "calls": _ENGAGEMENT + ";" + _CALLS,
    "emails": _ENGAGEMENT + ";" + _EMAILS,
    "meetings": _ENGAGEMENT + ";" + _MEETINGS,
    "notes": _ENGAGEMENT + "; hs_note_body string textarea",
    "tasks": _ENGAGEMENT + "; hs_task_subject string text; hs_task_status string text",
    "communications": _ENGAGEMENT + "; hs_communication_channel_type string text",
}
GROUPS = {"contacts": "contactinformation", "deals": "dealinformation", "orders": "order_information"}
# Labels as in "Lawful basis to process" (knowledge base, 2018); a client reads them from `options`.
LEGAL_BASES = (
    "Legitimate interest – prospect/lead",
    "Legitimate interest – existing customer",
    "Performance of a contract",
    "Freely given consent from contact",
    "Not applicable",
)
LIFECYCLE = "subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer evangelist other"


def shipped(object_type: str) -> dict[str, Property]:
    """The definitions a fresh portal has for one object type."""
    group = GROUPS.get(object_type, "engagement")
    found: dict[str, Property] = {}
    for line in (_SYSTEM + ";" + SHIPPED[object_type]).split(";"):
        name, kind, field_type, *marks = line.split()
        flags = "".join(marks)
        found[name] = Property(
            name=name,
            label=name.removeprefix("hs_").replace("_", " ").capitalize(),
            type=kind,
            field_type=field_type,
            group=group,
            has_unique_value="u" in flags,
            hubspot_defined=True,
            read_only_value="r" in flags,
        )
    if object_type == "contacts":
        found["lifecyclestage"] = _choice("lifecyclestage", "select", LIFECYCLE.split())
        found["hs_legal_basis"] = _choice("hs_legal_basis", "checkbox", LEGAL_BASES)
    return found


def _choice(name: str, field_type: str, values: list[str] | tuple[str, ...]) -> Property:
    return Property(
        name=name,
        label=name.removeprefix("hs_").replace("_", " ").capitalize(),
        type="enumeration",
        field_type=field_type,
        group="contactinformation",
        options=[Option(label=value, value=value, displayOrder=at) for at, value in enumerate(values)],
        hubspot_defined=True,
    )
