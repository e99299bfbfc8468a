"""Files with a store in them: how they are made, what is wrong with them, and what stands in the schema."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cookieproxy.core.events import ClientSeen, Event, EventKind
from cookieproxy.record.commands import post_and_wait
from cookieproxy.record.schema import MIGRATIONS, migrate, schema_version
from cookieproxy.record.store import Answer, Reader, Store, StoreError, open_reader, open_store
from cookieproxy.record.tables import TABLES
from cookieproxy.record.values import ValuePolicy
from cookieproxy.record.views import VIEWS, as_markdown

CLIENT = ClientSeen(100.0, "10.0.0.1 curl/8 000000", "10.0.0.1", "curl/8", "curl")
NOBODY = 65534


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cookies.db"


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:{path}", Path("/"))) as store:
        yield store


@contextmanager
def read(path: Path) -> Iterator[Reader]:
    with closing(open_reader(f"sqlite:{path}", Path("/"))) as reader:
        yield reader


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may look into, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def write(store: Store) -> None:
    store.write([CLIENT], store.masker(ValuePolicy.HASH))


class TestNames:
    """How a store is named."""

    def test_relative_paths_start_at_the_base(self, tmp_path: Path) -> None:
        open_store("sqlite:a.db", tmp_path).close()
        assert (tmp_path / "a.db").exists()

    def test_absolute_paths_are_absolute(self, tmp_path: Path) -> None:
        open_store(f"sqlite:{tmp_path}/a?b #%.db", Path("/nowhere")).close()
        assert (tmp_path / "a?b #%.db").exists()

    WRONG = {
        "cookies.db": "cookies.db: a store's name begins with its kind. Did you mean `sqlite:cookies.db`?",
        "mysql:x": "mysql:x: there is no such kind of store. Use `sqlite:PATH`, `postgresql://USER@HOST/DATABASE` or `memory:`.",
        "sqlite:": "sqlite:: there is no such kind of store. Use `sqlite:PATH`, `postgresql://USER@HOST/DATABASE` or `memory:`.",
        "": ": there is no such kind of store. Use `sqlite:PATH`, `postgresql://USER@HOST/DATABASE` or `memory:`.",
    }

    @pytest.mark.parametrize(("spec", "message"), WRONG.items(), ids=WRONG)
    def test_other_names_are_refused(self, tmp_path: Path, spec: str, message: str) -> None:
        for way in (open_store, open_reader):
            with pytest.raises(StoreError) as error:
                way(spec, tmp_path)
            assert str(error.value) == message
        assert list(tmp_path.iterdir()) == []


class TestPrivacy:
    """Jars hold values: nobody else may read the file."""

    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o777], ids=oct)
    def test_every_file_is_its_owner_s_alone(self, file: Path, umask: int) -> None:
        before = os.umask(umask)
        try:
            with opened(file) as store:
                write(store)
                modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
        finally:
            os.umask(before)
        assert modes["cookies.db-wal"] == modes["cookies.db-shm"] == modes["cookies.db"] == 0o600
        assert modes["cookies.db.lock"] & 0o077 == 0

    def test_a_store_that_its_owner_opened_to_others_stays_open(self, file: Path) -> None:
        opened(file).__enter__().close()
        file.chmod(0o640)
        opened(file).__enter__().close()
        assert file.stat().st_mode & 0o777 == 0o640


def _folder(file: Path) -> None:
    file.mkdir()


def _text(file: Path) -> None:
    file.write_text("Dear diary, this is no database, and it is longer than a header.")


def _short_text(file: Path) -> None:
    file.write_text("x")


def _another_program_s(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE recipes (name)")
        connection.commit()


def _newer(file: Path) -> None:
    opened(file).__enter__().close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")


def _damaged(file: Path) -> None:
    opened(file).__enter__().close()
    octets = bytearray(file.read_bytes())
    octets[100:4096] = b"\xaa" * 3996
    file.write_bytes(octets)


class TestFailures:
    """Each with its cause and remedy, and nothing is overwritten."""

    WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
        "a folder": (_folder, "it is a folder. Name a file in it"),
        "text": (
            _text,
            "it is not a SQLite file. Give `cookies_store` the path of a new file; this one was left alone.",
        ),
        "short text": (_short_text, "it is not a SQLite file"),
        "another program's": (
            _another_program_s,
            "it is another program's database. Give `cookies_store` a path of its own",
        ),
        "a newer one": (
            _newer,
            r"a newer Cookie Proxy wrote it \(its schema has version 99, this program knows 3\). Use that",
        ),
        "a damaged one": (_damaged, "the file is damaged"),
    }

    @pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
    def test_wrong_files(self, file: Path, make: Callable[[Path], None], message: str) -> None:
        make(file)
        before = file.is_file() and file.read_bytes()
        for way in (open_store, open_reader):
            with pytest.raises(StoreError, match=message) as error:
                way("sqlite:cookies.db", file.parent)
            assert str(error.value).startswith(f"sqlite:{file}: ")
        assert before == (file.is_file() and file.read_bytes())

    def test_a_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match=f"there is no folder {tmp_path}/a/b. Make it: `mkdir -p {tmp_path}/a/b`."):
            open_store("sqlite:a/b/cookies.db", tmp_path)

    def test_one_writer_at_a_time(self, file: Path) -> None:
        with opened(file) as store:
            write(store)
            with pytest.raises(
                StoreError, match=rf"process {os.getpid()} writes into it. Stop that proxy \(`kill {os.getpid()}`\)"
            ):
                opened(file).__enter__()
        with opened(file) as store:
            assert len(store.load_clients()) == 1

    def test_a_dead_writer_s_lock_is_none(self, file: Path) -> None:
        opened(file).__enter__().close()
        file.with_name("cookies.db.lock").write_text("1\n")
        with opened(file):
            pass

    def test_another_program_in_the_middle_of_a_transaction(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cookieproxy.record.files.BUSY_TIMEOUT_MS", 10)
        with opened(file) as store, closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="another program has locked it"):
                write(store)
            other.execute("ROLLBACK")
            write(store)

    def test_a_read_only_folder(self, public: Path) -> None:
        public.chmod(0o555)
        with as_nobody(), pytest.raises(StoreError, match=r"Permission denied\. Check the permissions"):
            open_store("sqlite:cookies.db", public)
        assert list(public.iterdir()) == []

    def test_a_folder_that_may_not_be_entered(self, public: Path) -> None:
        public.chmod(0o700 if os.geteuid() == 0 else 0)
        for way in (open_store, open_reader):
            with as_nobody(), pytest.raises(StoreError, match=r"Permission denied\. Check the permissions"):
                way("sqlite:cookies.db", public)

    def test_a_read_only_file(self, public: Path) -> None:
        file = public / "cookies.db"
        with opened(file) as store:
            write(store)
        for path in public.iterdir():
            path.chmod(0o444)
        public.chmod(0o555)
        before = file.read_bytes()
        with as_nobody(), pytest.raises(StoreError, match="Check the permissions of the file and of its folder"):
            opened(file).__enter__()
        assert file.read_bytes() == before

    def test_the_lock_is_given_back_when_opening_fails(self, file: Path) -> None:
        _newer(file)
        with pytest.raises(StoreError):
            opened(file).__enter__()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        with opened(file):
            pass


class TestReaders:
    """Who only reads makes nothing and disturbs nobody."""

    def test_a_missing_file_is_not_made(self, file: Path) -> None:
        with pytest.raises(StoreError, match=r"there is no such store yet\. Start the proxy"):
            read(file).__enter__()
        assert list(file.parent.iterdir()) == []

    def test_while_the_proxy_runs(self, file: Path) -> None:
        with opened(file) as store, read(file) as reader:
            assert reader.load_clients() == []
            write(store)
            assert reader.load_clients() == [CLIENT]
            assert reader.holder() == os.getpid()

    def test_after_it_has_run(self, file: Path) -> None:
        with opened(file) as store:
            write(store)
        with read(file) as reader:
            assert reader.load_clients() == [CLIENT]
            assert reader.holder() is None

    def test_in_a_folder_that_may_not_be_written(self, public: Path) -> None:
        file = public / "cookies.db"
        with opened(file) as store:
            write(store)
        file.chmod(0o444)
        public.chmod(0o555)
        with as_nobody(), read(file) as reader:
            assert reader.load_clients() == [CLIENT]

    def test_memory_is_nobody_else_s(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="it is in the memory of another process"):
            open_reader("memory:", tmp_path)

    def test_they_cannot_write(self, file: Path) -> None:
        opened(file).__enter__().close()
        with read(file) as reader, pytest.raises(StoreError, match="read-only"):
            reader.questions._query("DELETE FROM words", ())

    def test_a_command_without_a_proxy(self, file: Path) -> None:
        opened(file).__enter__().close()
        with read(file) as reader, pytest.raises(StoreError, match="no proxy is running with this store"):
            post_and_wait(reader, "forget", {}, 1.0)

    def test_a_command_that_is_not_answered(self, file: Path) -> None:
        with (
            opened(file),
            read(file) as reader,
            pytest.raises(StoreError, match=r"the proxy did not answer within 0\.1 s"),
        ):
            post_and_wait(reader, "forget", {}, 0.1)

    def test_what_an_earlier_proxy_left_unanswered(self, file: Path) -> None:
        with opened(file), read(file) as reader:
            command = reader.post("forget", "{}", 100.0)
        with opened(file) as store:
            assert store.take_commands(200.0) == []
            answer = store.answer(command)
        assert answer == Answer(False, '{"error": "The proxy stopped before it came to this command."}')


class TestSchema:
    """A public interface, which only grows."""

    def columns(self, connection: sqlite3.Connection, name: str) -> list[str]:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]

    def test_every_table_and_column_is_documented(self, file: Path) -> None:
        opened(file).__enter__().close()
        with closing(sqlite3.connect(file)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            assert {table.name for table in TABLES} == tables - {"sqlite_sequence"}
            for table in TABLES:
                columns = self.columns(connection, table.name)
                assert [column for column in columns if not table.meaning_of(column)] == [], table.name
                assert set(table.own) <= set(columns), table.name

    def test_every_view_has_the_documented_columns(self, file: Path) -> None:
        opened(file).__enter__().close()
        with closing(sqlite3.connect(file)) as connection:
            views = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
            assert {view.name for view in VIEWS} == views
            for view in VIEWS:
                assert self.columns(connection, view.name) == [column.name for column in view.columns]
                assert all(column.meaning for column in view.columns)

    def test_the_chapter_of_the_readme_has_every_view_and_column(self) -> None:
        chapter = as_markdown()
        assert all(f"### {view.name}\n" in chapter for view in VIEWS)
        assert chapter.count("\n| `") == sum(len(view.columns) for view in VIEWS)

    def test_an_older_file_is_brought_up_to_date(self, file: Path) -> None:
        with opened(file) as store:
            write(store)

        def second(connection: sqlite3.Connection) -> None:
            connection.execute("ALTER TABLE client_rows ADD COLUMN colour TEXT DEFAULT 'red'")

        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            migrate(connection, (*MIGRATIONS, second))
            assert schema_version(connection) == len(MIGRATIONS) + 1
            assert connection.execute("SELECT colour FROM client_rows").fetchall() == [("red",)]
            migrate(connection, (*MIGRATIONS, second))

    def test_a_migration_that_fails_changes_nothing(self, file: Path) -> None:
        opened(file).__enter__().close()

        def broken(connection: sqlite3.Connection) -> None:
            connection.execute("DROP VIEW clients")
            connection.execute("DROP TABLE client_rows")
            connection.execute("SELECT nonsense")

        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            with pytest.raises(sqlite3.OperationalError, match="nonsense"):
                migrate(connection, (*MIGRATIONS, broken))
            assert schema_version(connection) == len(MIGRATIONS)
        with opened(file) as store:
            assert store.load_clients() == []

    def test_a_reader_does_not_touch_an_older_file(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        opened(file).__enter__().close()
        monkeypatch.setattr("cookieproxy.record.files.MIGRATIONS", (*MIGRATIONS, None))
        with pytest.raises(StoreError, match=r"an older Cookie Proxy wrote it\. Start the proxy"):
            read(file).__enter__()

    def test_the_key_of_the_hashes_is_made_once(self, file: Path) -> None:
        hashes = set()
        for _ in range(2):
            with opened(file) as store:
                hashes.add(store.masker(ValuePolicy.HASH).value(b"secret"))
        assert len(hashes) == 1


def test_a_file_that_grew_too_large_becomes_small_again(file: Path) -> None:
    with opened(file) as store:
        for start in range(0, 10_000, 1000):
            events = [Event(float(start + n), "c", "s", "h", b"n" * 200, EventKind.MISSING) for n in range(1000)]
            store.write(events, store.masker(ValuePolicy.HASH))
        while store.prune(20_000.0, None, 500_000, most=500):
            pass
        left = len(store.questions.events())
    assert 500 < left < 5000
    assert 250_000 < file.stat().st_size < 550_000


def test_words_that_nothing_needs_are_forgotten(file: Path) -> None:
    """Hosts that nobody visits any more, after their rows have gone."""
    with opened(file) as store:
        masker = store.masker(ValuePolicy.HASH)
        for start in range(0, 25_000, 5000):
            hosts = [Event(float(n), "c", "s", f"h{n}", b"n", EventKind.MISSING) for n in range(start, start + 5000)]
            store.write(hosts, masker)
        tomorrow = time.time() + 100_000
        while store.prune(tomorrow, tomorrow - 24_900, None, most=5000):
            pass
        words = store.questions._query("SELECT count(*) FROM words", ())[0][0]
        assert words < 200
        store.write([Event(tomorrow, "c", "s", "h1", b"n", EventKind.MISSING)], masker)
        assert [row.host for row in store.questions.events()][-2:] == ["h24999", "h1"]


KILLED = """
import sys
from pathlib import Path
from cookieproxy.core.events import ClientSeen, Event, EventKind
from cookieproxy.record.store import open_store
from cookieproxy.record.values import ValuePolicy
store = open_store("sqlite:cookies.db", Path(sys.argv[1]))
masker = store.masker(ValuePolicy.HASH)
batch = 0
while True:
    batch += 1
    store.write([Event(float(batch), "c", "s", "h", b"n%d" % n, EventKind.MISSING) for n in range(500)], masker)
    print(batch, flush=True)
"""


def test_a_kill_loses_at_most_the_last_batch(file: Path) -> None:
    """`kill -9` in the middle of writing: nothing that was committed is lost, nothing is half there, nothing is corrupt."""
    program = Path(__file__).parents[2] / "addons"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file.parent)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(program)},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(20)]
    process.kill()
    committed = int((lines + process.stdout.readlines())[-1])
    process.wait()
    process.stdout.close()
    with opened(file) as store:
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        batches = [row.time for row in store.questions.events()]
    assert len(batches) in (500 * committed, 500 * (committed + 1))
    assert {batches.count(batch) for batch in set(batches)} == {500}
