"""The objects and fields that an org has from the start, as one table: name, type, who may write it."""

from __future__ import annotations

# A line of an object: its name, the prefix of its ids, its label; `?feature` where an org may lack it.
# A line of a field: name, type, then any of
#   ro       nobody writes it           create   written when the record is made, never after
#   must     a new record needs it      =value   what a new record has without being told
#   ?feature the org has it with that feature only
# A type carries its length or the objects it refers to; `closed` picklists refuse other values.
# Sources: object reference of the vendor, one page per object (read July to November 2026).
# Prefixes after 0PK (EmailMessageRelation and the consent objects) are this sandbox's own.
SHIPPED = """
Organization 00D Organization
  Name string:80 ro
  OrganizationType picklist ro
  InstanceName string:5 ro
  IsSandbox boolean ro
  TimeZoneSidKey picklist ro
  LanguageLocaleKey picklist ro
TaskStatus 01Z Task_Status_Value
  ApiName string:255 ro
  IsClosed boolean ro
OrderStatus 0sO Order_Status_Value
  ApiName string:255 ro
  StatusCode picklist ro
Account 001 Account
  Name string:255 must
  Type picklist
  Phone phone:40
  Website url:255
  Industry picklist
  BillingCity string:40
  BillingPostalCode string:20
  BillingCountry string:80
  LastActivityDate date ro
  MasterRecordId reference:Account ro
  Description textarea:32000
  IsPersonAccount boolean ro ?person_accounts
  PersonContactId reference:Contact ro ?person_accounts
  PersonEmail email:80 ?person_accounts
  PersonHasOptedOutOfEmail boolean ?person_accounts
  PersonIndividualId reference:Individual ?person_accounts
Contact 003 Contact
  LastName string:80 must
  FirstName string:40
  Salutation picklist
  Name string:121 ro
  AccountId reference:Account
  Email email:80
  Phone phone:40
  MobilePhone phone:40
  Title string:128
  Birthdate date
  LeadSource picklist
  MailingStreet textarea:255
  MailingCity string:40
  MailingState string:80
  MailingPostalCode string:20
  MailingCountry string:80
  MailingCountryCode picklist ?country_codes
  MailingAddress address ro
  HasOptedOutOfEmail boolean
  HasOptedOutOfFax boolean
  DoNotCall boolean
  EmailBouncedDate datetime
  EmailBouncedReason string:255
  IndividualId reference:Individual ?individuals
  LastActivityDate date ro
  MasterRecordId reference:Contact ro
  Description textarea:32000
  IsPersonAccount boolean ro ?person_accounts
Lead 00Q Lead
  LastName string:80 must
  FirstName string:40
  Salutation picklist
  Name string:121 ro
  Company string:255 must
  Email email:80
  Phone phone:40
  MobilePhone phone:40
  Title string:128
  LeadSource picklist
  Status picklist =Open_-_Not_Contacted
  Street textarea:255
  City string:40
  State string:80
  PostalCode string:20
  Country string:80
  CountryCode picklist ?country_codes
  Address address ro
  HasOptedOutOfEmail boolean
  HasOptedOutOfFax boolean
  DoNotCall boolean
  EmailBouncedDate datetime
  EmailBouncedReason string:255
  IsConverted boolean ro
  ConvertedDate date ro
  ConvertedAccountId reference:Account ro
  ConvertedContactId reference:Contact ro
  ConvertedOpportunityId reference:Opportunity ro
  IndividualId reference:Individual ?individuals
  LastActivityDate date ro
  MasterRecordId reference:Lead ro
  Description textarea:32000
Opportunity 006 Opportunity
  Name string:120 must
  AccountId reference:Account
  ContactId reference:Contact create
  Amount currency
  CurrencyIsoCode picklist ?multi_currency
  CloseDate date must
  StageName picklist must
  IsClosed boolean ro
  IsWon boolean ro
  Type picklist
  Probability percent
  LeadSource picklist
  CampaignId reference:Campaign
  LastActivityDate date ro
OpportunityContactRole 00K Opportunity_Contact_Role
  OpportunityId reference:Opportunity must create
  ContactId reference:Contact must
  Role picklist
  IsPrimary boolean
Order 801 Order
  AccountId reference:Account must
  BillToContactId reference:Contact
  ShipToContactId reference:Contact
  OrderNumber string:30 ro
  EffectiveDate date must
  ActivatedDate datetime ro
  Status picklist must
  StatusCode picklist ro
  TotalAmount currency ro
  CurrencyIsoCode picklist ?multi_currency
Task 00T Task
  WhoId reference:Contact,Lead
  WhatId reference:Account,Opportunity,Campaign,Order
  Subject string:255
  ActivityDate date
  Status picklist =Not_Started
  Priority picklist =Normal
  IsClosed boolean ro
  TaskSubtype picklist create
  CallType picklist
  CallDurationInSeconds int
  CompletedDateTime datetime ro
  IsArchived boolean ro
  AccountId reference:Account ro
  Description textarea:32000
Event 00U Event
  WhoId reference:Contact,Lead
  WhatId reference:Account,Opportunity,Campaign,Order
  Subject string:255
  StartDateTime datetime
  EndDateTime datetime
  ActivityDate date
  DurationInMinutes int
  IsAllDayEvent boolean
  IsArchived boolean ro
  AccountId reference:Account ro
  Description textarea:32000
EmailMessage 02s Email_Message
  RelatedToId reference:Account,Opportunity,Campaign,Order
  ActivityId reference:Task create
  Incoming boolean create
  MessageDate datetime
  Status picklist =5
  Subject string:3000
  FromAddress email:1000
  ToAddress string:4000
  IsTracked boolean
  IsOpened boolean ro
  FirstOpenedDate datetime
  LastOpenedDate datetime
  IsBounced boolean ro
EmailMessageRelation 0sE Email_Message_Relation
  EmailMessageId reference:EmailMessage must create
  RelationId reference:Contact,Lead create
  RelationType picklist must create
  RelationObjectType string:30 ro
  RelationAddress email:1000 create
Campaign 701 Campaign
  Name string:80 must
  Type picklist
  Status picklist =Planned
  StartDate date
  EndDate date
  IsActive boolean
  ParentId reference:Campaign
  Description textarea:32000
CampaignMember 00v Campaign_Member
  CampaignId reference:Campaign must create
  ContactId reference:Contact create
  LeadId reference:Lead create
  LeadOrContactId reference:Contact,Lead ro
  Status picklist =Sent
  HasResponded boolean ro
  FirstRespondedDate date ro
  HasOptedOutOfEmail boolean ro
  DoNotCall boolean ro
Individual 0PK Individual ?individuals
  LastName string:80 must
  FirstName string:40
  Name string:121 ro
  HasOptedOutProcessing boolean
  HasOptedOutProfiling boolean
  HasOptedOutSolicit boolean
  HasOptedOutTracking boolean
  HasOptedOutGeoTracking boolean
  CanStorePiiElsewhere boolean
  ShouldForget boolean
  SendIndividualData boolean
  IndividualsAge picklist
  BirthDate date
  DeathDate date
  MasterRecordId reference:Individual ro
DataUseLegalBasis 0sL Data_Use_Legal_Basis ?individuals
  Name string:255 must
  Source string:255
  Description textarea:32000
DataUsePurpose 0sP Data_Use_Purpose ?individuals
  Name string:255 must
  LegalBasisId reference:DataUseLegalBasis
  CanDataSubjectOptOut boolean
  Description textarea:32000
ContactPointTypeConsent 0sT Contact_Point_Type_Consent ?individuals
  Name string:255 must
  PartyId reference:Individual must
  DataUsePurposeId reference:DataUsePurpose
  BusinessBrandId reference:BusinessBrand
  ContactPointType closed:Email,MailingAddress,Phone,Social,Web must
  PrivacyConsentStatus closed:NotSeen,Seen,OptIn,OptOut
  EffectiveFrom datetime
  EffectiveTo datetime
  CaptureDate datetime must
  CaptureSource string:255 must
  CaptureContactPointType closed:Email,MailingAddress,Phone,Social,Web must
  DoubleConsentCaptureDate datetime
ContactPointConsent 0sC Contact_Point_Consent ?individuals
  Name string:255 must
  ContactPointId reference:ContactPointEmail,ContactPointPhone must
  DataUsePurposeId reference:DataUsePurpose
  BusinessBrandId reference:BusinessBrand
  PrivacyConsentStatus closed:NotSeen,Seen,OptIn,OptOut
  EffectiveFrom datetime
  EffectiveTo datetime
  CaptureDate datetime must
  CaptureSource string:255 must
  CaptureContactPointType closed:Email,MailingAddress,Phone,Social,Web must
  DoubleConsentCaptureDate datetime
ContactPointEmail 0sM Contact_Point_Email ?individuals
  Name string:255 ro
  ParentId reference:Account,Individual must
  EmailAddress email:255 must
  IsPrimary boolean
CommSubscriptionConsent 0sS Communication_Subscription_Consent ?individuals
  Name string:255 must
  CommSubscriptionChannelTypeId reference:CommSubscriptionChannelType must
  ContactPointId reference:ContactPointEmail,ContactPointPhone must
  ConsentGiverId reference:Account,Contact,Individual
  ConsentCapturedDateTime datetime must
  ConsentCapturedSource string:255 must
  DataUsePurposeId reference:DataUsePurpose
  BusinessBrandId reference:BusinessBrand
  PrivacyConsentStatus closed:NotSeen,Seen,OptIn,OptOut
  EffectiveFromDate date
  EffectiveToDate date
"""

FEATURES = ("individuals", "person_accounts", "multi_currency", "country_codes")
"""What an org may lack; a new one has the first only."""
