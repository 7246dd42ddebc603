"""What a check has found, in the student's language.

Checks are written in English and know of no other language: so a lesson is proven by the words in its lesson.toml, and
a translation changes neither a check nor its digest. What they say is full of names and numbers; the catalogue has each
sentence with ``{1}``, ``{2}`` … where these stand, and here the sentence that was said is found among them.
"""

import re
from functools import cache

import polib

from cli import language
from cli.language import CHECKS, ENGLISH

GAP = re.compile(r"\{(\d+)\}")
JOINED = ("; ", ", ")
"""What a check sets between two things that it has seen."""
Pattern = tuple[re.Pattern[str], str]


def told(text: str) -> str:
    """The text in the language that is spoken; whatever of it nobody has translated stays as it is."""
    spoken = language.spoken()
    return text if spoken == ENGLISH or not text.strip() else _told(text, spoken)


def _told(text: str, spoken: str) -> str:
    whole = sentences(spoken).get(text)
    if whole is not None:
        return whole
    for pattern, translated in patterns(spoken):
        match = pattern.fullmatch(text)
        if match:
            return _filled(translated, match, spoken)
    return _both(text, spoken)


def _both(text: str, spoken: str) -> str:
    """Two things in one text, each by itself; also a status and who has said it."""
    joined = next((one for one in JOINED if one in text), "")
    if joined:
        return joined.join(_told(part, spoken) for part in text.split(joined, 1))
    status, _, who = text.partition(" ")
    return f"{status} {_told(who, spoken)}" if status.isdecimal() and who else text


def _filled(translated: str, match: re.Match[str], spoken: str) -> str:
    """What stands in the gaps may be words of the check's own."""
    return GAP.sub(lambda gap: _told(match[f"gap{gap[1]}"], spoken), translated)


@cache
def sentences(spoken: str) -> dict[str, str]:
    """Those without a gap."""
    return {one: translated for one, translated in _entries(spoken) if not GAP.search(one)}


@cache
def patterns(spoken: str) -> list[Pattern]:
    """Those with gaps, in an order in which none takes another's place.

    First those that begin with a word: the others may stand in their gaps. Then those with the most words of their own.
    """
    found = [(one, translated) for one, translated in _entries(spoken) if GAP.search(one)]
    found.sort(key=lambda entry: (GAP.match(entry[0]) is not None, -len(GAP.sub("", entry[0]))))
    return [(_pattern(one), translated) for one, translated in found]


def _pattern(text: str) -> re.Pattern[str]:
    """Matches the sentence, whatever stands in its gaps."""
    parts = GAP.split(text)
    words = [f"(?P<gap{part}>.*?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(words), re.DOTALL)


def _entries(spoken: str) -> list[tuple[str, str]]:
    file = language.file(spoken, CHECKS)
    return [(one.msgid, one.msgstr) for one in polib.pofile(str(file)) if one.msgstr] if file.is_file() else []
