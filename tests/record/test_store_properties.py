"""What holds for any history of jars and events, whatever the batches it comes in."""

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, CookieKey
from cookieproxy.core.events import (
    Change,
    Event,
    EventKind,
    JarChange,
    JarKind,
    Observation,
    RequestSeen,
    SentPair,
    SetCookieSeen,
)
from cookieproxy.core.outcome import CookielessReason
from cookieproxy.record.store import Store, open_reader, open_store
from cookieproxy.record.values import ValuePolicy
from cookieproxy.record.views import EVENTS
from rig.stores import Fresh

CLIENTS = ("alice", "bob")

type Step = tuple[str, bytes, bytes | None, float | None]
"""Client, name, value (None: removed), expiry."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from(CLIENTS),
        st.sampled_from([b"a", b"b", b""]),
        st.none() | st.sampled_from([b"1", b"22", b"\xff"]),
        st.none() | st.just(1e9),
    ),
    max_size=30,
)


def change(step: Step, time: float) -> JarChange:
    client, name, value, expiry = step
    key = CookieKey(name, "shop.example", True, b"/")
    cookie = (
        None
        if value is None
        else Cookie(name, value, "shop.example", b"/", time, time, int(time), expiry, set_time=time)
    )
    return JarChange(time, client, JarKind.MIRROR, None, "shop.example", key, cookie)


def write_in_batches(store: Store, observations: Sequence[Observation], sizes: list[int]) -> None:
    masker = store.masker(ValuePolicy.KEEP)
    while observations:
        size = sizes.pop() if sizes else len(observations)
        store.write(observations[:size], masker)
        observations = observations[size:]


@given(STEPS, st.lists(st.integers(1, 10)))
@settings(max_examples=60, deadline=None)
def test_jars_come_back_as_they_were_at_every_time(fresh: Fresh, steps: list[Step], sizes: list[int]) -> None:
    with fresh() as store:
        write_in_batches(store, [change(step, float(n)) for n, step in enumerate(steps)], sizes)
        jars: dict[tuple[str, bytes], tuple[bytes, float | None]] = {}
        for time, (client, name, value, expiry) in enumerate(steps):
            jars.pop((client, name), None)
            if value is not None:
                jars[client, name] = (value, expiry)
            then = {
                (row.client, row.name.encode()): (row.size_bytes - len(row.name), row.expires)
                for row in store.questions.jar(at=float(time))
            }
            assert then == {place: (len(value), expiry) for place, (value, expiry) in jars.items()}
        loaded = {
            (client, cookie.name): (cookie.value, cookie.expiry_time)
            for client in CLIENTS
            for _, _, cookie in store.load_jars(client)
        }
        assert loaded == jars


NAMES = st.binary(max_size=4) | st.sampled_from([b"sid", b'"', b"\\", b"\0"])
TIMES = st.integers(0, 5).map(float)
KINDS = st.sampled_from([EventKind.STORED, EventKind.REPLACED, EventKind.REMOVED, EventKind.IGNORED])
PAIRS = st.builds(
    SentPair,
    NAMES,
    st.binary(max_size=4),
    st.sampled_from([EventKind.SENT, EventKind.UNEXPECTED]),
    set_by=st.none() | st.just("f0"),
)
CHANGES = st.builds(Change, st.just("r"), st.just("set"), st.none() | NAMES, st.none() | NAMES, st.booleans())


def set_cookie(time: float, name: bytes, kind: EventKind, changes: list[Change]) -> SetCookieSeen:
    return SetCookieSeen(
        time,
        "alice",
        "s",
        "h",
        "https",
        b"/\xff",
        None,
        200,
        name,
        b"v",
        name + b"=v",
        None,
        kind,
        JarKind.MIRROR,
        changes=tuple(changes),
    )


def request(time: float, pairs: list[SentPair]) -> RequestSeen:
    return RequestSeen(time, "alice", "s", "h", "https", "GET", b"/", "f1", "first", 9, tuple(pairs))


OBSERVATIONS = st.lists(
    st.builds(set_cookie, TIMES, NAMES, KINDS, st.lists(CHANGES, max_size=2))
    | st.builds(request, TIMES, st.lists(PAIRS, max_size=3))
    | st.builds(
        Event, TIMES, st.just("alice"), st.just("s"), st.just("h"), st.none() | NAMES, st.just(EventKind.MISSING)
    )
    | st.builds(
        lambda time, reason: Event(time, "alice", "s", "h", None, EventKind.COOKIELESS, reason.value, reason.sentence),
        TIMES,
        st.sampled_from(CookielessReason),
    ),
    max_size=12,
)


@given(OBSERVATIONS, st.lists(st.integers(1, 5)), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_every_event_is_listed_once_in_order(
    fresh: Fresh, seen: list[Observation], sizes: list[int], step: int
) -> None:
    with fresh() as store:
        write_in_batches(store, list(seen), sizes)
        rows = store.questions.events()
        expected = sum(
            len(one.pairs)
            if isinstance(one, RequestSeen)
            else 1 + len(one.changes)
            if isinstance(one, SetCookieSeen)
            else 1
            for one in seen
        )
        assert len({row.seq for row in rows}) == len(rows) == expected
        assert rows == sorted(rows, key=lambda row: (row.time, row.seq))
        followed = []
        while more := store.questions.events(after_seq=followed[-1].seq if followed else 0, limit=step):
            followed += more
        assert followed == sorted(rows, key=lambda row: row.seq)


@given(OBSERVATIONS)
@settings(max_examples=40, deadline=None)
def test_the_view_of_events_says_what_the_listing_says(fresh: Fresh, seen: list[Observation]) -> None:
    names = ["seq", "time", "client", "host", "event", "reason", "sentence", "by", "rule", "flow_id"]
    assert set(names) <= {column.name for column in EVENTS.columns}
    with fresh() as store:
        store.write(seen, store.masker(ValuePolicy.DROP))
        viewed = store.questions._query(f"SELECT {', '.join(names)} FROM events ORDER BY time, seq", ())
        assert viewed == [tuple(getattr(row, name) for name in names) for row in store.questions.events()]


def test_readers_see_whole_batches_while_one_writes(tmp_path: Path) -> None:
    """Batches of 100 events; whoever reads in between sees a multiple of it, never fewer than before."""
    with closing(open_store("sqlite:store.db", tmp_path)) as store:
        masker = store.masker(ValuePolicy.HASH)

        def write() -> None:
            for batch in range(50):
                event = Event(float(batch), "alice", "s", "h", b"n", EventKind.MISSING)
                store.write([event] * 100, masker)

        counts: list[int] = []
        writer = threading.Thread(target=write)
        with closing(open_reader("sqlite:store.db", tmp_path)) as reader:
            writer.start()
            while not counts or counts[-1] < 5000:
                counts.append(len(reader.questions.events()))
                assert len(store.questions.jar()) == 0
            writer.join()
    assert [count % 100 for count in counts] == [0] * len(counts)
    assert counts == sorted(counts)


def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    """Listings of the latest and of what is new stay on their indexes."""
    with closing(open_store("sqlite:store.db", tmp_path)) as store:
        masker = store.masker(ValuePolicy.HASH)
        for start in range(0, 100_000, 5000):
            store.write(
                [
                    Event(float(n), "alice", "s", "h", b"n%d" % (n % 7), EventKind.MISSING)
                    for n in range(start, start + 5000)
                ],
                masker,
            )
        assert [row.seq for row in store.questions.events(limit=2)] == [99_999, 100_000]
        assert [row.seq for row in store.questions.events(after_seq=99_998, limit=50)] == [99_999, 100_000]
        assert len(store.questions.events()) == 100_000
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT * FROM event_rows WHERE time >= 5 ORDER BY time, seq LIMIT 9"
        ).fetchall()
        assert any("event_rows_time" in row[3] for row in plan)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
