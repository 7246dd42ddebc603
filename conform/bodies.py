"""Request bodies that are no task, each with the status that says so. Every one carries MARK where it can."""

import gzip
import json
from dataclasses import dataclass, field

MARK = "refused-body"
"""The title of every body that has a usable one: it must never be stored."""
GOOD = json.dumps({"title": MARK}).encode()
DEEP = 100_000
TOO_LARGE = 64 * 1024 + 1


@dataclass(frozen=True)
class Refused:
    """One body, how it is declared, and the status of the refusal."""

    name: str
    body: bytes
    status: int
    headers: dict[str, str] = field(default_factory=dict)


def _with(members: str) -> bytes:
    return f'{{"title": "{MARK}", {members}}}'.encode()


NOT_JSON = [
    Refused("empty body", b"", 400),
    Refused("blanks only", b"  \n", 400),
    Refused("not JSON", b"title=refused-body", 400),
    Refused("half a document", GOOD[:-3], 400),
    Refused("two documents", GOOD + GOOD, 400),
    Refused("trailing comma", _with("").replace(b", }", b",}"), 400),
    Refused("single quotes", GOOD.replace(b'"', b"'"), 400),
    Refused("UTF-16", GOOD.decode().encode("utf-16"), 400),
    Refused("UTF-16 without BOM", GOOD.decode().encode("utf-16-le"), 400),
    Refused("UTF-32", GOOD.decode().encode("utf-32"), 400),
    Refused("UTF-8 with BOM", b"\xef\xbb\xbf" + GOOD, 400),
    Refused("Latin-1", '{"title": "größe"}'.encode("latin-1"), 400),
    Refused("truncated UTF-8", b'{"title": "\xc3"}', 400),
    Refused("overlong UTF-8", b'{"title": "\xc0\xaf"}', 400),
    Refused("raw control character", b'{"title": "a\nb"}', 400),
    Refused("raw NUL", b'{"title": "a\x00b"}', 400),
    Refused("NaN", _with('"work": {"io_ms": NaN}'), 400),
    Refused("Infinity", _with('"work": {"io_ms": -Infinity}'), 400),
    Refused("hexadecimal number", _with('"work": {"io_ms": 0x10}'), 400),
    Refused("leading zero", _with('"work": {"io_ms": 01}'), 400),
    Refused("lone high surrogate, escaped", b'{"title": "\\ud800"}', 400),
    Refused("lone low surrogate, escaped", b'{"title": "a\\udc00b"}', 400),
    Refused("lone surrogate in the notes", _with('"notes": "\\udfff"'), 400),
    Refused("raw surrogate", b'{"title": "\xed\xa0\x80"}', 400),
    Refused("comment", b'{"title": "refused-body" /* no */}', 400),
]
"""400: these bytes are no JSON in UTF-8."""

NOT_A_TASK = [
    Refused("null", b"null", 422),
    Refused("a string", b'"refused-body"', 422),
    Refused("a number", b"1", 422),
    Refused("an array", b"[" + GOOD + b"]", 422),
    Refused("no title", b"{}", 422),
    Refused("title null", b'{"title": null}', 422),
    Refused("title a number", b'{"title": 1}', 422),
    Refused("title a boolean", b'{"title": true}', 422),
    Refused("title an array", b'{"title": ["refused-body"]}', 422),
    Refused("title an operator", b'{"title": {"$ne": 1}}', 422),
    Refused("title empty", b'{"title": ""}', 422),
    Refused("title blank", b'{"title": " \\t\\r\\n "}', 422),
    Refused("title of 201 characters", json.dumps({"title": "ä" * 201}, ensure_ascii=False).encode(), 422),
    Refused("notes null", _with('"notes": null'), 422),
    Refused("notes a number", _with('"notes": 1'), 422),
    Refused("notes of 10,001 characters", _with(f'"notes": "{"n" * 10_001}"'), 422),
    Refused("unknown member", _with('"priority": 1'), 422),
    Refused("member in another case", _with('"Notes": ""'), 422),
    Refused("an id of the client's", _with('"_id": "1"'), 422),
    Refused("operator as a member", _with('"$set": {"title": "x"}'), 422),
    Refused("NUL in a name", _with('"a\\u0000b": 1'), 422),
    Refused("dot in a name", _with('"a.b": 1'), 422),
    Refused("prototype", _with('"__proto__": {}'), 422),
    Refused("work null", _with('"work": null'), 422),
    Refused("work a number", _with('"work": 1'), 422),
    Refused("work an array", _with('"work": [1, 2]'), 422),
    Refused("unknown work", _with('"work": {"disk_ms": 1}'), 422),
    Refused("io_ms 5001", _with('"work": {"io_ms": 5001}'), 422),
    Refused("io_ms negative", _with('"work": {"io_ms": -1}'), 422),
    Refused("io_ms a fraction", _with('"work": {"io_ms": 1.5}'), 422),
    Refused("io_ms whole, with a fraction", _with('"work": {"io_ms": 1.0}'), 422),
    Refused("io_ms a boolean", _with('"work": {"io_ms": true}'), 422),
    Refused("io_ms a string", _with('"work": {"io_ms": "1"}'), 422),
    Refused("io_ms an operator", _with('"work": {"io_ms": {"$gt": 0}}'), 422),
    Refused("io_ms 2**63", _with(f'"work": {{"io_ms": {2**63}}}'), 422),
    Refused("io_ms 2**64", _with(f'"work": {{"io_ms": {2**64}}}'), 422),
    Refused("io_ms of 400 digits", _with(f'"work": {{"io_ms": {"9" * 400}}}'), 422),
    Refused("cpu_ms 1001", _with('"work": {"cpu_ms": 1001}'), 422),
    Refused("cpu_ms 1e400", _with('"work": {"cpu_ms": 1e400}'), 422),
]
"""422: JSON, but no task; the detail names the member."""

NOT_TAKEN = [
    Refused("no Content-Type", GOOD, 415, {"Content-Type": ""}),
    Refused("a form", GOOD, 415, {"Content-Type": "application/x-www-form-urlencoded"}),
    Refused("text", GOOD, 415, {"Content-Type": "text/plain"}),
    Refused("JSON in another charset", GOOD, 415, {"Content-Type": "application/json; charset=utf-16"}),
    Refused("a JSON dialect", GOOD, 415, {"Content-Type": "application/merge-patch+json"}),
    Refused("two media types", GOOD, 415, {"Content-Type": "application/json, text/plain"}),
    Refused("gzip", gzip.compress(GOOD), 415, {"Content-Encoding": "gzip"}),
    Refused("said to be gzip", GOOD, 415, {"Content-Encoding": "gzip"}),
    Refused("a gzip bomb", gzip.compress(b"[" * 10_000_000), 415, {"Content-Encoding": "gzip"}),
    Refused("an encoding nobody knows", GOOD, 415, {"Content-Encoding": "zstd, br"}),
]
"""415: another media type or a compressed body."""

TOO_MUCH = [
    Refused("larger than 64 KiB", GOOD + b" " * TOO_LARGE, 413),
    Refused("64 KiB of notes", _with(f'"notes": "{"n" * TOO_LARGE}"'), 413),
    Refused("100,000 brackets", b"[" * DEEP, 413),
]
"""413: longer than the contract allows."""

DEEPLY_NESTED = [
    Refused("30,000 brackets", b"[" * 30_000, 422),
    Refused("30,000 brackets in the title", b'{"title": ' + b"[" * 30_000, 422),
    Refused("10,000 objects in an unknown member", _with('"x": ' + '{"x":' * 10_000 + "1" + "}" * 10_000), 422),
]
"""A 4xx, whichever limit is met first: the type of the outermost value, or the depth."""

REFUSED = [*NOT_JSON, *NOT_A_TASK, *NOT_TAKEN, *TOO_MUCH]
