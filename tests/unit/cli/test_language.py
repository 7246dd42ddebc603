"""In which language the command line and the checks speak, and whether the catalogues hold what is said."""

import ast
import json
import re
from pathlib import Path
from string import Formatter

import pytest
from typer.testing import CliRunner

from cli import language
from cli.course import checking, work
from cli.course.catalogues import Catalogue, catalogues, texts
from cli.course.told import GAP, told
from cli.errors import WrongUse
from cli.language import CHECKS, COMMANDS, VARIABLE, _, speak, speaking, spoken
from cli.main import app

CATALOGUES = catalogues()
SAID = [(one.spoken, said) for one in CATALOGUES if one.domain == CHECKS for said in one.entries.items()]


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by the environment nor by the checkout."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(language, "_wished", [])
    monkeypatch.setattr(language, "_of_this_checkout", lambda: "")


def test_it_speaks_english_unless_it_is_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line before the environment, and that before .env."""
    found = [spoken()]
    monkeypatch.setattr(language, "_of_this_checkout", lambda: "ru")
    found.append(spoken())
    monkeypatch.setenv(VARIABLE, "en")
    found.append(spoken())
    speak("ru")
    found.append(spoken())
    assert ["en", "ru", "en", "ru"] == found


def test_a_language_there_is_not_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has asked for it."""
    with pytest.raises(WrongUse, match="'tlh'"):
        speak("tlh")
    monkeypatch.setenv(VARIABLE, "tlh")
    with pytest.raises(WrongUse, match="'tlh'"):
        speak(None)


def test_a_command_speaks_the_language_that_was_asked_for() -> None:
    """An error of the course, in both."""
    asked = [CliRunner().invoke(app, [*words, "hint", "99"]) for words in ((), ("--lang", "ru"))]
    assert [2, 2] == [one.exit_code for one in asked]
    assert ["there is no lesson '99'", "урока '99' нет"] == [
        re.sub(r".*?: (.*?)\n.*", r"\1", one.output, flags=re.DOTALL) for one in asked
    ]


def test_scripts_are_answered_in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever people are told: no lab runs there, and both hear it."""
    monkeypatch.setattr(checking.ways, "current", lambda _lab: None)
    monkeypatch.setattr(work, "begin", lambda _lesson, _home: tmp_path)
    script = CliRunner().invoke(app, ["--lang", "ru", "check", "01", "--json"])
    person = CliRunner().invoke(app, ["--lang", "ru", "check", "01"])
    assert (3, 3) == (script.exit_code, person.exit_code)
    assert ("the lab is not running, so nothing can be checked", None) == tuple(
        json.loads(script.stdout.splitlines()[-1])[name] for name in ("reason", "passed")
    )
    assert "лаборатория не запущена" in person.output


@pytest.mark.parametrize("words", [["hint", "--help"], ["--help"]])
def test_help_is_given_in_the_language_that_was_asked_for(words: list[str]) -> None:
    """Of a command, and of all of them; the command itself keeps its English."""
    russian = CliRunner().invoke(app, ["--lang", "ru", *words])
    speak(None)
    english = CliRunner().invoke(app, words)
    assert (0, 0) == (russian.exit_code, english.exit_code)
    assert "Показать следующую из трёх подсказок." in russian.output
    assert "Show the next of three hints." in english.output


def test_a_language_there_is_not_is_refused_on_the_command_line_too() -> None:
    """With those there are."""
    done = CliRunner().invoke(app, ["--lang", "tlh", "progress"])
    assert (2, True) == (done.exit_code, "русский" in done.output), done.output


def test_what_nobody_has_translated_stays_as_it_is() -> None:
    """Also what only looks like a sentence of a check."""
    with speaking("ru"):
        assert ("no such text", "no such text", "") == (_("no such text"), told("no such text"), told(""))
        assert "KeyError: 'id'\nin consumer.py" == told("KeyError: 'id'\nin consumer.py")
    assert "not yet" == _("not yet")


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda one: f"{one.spoken} {one.domain}")
def test_a_catalogue_holds_what_is_said_and_nothing_else(catalogue: Catalogue) -> None:
    """Brought up to date by ./lab author catalogues."""
    wanted, entries = set(catalogue.wanted), catalogue.entries
    assert ([], []) == (sorted(wanted - set(entries)), sorted(set(entries) - wanted))
    assert [] == [one for one, translated in entries.items() if not translated]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda one: f"{one.spoken} {one.domain}")
def test_a_translation_has_the_gaps_of_its_original(catalogue: Catalogue) -> None:
    """In an order of its own."""
    gaps = GAP.findall if catalogue.domain == CHECKS else _fields
    wrong = [one for one, other in catalogue.entries.items() if sorted(gaps(one)) != sorted(gaps(other))]
    assert [] == wrong


def _fields(text: str) -> list[str]:
    return [f"{name}:{form}!{conversion}" for _text, name, form, conversion in Formatter().parse(text) if name]


@pytest.mark.parametrize(("other", "said"), SAID, ids=lambda one: one[0] if isinstance(one, tuple) else one)
def test_each_sentence_of_a_check_is_told_as_it_is_translated(other: str, said: tuple[str, str]) -> None:
    """None takes the place of another: what stands in its gaps comes out again."""
    sentence, translated = (GAP.sub(r"<\1>", one) for one in said)
    with speaking(other):
        assert translated == told(sentence)
    assert sentence == told(sentence)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "queue a.b: 3 ready, 1 consumer(s), 2 unacknowledged",
            "очередь a.b: готовых 3, потребителей: 1, неподтверждённых: 2",
        ),
        (
            "queue q: 0 ready, no consumer; collection d.c: 1 document(s), indexes: none",
            "очередь q: готовых 0, потребителей нет; коллекция d.c: документов 1, индексы: нет",
        ),
        ("it is stored 3 times; the attempts had 3 key(s)", "задача сохранена 3 раз(а); ключей у попыток: 3"),
        (
            "stored by w after 5 ms, another task's passport: the newest task is somebody else's",
            "сохранил w через 5 мс, паспорт другой задачи: самая новая задача — чужая",
        ),
        ("501 from nginx itself, text/html: <html>", "501 от самого nginx, text/html: <html>"),
        ("404 from the service, no Content-Type: ", "404 от сервиса, no Content-Type: "),
        ("nothing printed; nothing", "ничего не напечатано; ничего"),
    ],
)
def test_what_is_put_together_is_told_whole(text: str, expected: str) -> None:
    """A sentence in a gap of another, or two beside each other."""
    with speaking("ru"):
        assert expected == told(text)


def test_the_texts_of_a_check_are_found_wherever_it_says_them() -> None:
    """Not what it is described with, nor its constants and single words that nobody is shown."""
    code = '''
"""What it is."""
NAME = "a constant of it"
@step("it does this")
def look(place):
    """More of it."""
    seen = f"seen {place.name!r} and {len(place)}" if place else "none"
    expect(place.get("title"), "title", seen)
'''
    assert ["it does this", "seen {1} and {2}", "none", "title"] == sorted(
        texts(ast.parse(code)), key=["it does this", "seen {1} and {2}", "none", "title"].index
    )


def test_a_catalogue_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was translated stays, what is said newly waits for a translator."""
    one = Catalogue("ru", COMMANDS)
    before = one.entries
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setattr(Catalogue, "wanted", ["not yet", "quite new"])
    assert ["not yet", "quite new"] == one.update()
    one.file.write_text(one.file.read_text(encoding="utf-8").replace('"not yet"\nmsgstr ""', '"not yet"\nmsgstr "нет"'))
    assert ["quite new"] == one.update()
    assert {"not yet": "нет", "quite new": ""} == one.entries != before
