"""Times as the lab writes them, and ids."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import get_args

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import at, milliseconds_between, to_ms
from core.ids import id_of_key, new_id
from core.task import TaskId
from tests.unit.samples import ACCEPTED

RANDOM = st.binary(min_size=10, max_size=10)
MILLISECONDS = st.integers(0, 2**48 - 1)
SINCE_1970 = st.integers(0, 9_999_999_999_999)


def test_times_are_in_utc_and_cut_to_the_millisecond() -> None:
    """BSON keeps no more, so a time read back is the time that was written."""
    assert datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC) == at(ACCEPTED.timestamp() + 0.000_9)


@given(SINCE_1970)
def test_milliseconds_come_back_out_of_a_time(milliseconds: int) -> None:
    """A cursor made of a time finds that time again."""
    assert milliseconds == to_ms(at(milliseconds / 1000))


@given(st.floats(0, 9_999_999_999))
def test_a_time_survives_the_database(epoch_seconds: float) -> None:
    """To the millisecond."""
    moment = at(epoch_seconds)
    assert moment == bson.decode(bson.encode({"t": moment}))["t"].replace(tzinfo=UTC)


def test_time_between_two_moments_is_whole_milliseconds() -> None:
    """As the passport tells it."""
    assert 1250 == milliseconds_between(ACCEPTED, ACCEPTED + timedelta(seconds=1.25))


def test_time_between_is_never_negative() -> None:
    """Clocks of two hosts may disagree."""
    assert 0 == milliseconds_between(ACCEPTED, ACCEPTED - timedelta(seconds=1))


@given(MILLISECONDS, RANDOM)
def test_an_id_is_a_uuid_of_version_7(epoch_ms: int, random: bytes) -> None:
    """RFC 9562: any tool can read its time."""
    made = uuid.UUID(new_id(epoch_ms, random))
    assert (7, uuid.RFC_4122, epoch_ms) == (made.version, made.variant, made.int >> 80)


@given(MILLISECONDS, MILLISECONDS, RANDOM, RANDOM)
def test_ids_are_ordered_by_time(one: int, other: int, random: bytes, more: bytes) -> None:
    """Newest first is then also last inserted first."""
    if one != other:
        assert (one < other) is (new_id(one, random) < new_id(other, more))


@given(RANDOM, RANDOM)
def test_ids_of_one_millisecond_differ_as_their_random_bits_do(random: bytes, more: bytes) -> None:
    """74 of the 80 bits are kept."""
    kept = int.from_bytes(b"\x0f\xff\x3f" + b"\xff" * 7)
    same = int.from_bytes(random) & kept == int.from_bytes(more) & kept
    assert same is (new_id(1, random) == new_id(1, more))


@pytest.mark.parametrize("made", [new_id(1_700_000_000_000, b"0123456789"), id_of_key("a"), new_id(0, b"\xff" * 10)])
def test_every_id_has_the_form_that_the_contract_promises(made: str) -> None:
    """Those of keys as well."""
    assert re.fullmatch(get_args(TaskId)[1].pattern, made)


def test_one_key_is_one_id() -> None:
    """On every producer, and after every restart."""
    assert id_of_key("order-7") == id_of_key("order-7")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.text(min_size=1))
def test_two_keys_are_two_ids(key: str, other: str) -> None:
    """A key is compared letter by letter."""
    if key != other:
        assert id_of_key(key) != id_of_key(other.encode("ascii", "replace").decode() + "!")
