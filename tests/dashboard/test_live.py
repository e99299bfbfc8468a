"""What is sent to who watches: in batches, bounded, and never at the cost of who is watched."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cookieproxy.core.events import EventKind, RequestSeen, SentPair
from cookieproxy.dashboard import live
from cookieproxy.dashboard.live import Hub, Message


def request(number: int, pairs: int = 1) -> RequestSeen:
    told = tuple(SentPair(b"c%d" % each, b"secret", EventKind.SENT) for each in range(pairs))
    return RequestSeen(
        float(number), "me", "shop.example", "shop.example", "https", "GET", b"/", "f", "first", 20, told
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BATCH_SECONDS", 0.01)


async def following(hub: Hub) -> tuple[AsyncIterator[Message], "asyncio.Future[Message]"]:
    """A watcher that waits for its first message."""
    watching = hub.watch()
    first = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0)
    return watching, first


def said(message: Message) -> Any:
    return json.loads(message.data)


async def test_nobody_pays_while_nobody_watches() -> None:
    hub = Hub()
    assert not hub.is_watched
    watching, first = await following(hub)
    assert hub.is_watched
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await watching.aclose()
    assert not hub.is_watched
    hub.take([request(1)])


async def test_what_happens_comes_in_one_batch_without_values() -> None:
    hub = Hub()
    watching, first = await following(hub)
    hub.take([request(1, 2)])
    hub.take([request(2)])
    message = await first
    assert message.name == "events"
    assert [(row["time"], row["cookie"], row["event"]) for row in said(message)["rows"]] == [
        (1.0, "c0", "sent"),
        (1.0, "c1", "sent"),
        (2.0, "c0", "sent"),
    ]
    assert said(message)["skipped"] == 0
    assert "secret" not in message.data
    await watching.aclose()


async def test_what_says_the_same_is_told_once_when_there_is_much() -> None:
    hub = Hub()
    watching, first = await following(hub)
    hub.take([request(number) for number in range(100)] + [request(200, 2)])
    rows = said(await first)["rows"]
    assert [(row["cookie"], row["time"], row.get("times")) for row in rows] == [
        ("c0", 99.0, 100),
        ("c0", 200.0, None),
        ("c1", 200.0, None),
    ]
    await watching.aclose()


async def test_too_much_is_counted_and_memory_is_bounded() -> None:
    hub = Hub()
    watching, first = await following(hub)
    for number in range(20):
        hub.take([request(number, 1 + each) for each in range(1_000)])
    hub.take([request(99)])
    assert len(hub._gathered) <= live.MOST_GATHERED
    told = said(await first)
    assert len(told["rows"]) == live.MOST_ROWS
    assert told["rows"][-1]["time"] == 99.0
    assert told["skipped"] > 18_000
    await watching.aclose()


async def test_who_reads_slowly_misses_batches_and_is_told() -> None:
    hub = Hub()
    watching, first = await following(hub)
    hub.take([request(0)])
    await first
    batches = 30
    for number in range(batches):
        hub.take([request(number)])
        await asyncio.sleep(0.02)
    got = 0
    missed = 0
    while got + missed < batches:
        message = await asyncio.wait_for(anext(watching), 2)
        if message.name == "events":
            got += len(said(message)["rows"])
            missed += said(message)["skipped"]
        hub.take([])
        if not hub._watchers or got + missed < batches:
            hub.take([request(99)])
            batches += 1
        if missed:
            break
    assert missed > 0
    assert got <= live.MOST_BATCHES + 2
    await watching.aclose()


async def test_other_changes_are_told_by_name() -> None:
    hub = Hub()
    watching, first = await following(hub)
    hub.tell_changed(live.RULES)
    message = await asyncio.wait_for(first, 2)
    assert (message.name, said(message)) == ("changed", {"what": ["rules"]})
    await watching.aclose()


async def test_there_are_not_too_many_who_watch() -> None:
    hub = Hub()
    watchers = [await following(hub) for _ in range(live.MOST_WATCHERS)]
    assert hub.is_full
    for watching, first in watchers:
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await watching.aclose()
    assert not hub.is_full
