"""In which language the command line speaks: gettext's catalogues, read as people write them."""

import gettext
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

from cli.errors import WrongUse

VARIABLE = "LAB_LANG"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ru": "русский"}
FOLDER = Path(__file__).resolve().parent / "locale"
SETTINGS = FOLDER.parents[1] / ".env"
COMMANDS, LAB, DRILLS, CHECKS, REPORTS = "commands", "lab", "drills", "checks", "reports"
"""The catalogues: what the course's commands say, all other commands, drills and benches; what checks and drills find.
"""
MARKED = (COMMANDS, LAB, DRILLS)
"""Those whose texts are marked in the code, in the order in which a text is looked for."""
FOUND = (CHECKS, REPORTS)
"""Those whose sentences are found again in what was said, because it is said in English: cli/course/told.py."""
PLURALS = {
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
}
"""Which of its forms a language takes for a number."""
_wished: list[str] = []
"""The language that was asked for last, on the command line or by the program; empty where none was."""


def speak(wished: str | None) -> None:
    """From now on this language; None: as LAB_LANG says. WrongUse for one there is not."""
    _wished[:] = [wished] if wished else []
    if spoken() not in LANGUAGES:
        known = ", ".join(f"{short} ({name})" for short, name in LANGUAGES.items())
        raise WrongUse(f"there is no language {spoken()!r} here", part="--lang", mend=f"Languages: {known}")


def chosen(wished: str | None) -> str | None:
    """The option as it stands on the command line; one that is no language is refused by whoever speaks it."""
    _wished[:] = [wished] if wished in LANGUAGES else []
    return wished


def spoken() -> str:
    """The language of this command: asked for, or in LAB_LANG, of the environment or of .env, or English."""
    if _wished:
        return _wished[-1]
    return os.environ.get(VARIABLE) or _of_this_checkout() or ENGLISH


@cache
def _of_this_checkout() -> str:
    if not SETTINGS.is_file():
        return ""
    from dotenv import dotenv_values  # The board's image has neither.

    return dotenv_values(SETTINGS, interpolate=False).get(VARIABLE) or ""


@contextmanager
def speaking(wished: str) -> Iterator[None]:
    """This language, while the block lasts."""
    before = list(_wished)
    _wished[:] = [wished]
    try:
        yield
    finally:
        _wished[:] = before


def for_programs(whether: bool) -> AbstractContextManager[None]:
    """English, while the block lasts, where a program reads what is said; else the language that is spoken."""
    return speaking(ENGLISH if whether else spoken())


def _(text: str, /, **values: object) -> str:
    """The text in the language that is spoken, with these values in its gaps; in English where it is not translated."""
    language = spoken()
    wanted = text if language == ENGLISH or not text else catalogue(language).gettext(text)
    return wanted.format(**values) if values else wanted


def many(text: str, number: int, /, **values: object) -> str:
    """The same for a text with ``{number}`` in it, whose words depend on that number."""
    language = spoken()
    wanted = text if language == ENGLISH else catalogue(language).ngettext(text, text, number)
    return wanted.format(number=number, **values)


def later(text: str) -> str:
    """The text as it is, to be translated when it is shown: for tables that are made before a language is chosen."""
    return text


def file(language: str, domain: str) -> Path:
    """The catalogue as people write it."""
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """All marked texts in a language; none of them where nobody has translated them."""
    first, *others = [_read(file(language, domain)) for domain in MARKED]
    for other in others:
        first.add_fallback(other)
    return first


def _read(written: Path) -> gettext.NullTranslations:
    """A catalogue as programs read it, made of what people have written."""
    import polib  # Whoever speaks English does without it.

    if not written.is_file():
        return gettext.NullTranslations()
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(written)).to_binary()))
