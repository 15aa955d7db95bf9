"""Every message has its English, and no English is left over."""

import re
from collections import Counter

from babel.messages.pofile import read_po

from dashboards.web import TEMPLATES, TRANSLATIONS
from services.api.language import vocabulary
from services.api.language.words import words
from services.api.pages.catalogue import said
from services.tickets.domain.errors import Because
from services.tickets.domain.policy import URGENCIES
from services.tickets.domain.words import Action, Clock, Level, Role, Satisfaction, Source, Stage, State
from streams.contracts import Quality, Severity

PLACEHOLDER = re.compile(r"\{\w+(?::[^}]*)?\}")


def english() -> dict[str, str]:
    with (TRANSLATIONS / "en.po").open("rb") as source:
        return {str(message.id): str(message.string) for message in read_po(source) if message.id}


def test_every_message_is_translated_and_none_is_stale() -> None:
    known = english()
    assert not said().keys() - {message for message, text in known.items() if text}
    assert not known.keys() - said().keys()


def test_the_file_holds_nothing_but_messages_and_each_once() -> None:
    text = (TRANSLATIONS / "en.po").read_text(encoding="utf-8")
    line = re.compile(r'#.*|(msgid |msgstr )?".*"|')
    assert not [each for each in text.splitlines() if not line.fullmatch(each)], "marks of a conflict, or half of one"
    times = Counter(re.findall(r'^msgid ((?:".*"\n)+)', text, re.MULTILINE))
    assert not [message for message, number in times.items() if number > 1]


def test_translations_keep_their_placeholders() -> None:
    for message, text in english().items():
        assert Counter(PLACEHOLDER.findall(message)) == Counter(PLACEHOLDER.findall(text)), message


def test_english_has_no_chinese_in_it() -> None:
    assert not [text for text in english().values() if re.search(r"[\u4e00-\u9fff]", text)]


def test_templates_say_no_chinese_past_the_catalogue() -> None:
    for path in TEMPLATES.glob("*.html"):
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"[\u4e00-\u9fff]", bare), path.name


def test_every_word_of_the_domain_has_a_name() -> None:
    tables = [
        (vocabulary.TICKET_STATES, State),
        (vocabulary.ACTIONS, Action),
        (vocabulary.STAGES, Stage),
        (vocabulary.SOURCES, Source),
        (vocabulary.URGENCIES, URGENCIES),
        (vocabulary.SATISFACTION, Satisfaction),
        (vocabulary.CLOCKS, Clock),
        (vocabulary.ROLES, Role),
        (vocabulary.ESCALATION, Level),
        (vocabulary.RULES, Because),
        (vocabulary.SEVERITIES, Severity),
        (vocabulary.QUALITIES, Quality),
    ]
    for table, domain in tables:
        assert {str(word) for word in domain} == set(table), domain


def test_a_word_nobody_named_is_shown_as_it_is() -> None:
    assert vocabulary.say(vocabulary.SEVERITIES, "unheard", words("en")) == "unheard"
