"""Cookieless sessions in the store: they survive, and what they held is gone from it as soon as they are over (R30, R33)."""

import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, CookieKey
from cookieproxy.core.events import Event, EventKind, JarChange, JarKind, Observation, SessionChange
from cookieproxy.core.outcome import CookielessReason
from cookieproxy.record.intake import Intake
from cookieproxy.record.policy import Exceptions
from cookieproxy.record.schema import APPLICATION_ID, MIGRATIONS, schema_version
from cookieproxy.record.store import Store, StoreError, open_reader, open_store
from cookieproxy.record.values import ValuePolicy
from rig.stores import Fresh

ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 Firefox/150 77b0aa"
ONE, TWO = "1f" * 12, "2e" * 12


def session(name: str = ONE, time: float = 100.0, ended: float | None = None, **fields: object) -> SessionChange:
    given = {
        "client": ALICE, "site": "shop.example", "entry": "0 path sid", "bound": "10.0.0.1 ua", "started": 50.0, "last_used": time,
    }  # fmt: skip
    return SessionChange(time, session=name, ended=ended, **(given | fields))


def held(name: bytes, value: bytes | None = b"secret", time: float = 100.0, **fields: object) -> JarChange:
    """A cookie that a session holds from then on, or with None holds no more."""
    given = {"client": ALICE, "jar": JarKind.HELD, "session": ONE, "site": "shop.example"}
    key = CookieKey(name, "shop.example", True, b"/")
    cookie = None if value is None else Cookie(name, value, "shop.example", b"/", time, time, int(time), set_time=time)
    return JarChange(time, key=key, cookie=cookie, **(given | fields))


def write(store: Store, *observations: Observation) -> None:
    store.write(observations, store.masker(ValuePolicy.HASH))


def names(store: Store, name: str = ONE) -> list[bytes]:
    loaded = store.load_session(name)
    assert loaded is not None
    return [cookie.name for cookie in loaded.cookies]


def values_on_disk(store: Store) -> list[str]:
    """The values that all rows of jars have, open or not."""
    return [row[0] for row in store.questions._query("SELECT value FROM jar_rows WHERE value IS NOT NULL", ())]


class TestSessions:
    """What is told comes back."""

    def test_every_field_comes_back_with_what_it_holds(self, store: Store) -> None:
        write(store, session(), held(b"b", b"\xff2", 102.0), held(b"a", b"1", 101.0))
        loaded = store.load_session(ONE)
        assert loaded is not None
        fields = {name: getattr(loaded, name) for name in type(loaded).__slots__}
        assert [(each.name, each.value) for each in fields.pop("cookies")] == [(b"a", b"1"), (b"b", b"\xff2")]
        assert fields == {
            "client": ALICE, "site": "shop.example", "session": ONE, "entry": "0 path sid", "bound": "10.0.0.1 ua",
            "started": 50.0, "last_used": 100.0, "ended": None,
        }  # fmt: skip

    def test_what_was_never_told_is_nothing(self, store: Store) -> None:
        write(store, held(b"a"))
        assert store.load_session(ONE) is None

    def test_the_latest_change_counts(self, store: Store) -> None:
        write(store, session(), session(time=200.0))
        write(store, session(time=300.0, bound="10.0.0.9"))
        loaded = store.load_session(ONE)
        assert loaded is not None
        assert (loaded.last_used, loaded.bound) == (300.0, "10.0.0.9")
        assert store.questions._query("SELECT count(*) FROM session_rows", ()) == [(1,)]

    def test_a_session_holds_its_own_alone_whichever_client_it_came_from(self, store: Store) -> None:
        write(store, session(), session(TWO, client=BOB))
        write(
            store,
            held(b"mine"),
            held(b"moved", client=BOB),
            held(b"other", session=TWO),
            held(b"browser", jar=JarKind.MIRROR, session=None),
            held(b"ruled", session=None),
            held(b"gone"),
            held(b"gone", None, 150.0),
        )
        assert names(store) == [b"mine", b"moved"]
        assert names(store, TWO) == [b"other"]

    def test_text_that_no_encoding_can_hold(self, store: Store) -> None:
        write(store, session(bound="Caf\udce9/1", entry="\udcff"))
        loaded = store.load_session(ONE)
        assert loaded is not None
        assert (loaded.bound, loaded.entry) == ("Café/1", "ÿ")

    def test_those_that_go_on_are_listed_the_last_used_last(self, store: Store) -> None:
        write(store, session(time=300.0), session(TWO, 200.0), session("3d" * 12, 100.0, ended=110.0))
        assert store.load_open_sessions() == [session(TWO, 200.0), session(time=300.0)]

    def test_the_view_shows_them_to_any_tool(self, store: Store) -> None:
        write(store, session(), session(TWO, 200.0, 210.0, client=BOB))
        assert store.questions._query("SELECT * FROM cookieless_sessions ORDER BY session", ()) == [
            (ALICE, ONE, "shop.example", 50.0, 100.0, None),
            (BOB, TWO, "shop.example", 50.0, 200.0, 210.0),
        ]

    def test_the_listing_of_jars_says_which_session(self, store: Store) -> None:
        write(store, session(), held(b"a"))
        assert [(row.jar, row.session, row.name) for row in store.questions.jar()] == [("held", ONE, "a")]

    def test_hosts_of_which_nothing_is_recorded_keep_their_sessions(self) -> None:
        event = Event(1.0, ALICE, "shop.example", "shop.example", None, EventKind.COOKIELESS, "foreign")
        change, holds = session(), held(b"a")
        assert Exceptions(["*.example"]).without([change, event, holds]) == [change, holds]

    def test_their_reasons_have_sentences(self, store: Store) -> None:
        known = dict(store.questions._query("SELECT reason, sentence FROM reasons WHERE event = 'cookieless'", ()))
        assert known == {reason.value: reason.sentence for reason in CookielessReason}
        assert set(known) == {
            "started", "renewed", "foreign", "expired", "unknown", "ignored", "leak-stopped", "cookies-work",
            "cookies-refused", "too-much",
        }  # fmt: skip


class TestEnd:
    """The values of a session that is over are nowhere."""

    @pytest.mark.parametrize("together", [True, False], ids=["one batch", "several batches"])
    @pytest.mark.parametrize("late", [True, False], ids=["a late answer", "nothing after it"])
    def test_what_it_held_goes_with_it(self, store: Store, together: bool, late: bool) -> None:
        changes = [
            session(),
            held(b"a"),
            held(b"b", time=120.0),
            session(time=120.0, ended=200.0),
            *([held(b"c", time=205.0)] if late else []),
        ]
        for batch in [changes] if together else [[change] for change in changes]:
            write(store, *batch)
        loaded = store.load_session(ONE)
        assert loaded is not None
        assert (loaded.ended, loaded.cookies) == (200.0, [])
        assert values_on_disk(store) == []
        assert store.questions.jar() == []
        assert [row.name for row in store.questions.jar(at=150.0)] == ["a", "b"]

    def test_nobody_else_s_goes(self, store: Store) -> None:
        write(store, session(), session(TWO), held(b"a"), held(b"b", session=TWO), held(b"c", session=None))
        write(store, session(ended=200.0))
        assert names(store, TWO) == [b"b"]
        assert [row.name for row in store.questions.jar()] == ["c", "b"]

    def test_one_that_begins_anew_has_nothing_of_the_old_one(self, store: Store) -> None:
        write(store, session(), held(b"old"), session(ended=200.0), session(time=300.0, started=300.0), held(b"new"))
        assert names(store) == [b"new"]

    def test_an_end_that_cannot_be_written_changes_nothing(self, store: Store) -> None:
        write(store, session(), held(b"a"))
        nonsense = Event(float("nan"), ALICE, "shop.example", "shop.example", None, EventKind.COOKIELESS)
        with pytest.raises(Exception, match="time"):
            write(store, session(ended=200.0), nonsense)
        with pytest.raises(Exception, match="started"):
            write(store, session(ended=200.0), session(TWO, started=float("nan")))
        assert names(store) == [b"a"]


class TestRetention:
    """Sessions go when they have been over for long enough; those that go on stay."""

    def test_by_age(self, store: Store) -> None:
        write(store, session(time=0.0), session(TWO, 0.0, 10.0), session("3d" * 12, 0.0, 60.0), held(b"a", time=0.0))
        assert store.prune(100.0, 50.0, None, most=10) == 1
        assert store.prune(100.0, 50.0, None, most=10) == 0
        assert store.load_session(TWO) is None
        assert store.load_session("3d" * 12) is not None
        assert names(store) == [b"a"]

    def test_by_size(self, store: Store) -> None:
        over = [session(f"{n:024x}", ended=float(n), bound="b" * 500) for n in range(2_000)]
        write(store, session(), held(b"a"), *over)
        while store.prune(5_000.0, None, 600_000, most=200):
            pass
        left = [row[0] for row in store.questions._query("SELECT ended FROM session_rows WHERE ended IS NOT NULL", ())]
        assert 0 < len(left) < 1_500
        assert min(left) == 2_000 - len(left), "the oldest go first"
        assert names(store) == [b"a"]

    def test_what_an_ended_session_still_holds_is_let_go(self, tmp_path: Path) -> None:
        with closing(open_store("sqlite:store.db", tmp_path)) as store:
            write(store, session(), session(TWO), held(b"a"), held(b"b", session=TWO))
            with closing(sqlite3.connect(tmp_path / "store.db")) as other:
                other.execute("UPDATE session_rows SET ended = 300 WHERE session = ?", (ONE,))
                other.commit()
            store.prune(301.0, None, None, most=10)
            assert names(store) == []
            assert names(store, TWO) == [b"b"]
            assert len(values_on_disk(store)) == 1


STATEMENTS = {
    "a session": ("SELECT * FROM session_rows WHERE session = ?", "PRIMARY KEY"),
    "what it holds": (
        "SELECT * FROM jar_rows WHERE valid_to IS NULL AND session = ? AND session > '' AND jar = 1",
        "INDEX jar_rows_session",
    ),
    "what all hold": ("SELECT * FROM jar_rows WHERE session > '' AND valid_to IS NULL", "INDEX jar_rows_session"),
    "those that go on": (
        "SELECT * FROM session_rows WHERE ended IS NULL ORDER BY last_used, session",
        "INDEX session_rows_open",
    ),
    "those that are too old": (
        "SELECT session FROM session_rows WHERE ended <= 5 ORDER BY ended LIMIT 9",
        "INDEX session_rows_ended",
    ),
}


@pytest.mark.parametrize(("statement", "index"), STATEMENTS.values(), ids=STATEMENTS)
def test_questions_stay_on_their_indexes(sqlite_store: Store, statement: str, index: str) -> None:
    plan = sqlite_store.questions._query(f"EXPLAIN QUERY PLAN {statement}", (ONE,) * statement.count("?"))
    assert index in plan[0][3]


# -- a file of the first version -----------------------------------------------------------------------------------------


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A store as the first version left it, with a client, an event and a cookie that the proxy holds for a session."""
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        MIGRATIONS[0](connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        words = {1: ALICE, 2: "shop.example", 3: "missing", 4: "mirror", 5: "held", 6: "hash"}
        connection.executemany("INSERT INTO words VALUES (?, ?)", words.items())
        connection.execute("INSERT INTO client_rows VALUES (1, '10.0.0.1', 'ua', 'chrome', 1, 2)")
        connection.execute(
            "INSERT INTO event_rows (seq, time, client, site, host, cookie, event, jar, value_form) "
            "VALUES (1, 5, 1, 2, 2, 'sid', 3, 4, 6)"
        )
        connection.execute("INSERT INTO settings VALUES ('next_seq', 2)")
        connection.execute(
            "INSERT INTO jar_rows (client, jar, session, site, name, domain, host_only, path, partition, value, size_bytes, "
            "created, last_access, sequence, secure, http_only, same_site, priority, adopted, set_time, sent, valid_from) "
            "VALUES (1, 5, ?, 2, 'sid', 'shop.example', 1, '/', '', 'old', 6, 1, 1, 1, 0, 0, 'default', 'medium', 0, 1, 0, 1)",
            (ONE,),
        )
    return path


def test_a_file_of_the_first_version_is_brought_up_to_date(first_version: Path) -> None:
    with closing(open_store(f"sqlite:{first_version}", Path("/"))) as store:
        assert [(row.cookie, row.event) for row in store.questions.events()] == [("sid", "missing")]
        assert [client.client for client in store.load_clients()] == [ALICE]
        assert store.load_open_sessions() == []
        write(store, session(), held(b"new"))
        assert names(store) == [b"sid", b"new"]
    with closing(sqlite3.connect(first_version)) as connection:
        assert schema_version(connection) == 3 == len(MIGRATIONS)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT session FROM cookieless_sessions").fetchall() == [(ONE,)]


def test_who_only_reads_leaves_a_file_of_the_first_version_alone(first_version: Path) -> None:
    before = first_version.read_bytes()
    with pytest.raises(StoreError, match=r"an older Cookie Proxy wrote it\. Start the proxy"):
        open_reader(f"sqlite:{first_version}", Path("/"))
    assert first_version.read_bytes() == before


def test_a_reader_beside_the_writer_finds_sessions(tmp_path: Path) -> None:
    with (
        closing(open_store("sqlite:store.db", tmp_path)) as store,
        closing(open_reader("sqlite:store.db", tmp_path)) as reader,
    ):
        write(store, session(), held(b"a"))
        found = reader.load_session(ONE)
        assert found is not None
        assert "secret" not in repr(found)
        assert asdict(found)["session"] == ONE
        assert reader.load_open_sessions() == [session()]


# -- any history ---------------------------------------------------------------------------------------------------------

type Step = tuple[str, str, bytes | None]
"""A session; `live`, `end`, or the name of a cookie; its value, or None where it is removed."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from([ONE, TWO]),
        st.sampled_from(["live", "end", "a", "a", "b"]),
        st.none() | st.sampled_from([b"1", b"2"]),
    ),
    max_size=25,
)


def told(step: Step, time: float) -> Observation:
    name, what, value = step
    if what in ("live", "end"):
        return session(name, time, time if what == "end" else None)
    return held(what.encode(), value, time, session=name)


def modelled(steps: list[Step]) -> dict[str, tuple[float | None, dict[bytes, bytes]]]:
    """For each session that was told of when it ended, and what it holds after these steps."""
    ends: dict[str, float | None] = {}
    jars: dict[str, dict[bytes, bytes]] = {ONE: {}, TWO: {}}
    for time, (name, what, value) in enumerate(steps):
        if what in ("live", "end"):
            ends[name] = float(time) if what == "end" else None
        elif value is None:
            jars[name].pop(what.encode(), None)
        else:
            jars[name][what.encode()] = value
        if ends.get(name) is not None:
            jars[name] = {}
    return {name: (ends[name], jars[name]) for name in ends}


def kept(store: Store) -> dict[str, tuple[float | None, dict[bytes, bytes]]]:
    loaded = {name: store.load_session(name) for name in (ONE, TWO)}
    return {
        name: (one.ended, {cookie.name: cookie.value for cookie in one.cookies}) for name, one in loaded.items() if one
    }


@given(STEPS, st.lists(st.integers(1, 6)))
@settings(max_examples=100, deadline=None)
def test_any_history_in_any_batches_comes_to_the_same(fresh: Fresh, steps: list[Step], sizes: list[int]) -> None:
    with fresh() as store:
        observations = [told(step, float(time)) for time, step in enumerate(steps)]
        while observations:
            size = sizes.pop() if sizes else len(observations)
            write(store, *observations[:size])
            observations = observations[size:]
        assert kept(store) == modelled(steps)
        never_told = [row for row in store.questions.jar() if row.session not in modelled(steps)]
        assert len(values_on_disk(store)) == len(never_told) + sum(len(jar) for _, jar in modelled(steps).values())


@given(STEPS, st.integers(0, 25))
@example([(ONE, "end", None), (ONE, "live", None), (ONE, "a", b"1"), (ONE, "live", None)], 0)
@example([(ONE, "live", None), (ONE, "a", b"1"), (ONE, "end", None), (ONE, "live", None)], 0)
@settings(max_examples=100, deadline=None)
def test_any_history_survives_a_queue_without_room(fresh: Fresh, steps: list[Step], with_room: int) -> None:
    """What finds no room waits as the latest of its kind, and comes to the same."""
    intake = Intake(room_bytes=500 * with_room)
    for time, step in enumerate(steps):
        intake.put([told(step, float(time))])
    with fresh() as store:
        for batch in intake.take().batches:
            write(store, *batch)
        assert kept(store) == modelled(steps)
    assert intake.dropped == 0
