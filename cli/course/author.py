"""``./lab author``: for whoever writes a lesson."""

from rich.markup import escape

from cli.config import ROOT, Lab
from cli.console import out, say
from cli.course import catalogues as written
from cli.course import course, index, translation, whole
from cli.course.checking import well
from cli.course.lesson import Lesson
from cli.course.proof import cases, prove
from cli.errors import Failed


def check(lab: Lab, wished: str | None) -> None:
    """Proves lessons as ``./lab test lessons`` does; Failed where a check does not say what it must."""
    known = course.load(lab)
    chosen = known.lessons if wished is None else [known.find(wished)]
    addresses = well(lab)
    wrong = [problem for lesson in chosen for problem in (*whole.lacks(lesson), *_prove(lesson, addresses))]
    if not index.is_current(known.lessons):
        wrong.append(
            "lessons/README.md, or a translation of it, does not list the lessons as they are: ./lab author index"
        )
    if wrong:
        raise Failed("\n".join(wrong), part="author", mend="lessons/README.md says how a lesson is written.")


def _prove(lesson: Lesson, addresses: dict[str, object]) -> list[str]:
    found = []
    for case in cases(lesson):
        say(f"Checking {escape(case.name)} …")
        problem = prove(case, addresses)
        sign = "[red]✗[/]" if problem else "[green]✓[/]"
        must = f"says: {case.says}" if case.says else "passes"
        out.print(f"  {sign} {escape(case.name)}: {escape(problem or must)}", soft_wrap=True)
        found += [problem] if problem else []
    return found


def translated(lab: Lab, wished: str, language: str) -> None:
    """The translation of a lesson says that it is current; Failed where one sees without reading that it is not."""
    lesson = course.load(lab).find(wished)
    translation.stamp(lesson, language)
    wrong = list(translation.lacks(lesson))
    if wrong:
        raise Failed("\n".join(wrong), part="author", mend="lessons/README.md says how a lesson is translated.")
    out.print(f"stamped: {translation.page(lesson, language).relative_to(ROOT)}")


def catalogues() -> None:
    """Brings them up to date; says what waits for a translator. A test says what is not marked for them."""
    there = written.catalogues()
    held = {text: forms for one in there for text, forms in one.forms.items() if all(forms)}
    for catalogue in there:
        missing = catalogue.update(held)
        out.print(f"written: {catalogue.file.relative_to(ROOT)}; without a translation: {len(missing)}")
        for text in missing:
            out.print(f"  {text!r}", markup=False, soft_wrap=True)


def write_index(lab: Lab) -> None:
    """Writes the list of lessons into lessons/README.md and its translations."""
    index.write(course.load(lab).lessons)
    for page in index.pages().values():
        out.print(f"written: {page.relative_to(ROOT)}")
