"""The writer thread: nothing waits for it, nothing is lost silently, and trouble is said once."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Queue

import pytest

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import ClientSeen, Event, EventKind, JarChange, JarKind, Observation
from cookieproxy.record.commands import post_and_wait
from cookieproxy.record.policy import RecordPolicy
from cookieproxy.record.sqlite import SqliteStore
from cookieproxy.record.store import Answer, Command, Store, open_reader, open_store
from cookieproxy.record.values import Masker, ValuePolicy
from cookieproxy.record.writer import Writer

CLIENT = "10.0.0.1 Chrome/156 3fa9c1"
NOW = 1_000_000.0


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store("sqlite:store.db", tmp_path)) as opened:
        yield opened


def event(
    time: float = NOW, host: str = "www.shop.example", cookie: bytes = b"sid", after: bytes | None = None
) -> Event:
    return Event(time, CLIENT, "shop.example", host, cookie, EventKind.CHANGED, after=after)


def stored(name: bytes, value: bytes = b"v", time: float = NOW) -> JarChange:
    cookie = Cookie(name, value, "shop.example", b"/", time, time, 1, set_time=time)
    return JarChange(time, CLIENT, JarKind.MIRROR, None, "shop.example", cookie.key, cookie)


@contextmanager
def writing(store: Store, **options: object) -> Iterator[Writer]:
    writer = Writer(store, **({"clock": lambda: NOW} | options))
    try:
        yield writer
    finally:
        writer.close(0.5)


class GatedStore(SqliteStore):
    """A store as slow as a test likes: nothing is written until the gate opens."""

    gate: threading.Event

    def write(self, observations: Sequence[Observation], masker: Masker) -> None:
        self.gate.wait()
        super().write(observations, masker)


@pytest.fixture
def gated() -> Iterator[GatedStore]:
    store = GatedStore.in_memory()
    assert isinstance(store, GatedStore)
    store.gate = threading.Event()
    yield store
    store.gate.set()
    store.close()


class TestWriting:
    """All that was given is in the store."""

    def test_flush_waits_for_everything_given_so_far(self, store: Store) -> None:
        with writing(store) as writer:
            for n in range(100):
                writer.put([event(NOW + n), event(NOW + n)])
            assert writer.flush(10)
            assert len(store.questions.events()) == 200
            assert (writer.written, writer.dropped, writer.lost, writer.trouble) == (200, 0, 0, None)

    def test_close_writes_what_is_left(self, store: Store) -> None:
        writer = Writer(store, clock=lambda: NOW)
        writer.put([event(), stored(b"sid")])
        assert writer.close()
        assert writer.close()
        assert len(store.questions.events()) == 1
        assert len(store.load_jars(CLIENT)) == 1

    def test_more_than_a_transaction_s_worth(self, store: Store) -> None:
        with writing(store) as writer:
            writer.put([event(NOW + n) for n in range(12_000)])
            writer.flush(30)
            assert [row.time for row in store.questions.events()] == [NOW + n for n in range(12_000)]

    def test_values_are_hashed_by_default(self, store: Store) -> None:
        with writing(store) as writer:
            writer.put([event(after=b"sid=secret")])
            writer.flush(10)
            [row] = store.questions.events(values=True)
            assert row.after == "sid=" + store.masker(ValuePolicy.HASH).hash(b"secret").decode()

    def test_another_policy_holds_from_the_next_batch_on(self, store: Store) -> None:
        with writing(store) as writer:
            for policy in (ValuePolicy.KEEP, ValuePolicy.DROP):
                writer.configure(RecordPolicy(values=policy))
                writer.put([event(after=b"sid=secret")])
                writer.flush(10)
            assert [row.after for row in store.questions.events(values=True)] == ["sid=secret", "sid=***6"]

    EXCEPTIONS = {
        "a host": (("bank.example",), ["shop.example", "www.bank.example"]),
        "all below": (("*.bank.example",), ["bank.example", "shop.example"]),
        "both": (("bank.example", "*.bank.example"), ["shop.example"]),
        "a site": (("shop.example",), []),
        "in capitals": (("BANK.example",), ["shop.example", "www.bank.example"]),
    }

    @pytest.mark.parametrize(("globs", "recorded"), EXCEPTIONS.values(), ids=EXCEPTIONS)
    def test_some_hosts_are_not_recorded_but_their_cookies_work(
        self, store: Store, globs: tuple[str, ...], recorded: list[str]
    ) -> None:
        with writing(store, policy=RecordPolicy(except_hosts=globs)) as writer:
            writer.put(
                [event(host=host) for host in ("bank.example", "shop.example", "www.bank.example")] + [stored(b"sid")]
            )
            writer.flush(10)
            assert [row.host for row in sorted(store.questions.events(), key=lambda row: row.host)] == recorded
            assert len(store.load_jars(CLIENT)) == 1

    def test_what_is_too_old_goes(self, store: Store) -> None:
        store.write([event(1.0), event(NOW)], store.masker(ValuePolicy.HASH))
        with writing(store, policy=RecordPolicy(keep_seconds=1000.0)) as writer:
            writer.put([event(NOW)])
            writer.flush(10)
        assert [row.time for row in store.questions.events()] == [NOW, NOW]


class TestRoom:
    """The event loop never waits; what finds no room is counted, and jars are never lost."""

    def test_observations_without_room_are_dropped_and_counted(self, gated: GatedStore) -> None:
        told: list[str] = []
        with writing(gated, room_bytes=50_000, on_trouble=told.append) as writer:
            for _ in range(1000):
                writer.put([event()])
            assert 0 < writer.dropped < 1000
            gated.gate.set()
            writer.flush(10)
            assert len(gated.questions.events()) == 1000 - writer.dropped
            assert told[-1] == f"{writer.dropped} observations were not recorded: more came than could be written"

    def test_the_latest_state_of_each_cookie_and_client_is_kept(self, gated: GatedStore) -> None:
        with writing(gated, room_bytes=1_000) as writer:
            for n in range(1000):
                seen = ClientSeen(NOW + n, CLIENT, "10.0.0.1", "ua", "chrome")
                writer.put([event(), stored(b"a", b"%d" % n, NOW + n), stored(b"b%d" % n), seen])
            gated.gate.set()
            writer.flush(10)
            values = {cookie.name: cookie.value for _, _, cookie in gated.load_jars(CLIENT)}
            assert values == {b"a": b"999"} | {b"b%d" % n: b"v" for n in range(1000)}
            assert gated.load_clients()[0].time == NOW + 999

    def test_one_batch_that_is_larger_than_the_room(self, gated: GatedStore) -> None:
        gated.gate.set()
        with writing(gated, room_bytes=1_000) as writer:
            writer.put([event() for _ in range(1000)])
            writer.flush(10)
            assert (writer.written, writer.dropped) == (1000, 0)

    def test_who_reads_a_file_waits_instead(self, gated: GatedStore) -> None:
        with writing(gated, room_bytes=50_000) as writer:
            reader = threading.Thread(target=lambda: [writer.put_blocking([event()]) for _ in range(1000)])
            reader.start()
            gated.gate.set()
            reader.join()
            writer.flush(10)
            assert (writer.written, writer.dropped) == (1000, 0)

    def test_nothing_to_write_is_nothing(self, gated: GatedStore) -> None:
        with writing(gated) as writer:
            writer.put([])
            writer.put_blocking([])
            assert writer.flush(10)


class TestTrouble:
    """A store that fails is tried again, and that is said once."""

    def test_a_locked_store(self, file_store: Store, tmp_path: Path) -> None:
        told: Queue[str] = Queue()
        with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
            file_store._writing._connection.execute("PRAGMA busy_timeout = 1")
            other.execute("BEGIN IMMEDIATE")
            with writing(file_store, on_trouble=told.put) as writer:
                writer.put([event()])
                message = told.get(timeout=10)
                assert message.startswith(f"cannot record: sqlite:{tmp_path}/store.db: another program has locked it")
                assert writer.trouble is not None
                writer.put([event(), stored(b"sid")])
                assert not writer.flush(0.3)
                other.execute("ROLLBACK")
                assert writer.flush(20)
                assert told.get(timeout=10) == "recording works again"
                assert told.empty()
                assert (len(file_store.questions.events()), writer.trouble, writer.dropped) == (2, None, 0)

    def test_a_store_that_fails_until_the_end(self, file_store: Store, tmp_path: Path) -> None:
        told: list[str] = []
        with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
            file_store._writing._connection.execute("PRAGMA busy_timeout = 1")
            other.execute("BEGIN IMMEDIATE")
            writer = Writer(file_store, on_trouble=told.append, clock=lambda: NOW)
            writer.put([event(), event()])
            assert not writer.close(0.3)
            other.execute("ROLLBACK")
        assert writer.lost == 2
        assert told[-1] == "2 observations were lost"

    def test_an_observation_that_cannot_be_kept_takes_no_other_with_it(self, store: Store) -> None:
        told: list[str] = []
        with writing(store, on_trouble=told.append) as writer:
            writer.put([event(NOW), event(float("nan")), event(NOW + 1)])
            writer.flush(10)
            assert [row.time for row in store.questions.events()] == [NOW, NOW + 1]
            assert (writer.lost, writer.trouble) == (1, None)
        assert len(told) == 1
        assert told[0].startswith("one Event could not be recorded\nTraceback")

    def test_a_listener_that_fails_does_not_end_the_recording(
        self, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(message: str) -> None:
            raise RuntimeError("nobody here")

        with writing(store, on_trouble=fail) as writer:
            writer.put([event(float("nan"))])
            writer.flush(10)
            writer.put([event()])
            writer.flush(10)
            assert writer.written == 1
        assert "nobody here" in capsys.readouterr().err


FULL_DISK = """
import resource, sys
from pathlib import Path
from queue import Queue
from cookieproxy.core.events import Event, EventKind
from cookieproxy.record.store import open_store
from cookieproxy.record.writer import Writer

folder = Path(sys.argv[1])
store = open_store("sqlite:cookies.db", folder)
told = Queue()
writer = Writer(store, on_trouble=told.put)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
writer.put([Event(2e9, "c", "s", "h", b"n" * 1000, EventKind.MISSING) for n in range(1000)])
print(told.get(timeout=20))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(told.get(timeout=20))
print(writer.flush(20), len(store.questions.events()), writer.dropped)
writer.close()
store.close()
"""


def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    """Nothing is lost while there is room in memory; a limit on the size of files stands in for the disk."""
    program = Path(__file__).parents[2] / "addons"
    environment = os.environ | {"PYTHONPATH": str(program)}
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    lines = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=100
    ).stdout.splitlines()
    assert lines[0].startswith(f"cannot record: sqlite:{tmp_path}/cookies.db: ")
    assert lines[1:] == ["recording works again", "True 1000 0"]


class TestCommands:
    """The command line asks, the proxy answers, through the store."""

    def answering(self, ok: bool = True) -> tuple[Callable[[Command], None], dict[str, Writer]]:
        writers: dict[str, Writer] = {}

        def on_command(command: Command) -> None:
            writers["the"].finish(command.id, f'["{command.name}", {command.args}]', ok)

        return on_command, writers

    @pytest.mark.parametrize("ok", [True, False])
    def test_a_command_is_answered(self, file_store: Store, tmp_path: Path, ok: bool) -> None:
        on_command, writers = self.answering(ok)
        with (
            writing(file_store, on_command=on_command) as writer,
            closing(open_reader("sqlite:store.db", tmp_path)) as reader,
        ):
            writers["the"] = writer
            answers = [post_and_wait(reader, "forget", {"n": n}, 20.0) for n in range(3)]
        assert answers == [Answer(ok, f'["forget", {{"n": {n}}}]') for n in range(3)]

    def test_also_within_the_process(self, store: Store) -> None:
        on_command, writers = self.answering()
        with writing(store, on_command=on_command) as writer:
            writers["the"] = writer
            assert post_and_wait(store, "forget", {}, 20.0) == Answer(True, '["forget", {}]')

    def test_a_callback_that_fails_is_reported(self, store: Store) -> None:
        told: Queue[str] = Queue()

        def fail(command: Command) -> None:
            raise RuntimeError("no such command")

        with writing(store, on_command=fail, on_trouble=told.put) as writer:
            store.post("nonsense", "{}", NOW)
            assert "no such command" in told.get(timeout=10)
            writer.put([event()])
            assert writer.flush(10)
