"""In which language the command line speaks: gettext's catalogues, read as people write them."""

import gettext
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import polib
from dotenv import dotenv_values

from cli.errors import WrongUse

VARIABLE = "LAB_LANG"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ru": "русский"}
FOLDER = Path(__file__).resolve().parent / "locale"
SETTINGS = FOLDER.parents[1] / ".env"
COMMANDS, CHECKS = "commands", "checks"
"""The catalogues: what the command line itself says, and what the checks of the lessons find."""
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


def _(text: str) -> str:
    """The text in the language that is spoken; as it is where nobody has translated it."""
    language = spoken()
    return text if language == ENGLISH else catalogue(language, COMMANDS).gettext(text)


def later(text: str) -> str:
    """The text as it is, to be translated when it is shown: for tables that are made before a language is chosen."""
    return text


def file(language: str, domain: str) -> Path:
    """The catalogue as people write it."""
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


@cache
def catalogue(language: str, domain: str) -> gettext.NullTranslations:
    """The catalogue as programs read it, made of what is written; one without entries where there is no file."""
    written = file(language, domain)
    if not written.is_file():
        return gettext.NullTranslations()
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(written)).to_binary()))
