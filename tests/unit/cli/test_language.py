"""In which language the command line and the checks speak, and whether the catalogues hold what is said."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import typer
from typer.testing import CliRunner

from cli import language
from cli.course import checking, work
from cli.course.catalogues import Catalogue, catalogues, sentence, texts
from cli.course.told import GAP, told
from cli.course.unmarked import MARKUP, bare, unmarked
from cli.errors import WrongUse
from cli.language import COMMANDS, FOUND, LAB, VARIABLE, _, many, speak, speaking, spoken
from cli.main import app

CATALOGUES = catalogues()
SAID = [(one, said) for one in CATALOGUES if one.domain in FOUND for said in one.entries.items()]


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
    gaps = GAP.findall if catalogue.domain in FOUND else _fields
    pairs = [(text, form) for text, forms in catalogue.forms.items() for form in forms]
    assert [] == [text for text, form in pairs if sorted(gaps(text)) != sorted(gaps(form))]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda one: f"{one.spoken} {one.domain}")
def test_a_translation_keeps_the_marks_and_the_line_ends_of_its_original(catalogue: Catalogue) -> None:
    """Rich reads the marks; what begins or ends a line is put together with other texts."""
    pairs = [(text, form) for text, forms in catalogue.forms.items() for form in forms]
    assert [] == [text for text, form in pairs if _shape(text) != _shape(form)]


def _shape(text: str) -> tuple[list[str], str, str]:
    edges = re.fullmatch(r"(\s*).*?(\s*)", text, re.DOTALL)
    assert edges is not None
    return sorted(MARKUP.findall(text)) if "[/]" in text else [], edges[1], edges[2]


def _fields(text: str) -> list[str]:
    return [f"{name}:{form}!{conversion}" for _text, name, form, conversion in Formatter().parse(text) if name]


@pytest.mark.parametrize(("catalogue", "said"), SAID, ids=lambda one: one[0] if isinstance(one, tuple) else one.domain)
def test_each_sentence_of_a_check_is_told_as_it_is_translated(catalogue: Catalogue, said: tuple[str, str]) -> None:
    """None takes the place of another: what stands in its gaps comes out again."""
    sentence, translated = (GAP.sub(r"<\1>", one) for one in said)
    with speaking(catalogue.spoken):
        assert translated == told(sentence, catalogue.domain)
    assert sentence == told(sentence, catalogue.domain)


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


AUTHORS = "what the author of a lesson is told, or of a test"
A_NAME = "a name, or what a program reads"
UNMARKED = {
    "cli/course/author.py": AUTHORS,
    "cli/course/proof.py": AUTHORS,
    "cli/course/sessions.py": AUTHORS,
    "cli/course/translation.py": AUTHORS,
    "cli/course/typist.py": AUTHORS,
    "cli/course/whole.py": AUTHORS,
    "cli/course/catalogues.py": A_NAME,
    "cli/course/junit.py": A_NAME,
    "cli/course/sameness.py": A_NAME,
    "cli/course/showing.py": A_NAME,
    "cli/course/work.py": "what git keeps of a student's work",
    "cli/course/progress.py": "the first line of a file, which git merges",
    "cli/course/reading.py": "commands, with translated words between them",
    "cli/agent/app.py": A_NAME,
    "cli/bringing_up.py": "two commands to be copied",
    "cli/evidence.py": A_NAME,
    "cli/helping.py": "sentences of Typer's, found again when they are said",
    "cli/language.py": "said while the language is not known",
    "cli/pack/repository.py": "what git keeps of a commit without its history",
    "cli/pack/stick.py": "lab reads it before anything is installed, also what reads catalogues",
    "cli/pack/words.py": "README.txt of a stick, for whoever has it",
    "cli/probe.py": A_NAME,
    "cli/rabbit.py": A_NAME,
    "cli/running.py": A_NAME,
    "cli/send.py": "what stands in tasks and histories",
    "drills/checking.py": "what is waited for; nobody is told of it",
    "bench/command.py": "notes, which programs read; found again when they are shown",
    "bench/table.py": A_NAME,
}
"""Modules in which a text is not marked, with the reason. An entry that nothing needs fails too."""


def test_whatever_a_person_meets_is_marked_for_translation() -> None:
    """In the command line, and where drills and benches show what they have found."""
    found = unmarked()
    assert [] == [one for one in found if one.file not in UNMARKED]
    assert [] == sorted(set(UNMARKED) - {one.file for one in found})


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('say("stopping it now")', ["stopping it now"]),
        ('say(_("stopping it now"))', []),
        ('say(f"stopping {name}")', ["stopping {1}"]),
        ('raise Failed("gone", part="lab", mend="./lab up")', ["gone"]),
        ('raise Failed(_("gone"), mend="./lab up then look again, please")', ["./lab up then look again, please"]),
        ('what = "it is " + ("here" if there else "far away")', ["it is ", "far away"]),
        ('return f"{name} is {_(state)}"', ["{1} is {2}"]),
        ("return f\"{name}: {'not ready'}\"", ["not ready"]),
        ('if "two words" in text: pass', []),
        ('"""Two words."""', []),
        ('subprocess.run(["git", "add"])', []),
    ],
)
def test_a_text_that_is_not_marked_is_found(code: str, texts: list[str]) -> None:
    """Given to whatever shows it, or put together before."""
    assert texts == [sentence(one) for one in bare(ast.parse(code))]


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "писем"), (1, "письмо"), (2, "письма"), (5, "писем"), (11, "писем"), (21, "письмо"), (104, "письма")],
)
def test_a_number_has_the_words_that_belong_to_it(number: int, words: str) -> None:
    """In Russian there are three forms; English says it once."""
    text = "{number} dead letter(s) purged from {dead}"
    with speaking("ru"):
        assert f"{number} мёртв" in many(text, number, dead="q")
        assert f" {words} " in many(text, number, dead="q")
    assert f"{number} dead letter(s) purged from q" == many(text, number, dead="q")


def test_a_text_that_moves_takes_its_translation_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From one catalogue into another; what the new one has itself comes first."""
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setattr(Catalogue, "wanted", ["moved", "kept"])
    one = Catalogue("ru", LAB)
    one.update({"kept": ("своё",)})
    assert [] == one.update({"moved": ("переехало",), "kept": ("чужое",)})
    assert {"moved": "переехало", "kept": "своё"} == one.entries


def test_each_form_of_a_number_waits_for_a_translator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is missing is a text that is missing; those that are there stay."""
    one, text = Catalogue("ru", LAB), "{number} dead letter(s) purged from {dead}"
    kept = one.forms[text]
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setattr(Catalogue, "wanted", [text])
    assert [text] == one.update()
    one.file.write_text(one.file.read_text(encoding="utf-8").replace('msgstr[0] ""', f'msgstr[0] "{kept[0]}"'))
    assert [text] == one.update()
    assert (kept[0], "", "") == one.forms[text]


def test_a_mark_needs_no_catalogue_before_it_is_translated() -> None:
    """What is new is said in English, with its values."""
    with speaking("ru"):
        assert "quite new: 3" == _("quite new: {count}", count=3)


def test_what_is_typed_wrong_is_said_in_the_language_that_was_asked_for() -> None:
    """Typer's own words too; and in English again afterwards."""
    russian = CliRunner().invoke(app, ["--lang", "ru", "send", "--nothing"])
    speak(None)
    english = CliRunner().invoke(app, ["send", "--nothing"])
    assert (2, 2) == (russian.exit_code, english.exit_code)
    assert ("Нет параметра --nothing" in russian.output, "No such option" in russian.output) == (True, False)
    assert ("No such option: --nothing" in english.output, "Usage: " in english.output) == (True, True)
    assert {"Запуск: ", "Ошибка"} <= set(re.findall(r"Запуск: |Ошибка|Usage|Error", russian.output))


def test_the_help_of_a_command_is_all_in_one_language() -> None:
    """No English sentence is left in it, whichever command it is."""
    for words in _commands(app):
        done = CliRunner().invoke(app, ["--lang", "ru", *words, "--help"])
        assert (0, []) == (done.exit_code, re.findall(r"\b(?:the|of|this|is|and|Show|with)\b", done.output)), words


def _commands(group: typer.Typer) -> Iterator[list[str]]:
    yield []
    for one in group.registered_commands:
        yield [one.name or getattr(one.callback, "__name__", "")]
    for one in group.registered_groups:
        assert one.typer_instance is not None
        yield from ([str(one.name), *words] for words in _commands(one.typer_instance))


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
