"""What waits for a database goes through files and comes into it in its order, once, and never over what is newer (R30, R40)."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, CookieKey
from cookieproxy.core.events import (
    ClientSeen,
    EndCause,
    Event,
    EventKind,
    FindingSeen,
    HostSeen,
    JarChange,
    JarKind,
    Observation,
    Proof,
    RequestSeen,
    SentPair,
    SessionChange,
    SessionSeen,
    SetCookieSeen,
)
from cookieproxy.record import overflow
from cookieproxy.record.once import OnceStore, Receipt
from cookieproxy.record.overflow import NUMBERS
from cookieproxy.record.packing import Unreadable, packed, unpacked
from cookieproxy.record.policy import RecordPolicy
from cookieproxy.record.spill import Frame, Spill
from cookieproxy.record.store import Store, open_store
from cookieproxy.record.values import ValuePolicy
from cookieproxy.record.writer import Writer
from rig.process import eventually

if TYPE_CHECKING:
    from rig.postgres import Server

BASE = Path("/")
ALICE = "10.0.0.1 Chrome/156 3fa9c1"
SECRET = b"PLANTED"


@contextmanager
def out_of_reach(server: "Server", spec: str) -> Iterator[None]:
    """Nobody can write into the store until this ends."""
    import psycopg

    with psycopg.connect(server.url()) as other:
        other.execute(f"LOCK TABLE {spec.rpartition('=')[2]}.receipts IN ACCESS EXCLUSIVE MODE".encode())
        yield


def event(time: float, **fields: object) -> Event:
    given = {"site": "shop.example", "host": "www.shop.example", "cookie": b"sid", "event": EventKind.MISSING}
    return Event(time, ALICE, **(given | fields))


def in_jar(time: float, value: bytes | None = b"v", name: bytes = b"sid", **fields: object) -> JarChange:
    key = CookieKey(name, "shop.example", True, b"/")
    cookie = None if value is None else Cookie(name, value, "shop.example", b"/", time, time, 1, set_time=time)
    return JarChange(time, ALICE, JarKind.HELD, None, "shop.example", key, cookie)._replace(**fields)


def session(time: float, ended: float | None = None) -> SessionChange:
    return SessionChange(time, ALICE, "shop.example", "1f" * 12, "https://e/", "b", 1.0, time, ended)


def tracked(time: float) -> SessionSeen:
    return SessionSeen(
        ALICE, "shop.example", "h", b"\xff", "0" * 16, 1.0, time, None, EndCause.OPEN, None, None, None, 2, 0.5, None, None,
        None, None, None, None, False, True, None, None, False, "by name", "{}",
    )  # fmt: skip


def finding(time: float) -> FindingSeen:
    return FindingSeen(
        "missing-secure", "low", "s", "h", b"\0", None, 1, 1.0, time, (Proof("f", 1.0, "Set."),), "Add it.", ""
    )


EVERYTHING: list[Observation] = [
    ClientSeen(1.0, ALICE, "10.0.0.1", "Chrome/156", "chrome"),
    SetCookieSeen(1.5, ALICE, "shop.example", "h", "https", b"/\xff", "f1", 200, b"sid", SECRET, b"sid=" + SECRET, None,
                  EventKind.STORED, JarKind.MIRROR),
    RequestSeen(2.0, ALICE, "shop.example", "h", "https", "GET", b"/", None, "first", 9,
                (SentPair(b"\0", SECRET, EventKind.SENT), SentPair(b"b", b"2", EventKind.UNEXPECTED))),
    in_jar(3.0, b"\xe9"), session(3.0), in_jar(3.5, None, b"other"), event(4.0, before=SECRET), tracked(5.0), finding(6.0),
    HostSeen(7.0, "s", "h", '{"a": "\\ud800"}'),
]  # fmt: skip


def once(store: Store) -> OnceStore:
    assert isinstance(store, OnceStore)
    return store


def write_late(
    store: Store, observations: Sequence[Observation], number: int, values: ValuePolicy = ValuePolicy.HASH
) -> None:
    """As what comes out of a file."""
    batch = unpacked(packed(once(store).batch(observations, store.masker(values))))
    once(store).write_batch(batch, Receipt("file", number))


def state(store: Store) -> object:
    """All that a proxy that starts anew is given, and what is listed."""
    cookies = [[(kind, cookie.key, cookie.value) for kind, _, cookie in store.load_jars(ALICE)]]
    known = (
        store.load_open_sessions(),
        store.load_sessions(9),
        store.load_findings(),
        store.load_hosts(),
        store.load_clients(),
    )
    return cookies, known, store.questions.events()


def times(store: Store) -> list[float]:
    return [row.time for row in store.questions.events()]


def test_what_went_through_a_file_is_what_is_written_at_once(pg: Store, postgres: "Server") -> None:
    batch = once(pg).batch(EVERYTHING, pg.masker(ValuePolicy.HASH))
    assert packed(unpacked(packed(batch))) == packed(batch)
    assert SECRET not in packed(batch)
    pg.write(EVERYTHING, pg.masker(ValuePolicy.KEEP))
    with closing(open_store(postgres.spec(), BASE)) as late:
        write_late(late, EVERYTHING, 1, ValuePolicy.KEEP)
        assert state(late) == state(pg)


@pytest.mark.parametrize("octets", [b"", b"{}", b"[]", b'{"version": 2}', b"\xff"])
def test_what_is_no_batch_is_said_to_be_none(octets: bytes) -> None:
    with pytest.raises(Unreadable):
        unpacked(octets)


def test_a_batch_is_written_once_however_often_it_is_tried(pg: Store) -> None:
    masker = pg.masker(ValuePolicy.HASH)
    for number, time in ((8, 1.0), (8, 1.0), (16, 2.0), (8, 1.0), (16, 2.0)):
        once(pg).write_once([event(time)], masker, Receipt("mine", number))
    assert times(pg) == [1.0, 2.0]
    for number, time in ((8, 3.0), (8, 3.0)):
        write_late(pg, [event(time)], number)
    assert times(pg) == [1.0, 2.0, 3.0]


STATES = st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.none() | st.sampled_from([b"1", b"2"])), max_size=8)


@given(STATES, st.sets(st.integers(0, 7)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_states_in_a_file_are_not_written_over_newer_ones(
    pg: Store, spec: str, postgres: "Server", states: list[tuple[bytes, bytes | None]], late: set[int]
) -> None:
    postgres.empty(spec)
    postgres.execute(f"DELETE FROM {spec.rpartition('=')[2]}.receipts")
    masker = pg.masker(ValuePolicy.HASH)
    latest: dict[bytes, bytes | None] = {}
    there: set[bytes] = set()
    in_file: list[list[Observation]] = []
    for number, (name, value) in enumerate(states):
        time = float(number)
        told: list[Observation] = [session(time), tracked(time), finding(time)]
        if number in late or value is not None or name in there:  # what is not there cannot be removed
            told.append(in_jar(time, value, name))
            latest[name] = value
        if number in late:
            in_file.append(told)
        else:
            there = there - {name} if value is None else there | {name}
            pg.write(told, masker)
    for number, told in enumerate(in_file):
        write_late(pg, told, number)
    kept = {name: value for name, value in latest.items() if value is not None}
    assert {cookie.name: cookie.value for _, _, cookie in pg.load_jars(ALICE)} == kept
    last = [len(states) - 1.0] if states else []
    assert [each.last_seen for each in pg.load_sessions(9)] == last
    assert [each.last_seen for each in pg.load_findings()] == last
    assert [each.last_used for each in pg.load_open_sessions()] == last


@contextmanager
def writing(store: Store, folder: Path, **options: object) -> Iterator[tuple[Writer, list[str]]]:
    """A writer with room for hardly anything, and what it says."""
    said: list[str] = []
    writer = Writer(store, RecordPolicy(), said.append, folder=folder, **({"room_bytes": 20_000} | options))
    try:
        yield writer, said
    finally:
        writer.close(10)


def put_until_spilled(writer: Writer, times: Iterator[float]) -> None:
    for _ in eventually(20):
        writer.put([event(next(times)) for _ in range(5)])
        if writer.overflow is not None and writer.overflow.spilled >= 200:
            return


def numbers() -> Iterator[float]:
    time = 0.0
    while True:
        time += 1.0
        yield time


def test_all_of_it_is_there_once_and_in_its_order_when_the_database_is_back(
    pg: Store, spec: str, postgres: "Server", tmp_path: Path
) -> None:
    clock = numbers()
    with writing(pg, tmp_path) as (writer, said):
        writer.put([event(next(clock))])
        assert writer.flush(20)
        with out_of_reach(postgres, spec):
            put_until_spilled(writer, clock)
            assert not writer.flush(0)
        for _ in range(10):
            writer.put([event(next(clock))])
        assert writer.flush(20)
        files = writer.overflow
        assert files is not None
        last = int(next(clock)) - 1
        assert times(pg) == [float(time) for time in range(1, last + 1)]
        assert (writer.written, writer.dropped, writer.lost) == (last, 0, 0)
        assert files.loaded == files.spilled
        assert files.waiting_bytes == 0
    assert [text.partition(" in ")[0].partition(" to files")[0] for text in said] == [
        "what waits to be recorded goes",
        "what waited",
    ]
    assert list(tmp_path.iterdir()) == []
    assert postgres.execute(f"SELECT * FROM {spec.rpartition('=')[2]}.receipts") == []


def test_who_ends_while_it_is_gone_leaves_all_to_the_next(
    pg: Store, spec: str, postgres: "Server", tmp_path: Path
) -> None:
    clock = numbers()
    with out_of_reach(postgres, spec):
        postgres.execute("ALTER ROLE proxy SET lock_timeout = 0")
        with writing(pg, tmp_path / "first") as (writer, _):
            put_until_spilled(writer, clock)
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO receipts%'"
            )
            shutil.copytree(tmp_path / "first", tmp_path / "second")  # as of a process that is killed here
            pg.close()
    last = int(next(clock)) - 1
    with closing(open_store(spec, BASE)) as after, writing(after, tmp_path / "first") as (writer, _):
        files = writer.overflow
        assert files is not None
        assert files.is_caught_up.wait(20)
        assert times(after) == [float(time) for time in range(1, last + 1)]
        writer.put([event(0.5)])
        assert writer.flush(20)
        assert len(times(after)) == last + 1
    assert list((tmp_path / "first").iterdir()) == []


def leave(store: Store, folder: Path, times: Sequence[float]) -> str:
    """Files of a process that was killed; their name."""
    with closing(Spill(folder, store.hash_id(b"spill"))) as dead:
        for number, time in enumerate(times, 1):
            batch = once(store).batch([event(time)], store.masker(ValuePolicy.HASH))
            dead.append(Frame(number * NUMBERS, 1, packed(batch)))
        return dead.name


def test_what_is_written_and_was_not_removed_is_not_written_again(pg: Store, tmp_path: Path) -> None:
    """As if the process was killed between the commit and the removal."""
    name = leave(pg, tmp_path, [1.0, 2.0, 3.0])
    batch = once(pg).batch([event(1.0)], pg.masker(ValuePolicy.HASH))
    once(pg).write_batch(batch, Receipt(name, NUMBERS))
    with writing(pg, tmp_path) as (writer, _):
        assert writer.overflow is not None
        assert writer.overflow.is_caught_up.wait(20)
        assert times(pg) == [1.0, 2.0, 3.0]


def test_what_was_cut_off_is_said_and_costs_nothing_else(pg: Store, tmp_path: Path) -> None:
    leave(pg, tmp_path, [1.0, 2.0, 3.0])
    (path,) = (each for each in tmp_path.iterdir() if each.suffix != ".lock")
    path.write_bytes(path.read_bytes()[:-1])
    with writing(pg, tmp_path) as (writer, said):
        assert writer.overflow is not None
        assert writer.overflow.is_caught_up.wait(20)
        assert times(pg) == [1.0, 2.0]
    assert [text for text in said if "could not be read" in text]


def test_what_others_leave_is_taken_over_while_one_runs(
    pg: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overflow, "ADOPT_SECONDS", 0.0)
    with writing(pg, tmp_path):
        leave(pg, tmp_path, [1.0, 2.0])
        for _ in eventually(20):
            if times(pg) == [1.0, 2.0]:
                break


def test_beyond_its_bound_what_happened_is_dropped_and_counted_and_states_are_kept(
    pg: Store, spec: str, postgres: "Server", tmp_path: Path
) -> None:
    with writing(pg, tmp_path, spill_bytes=1) as (writer, said):
        with out_of_reach(postgres, spec):
            time = 0.0
            for _ in eventually(20):
                time += 1
                writer.put([event(time), in_jar(time)])
                if writer.dropped > 100:
                    break
        assert writer.flush(20)
        assert len(times(pg)) == time - writer.dropped
        assert [cookie.set_time for _, _, cookie in pg.load_jars(ALICE)] == [time]
    assert any("are full" in text for text in said)
    assert any("were not recorded" in text for text in said)


def test_one_that_cannot_be_written_takes_nobody_with_it(
    pg: Store, spec: str, postgres: "Server", tmp_path: Path
) -> None:
    with writing(pg, tmp_path) as (writer, said):
        with out_of_reach(postgres, spec):
            clock = numbers()
            writer.put([event(next(clock))])
            put_until_spilled(writer, clock)
            writer.put([event(float("inf")), event(next(clock))])
            put_until_spilled(writer, clock)
        assert writer.flush(60)
        assert writer.lost == 1
        assert times(pg) == [float(time) for time in range(1, int(next(clock)))]
    assert len([text for text in said if "could not be recorded" in text]) == 1


def test_a_folder_that_cannot_be_written_is_said_and_memory_has_to_do(
    pg: Store, spec: str, postgres: "Server", tmp_path: Path
) -> None:
    place = tmp_path / "no folder"
    place.write_text("")
    with writing(pg, place) as (writer, said):
        with out_of_reach(postgres, spec):
            for _ in eventually(20):
                writer.put([event(1.0)])
                if writer.dropped:
                    break
        assert writer.flush(20)
        assert not writer.lost
    assert any("cannot be put into" in text for text in said)


def test_stores_without_receipts_have_no_files(tmp_path: Path) -> None:
    with closing(open_store("memory:", tmp_path)) as store, writing(store, tmp_path) as (writer, _):
        assert writer.overflow is None
