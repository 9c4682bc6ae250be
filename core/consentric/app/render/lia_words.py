"""The words of the legitimate-interest worksheet: facts, and the questions that a human answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language."""

    texts: Mapping[str, str]
    classes: Mapping[str, str]
    """Class of a field in words."""
    measures: tuple[str, ...]
    """What holds for every workspace, whatever its configuration."""
    questions: Mapping[str, tuple[str, ...]]
    """Part of the worksheet to its questions (GDPR art. 6(1)(f), recital 47; EDPB Guidelines 1/2024)."""

    def __getitem__(self, name: str) -> str:
        return self.texts[name]


_ENGLISH = Words(
    texts={
        "title": "Legitimate-interest assessment: {purpose}",
        "made": "Draft of {day}, filled from the configuration {config}. Each line with a question mark in "
        "square brackets is for a human: write the answer in place of it. It counts once signed.",
        "interest": "The interest",
        "necessity": "Necessity",
        "impact": "What it means for people",
        "measures": "Measures and rights",
        "balance": "The balance",
        "signature": "Decision",
        "controller": "Controller: {name} ({country}); contact for people: {contact}",
        "purpose": "Purpose `{purpose}`; legal bases: {bases}; channels: {channels}",
        "marketing": (
            "It serves direct marketing: an objection ends it at once, without any balancing "
            "(art. 21(2)-(3))."
        ),
        "counts": "People known: {people}; whom it would allow today: {allowed}; last run: {day}",
        "no_counts": "Nobody was read yet, so there are no counts.",
        "sources": "Read from: {sources}",
        "activities": "Activities: purchases and contacts with day, kind and amount, without content.",
        "field": "Field `{name}` of {connection}: {kind}; kept: {kept}",
        "no_fields": "No field of a contact beyond identification and activities.",
        "not_stored": "nothing but a keyed fingerprint",
        "set": "Segments `{name}`: {segments}",
        "destination": (
            "Labels go to `{name}` ({to}), for {purpose} by {channel}; transfer: {transfer}; {automations}"
        ),
        "quiet": "built so that no automation of the CRM starts by itself",
        "fire": "automations of the CRM may start on them",
        "no_destination": "No label is written to a CRM.",
        "significant": "The result affects people significantly: a human confirms it (art. 22).",
        "not_significant": (
            "The configuration says that the result does not affect people significantly (art. 22)."
        ),
        "retention": "It ends {months} months after the last act of the person.",
        "minors": "Nobody known to be under 18 is segmented.",
        "none": "none",
    },
    classes={
        "identifier": "identifier, never stored",
        "quasi": "could single somebody out, stored coarsened",
        "attribute": "attribute",
        "activity": "activity",
        "special": "special category (art. 9)",
        "free_text": "free text, never stored",
        "ignore": "not read",
    },
    measures=(
        (
            "No name, address or telephone number is stored; segments are computed over "
            "pseudonyms, without any key."
        ),
        (
            "Every run checks consent, objections and restrictions anew, also right before "
            "writing; without a reason to allow, nothing happens."
        ),
        "An objection, a withdrawal or an erasure takes labels off in the next run, in every CRM.",
        (
            "Rights: each person can have segment, reason and data explained (`consentric "
            "explain`), and can object."
        ),
        "What was done is kept in a chained log without personal data.",
    ),
    questions={
        "interest": (
            "Which interest is pursued, whose is it, and is it lawful, real and stated clearly?",
            "What is lost without it?",
        ),
        "necessity": (
            "Why is each of the data above needed for it?",
            "Why would less data, or a way that intrudes less, not do?",
        ),
        "impact": (
            "What relationship do the people have with the controller, and when did it begin?",
            "Would they expect this use? What were they told, and when?",
            "Which consequences can a segment have for somebody: prices, offers withheld, pressure?",
            "Are there children or other vulnerable people among them?",
        ),
        "measures": ("How is somebody told of the right to object, and how easily is it used?",),
        "balance": (
            "Why do the interests and rights of the people not prevail?",
            "Which further measures were decided?",
        ),
        "signature": ("Who decided what, on which day, after hearing whom?", "When will it be reviewed?"),
    },
)

_FRENCH = Words(
    texts={
        "title": "Évaluation de l'intérêt légitime : {purpose}",
        "made": "Brouillon du {day}, rempli d'après la configuration {config}. Chaque ligne qui "
        "porte un point d'interrogation entre crochets attend un humain : écrivez la réponse à la place. "
        "L'évaluation vaut une fois signée.",
        "interest": "L'intérêt",
        "necessity": "La nécessité",
        "impact": "Ce que cela change pour les personnes",
        "measures": "Mesures et droits",
        "balance": "La mise en balance",
        "signature": "Décision",
        "controller": (
            "Responsable du traitement : {name} ({country}) ; contact pour les personnes : {contact}"
        ),
        "purpose": "Finalité `{purpose}` ; bases légales : {bases} ; canaux : {channels}",
        "marketing": (
            "Elle sert la prospection : une opposition y met fin aussitôt, sans mise en balance "
            "(art. 21, § 2 et 3)."
        ),
        "counts": (
            "Personnes connues : {people} ; autorisées aujourd'hui : {allowed} ; dernière exécution : {day}"
        ),
        "no_counts": "Personne n'a encore été lu : il n'y a pas de chiffres.",
        "sources": "Lu dans : {sources}",
        "activities": "Activités : achats et contacts avec jour, nature et montant, sans contenu.",
        "field": "Champ `{name}` de {connection} : {kind} ; conservé : {kept}",
        "no_fields": "Aucun champ d'un contact, hors identification et activités.",
        "not_stored": "rien qu'une empreinte à clé",
        "set": "Segments `{name}` : {segments}",
        "destination": (
            "Les étiquettes vont vers `{name}` ({to}), pour {purpose} par {channel} ; transfert "
            ": {transfer} ; {automations}"
        ),
        "quiet": "faites pour qu'aucun automatisme du CRM ne parte de lui-même",
        "fire": "des automatismes du CRM peuvent en partir",
        "no_destination": "Aucune étiquette n'est écrite dans un CRM.",
        "significant": (
            "Le résultat affecte les personnes de manière significative : un humain le confirme (art. 22)."
        ),
        "not_significant": (
            "Selon la configuration, le résultat n'affecte pas les personnes de manière "
            "significative (art. 22)."
        ),
        "retention": "Elle prend fin {months} mois après le dernier acte de la personne.",
        "minors": "Personne dont on sait qu'elle a moins de 18 ans n'est segmentée.",
        "none": "aucun",
    },
    classes={
        "identifier": "identifiant, jamais conservé",
        "quasi": "pourrait isoler quelqu'un, conservé sous forme grossière",
        "attribute": "attribut",
        "activity": "activité",
        "special": "catégorie particulière (art. 9)",
        "free_text": "texte libre, jamais conservé",
        "ignore": "non lu",
    },
    measures=(
        (
            "Ni nom, ni adresse, ni numéro de téléphone n'est conservé ; les segments sont "
            "calculés sur des pseudonymes, sans aucune clé."
        ),
        (
            "Chaque exécution vérifie à nouveau consentements, oppositions et limitations, et "
            "encore juste avant d'écrire ; sans raison d'autoriser, rien n'est fait."
        ),
        (
            "Une opposition, un retrait ou un effacement retire les étiquettes à l'exécution "
            "suivante, dans chaque CRM."
        ),
        (
            "Droits : chaque personne peut se faire expliquer segment, raison et données "
            "(`consentric explain`), et s'opposer."
        ),
        "Ce qui a été fait est gardé dans un journal chaîné sans données personnelles.",
    ),
    questions={
        "interest": (
            "Quel intérêt est poursuivi, par qui, et est-il licite, réel et clairement énoncé ?",
            "Que perd-on sans lui ?",
        ),
        "necessity": (
            "Pourquoi chacune des données ci-dessus est-elle nécessaire ?",
            "Pourquoi moins de données, ou une voie moins intrusive, ne suffirait-il pas ?",
        ),
        "impact": (
            "Quelle relation les personnes ont-elles avec le responsable, et depuis quand ?",
            "S'attendraient-elles à cet usage ? Que leur a-t-on dit, et quand ?",
            (
                "Quelles conséquences un segment peut-il avoir pour quelqu'un : prix, offres "
                "refusées, pression ?"
            ),
            "Y a-t-il parmi elles des enfants ou d'autres personnes vulnérables ?",
        ),
        "measures": ("Comment le droit d'opposition est-il annoncé, et est-il facile à exercer ?",),
        "balance": (
            "Pourquoi les intérêts et les droits des personnes ne prévalent-ils pas ?",
            "Quelles mesures supplémentaires ont été décidées ?",
        ),
        "signature": ("Qui a décidé quoi, quel jour, après avoir entendu qui ?", "Quand sera-t-elle revue ?"),
    },
)

WORDS: Mapping[str, Words] = {"en": _ENGLISH, "fr": _FRENCH}
