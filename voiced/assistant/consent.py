"""Asking for leave, and understanding the answer: the words of each language. Pure.

A yes has to be one: with anything else in the sentence ("yes, but not that one") it is unclear and asked again. A no
may be part of any sentence, because refusing does no harm.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

MOST_ARGUMENTS = 3
"""More than these are only counted: nobody remembers a longer question."""
LONGEST_VALUE = 60
"""Characters of an argument that are said."""

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_JOINT = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")


class Answer(StrEnum):
    """What was understood."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Words:
    """A language's words.

    Attributes:
        question: what is asked; `{tool}`, `{server}` and `{arguments}`, which is empty or begins with `detail`.
        own: what is asked of a tool of the device; likewise, without the server.
        detail: what stands before the arguments.
        more: what is said of arguments that are left out; `{count}`.
        again: what is asked where the answer was unclear.
        yes: words and phrases that allow.
        no: words and phrases that don't.
        beside: words that may stand beside a yes and change nothing.
    """

    question: str
    own: str
    detail: str
    more: str
    again: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    beside: frozenset[str]


ENGLISH = "en"
LANGUAGES: dict[str, Words] = {
    ENGLISH: Words(
        question="{server} wants to do this: {tool}{arguments}. Shall I allow it?",
        own="I am about to do this: {tool}{arguments}. Shall I?",
        detail=", with ",
        more="and {count} more",
        again="Please say yes or no.",
        yes=(
            "yes", "yeah", "yep", "yup", "yes please", "sure", "sure thing", "okay", "ok", "go ahead", "do it",
            "do that",
            "please do", "of course", "absolutely", "certainly", "definitely", "affirmative", "alright", "all right",
            "allow it", "allow", "allowed", "i agree", "agreed", "approve", "approved", "confirm", "confirmed",
            "correct", "that's right", "that's fine", "fine", "fine by me", "sounds good", "why not", "no problem",
            "you may", "you can", "i do", "go for it",
        ),
        no=(
            "no", "nope", "nah", "no thanks", "no thank you", "not", "don't", "do not", "never", "stop", "cancel",
            "don't do it", "don't do that", "do not do it", "do not do that", "don't allow it", "don't allow",
            "i don't", "not allowed", "not okay", "abort", "negative", "deny", "denied", "refuse", "reject",
            "forget it", "of course not", "can't", "cannot", "mustn't", "shouldn't", "won't", "wait", "hold on",
        ),
        beside=frozenset(
            {"please", "thanks", "thank", "you", "um", "uh", "er", "hm", "hmm", "oh", "well", "it", "that", "this",
             "now", "then", "and", "so", "just", "sir", "indeed", "yes", "do", "it's", "that's"}
        ),
    ),
    "de": Words(
        question="{server} möchte dies tun: {tool}{arguments}. Soll ich es erlauben?",
        own="Ich würde jetzt dies tun: {tool}{arguments}. Soll ich?",
        detail=", mit ",
        more="und {count} weiteren Angaben",
        again="Bitte sag ja oder nein.",
        yes=(
            "ja", "jawohl", "jo", "jep", "ja bitte", "ja gerne", "gerne", "gern", "klar", "sicher", "natürlich", "okay",
            "ok", "in ordnung", "einverstanden", "mach das", "mach es", "mach's", "tu das", "tu es", "erlauben",
            "erlaubt", "bestätigt", "genau", "richtig", "passt", "warum nicht", "kein problem", "darfst du",
        ),
        no=(
            "nein", "nee", "nö", "nicht", "nein danke", "niemals", "nie", "kein", "keine", "stopp", "stop", "halt",
            "abbrechen", "abbruch", "lass es", "lass das", "vergiss es", "nicht erlauben", "nicht erlaubt",
            "mach das nicht", "mach es nicht", "auf keinen fall", "warte",
        ),
        beside=frozenset(
            {"bitte", "danke", "äh", "ähm", "hm", "na", "also", "doch", "das", "es", "dann", "und", "mal", "du", "ja"}
        ),
    ),
    "fr": Words(
        question="{server} veut faire ceci : {tool}{arguments}. Est-ce que je l'autorise ?",
        own="Je vais faire ceci : {tool}{arguments}. D'accord ?",
        detail=", avec ",
        more="et {count} autres détails",
        again="Dites oui ou non, s'il vous plaît.",
        yes=(
            "oui", "ouais", "d'accord", "bien sûr", "vas y", "allez y", "fais le", "okay",
            "ok", "certainement", "absolument", "volontiers", "pourquoi pas", "pas de problème", "autorise", "accepté",
        ),
        no=(
            "non", "pas", "jamais", "non merci", "arrête", "arrêtez", "stop", "annule", "annulez", "surtout pas",
            "laisse tomber", "attends", "attendez",
        ),
        beside=frozenset(
            {"s'il", "te", "vous", "plaît", "merci", "euh", "ben", "alors", "ça", "le", "la", "et", "oui", "bien"}
        ),
    ),
    "es": Words(
        question="{server} quiere hacer esto: {tool}{arguments}. ¿Lo permito?",
        own="Voy a hacer esto: {tool}{arguments}. ¿De acuerdo?",
        detail=", con ",
        more="y {count} detalles más",
        again="Di sí o no, por favor.",
        yes=(
            "sí", "si", "claro", "claro que sí", "vale", "de acuerdo", "adelante", "hazlo", "por supuesto",
            "okay", "ok", "correcto", "permitido", "confirmo", "confirmado", "por qué no", "no hay problema",
            "desde luego",
        ),
        no=("no", "nunca", "jamás", "no gracias", "para", "cancela", "cancelar", "espera", "claro que no", "mejor no"),
        beside=frozenset({"por", "favor", "gracias", "eh", "pues", "bueno", "lo", "eso", "y", "sí", "si"}),
    ),
    "it": Words(
        question="{server} vuole fare questo: {tool}{arguments}. Lo permetto?",
        own="Sto per fare questo: {tool}{arguments}. Va bene?",
        detail=", con ",
        more="e altri {count} dettagli",
        again="Di' sì o no, per favore.",
        yes=(
            "sì", "si", "certo", "va bene", "d'accordo", "fallo", "procedi", "vai", "okay", "ok", "certamente",
            "assolutamente sì", "confermo", "confermato", "perché no", "nessun problema", "volentieri",
        ),
        no=("no", "non", "mai", "no grazie", "ferma", "fermati", "stop", "annulla", "aspetta", "lascia perdere"),
        beside=frozenset({"per", "favore", "grazie", "eh", "beh", "lo", "questo", "e", "sì", "si", "pure"}),
    ),
    "nl": Words(
        question="{server} wil dit doen: {tool}{arguments}. Mag het?",
        own="Ik ga dit doen: {tool}{arguments}. Zal ik?",
        detail=", met ",
        more="en nog {count} gegevens",
        again="Zeg alsjeblieft ja of nee.",
        yes=(
            "ja", "jawel", "jazeker", "zeker", "graag", "ja graag", "oké", "okay", "ok", "doe maar", "ga je gang",
            "prima", "akkoord", "natuurlijk", "dat mag", "het mag", "waarom niet", "geen probleem", "klopt",
        ),
        no=("nee", "neen", "niet", "nooit", "geen", "nee bedankt", "stop", "annuleer", "annuleren", "wacht"),
        beside=frozenset({"alsjeblieft", "bedankt", "dank", "je", "eh", "nou", "dat", "het", "dan", "en", "ja"}),
    ),
}  # fmt: skip
"""By the first part of a locale; a language that is missing is asked and understood in English."""


def understood(text: str, locale: str) -> Answer:
    """What somebody meant who was asked for leave; what the locale's language doesn't know is taken for English."""
    answer = _read(text, _words(locale))
    return _read(text, LANGUAGES[ENGLISH]) if answer is Answer.UNCLEAR else answer


def question(server: str, tool: str, arguments: str, locale: str) -> str:
    """What would be done, and whether it may be; `arguments` is JSON text as the model wrote it."""
    words = _words(locale)
    said = _arguments(arguments, words)
    return words.question.format(
        tool=speakable(tool),
        server=speakable(server),
        arguments=f"{words.detail}{said}" if said else "",
    )


def own_question(tool: str, arguments: str, locale: str) -> str:
    """The same of a tool of the device."""
    words = _words(locale)
    said = _arguments(arguments, words)
    return words.own.format(tool=speakable(tool), arguments=f"{words.detail}{said}" if said else "")


def question_again(locale: str) -> str:
    """What is asked where the answer was unclear."""
    return _words(locale).again


def speakable(name: str) -> str:
    """A name of the kind that programs have, in words: create_issue, createIssue and create-issue are alike."""
    return " ".join(part.lower() if part.istitle() else part for part in _JOINT.split(name) if part)


def _words(locale: str) -> Words:
    return LANGUAGES.get(locale.partition("-")[0], LANGUAGES[ENGLISH])


def _read(text: str, words: Words) -> Answer:
    """One language's reading. Longer phrases come first: "no problem" is no no."""
    heard = f" {' '.join(_tokens(text))} "
    phrases = [(phrase, Answer.YES) for phrase in words.yes] + [(phrase, Answer.NO) for phrase in words.no]
    found = set()
    for phrase, answer in sorted(phrases, key=lambda each: (-len(each[0]), each[1])):
        wanted = f" {' '.join(_tokens(phrase))} "
        while wanted in heard:
            heard = heard.replace(wanted, " | ", 1)
            found.add(answer)
    if found == {Answer.NO}:
        return Answer.NO
    left = set(heard.split()) - words.beside - {"|"}
    return Answer.YES if found == {Answer.YES} and not left else Answer.UNCLEAR


def _tokens(text: str) -> list[str]:
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.casefold())]


def _arguments(text: str, words: Words) -> str:
    """Arguments, briefly; what isn't a map of them is said as it is."""
    try:
        given = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        given = text
    if not isinstance(given, dict):
        return _value(given)
    said = [f"{speakable(str(name))} {_value(value)}".strip() for name, value in list(given.items())[:MOST_ARGUMENTS]]
    if len(given) > MOST_ARGUMENTS:
        said.append(words.more.format(count=len(given) - MOST_ARGUMENTS))
    return ", ".join(said)


def _value(value: object) -> str:
    """A value as it may be said: braces, brackets and quotes are for programs."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    plain = " ".join(re.sub(r'[{}\[\]"\\|<>]+', " ", text).split()).replace(" ,", ",")
    return plain if len(plain) <= LONGEST_VALUE else plain[:LONGEST_VALUE].rsplit(" ", 1)[0] + "…"
