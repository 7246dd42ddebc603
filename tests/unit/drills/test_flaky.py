"""A share of the operations fails inside the services: by seed, before or after each was really carried out."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest

from core.delivery import Again, Done
from core.errors import BrokerUnavailable, PublishRefused, PublishUnconfirmed, StoreUnavailable
from drills.inside.flaky import AFTER, BEFORE, LATE, POINTS, SOME, WHY, Chance
from drills.inside.hits import Hits
from drills.inside.planting import Planting
from tests.unit.samples import OTHER_ID
from tests.unit.services.fakes import ScriptedHandler
from tests.unit.services.test_consumer import Post, messages
from tests.unit.services.test_publisher import Line
from tests.unit.services.test_store import Shelf, document


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hits are counted in a folder of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def draws(seed: str, count: int = 1000, share: float = 0.1) -> list[str]:
    """What that many operations do."""
    chance = Chance(share, seed, Hits("app", "publish"))
    return [chance.draw(BEFORE, AFTER) for _ in range(count)]


def test_a_seed_repeats_its_faults() -> None:
    """And another one has others."""
    assert draws("publish:1") == draws("publish:1")
    assert draws("publish:1") != draws("publish:2")


def test_a_share_of_the_operations_fails_in_every_way() -> None:
    """Each way in its turn."""
    counts = Counter(draws("publish:1"))
    assert 70 <= counts[BEFORE] + counts[AFTER] <= 130
    assert abs(counts[BEFORE] - counts[AFTER]) <= 1


def test_hits_are_counted_over_all_processes(tmp_path: Path) -> None:
    """By kind."""
    for kind in (BEFORE, AFTER, BEFORE):
        Hits("app", "publish").add(kind)
    assert Counter({BEFORE: 2, AFTER: 1}) == Hits("app", "publish").count(tmp_path)
    assert Counter() == Hits("asyncapp", "publish").count(tmp_path)


class Sure(Chance):
    """Every operation fails, in the ways given, one after the other; then none."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = list(kinds)

    def draw(self, *kinds: str) -> str:
        """The next one, which must be one of those that the point knows."""
        kind = self.kinds.pop(0) if self.kinds else ""
        assert kind in {"", *kinds}
        return kind


def test_a_publish_fails_before_or_after_it_was_made(planting: Planting, line: Line) -> None:
    """Not sent: certainly not queued. Sent: nobody knows."""
    POINTS["publish"](planting, Sure(BEFORE, AFTER))
    with pytest.raises(BrokerUnavailable, match=WHY):
        line.publish()
    assert 0 == len(line.channel.published)
    with pytest.raises(PublishUnconfirmed, match=WHY):
        line.publish()
    line.publish()
    assert 2 == len(line.channel.published)


def test_a_confirm_is_lost_at_once_or_never_heard_of(planting: Planting, line: Line) -> None:
    """Both are in doubt, never refused."""
    line.twin.limits("publisher", publish_deadline=0.05)
    POINTS["confirm"](planting, Sure(AFTER, LATE))
    with pytest.raises(PublishUnconfirmed, match=WHY):
        line.publish()
    with pytest.raises(PublishUnconfirmed, match="within"):
        line.publish()
    line.publish()


def test_a_refusal_stays_one(planting: Planting, line: Line) -> None:
    """The broker's no is definite."""
    POINTS["confirm"](planting, Sure(AFTER))
    line.connect(reaction=lambda channel, tag: channel.nack(tag))
    with pytest.raises(PublishRefused):
        line.publish()


def test_an_insert_fails_before_or_after_it_was_made_or_in_part(planting: Planting, shelf: Shelf) -> None:
    """What is said to have failed is stored, or not, as the kind of failure says."""
    POINTS["insert"](planting, Sure(BEFORE, AFTER, SOME))
    for stored in (0, 2):
        with pytest.raises(StoreUnavailable, match=WHY):
            shelf.do("insert", [document(), document(id=OTHER_ID)])
        assert stored == len(shelf.mongo.documents)
    assert [Again(WHY), Done(duplicate=True)] == shelf.do("insert", [document(), document(id=OTHER_ID)])


def test_a_connection_is_closed_instead_of_an_acknowledgement(planting: Planting, post: Post) -> None:
    """And soon after that not again, so that the work goes on."""
    POINTS["acknowledge"](planting, Sure("closed", "closed"))
    assert [("ack", 2, True)] == post.run(ScriptedHandler([Done()], [Done()]), *messages(2))
    assert ("reconnect", WHY) in post.broker.events
