"""The comparison of the twins finds what it is for."""

from pathlib import Path

import pytest

from tests.meta.twins import Pair, Same, Tables, Used

TABLES = Tables((Same("time.sleep", "asyncio.sleep", "sleeping"),), {"Awaitable": (0, "type")}, {"asyncio": "the loop"})
SYNC = '''
import time

LIMIT = 5


class Shop:
    """A shop."""

    def sell(self, things: Things) -> int:
        """Sell them."""
        time.sleep(LIMIT)
        for thing in things:
            self.hand_over(thing)
        return len(things)
'''
ASYNC = '''
import asyncio
import time

LIMIT = 5


class Shop:
    """A shop."""

    async def sell(self, things: Awaitable[Things]) -> int:
        """Sell them."""
        await asyncio.sleep(LIMIT)
        async for thing in things:
            await self.hand_over(thing)
        return len(things)
'''


def differences(tmp_path: Path, sync: str, asynchronous: str) -> dict[str, str]:
    """What differs between two texts."""
    for room, text in (("app", sync), ("asyncapp", asynchronous)):
        (tmp_path / room).mkdir()
        (tmp_path / room / "shop.py").write_text(text, encoding="utf-8")
    return Pair("shop.py", tmp_path).differences(TABLES, Used())


def test_what_only_async_and_await_and_the_tables_make_is_no_difference(tmp_path: Path) -> None:
    """Keywords, awaited types, mapped names."""
    assert {} == differences(tmp_path, SYNC, ASYNC)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("LIMIT = 5", "LIMIT = 6", "LIMIT"),
        ("return len(things)", "return 0", "Shop.sell"),
        ("Sell them.", "Sell all of them.", "Shop.sell"),
        ("class Shop:", "class Shop(Base):", "Shop"),
        ("async def sell", "@cached\n    async def sell", "Shop.sell"),
        ('"""A shop."""', '"""A store."""', "Shop.(text)"),
        ("import time\n", "import time\nimport os\n", "(imports)"),
        ("LIMIT = 5\n", "LIMIT = 5\nMORE = 6\n", "MORE"),
        ("await self.hand_over(thing)", "self.take(thing)", "Shop.sell"),
    ],
)
def test_everything_else_is(tmp_path: Path, old: str, new: str, where: str) -> None:
    """By the name of the definition it is in."""
    assert [where] == list(differences(tmp_path, SYNC, ASYNC.replace(old, new)))


def test_another_order_is_a_difference(tmp_path: Path) -> None:
    """Side by side the same things must stand in the same place."""
    one, other = "def a():\n    pass\n", "def b():\n    pass\n"
    assert ["(order)"] == list(differences(tmp_path, one + other, other + one))
