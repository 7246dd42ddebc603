"""The engine that runs what documents show: it finds what differs, and nothing else."""

from pathlib import Path

import pytest

from cli.course.sessions import Step, difference, sessions

DOCUMENT = """# Title

```console
$ echo one
one
$ printf 'a
> b'
a
b
```

```sh
$ not a session
```

<!-- not run: it takes an hour -->
```console
$ ./lab test
…
```

<!-- not run: -->

```console
$ ./lab down
```
"""


def written(tmp_path: Path) -> Path:
    """The document as a file."""
    path = tmp_path / "GUIDE.md"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def test_sessions_are_found_with_the_line_they_begin_on(tmp_path: Path) -> None:
    """Only those that say they are one."""
    assert ["GUIDE.md:3", "GUIDE.md:17", "GUIDE.md:24"] == [session.name for session in sessions(written(tmp_path))]


def test_a_session_is_commands_and_what_they_print(tmp_path: Path) -> None:
    """A command may go over several lines."""
    assert (Step("echo one", "one"), Step("printf 'a\nb'", "a\nb")) == sessions(written(tmp_path))[0].steps


def test_a_session_that_is_not_run_says_why(tmp_path: Path) -> None:
    """Or has nothing to say, which is told from being run."""
    assert [None, "it takes an hour", ""] == [session.not_run for session in sessions(written(tmp_path))]


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("", ""),
        ("ready", "ready\n"),
        ("ready in … s", "ready in 4.2 s"),
        ("…", ""),
        ("…", "anything\nat all"),
        ("first\n…\nlast", "first\nlast"),
        ("first\n…\nlast", "first\nx\ny\nlast"),
        ("id 01a1fd96-e3f8-748b-8202-0b58edecbe60", "id c690717c-7115-5184-8385-95a8a7fb847b"),
        ("at 2026-11-21T10:11:26.852000Z", "at 2027-01-01T00:00:00Z"),
        ('{"a": 1}', '{"b": 2, "a": 1}'),
        ('{"a": …}', '{"a": [1, 2]}'),
        ('{"a": "x…z",…}', '{"a": "xyz", "b": 1}'),
        ('{"a": "…"}', '{"a": 5}'),
        ('{"passport": {"waited_ms": 3}}', '{"passport": {"waited_ms": 88}}'),
        ('{"request_id": "8b8ea3b0fed86039660feb8ab54d83a4"}', '{"request_id": "4d83a48b8ea3b0fed86039660feb8ab5"}'),
        ('{"items": [{"id": "a"}]}', '{"items": [{"id": "a", "more": 1}], "next": null}'),
    ],
)
def test_what_is_shown_may_leave_out_and_stand_for_more(expected: str, printed: str) -> None:
    """No difference."""
    assert "" == difference(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("", "surprise"),
        ("ready", ""),
        ("ready", "not ready"),
        ("first\nlast", "first\nx\nlast"),
        ("a.c", "abc"),
        ('{"a": 1}', '{"a": 2}'),
        ('{"a": 1}', '{"a": true}'),
        ('{"a": 1}', '{"b": 1}'),
        ('{"a": 1}', "curl: (7) Failed to connect"),
        ('{"items": [1]}', '{"items": [1, 2]}'),
        ('{"waited_ms": 3}', '{"waited_ms": null}'),
        ('{"id": "01a1fd96-e3f8-748b-8202-0b58edecbe60"}', '{"id": "none"}'),
    ],
)
def test_everything_else_is_a_difference(expected: str, printed: str) -> None:
    """Shown as a diff."""
    assert difference(expected, printed).startswith("--- shown")
