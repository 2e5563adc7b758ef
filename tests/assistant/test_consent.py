import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant.consent import (
    LANGUAGES,
    LONGEST_VALUE,
    Answer,
    question,
    question_again,
    speakable,
    understood,
)


@pytest.mark.parametrize(
    "said",
    ["Yes.", "yes please", "Yeah, sure!", "OK, go ahead.", "um, yes", "Do it now, please.", "No problem.", "Why not?",
     "That\u2019s fine.", "Yes, of course, thank you."],
)  # fmt: skip
def test_assent_is_a_yes(said):
    assert understood(said, "en-US") is Answer.YES


@pytest.mark.parametrize(
    "said",
    ["No.", "no thanks", "Nope, I meant the kitchen.", "Please don't.",
     "Don\u2019t do it.", "Of course not!", "Cancel that.",
     "Wait a moment.", "You can't."],
)  # fmt: skip
def test_refusal_is_a_no_whatever_else_is_said(said):
    assert understood(said, "en-US") is Answer.NO


@pytest.mark.parametrize(
    "said",
    ["", "…", "yes or no", "Shall I allow it? Please say yes or no.", "Yes, but only in the kitchen.", "What?",
     "maybe", "Yes no yes.", "Turn on the light.", "yesterday", "I don't know, yes?"],
)  # fmt: skip
def test_anything_else_is_unclear(said):
    assert understood(said, "en-US") is not Answer.YES


@pytest.mark.parametrize(
    ("locale", "yes", "no"),
    [
        ("de-DE", "Ja, bitte.", "Nein, lass das."),
        ("fr-FR", "Oui, vas-y.", "Non merci."),
        ("es-MX", "Sí, claro.", "No, gracias."),
        ("it-IT", "Sì, va bene.", "No, grazie."),
        ("nl-NL", "Ja, doe maar.", "Nee, niet doen."),
        ("de-AT", "Yes please", "no"),
        ("sv-SE", "yes", "no"),
    ],
)
def test_answer_is_understood_in_the_language_of_the_locale_and_in_english(locale, yes, no):
    assert understood(yes, locale) is Answer.YES
    assert understood(no, locale) is Answer.NO


WORDS = st.sampled_from(
    sorted(
        {word for words in LANGUAGES.values() for each in (words.yes, words.no) for word in each} | {"kitchen", "the"}
    )
)


@given(st.sampled_from(sorted(LANGUAGES)), st.lists(WORDS, max_size=5), st.data())
def test_no_sentence_with_a_plain_no_in_it_is_ever_a_yes(language, around, data):
    refusal = data.draw(st.sampled_from(LANGUAGES[language].no[:1]))
    at = data.draw(st.integers(0, len(around)))
    said = ", ".join([*around[:at], refusal, *around[at:]])
    assert understood(said, f"{language}-XX") is not Answer.YES


@given(st.text(max_size=80), st.sampled_from(["en-US", "de-DE", "xx-XX", ""]))
def test_any_text_is_read(said, locale):
    assert understood(said, locale) in Answer


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_understands_its_own_words_and_not_its_own_question(language):
    words = LANGUAGES[language]
    for yes in words.yes:
        assert understood(yes, language) is Answer.YES, yes
    for no in words.no:
        assert understood(no, language) is Answer.NO, no
    assert understood(question_again(language), language) is not Answer.YES, "the speaker may hear itself"
    assert understood(question("notes", "add", "{}", language), language) is not Answer.YES


def test_question_names_server_tool_and_arguments_in_words():
    asked = question(
        "home-notes", "createShopping_list", json.dumps({"listName": "food", "items": ["milk", "eggs"]}), "en-US"
    )
    assert (
        asked
        == "home notes wants to do this: create shopping list, with list name food, items milk, eggs. Shall I allow it?"
    )


def test_question_is_brief():
    many = json.dumps({f"a{n}": "word " * 50 for n in range(5)})
    asked = question("notes", "add", many, "en-US")
    assert "and 2 more" in asked
    assert len(asked) < 4 * LONGEST_VALUE + 80


@given(st.text(max_size=200), st.sampled_from(sorted(LANGUAGES)))
def test_any_arguments_make_a_question_without_marks_of_programs(arguments, language):
    asked = question("notes", "add", arguments, language)
    assert asked.startswith(LANGUAGES[language].question.partition("{tool}")[0].format(server="notes"))
    assert not set('{}[]"\\|<>') & set(asked)


@pytest.mark.parametrize(
    ("name", "said"),
    [("create_issue", "create issue"), ("createIssue", "create issue"), ("get-URL.now", "get URL now")],
)
def test_name_is_made_speakable(name, said):
    assert speakable(name) == said
