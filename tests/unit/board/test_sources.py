"""Files that lessons point to, and nothing else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from board import lessons, sources
from board.app import create_app

FILE = "app/consumer.py"
(STUDENTS,) = sources.HIDDEN


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with a lesson that points to all sorts of files."""
    root = tmp_path / "checkout"
    targets = (
        "../../app/code.py", "../../.env", "../../.lab/token", f"../../{STUDENTS}/01/answer.py", "../../../outside.txt",
        "../../app", "../../app/link.py", "../../app/picture.png", "../../app/long.txt", "../../app/gone.py",
        "https://example.org/app/code.py", "kit.py",
    )  # fmt: skip
    files = ("app/code.py", ".env", ".lab/token", "work/01/answer.py", "../outside.txt", "lessons/01-one/kit.py")
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("words\n", encoding="utf-8")
    (root / "app" / "link.py").symlink_to(tmp_path / "outside.txt")
    (root / "app" / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    (root / "app" / "long.txt").write_text("x" * (sources.MOST + 1), encoding="utf-8")
    text = "".join(f"[one]({target})\n" for target in targets)
    (root / "lessons" / "01-one" / "README.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sources, "ROOT", root)
    monkeypatch.setattr(sources, "COURSE", root / "lessons")
    sources.named.cache_clear()
    return root


@pytest.fixture(autouse=True)
def anew() -> None:
    """Each test looks for itself."""
    sources.named.cache_clear()


def asked(path: str, **headers: str) -> tuple[Any, str]:
    """What the board answers, and its body."""

    async def ask() -> tuple[Any, str]:
        answer = await create_app({}).test_client().get(path, headers=headers, follow_redirects=True)
        return answer, (await answer.get_data()).decode()

    return asyncio.run(ask())


def test_only_files_that_a_lesson_points_to_are_shown(checkout: Path) -> None:
    """None that is hidden, the student's, outside, too long or no text; and no folder."""
    assert {"app/code.py", "app/picture.png", "lessons/01-one/kit.py"} == sources.named()
    there = [path.relative_to(checkout).as_posix() for path in checkout.rglob("*")]
    assert ["app/code.py", "lessons/01-one/kit.py"] == sorted(one for one in there if sources.text(one) is not None)


@pytest.mark.usefixtures("checkout")
def test_a_link_that_leads_nowhere_is_no_link() -> None:
    """Its words stay, with the path beside them where they do not name it."""
    html = lessons.rendered(
        "[a secret](../../.lab/token) [`code.py`](../../app/gone/code.py)", sources.COURSE / "01-one"
    )
    assert "<a" not in html
    assert "a secret (<code>.lab/token</code>)" in html
    assert "<code>code.py</code></p>" in html


def test_links_that_lead_out_of_the_lab_stay_and_those_into_it_lead_to_this_lab() -> None:
    """It may listen on another port than the one in the text."""
    html = lessons.rendered("[a](https://example.org/#b) [c](http://localhost/flask/docs) [d](#e)")
    assert ["https://example.org/#b", "/flask/docs", "#e"] == [
        part.partition('"')[0] for part in html.split('href="')[1:]
    ]


def test_a_file_is_a_page_and_nothing_of_it_is_read_as_html() -> None:
    """With the file's own words, and the policy of every page."""
    answer, body = asked(f"/board/source/{FILE}")
    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.content_type)
    assert "class Consumer" in body
    assert "-&gt;" in body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        ".env", "../.env", "app/../.env", "%2e%2e/.env", "app/%2e%2e/.env", "/etc/passwd", "%2fetc%2fpasswd",
        ".lab/token", "work/progress.toml", "lab", "cli/main.py", "app", "",
    ],
)  # fmt: skip
def test_nothing_else_is_served(path: str) -> None:
    """Whatever is asked for: what lies outside, secrets, a student's files, and files that no lesson names."""
    answer, _body = asked(f"/board/source/{path}")
    assert 404 == answer.status_code
    assert "application/problem+json" == answer.content_type


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "en"),
        ("", "ru-RU,ru;q=0.9,en;q=0.5", "ru"),
        ("", "de", "en"),
        ("?lang=ru", "en", "ru"),
        ("?lang=en", "ru", "en"),
        ("?lang=tlh", "ru", "en"),
    ],
)
def test_a_lesson_is_in_the_student_s_language(query: str, header: str, language: str) -> None:
    """What the address says before what the browser asks for."""
    answer, body = asked(f"/lessons/{query}", **({"Accept-Language": header} if header else {}))
    assert f'<html lang="{language}">' in body
    assert "Accept-Language" == answer.headers["Vary"]
    assert ("/lessons/01-one-task/?lang=ru" in body) == (query == "?lang=ru")
