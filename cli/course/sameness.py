"""What in a class's marks looks as if it were somebody else's. It shows what to ask about, and proves nothing.

Everything compared here stands in files that students can edit, and its recipe in this checkout.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.course.course import seed
from cli.course.lesson import Lesson
from cli.course.progress import Mark
from cli.course.standing import Asked
from cli.language import _, later

FEW = 8
"""Answers with fewer lines of their own than this are often alike by chance."""
SHOWN = 3
AS, SEED, NO_SEED, LINE, FILES, OURS, BARE = "as", "seed", "no seed", "line", "files", "ours", "bare"
TEXTS = {
    AS: later("passed as {who}"),
    SEED: later("with the seed of {who}"),
    NO_SEED: later("with a seed of nobody here"),
    LINE: later("the same line as {who}"),
    FILES: later("the same files as {who}"),
    OURS: later("our solution"),
    BARE: later("passed without a name"),
}


@dataclass(frozen=True)
class Student:
    """One student's marks, as they were found."""

    name: str
    """What the teacher's folder is called."""
    own: str
    """The name that the student's checks should have."""
    certain: bool
    """Whether LAB_STUDENT said so; else it is the folder's, and the computer may know the student by another."""
    marks: Mapping[str, Mark]

    @property
    def passes_as(self) -> str:
        """Under which name this student's checks pass: their own, or the one that the computer knows them by."""
        names = [mark.student for mark in self.marks.values() if mark.student]
        if self.certain or self.own in names or not names:
            return self.own
        return Counter(names).most_common(1)[0][0]


@dataclass(frozen=True)
class Remark:
    """Something to ask about."""

    kind: str
    lessons: tuple[int, ...]
    who: tuple[str, ...] = ()
    """With whom."""

    @property
    def text(self) -> str:
        """For people."""
        numbers = ", ".join(f"{one:02d}" for one in self.lessons)
        return f"{numbers}: {_(TEXTS[self.kind]).format(who=_named(self.who))}"


def _named(who: Sequence[str]) -> str:
    more = len(who) - SHOWN
    return ", ".join(who[:SHOWN]) + (" " + _("and {count} more").format(count=more) if more > 0 else "")


Sign = tuple[str, int, tuple[str, ...]]


def remarks(students: Sequence[Student], course: Sequence[Asked], lessons: Sequence[Lesson]) -> dict[str, list[Remark]]:
    """What there is to ask each of them about, by name."""
    looks: list[Callable[[Student, Asked, Mark], Iterable[Sign]]] = [
        _names(students), _seeds(students, {one.name: one for one in lessons}), _alike(students),
    ]  # fmt: skip
    return {
        one.name: _together(
            sign
            for asked, mark in _passed(one, course)
            for sign in _said([sign for look in looks for sign in look(one, asked, mark)])
        )
        for one in students
    }


def _said(signs: list[Sign]) -> Iterator[Sign]:
    """That a line is another's is said once to whoever has it under the other's name."""
    kinds = {kind for kind, _number, _who in signs}
    yield from (sign for sign in signs if sign[0] != LINE or AS not in kinds)


def _passed(student: Student, course: Sequence[Asked]) -> Iterator[tuple[Asked, Mark]]:
    for asked in course:
        mark = student.marks.get(asked.name, Mark())
        if mark.passed:
            yield asked, mark


def _together(signs: Iterable[Sign]) -> list[Remark]:
    """The same of several lessons is said once."""
    found: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for kind, number, who in signs:
        found.setdefault((kind, who), []).append(number)
    return [Remark(kind, tuple(numbers), who) for (kind, who), numbers in found.items()]


def _names(students: Sequence[Student]) -> Callable[[Student, Asked, Mark], Iterator[Sign]]:
    """Who has passed under a name that is not theirs."""
    owners = {one.own for one in students}

    def look(one: Student, asked: Asked, mark: Mark) -> Iterator[Sign]:
        if not mark.student:
            yield BARE, asked.number, ()
        elif mark.student != one.own and (mark.student != one.passes_as or mark.student in owners):
            yield AS, asked.number, (mark.student,)

    return look


def _seeds(
    students: Sequence[Student], lessons: Mapping[str, Lesson]
) -> Callable[[Student, Asked, Mark], Iterator[Sign]]:
    """Whose seed is not that of the name beside it: the name was changed, and whose it was can be told."""
    marked = {mark.student for one in students for mark in one.marks.values() if mark.student}
    names = sorted(marked | {one.own for one in students})
    whose = {(seed(name, lesson), lesson.name): name for lesson in lessons.values() for name in names}

    def look(_one: Student, asked: Asked, mark: Mark) -> Iterator[Sign]:
        owner = whose.get((mark.seed, asked.name), "")
        if mark.student and owner != mark.student:
            yield (SEED, asked.number, (owner,)) if owner else (NO_SEED, asked.number, ())

    return look


def _alike(students: Sequence[Student]) -> Callable[[Student, Asked, Mark], Iterator[Sign]]:
    """Whose files, or whose whole line, somebody else has as well."""
    files: dict[tuple[str, str], list[str]] = {}
    lines: dict[tuple[str, Mark], list[str]] = {}
    for one in students:
        for lesson, mark in one.marks.items():
            files.setdefault((lesson, mark.answer), []).append(one.name)
            lines.setdefault((lesson, mark), []).append(one.name)

    def look(one: Student, asked: Asked, mark: Mark) -> Iterator[Sign]:
        # With the second in which it was passed, a line is nobody else's by chance.
        copies = _others(one, lines[asked.name, mark]) if mark.seen else ()
        if copies:
            yield LINE, asked.number, copies
        if mark.answer and mark.lines >= FEW:
            if mark.answer == asked.ours.digest:
                yield OURS, asked.number, ()
            elif same := tuple(name for name in _others(one, files[asked.name, mark.answer]) if name not in copies):
                yield FILES, asked.number, same

    return look


def _others(one: Student, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name != one.name)


def shared(students: Sequence[Student]) -> dict[str, list[str]]:
    """Names under which several have passed and which are no student's own: their seeds tell nothing about them."""
    owners, found = {one.own for one in students}, dict[str, list[str]]()
    for one in students:
        if one.passes_as not in owners:
            found.setdefault(one.passes_as, []).append(one.name)
    return {name: who for name, who in found.items() if len(who) > 1}
