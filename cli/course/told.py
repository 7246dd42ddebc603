"""What a check or a drill has found, in the student's language.

Checks are written in English and know of no other language: so a lesson is proven by the words in its lesson.toml, and
a translation changes neither a check nor its digest. What they say is full of names and numbers; the catalogue has each
sentence with ``{1}``, ``{2}`` … where these stand, and here the sentence that was said is found among them.
"""

import re
from functools import cache

from cli import language
from cli.language import CHECKS, ENGLISH

GAP = re.compile(r"\{(\d+)\}")
JOINED = ("; ", ", ")
"""What a check sets between two things that it has seen."""
Pattern = tuple[re.Pattern[str], str]


def told(text: str, domain: str = CHECKS) -> str:
    """The text in the language that is spoken; whatever of it nobody has translated stays as it is."""
    spoken = language.spoken()
    return text if spoken == ENGLISH or not text.strip() else _told(text, spoken, domain)


def _told(text: str, *where: str) -> str:
    whole = sentences(*where).get(text)
    if whole is not None:
        return whole
    for pattern, translated in patterns(*where):
        match = pattern.fullmatch(text)
        if match:
            return _filled(translated, match, *where)
    return _both(text, *where)


def _both(text: str, *where: str) -> str:
    """Two things in one text, each by itself; also a status and who has said it."""
    joined = next((one for one in JOINED if one in text), "")
    if joined:
        return joined.join(_told(part, *where) for part in text.split(joined, 1))
    status, _, who = text.partition(" ")
    return f"{status} {_told(who, *where)}" if status.isdecimal() and who else text


def _filled(translated: str, match: re.Match[str], *where: str) -> str:
    """What stands in the gaps may be words of the check's own."""
    return GAP.sub(lambda gap: _told(match[f"gap{gap[1]}"], *where), translated)


@cache
def sentences(spoken: str, domain: str) -> dict[str, str]:
    """Those without a gap."""
    return {one: translated for one, translated in _entries(spoken, domain) if not GAP.search(one)}


@cache
def patterns(spoken: str, domain: str) -> list[Pattern]:
    """Those with gaps, in an order in which none takes another's place.

    First those that begin with a word: the others may stand in their gaps. Then those with the most words of their own.
    """
    found = [(one, translated) for one, translated in _entries(spoken, domain) if GAP.search(one)]
    found.sort(key=lambda entry: (GAP.match(entry[0]) is not None, -len(GAP.sub("", entry[0]))))
    return [(_pattern(one), translated) for one, translated in found]


def _pattern(text: str) -> re.Pattern[str]:
    """Matches the sentence, whatever stands in its gaps."""
    parts = GAP.split(text)
    words = [f"(?P<gap{part}>.*?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(words), re.DOTALL)


def _entries(spoken: str, domain: str) -> list[tuple[str, str]]:
    import polib  # Whoever speaks English does without it.

    file = language.file(spoken, domain)
    return [(one.msgid, one.msgstr) for one in polib.pofile(str(file)) if one.msgstr] if file.is_file() else []
