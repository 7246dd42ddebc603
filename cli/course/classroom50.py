"""The result.json that Classroom 50 reads (``classroom50/result/v1``), for an autograder.py that calls this command.

What stands in it about the submission is told by Classroom 50's own runner in the environment; it adds ``owner`` and
``assignment_type`` itself, and refuses a result that is not about the repository it runs in.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cli.course.progress import moment
from cli.course.standing import PASSED, Standing, passed
from cli.errors import WrongUse
from cli.language import _

SCHEMA = "classroom50/result/v1"
TOLD = {
    "classroom": "CLASSROOM", "assignment": "ASSIGNMENT", "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL", "release": "RELEASE_URL",
}  # fmt: skip
"""What its runner tells, and in which variable."""
REVIEW = "REVIEW_URL"
"""Where its runner does not tell it, it is the commit, as in its own templates."""


def written(found: Sequence[Standing], environ: Mapping[str, str]) -> str:
    """A point a lesson. WrongUse where nothing is told of a submission: what would stand there would be invented."""
    missing = [variable for variable in TOLD.values() if not environ.get(variable)]
    if missing:
        what = _("{variables} not set: this form is made inside Classroom 50's runner").format(
            variables=", ".join(missing)
        )
        raise WrongUse(what, part="report", mend=_("docs/teaching.md says how. Elsewhere: --format json"))
    made: dict[str, Any] = {"schema": SCHEMA, **{name: environ[variable] for name, variable in TOLD.items()}}
    made |= {"review": environ.get(REVIEW) or environ[TOLD["commit"]], "datetime": moment()}
    made |= {"score": passed(found), "max-score": len(found), "tests": [_test(one) for one in found]}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _test(one: Standing) -> dict[str, Any]:
    """What is asked of a test, and behind it what is known besides: more members are allowed there."""
    points = int(one.state == PASSED)
    name = f"{one.asked.name}: {one.asked.title}"
    more = {key: one.told[key] for key in ("attempts", "hints", "seen", "changed")}
    return {"test-name": name, "passed": bool(points), "score": points, "max-score": 1, **more}
