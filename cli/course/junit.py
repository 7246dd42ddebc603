"""A student's lessons as JUnit XML, the form in which build servers read tests: a lesson is a test case."""

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from cli.course.standing import NEVER, NOT_YET, Standing, last_seen

SUITE = "tasklab"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def written(student: str, found: Sequence[Standing]) -> str:
    """Passed lessons pass, those checked in vain fail, those never checked are skipped."""
    states = [one.state for one in found]
    counts = {
        "tests": len(found), "failures": states.count(NOT_YET), "errors": 0, "skipped": states.count(NEVER), "time": 0,
    }  # fmt: skip
    numbers = {name: str(count) for name, count in counts.items()}
    root = Xml.Element("testsuites", {"name": SUITE})
    # An XML Schema of that form wants the time without a zone.
    when = {"timestamp": last_seen(found).removesuffix("Z")} if last_seen(found) else {}
    suite = Xml.SubElement(root, "testsuite", {"name": f"{SUITE}.{student}", **numbers, **when})
    for one in found:
        _case(suite, student, one)
    Xml.indent(root)
    return f"{HEAD}{Xml.tostring(root, encoding='unicode')}\n"


def _case(suite: Xml.Element, student: str, one: Standing) -> None:
    named = {"classname": f"{SUITE}.{student}", "name": f"{one.asked.name}: {one.asked.title}", "time": "0"}
    case = Xml.SubElement(suite, "testcase", named)
    if one.state == NOT_YET:
        Xml.SubElement(case, "failure", message=f"not yet, attempts: {one.mark.attempts}", type="NotYet")
    elif one.state == NEVER:
        Xml.SubElement(case, "skipped", message="never checked")
    changed = "; the lesson has changed since" if one.changed else ""
    passed = one.mark.passed or "no"
    told = f"passed: {passed}{changed}; attempts: {one.mark.attempts}; hints: {one.mark.hints}; seen: {one.mark.seen}"
    Xml.SubElement(case, "system-out").text = told
