"""What is sent to who watches: in batches, bounded, and never at the cost of who is watched."""

import asyncio
import json
from typing import Any

import pytest

from cookieproxy.core.events import EventKind, RequestSeen, SentPair
from cookieproxy.dashboard import live
from cookieproxy.dashboard.live import Hub, Message


def request(number: int, pairs: int = 1, client: str = "me") -> RequestSeen:
    told = tuple(SentPair(b"c%d" % each, b"secret", EventKind.SENT) for each in range(pairs))
    return RequestSeen(
        float(number), client, "shop.example", "shop.example", "https", "GET", b"/", "f", "first", 20, told
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BATCH_SECONDS", 0.01)


SECONDS = 2.0


def said(message: Message | None) -> Any:
    assert message is not None
    return json.loads(message.data)


async def test_nobody_pays_while_nobody_watches() -> None:
    hub = Hub()
    assert not hub.is_watched
    watcher = hub.join()
    assert hub.is_watched
    hub.leave(watcher)
    assert not hub.is_watched
    hub.take([request(1)])


async def test_what_happens_comes_in_one_batch_without_values() -> None:
    hub = Hub()
    watcher = hub.join()
    hub.take([request(1, 2)])
    hub.take([request(2)])
    message = await watcher.next(SECONDS)
    assert message.name == "events"
    assert [(row["time"], row["cookie"], row["event"]) for row in said(message)["rows"]] == [
        (1.0, "c0", "sent"),
        (1.0, "c1", "sent"),
        (2.0, "c0", "sent"),
    ]
    assert said(message)["skipped"] == 0
    assert "secret" not in message.data
    hub.leave(watcher)


async def test_what_says_the_same_is_told_once_when_there_is_much() -> None:
    hub = Hub()
    watcher = hub.join()
    hub.take([request(number) for number in range(100)] + [request(200, 2)])
    rows = said(await watcher.next(SECONDS))["rows"]
    assert [(row["cookie"], row["time"], row.get("times")) for row in rows] == [
        ("c0", 99.0, 100),
        ("c0", 200.0, None),
        ("c1", 200.0, None),
    ]
    hub.leave(watcher)


async def test_too_much_is_counted_and_memory_is_bounded() -> None:
    hub = Hub()
    watcher = hub.join()
    for number in range(20):
        hub.take([request(number, client=f"client {each}") for each in range(1_000)])
    hub.take([request(99)])
    assert len(hub._gathered) <= live.MOST_GATHERED
    told = said(await watcher.next(SECONDS))
    assert len(told["rows"]) == live.MOST_ROWS
    assert told["rows"][-1]["time"] == 99.0
    assert told["skipped"] > 18_000
    hub.leave(watcher)


async def test_who_reads_slowly_misses_batches_and_is_told() -> None:
    hub = Hub()
    watcher = hub.join()
    for number in range(40):
        hub.take([request(number)])
        await asyncio.sleep(0.02)
    got = [said(await watcher.next(SECONDS)) for _ in range(live.MOST_BATCHES)]
    hub.take([request(99)])
    told = said(await watcher.next(SECONDS))
    assert sum(len(each["rows"]) for each in got) <= live.MOST_BATCHES
    assert told["rows"] == []
    assert told["skipped"] > 0
    hub.leave(watcher)


async def test_other_changes_are_told_by_name() -> None:
    hub = Hub()
    watcher = hub.join()
    hub.tell_changed(live.RULES)
    message = await watcher.next(SECONDS)
    assert (message.name, said(message)) == ("changed", {"what": ["rules"]})
    hub.leave(watcher)


async def test_there_are_not_too_many_who_watch() -> None:
    hub = Hub()
    watchers = [hub.join() for _ in range(live.MOST_WATCHERS)]
    assert hub.is_full
    for watcher in watchers:
        hub.leave(watcher)
    assert not hub.is_full
    assert not hub.is_watched


async def test_the_end_comes_at_once_to_all_who_watch_however_slow() -> None:
    hub = Hub()
    watchers = [hub.join(), hub.join()]
    for number in range(30):
        hub.take([request(number)])
        await asyncio.sleep(0.02)
    hub.close()
    assert [await watcher.next(SECONDS) for watcher in watchers] == [None, None]
    for watcher in watchers:
        hub.leave(watcher)
