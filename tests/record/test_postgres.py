"""What is PostgreSQL's alone: several writers, text it does not know, partitions, and a server that goes away (R30, R40)."""

import json
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import (
    ClientSeen,
    Event,
    EventKind,
    FindingSeen,
    JarChange,
    JarKind,
    Observation,
    Proof,
    RequestSeen,
    SentPair,
    SetCookieSeen,
)
from cookieproxy.record.commands import post_and_wait
from cookieproxy.record.filters import Filter
from cookieproxy.record.policy import RecordPolicy
from cookieproxy.record.store import Answer, Command, Store, StoreError, open_reader, open_store
from cookieproxy.record.values import ValuePolicy
from cookieproxy.record.views import VIEWS
from cookieproxy.record.writer import Writer

if TYPE_CHECKING:
    from rig.origin import Origin
    from rig.postgres import Server
    from rig.process import Proxy

ADDONS = Path(__file__).parents[2] / "addons"
BASE = Path("/")
ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 Firefox/150 77b0aa"
DAY = 86_400.0


def event(time: float = 100.0, client: str = ALICE, **fields: object) -> Event:
    given = {"site": "shop.example", "host": "www.shop.example", "cookie": b"sid", "event": EventKind.MISSING}
    return Event(time, client, **(given | fields))


def in_jar(name: bytes, value: bytes = b"v", client: str = ALICE, time: float = 100.0) -> JarChange:
    cookie = Cookie(name, value, "shop.example", b"/", time, time, 1, set_time=time)
    return JarChange(time, client, JarKind.MIRROR, None, "shop.example", cookie.key, cookie)


def finding(code: str, **fields: object) -> FindingSeen:
    proof = Proof("f1", 100.0, "Set without Secure.")
    given = FindingSeen(code, "low", "s", "h", b"sid", None, 1, 100.0, 200.0, (proof,), "Add Secure.", "")
    return given._replace(**fields)


def write(store: Store, *observations: Observation, policy: ValuePolicy = ValuePolicy.KEEP) -> None:
    store.write(observations, store.masker(policy))


def in_schema(spec: str, query: str) -> str:
    return query.replace("@", spec.rpartition("=")[2] + ".")


def _shown(rows: object) -> str:
    """In pairs NUL and the mark are shown as other characters."""
    return repr(rows).replace("\u2400", "\\x00").replace("\ufffd", "\\ufdd0")


class TestText:
    """PostgreSQL's text knows no NUL and nothing that is not UTF-8; cookies do."""

    HOSTILE = {
        "NUL": b"a\0b",
        "not UTF-8": b"n\xe9\xff\x00",
        "the mark itself": "\ufdd0x".encode(),
        "the mark and NUL": "\ufdd0\u0100\0".encode(),
        "escapes": b"\\x41\\000\t\n\r\\.",
        "JSON": b'"\\u0000\\',
        "longer than an index takes": bytes(range(1, 128)) * 80,
        "nothing": b"",
    }

    @pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
    def test_every_byte_comes_back(self, pg: Store, name: bytes) -> None:
        field = name + b"=" + name
        seen = SetCookieSeen(
            1.0, ALICE, "s", "h", "https", name, "f1", 200, name, name, field, None, EventKind.STORED, JarKind.MIRROR,
        )  # fmt: skip
        asked = RequestSeen(
            2.0, ALICE, "s", "h", "https", "GET", name, "f", "first", 9, (SentPair(name, name, EventKind.SENT),)
        )
        write(pg, in_jar(name, name), seen, asked, event(3.0, cookie=name, before=name))
        [(_, _, cookie)] = pg.load_jars(ALICE)
        assert (cookie.name, cookie.value) == (name, name)
        [row] = pg.questions.census().cookies_set
        assert row.field == field
        with closing(open_store("memory:", BASE)) as other:
            write(other, in_jar(name, name), seen, asked, event(3.0, cookie=name, before=name))
            kinds = {EventKind.STORED, EventKind.MISSING} | (set() if b"\0" in name else {EventKind.SENT})
            for ask in (
                lambda asked: asked.events(kinds=kinds, values=True),  # SQLite cuts a pair's texts off at NUL
                lambda asked: asked.requests(values=True),
                lambda asked: asked.jar(values=True),
            ):
                assert _shown(ask(pg.questions)) == _shown(ask(other.questions))

    def test_texts_of_ours_too(self, pg: Store) -> None:
        strange = "10.0.0.1 \0\ufdd0 Caf\udce9/1"
        write(
            pg,
            ClientSeen(1.0, strange, "10.0.0.1", strange, "chrome"),
            event(client=strange, host=strange, by=strange, rule=strange, sentence=strange, flow_id=strange),
            in_jar(b"a", client=strange),
            finding("a", evidence=(Proof(strange, 1.0, strange),)),
        )
        assert len(pg.load_jars(strange)) == 1
        assert [row.client for row in pg.questions.clients()] == [row.client for row in pg.questions.events()]

    def test_patterns_have_no_letters_of_like(self, pg: Store) -> None:
        write(pg, *(event(cookie=name) for name in (b"a_b", b"axb", b"a%b", b"a\\b", "a✓b".encode())))
        counts = {
            wanted: len(pg.questions.events(Filter(cookie=wanted)))
            for wanted in ("a_b", "a_*", "a%b", "a%*", "a\\b", "a\\*", "a?b")
        }
        assert counts == {"a_b": 1, "a_*": 1, "a%b": 1, "a%*": 1, "a\\b": 1, "a\\*": 1, "a?b": 5}

    def test_a_fault_tells_no_value(self, pg: Store) -> None:
        secret = bytes(reversed(b"tercespot"))
        field, value, path = b"sid=" + secret, secret, b"/" + secret
        large = RequestSeen(1.0, ALICE, "s", "h", "https", "GET", path, "f", "first", 2**70, ())
        faults = ((event(float("nan"), before=field), in_jar(b"a", value)), (event(1.0, before=field), large))
        for fault, said in zip(faults, ("time", "too large|too big|out of range"), strict=True):
            with pytest.raises(Exception, match=said) as error:
                write(pg, *fault)
            assert secret.decode() not in "".join(traceback.format_exception(error.value))
        assert pg.questions.events() == []

    def test_the_views_have_the_columns_that_are_documented(self, pg: Store) -> None:
        for view in VIEWS:
            told = pg.questions._query(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
                f"AND table_name = '{view.name}' ORDER BY ordinal_position"
            )
            assert [name for (name,) in told] == [column.name for column in view.columns]


class TestWriters:
    """Several proxies have the store open."""

    def test_numbers_become_visible_in_their_order(self, spec: str) -> None:
        """Who follows by `after_seq` while two write sees every event once."""
        batches, size = 40, 25

        def write_all(client: str) -> None:
            with closing(open_store(spec, BASE)) as store:
                for batch in range(batches):
                    write(store, in_jar(b"a", b"%d" % batch, client), *(event(float(n), client) for n in range(size)))

        with closing(open_store(spec, BASE)):
            writers = [threading.Thread(target=write_all, args=(client,)) for client in (ALICE, BOB)]
            followed: list[int] = []
            with closing(open_reader(spec, BASE)) as reader:
                for writer in writers:
                    writer.start()
                end = time.monotonic() + 60
                while len(followed) < 2 * batches * size and time.monotonic() < end:
                    rows = reader.questions.events(after_seq=followed[-1] if followed else 0, limit=40)
                    followed += [row.seq for row in rows]
                for writer in writers:
                    writer.join()
                assert followed == list(range(1, 2 * batches * size + 1))
                assert [len(reader.load_jars(client)) for client in (ALICE, BOB)] == [1, 1]

    def test_two_that_write_the_same_the_other_way_round(self, spec: str) -> None:
        """PostgreSQL breaks the tie, and the one that lost begins again."""
        codes = [f"c{number}" for number in range(30)]

        def write_all(order: Sequence[str], errors: list[Exception]) -> None:
            try:
                with closing(open_store(spec, BASE)) as store:
                    for times in range(15):
                        write(store, *(finding(code, times=times) for code in order), event())
            except StoreError as error:
                errors.append(error)

        errors: list[Exception] = []
        open_store(spec, BASE).close()
        writers = [threading.Thread(target=write_all, args=(order, errors)) for order in (codes, codes[::-1])]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        with closing(open_reader(spec, BASE)) as reader:
            assert errors == []
            assert len(reader.load_findings()) == len(codes)
            assert len(reader.questions.events()) == 30

    def test_all_have_the_same_key(self, spec: str) -> None:
        with closing(open_store(spec, BASE)) as one, closing(open_store(spec, BASE)) as other:
            assert one.hash_id(b"secret") == other.hash_id(b"secret")

    def test_processes_that_start_at_once_make_one_store(self, spec: str) -> None:
        program = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from pathlib import Path\n"
            "from cookieproxy.record.store import open_store\n"
            "store = open_store(sys.argv[2], Path('/')); print(store.hash_id(b'x')); store.close()"
        )
        command = [sys.executable, "-c", program, str(ADDONS), spec]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        told = {one.communicate(timeout=60)[0] for one in started}
        assert [one.returncode for one in started] == [0] * 4
        assert len(told) == 1

    def test_the_holder_is_a_proxy_that_lives(self, spec: str) -> None:
        with closing(open_store(spec, BASE)) as one, closing(open_reader(spec, BASE)) as reader:
            assert reader.holder() == one.holder()
            with closing(open_store(spec, BASE)):
                assert reader.holder() is not None
            one.close()
            assert reader.holder() is None
            with pytest.raises(StoreError, match="no proxy is running"):
                post_and_wait(reader, "forget", {}, 1.0)


def asked_at_once(proxies: Sequence[Store]) -> list[Command]:
    """What all of them take."""
    with ThreadPoolExecutor() as pool:
        return [command for taken in pool.map(lambda proxy: proxy.take_commands(3.0), proxies) for command in taken]


class TestCommands:
    """From the command line to any of the proxies."""

    def test_a_command_is_taken_by_one(self, spec: str) -> None:
        with ExitStack() as stack:
            proxies = [stack.enter_context(closing(open_store(spec, BASE))) for _ in range(3)]
            reader = stack.enter_context(closing(open_reader(spec, BASE)))
            assert [proxy.take_commands(1.0) for proxy in proxies] == [[], [], []]
            for number in range(10):
                command = reader.post("forget", json.dumps(number), 2.0)
                taken: list[Command] = []
                end = time.monotonic() + 10
                while not taken and time.monotonic() < end:
                    taken += asked_at_once(proxies)
                assert taken + asked_at_once(proxies) == [Command(command, "forget", str(number))]
            proxies[0].finish(command, Answer(True, "[]"), 4.0)
            assert reader.answer(command) == Answer(True, "[]")

    def test_a_running_writer_takes_them_soon(self, pg: Store, spec: str) -> None:
        with closing(open_reader(spec, BASE)) as reader:
            writer = Writer(pg, RecordPolicy(), on_command=lambda command: writer.finish(command.id, command.args))
            try:
                assert post_and_wait(reader, "export", [1], 10.0) == Answer(True, "[1]")
            finally:
                writer.close()

    def test_what_nobody_answered_is_answered_by_the_next_that_is_alone(self, spec: str) -> None:
        with closing(open_store(spec, BASE)) as first:
            waiting, taken = first.post("a", "{}", 1.0), first.post("b", "{}", 1.0)
            with closing(open_store(spec, BASE)) as second:
                assert second.answer(waiting) is None
        with closing(open_store(spec, BASE)) as third:
            assert [third.answer(command).ok for command in (waiting, taken)] == [False, False]
            assert third.take_commands(2.0) == []


class TestChunks:
    """What happened goes a partition at a time."""

    def chunks(self, store: Store) -> list[int]:
        query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event_rows'::regclass"
        return sorted(int(name.rpartition("_")[2]) for (name,) in store.questions._query(query))

    def day(self, store: Store, number: int) -> int:
        """A day's events and a cookie that comes and goes, then what a proxy does now and again."""
        start = number * DAY
        write(store, *(event(start + n) for n in range(10)), in_jar(b"a", b"%d" % number, time=start))
        return store.prune(start + DAY - 1, 3 * DAY, None, most=5)

    def test_a_day_each_and_the_next_is_there_before_it_is_needed(self, pg: Store) -> None:
        for number in range(3):
            self.day(pg, number)
        assert self.chunks(pg) == [1, 2, 3, 4]

    def test_the_oldest_is_dropped_when_all_of_it_is_too_old(self, pg: Store) -> None:
        removed = [self.day(pg, number) for number in range(8)]
        assert removed == [0, 0, 0, 0, 20, 10, 10, 10]
        assert min(row.time for row in pg.questions.events()) == 5 * DAY
        assert len(pg.questions.jar(at=4.5 * DAY)) == 1
        assert pg.questions.jar(at=1.5 * DAY) == []
        assert [row.name for row in pg.questions.jar()] == ["a"]
        numbers = [row.seq for row in pg.questions.events()]
        assert numbers == list(range(51, 81))
        assert len(self.chunks(pg)) < 8

    def test_much_goes_a_chunk_at_a_time(self, pg: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cookieproxy.record.postgres.chunks.LEAST_CHUNK_BYTES", 400_000)
        for start in range(0, 8_000, 1_000):
            write(pg, *(event(float(start + n), before=b"x" * 100) for n in range(1_000)))
            while pg.prune(float(start), None, 1_500_000, most=10):
                pass
        times = [row.time for row in pg.questions.events()]
        assert times == [float(n) for n in range(8_000 - len(times), 8_000)]
        assert 1_000 < len(times) < 6_000
        assert len(self.chunks(pg)) > 2

    def test_one_proxy_throws_away_at_a_time(self, spec: str, postgres: "Server") -> None:
        import psycopg

        from cookieproxy.record.postgres.locks import PRUNING

        with closing(open_store(spec, BASE)) as store, psycopg.connect(postgres.url()) as other:
            write(store, event(1.0))
            schema = spec.rpartition("=")[2]
            other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (PRUNING, schema))
            assert store.prune(1e6, 1.0, None, most=9) == 0
            other.execute("SELECT pg_advisory_unlock_all()")
            assert store.prune(1e6, 1.0, None, most=9) == 1


class TestFailures:
    """Every one has a cause and a remedy."""

    def test_a_database_that_is_not_there(self, postgres: "Server") -> None:
        with pytest.raises(StoreError, match=r"there is no such database.*createdb"):
            open_store(postgres.url(database="nowhere"), BASE)

    def test_a_wrong_password_and_a_right_one(self, postgres: "Server") -> None:
        postgres.execute("DROP ROLE IF EXISTS guarded", "CREATE ROLE guarded LOGIN PASSWORD 'topsecret'")
        for password in ("", "notsecret"):
            with pytest.raises(StoreError, match=r"the password is missing or wrong .*pgpass") as error:
                open_store(postgres.url("guarded", password=password), BASE)
            assert "notsecret" not in repr(error.value)
        with pytest.raises(StoreError, match=r"may not do that there .*GRANT CREATE") as error:
            open_store(postgres.url("guarded", password="topsecret"), BASE)
        assert "topsecret" not in repr(error.value)

    def test_nobody_knows_that_user(self, postgres: "Server") -> None:
        with pytest.raises(StoreError, match="does not let this user in"):
            open_store(postgres.url("stranger"), BASE)

    def test_a_reader_makes_nothing(self, spec: str) -> None:
        with pytest.raises(StoreError, match=r"there is no such store yet.*Start the proxy"):
            open_reader(spec, BASE)

    def test_who_may_only_read_reads(self, spec: str, postgres: "Server") -> None:
        with closing(open_store(spec, BASE)) as store:
            write(store, event())
        postgres.execute(
            "DROP ROLE IF EXISTS auditor", "CREATE ROLE auditor LOGIN",
            *(in_schema(spec, text) for text in (
                f"GRANT USAGE ON SCHEMA {spec.rpartition('=')[2]} TO auditor",
                f"GRANT SELECT ON ALL TABLES IN SCHEMA {spec.rpartition('=')[2]} TO auditor",
            )),
        )  # fmt: skip
        with closing(open_reader(spec.replace("proxy@", "auditor@"), BASE)) as reader:
            assert len(reader.questions.events()) == 1
            assert reader.holder() is None
            with pytest.raises(StoreError, match="may not do that there"):
                reader.post("forget", "{}", 1.0)
        postgres.execute(f"DROP SCHEMA {spec.rpartition('=')[2]} CASCADE", "DROP ROLE auditor")

    def test_a_store_of_a_newer_program_is_left_alone(self, spec: str, postgres: "Server") -> None:
        open_store(spec, BASE).close()
        postgres.execute(in_schema(spec, "UPDATE @settings SET value = '99' WHERE name = 'version'"))
        for way in (open_store, open_reader):
            with pytest.raises(StoreError, match=r"a newer Cookie Proxy wrote it \(its schema has version 99"):
                way(spec, BASE)

    def test_a_store_of_an_older_program_is_brought_up_to_date_by_who_writes(
        self, spec: str, postgres: "Server"
    ) -> None:
        open_store(spec, BASE).close()
        postgres.execute(
            in_schema(spec, "UPDATE @settings SET value = 'older' WHERE name = 'public'"),
            in_schema(spec, "DROP VIEW @events"),
        )
        with closing(open_store(spec, BASE)) as store:
            assert store.questions._query("SELECT * FROM events") == []

    def test_a_database_that_is_not_utf_8(self, postgres: "Server") -> None:
        postgres.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
        with pytest.raises(StoreError, match="keeps text as LATIN1"):
            open_store(postgres.url(database="latin"), BASE)

    def end_connections(self, postgres: "Server") -> None:
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cookie-proxy%'"
        )

    def test_connections_that_were_lost_are_made_anew(self, pg: Store, spec: str, postgres: "Server") -> None:
        write(pg, event(1.0), in_jar(b"a"))
        with closing(open_reader(spec, BASE)) as reader:
            self.end_connections(postgres)
            assert len(pg.load_jars(ALICE)) == 1, "who only reads does not notice"
            assert len(reader.questions.events()) == 1
            with pytest.raises(StoreError, match=r"the server was stopped|the connection was lost"):
                write(pg, event(2.0))
            write(pg, event(3.0))
            assert [row.time for row in reader.questions.events()] == [1.0, 3.0]
            assert reader.holder() == pg.holder()
            command = reader.post("forget", "{}", 1.0)
            assert [taken.id for taken in pg.take_commands(2.0)] == [command]

    def test_a_batch_that_is_broken_off_leaves_no_trace(self, pg: Store, spec: str, postgres: "Server") -> None:
        import psycopg

        schema = spec.rpartition("=")[2]
        with psycopg.connect(postgres.url()) as other:
            other.execute(f"SELECT FROM {schema}.counter FOR UPDATE")
            errors: list[StoreError] = []

            def write_one() -> None:
                try:
                    write(pg, in_jar(b"a"), event(1.0), finding("a"))
                except StoreError as error:
                    errors.append(error)

            writer = threading.Thread(target=write_one)
            writer.start()
            waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE counter%'"
            while not (found := postgres.execute(waiting)):
                time.sleep(0.01)
            postgres.execute(f"SELECT pg_terminate_backend({found[0][0]})")
            writer.join()
        assert len(errors) == 1
        assert (pg.load_jars(ALICE), pg.load_findings(), pg.questions.events()) == ([], [], [])
        write(pg, in_jar(b"a"), event(1.0))
        assert pg.questions.last_seq() == 1


def test_a_server_that_is_stopped_and_started(tmp_path: Path, postgres: "Server") -> None:
    """What waits meanwhile is written once it is back, all of it and once."""
    from rig.postgres import Server

    server = Server()
    try:
        store = open_store(server.spec(), BASE)
        troubles: list[str] = []
        writer = Writer(store, RecordPolicy(), troubles.append)
        writer.put([event(1.0)])
        assert writer.flush(20)
        server.stop()
        writer.put([event(2.0), in_jar(b"a")])
        assert not writer.flush(1)
        with pytest.raises(StoreError, match="no server listens there"):
            store.load_jars(ALICE)
        server.start()
        writer.put([event(3.0)])
        assert writer.flush(20)
        assert [row.time for row in store.questions.events()] == [1.0, 2.0, 3.0]
        assert len(store.load_jars(ALICE)) == 1
        assert [told.partition(" ")[0] for told in troubles if "record" in told] == ["cannot", "recording"]
        writer.close()
        store.close()
    finally:
        server.remove()


def test_large_batches(pg: Store) -> None:
    write(
        pg,
        *(event(float(n), f"client {n % 500}") for n in range(20_000)),
        *(in_jar(b"c%d" % n, b"v" * 50, f"client {n % 500}") for n in range(10_000)),
        *(ClientSeen(1.0, f"client {n % 500}", "10.0.0.1", "ua", "chrome") for n in range(1_000)),
    )
    assert len(pg.questions.events()) == 20_000
    assert len(pg.load_jars("client 7")) == 20
    assert len(pg.load_clients()) == 500


TEXTS = st.binary(max_size=6) | st.sampled_from([b"\0", "\ufdd0".encode(), "\ufdd0a\0".encode(), b"\xff"])


@given(TEXTS)
@settings(deadline=None)
def test_any_bytes_come_back_from_text(octets: bytes) -> None:
    pytest.importorskip("psycopg")
    from cookieproxy.record.postgres.text import kept, kept_octets, wire_of
    from cookieproxy.record.values import octets_of, stored

    assert kept(stored(octets)) == kept_octets(octets)
    assert octets_of(wire_of(kept_octets(octets))) == octets
    assert "\0" not in kept_octets(octets)


def test_a_proxy_records_into_it_and_the_command_line_reads_it(
    spec: str, proxy: Callable[..., "Proxy"], origin: "Origin"
) -> None:
    """From a response to the listings, a command to the running proxy, and no password in its log."""
    from rig.origin import Answer as Response

    origin.answers["/login"] = Response([b"Set-Cookie: sid=1; Path=/"])
    named = spec.replace("proxy@", "proxy:topsecret@")
    running = proxy(options={"cookies_store": named})
    running.curl("http://shop.example/login")

    def asked(*arguments: str) -> str:
        command = [sys.executable, "-P", "-m", "cookieproxy.cli", *arguments, "--store", named]
        return subprocess.run(
            command,
            env={"PYTHONPATH": str(ADDONS), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    end = time.monotonic() + 20
    while not (rows := json.loads(asked("jar", "--json"))) and time.monotonic() < end:
        pass
    assert [(row["site"], row["name"], row["size_bytes"]) for row in rows] == [("shop.example", "sid", 4)]
    assert [row["event"] for row in json.loads(asked("events", "--json"))] == ["stored"]
    told = asked("forget", "--site", "shop.example")
    assert json.loads(asked("jar", "--json")) == [], told
    running.stop()
    assert "topsecret" not in running.log()
    assert len(json.loads(asked("events", "--json"))) == 2
