"""Sessions of applications and findings in the store: the latest state of each, listed, kept for restarts, pruned (R30, R32)."""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.core.events import (
    EndCause,
    Event,
    EventKind,
    FindingSeen,
    Observation,
    Proof,
    SessionChange,
    SessionSeen,
)
from cookieproxy.record.filters import Filter
from cookieproxy.record.intake import Intake
from cookieproxy.record.listings import ProofRow
from cookieproxy.record.policy import Exceptions
from cookieproxy.record.schema import APPLICATION_ID, MIGRATIONS, schema_version
from cookieproxy.record.store import Store, open_reader, open_store
from cookieproxy.record.values import ValuePolicy
from rig.stores import Fresh

ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 Firefox/150 77b0aa"


def session(identity: str = "1" * 16, **fields: object) -> SessionSeen:
    given = SessionSeen(
        ALICE, "shop.example", "www.shop.example", b"PHPSESSID", identity, 100.0, 200.0, None, EndCause.OPEN, None, None, "f1", 3,
        60.0, None, None, None, None, None, None, False, False, None, None, False, "Its name is PHP's.", "{}",
    )  # fmt: skip
    return given._replace(**fields)


def ended(
    identity: str = "1" * 16, at: float = 300.0, cause: EndCause = EndCause.LOGOUT, **fields: object
) -> SessionSeen:
    return session(identity, ended=at, end_cause=cause, end_sentence="It was deleted.", end_flow="f9", **fields)


FULL = SessionSeen(
    BOB, "shop.example", "www.shop.example", b"n\xe9", "2" * 16, 100.5, 250.25, 1300.0, EndCause.TIMED_OUT, "A gap — too long.",
    "f8", "f1", 12, 60.5, 1049.75, 7200.0, "3" * 16, "4" * 16, "aspnet", 1450.0, True, True, 9e9, "half-sliding", True,
    "Many ids, all random.", '{"seen": "é"}',
)  # fmt: skip


def finding(code: str = "missing-secure", **fields: object) -> FindingSeen:
    given = FindingSeen(
        code, "medium", "shop.example", "www.shop.example", b"sid", None, 2, 100.0, 200.0,
        (Proof("f1", 100.0, "Set without Secure."),), "Add Secure.", "RFC 6265bis 4.1.2.5",
    )  # fmt: skip
    return given._replace(**fields)


def write(store: Store, *observations: Observation) -> None:
    store.write(observations, store.masker(ValuePolicy.HASH))


class TestSessions:
    """Of each session the latest state."""

    @pytest.mark.parametrize("seen", [session(), FULL, session(cookie=b""), session(cookie=b"a\0b")], ids=range(4))
    def test_every_field_comes_back(self, store: Store, seen: SessionSeen) -> None:
        write(store, seen)
        [loaded] = store.load_sessions(10)
        assert loaded == seen
        assert list(map(type, loaded)) == list(map(type, seen))

    @pytest.mark.parametrize("together", [True, False], ids=["one batch", "several batches"])
    def test_the_latest_state_is_kept(self, store: Store, together: bool) -> None:
        states = [session(), session(last_seen=260.0, requests=9), ended(last_seen=260.0, requests=9)]
        for batch in [states] if together else [[state] for state in states]:
            write(store, *batch)
        assert store.load_sessions(10) == states[-1:]

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({"client": BOB}, id="client"),
            pytest.param({"site": "other.example"}, id="site"),
            pytest.param({"host": "shop.example"}, id="host"),
            pytest.param({"cookie": b"phpsessid"}, id="cookie"),
            pytest.param({"id": "2" * 16}, id="id"),
            pytest.param({"started": 100.5}, id="start"),
        ],
    )
    def test_what_tells_sessions_apart(self, store: Store, other: dict[str, object]) -> None:
        write(store, session(), session()._replace(**other))
        assert len(store.load_sessions(10)) == 2

    def test_a_row_has_every_field_but_the_state(self, store: Store) -> None:
        write(store, FULL)
        [row] = store.questions.sessions()
        fields = FULL._asdict() | {"cookie": "né"}
        del fields["state"]
        assert asdict(row) == fields

    FILTERS = {
        "none": (Filter(), "1234"),
        "site": (Filter(site="shop.example"), "124"),
        "a host": (Filter(site="www.shop.example"), "12"),
        "client": (Filter(client="*Chrome*"), "134"),
        "cookie": (Filter(cookie="PHPSESSID"), "12"),
        "cookie pattern": (Filter(cookie="?id"), "34"),
        "since, by use": (Filter(since=500.0), "34"),
        "since, by end": (Filter(since=700.0), "4"),
        "all at once": (Filter("shop.example", "*Firefox*", "PHP*", 100.0), "2"),
    }

    @pytest.mark.parametrize(("wanted", "ids"), FILTERS.values(), ids=FILTERS)
    def test_listed_by_start_and_narrowed(self, store: Store, wanted: Filter, ids: str) -> None:
        write(
            store,
            ended("4" * 16, at=800.0, host="api.shop.example", cookie=b"sid", started=140.0),
            session("3" * 16, site="other.example", host="other.example", cookie=b"sid", started=130.0, last_seen=600.0),
            session("2" * 16, client=BOB, started=120.0),
            session("1" * 16, started=110.0),
        )  # fmt: skip
        assert "".join(row.id[0] for row in store.questions.sessions(wanted)) == ids

    def test_the_view_shows_them_to_any_tool(self, store: Store) -> None:
        write(store, ended(), session("2" * 16, started=150.0))
        query = "SELECT id, host, end_cause, lifetime_seconds, longest_gap_seconds FROM sessions ORDER BY started"
        assert store.questions._query(query, ()) == [
            ("1" * 16, "www.shop.example", "logout", 200.0, 60.0),
            ("2" * 16, "www.shop.example", "open", None, 60.0),
        ]

    def test_gaps_of_all_sessions(self, store: Store) -> None:
        write(
            store, FULL._replace(host="b.example"), session(client=BOB, logged_in=True), ended("3" * 16, started=150.0)
        )
        rows = [tuple(asdict(row).values()) for row in store.questions.gaps()]
        assert rows == [
            ("b.example", "né", 60.5, 1049.75, 7200.0, 149.75, "half-sliding", True),
            ("www.shop.example", "PHPSESSID", 60.0, None, None, 100.0, None, True),
            ("www.shop.example", "PHPSESSID", 60.0, None, None, 50.0, None, False),
        ]


class TestRestart:
    """What a proxy that starts anew is given."""

    def test_those_that_go_on_and_the_latest_of_the_others_the_latest_last(self, store: Store) -> None:
        write(
            store,
            session("a" * 16, last_seen=120.0),
            session("b" * 16, last_seen=400.0),
            *(ended(f"{number}" * 16, at=100.0 * number) for number in (5, 2, 3, 4)),
        )
        assert [[seen.id[0] for seen in store.load_sessions(most)] for most in (9, 4, 2, 1, 0)] == [
            ["a", "2", "3", "b", "4", "5"],
            ["a", "b", "4", "5"],
            ["a", "b"],
            ["b"],
            [],
        ]

    def test_an_id_is_found_in_hashed_values(self, store: Store) -> None:
        masked = store.masker(ValuePolicy.HASH).value(b"secret")
        assert masked == f"#{store.hash_id(b'secret')}:6"

    def test_beside_the_writer(self, tmp_path: Path) -> None:
        with (
            closing(open_store("sqlite:store.db", tmp_path)) as store,
            closing(open_reader("sqlite:store.db", tmp_path)) as reader,
        ):
            write(store, session(), finding())
            assert reader.load_sessions(10) == [session()]
            assert reader.load_findings() == [finding()]

    def test_text_that_no_encoding_can_hold(self, store: Store) -> None:
        strange = "Caf\udce9"
        proof = Proof(None, 1.0, strange)
        write(store, session(recognised=strange, state=strange, end_sentence=strange), finding(evidence=(proof,)))
        [seen], [found] = store.load_sessions(1), store.load_findings()
        assert (seen.recognised, seen.state, seen.end_sentence, found.evidence[0].said) == ("Café",) * 4


class TestFindings:
    """Of each finding the latest state, until it is withdrawn."""

    PLACES = {
        "as usual": {},
        "without a cookie": {"cookie": None},
        "the nameless cookie": {"cookie": b""},
        "a name that is not UTF-8": {"cookie": b"\xff"},
        "of one client": {"client": ALICE},
        "of another, without a cookie": {"client": BOB, "cookie": None},
        "of another host": {"host": "api.shop.example"},
        "of another code": {"code": "missing-httponly"},
    }

    def test_places_are_apart_and_each_is_replaced_entirely(self, store: Store) -> None:
        first = [finding()._replace(**place) for place in self.PLACES.values()]
        then = [one._replace(severity="high", evidence=(), times=9, last_seen=300.0, advice="More.") for one in first]
        write(store, *first)
        assert store.load_findings() == first
        write(store, *then[:4], *first, *then)
        assert store.load_findings() == then

    @pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
    def test_a_withdrawn_one_goes_alone(self, store: Store, place: dict[str, object]) -> None:
        every = [finding()._replace(**each) for each in self.PLACES.values()]
        gone = finding()._replace(**place)
        write(store, *every)
        write(store, gone._replace(withdrawn=True))
        assert store.load_findings() == [one for one in every if one != gone]
        write(store, gone._replace(withdrawn=True), gone)
        assert set(store.load_findings()) == set(every)

    def test_a_row_has_every_field(self, store: Store) -> None:
        write(
            store, finding(cookie=b"\xe9", client=BOB, evidence=(Proof("f1", 1.0, "One."), Proof(None, 2.5, 'T"wo.')))
        )
        [row] = store.questions.findings()
        assert row.evidence == (ProofRow("f1", 1.0, "One."), ProofRow(None, 2.5, 'T"wo.'))
        fields = finding(cookie="é", client=BOB, evidence=row.evidence)._asdict()
        del fields["withdrawn"]
        fields["count"] = fields.pop("times")
        assert {name: getattr(row, name) for name in type(row).__slots__} == fields

    def test_the_most_severe_first_then_the_last_seen(self, store: Store) -> None:
        told = {"a": ("low", 9.0), "b": ("high", 1.0), "c": ("info", 9.0), "d": ("medium", 5.0), "e": ("high", 2.0)}
        write(store, *(finding(code, severity=said, last_seen=time) for code, (said, time) in told.items()))
        assert "".join(row.code for row in store.questions.findings()) == "ebdac"

    FILTERS = {
        "none": (Filter(), "abcd"),
        "site": (Filter(site="shop.example"), "abc"),
        "a host": (Filter(site="api.shop.example"), "c"),
        "a client, and what concerns each": (Filter(client="*Firefox*"), "bcd"),
        "cookie": (Filter(cookie="sid"), "ab"),
        "cookie pattern": (Filter(cookie="*"), "abd"),
        "since": (Filter(since=400.0), "cd"),
    }

    @pytest.mark.parametrize(("wanted", "codes"), FILTERS.values(), ids=FILTERS)
    def test_filters(self, store: Store, wanted: Filter, codes: str) -> None:
        write(
            store,
            finding("a", client=ALICE),
            finding("b", client=BOB),
            finding("c", cookie=None, host="api.shop.example", last_seen=400.0),
            finding("d", cookie=b"other", site="other.example", host="other.example", last_seen=500.0),
        )
        assert sorted(row.code for row in store.questions.findings(wanted)) == list(codes)

    def test_the_view_shows_them_to_any_tool(self, store: Store) -> None:
        write(store, finding())
        query = """SELECT code, severity, host, cookie, client, "references", CAST(evidence AS TEXT) FROM findings"""
        [(*told, evidence)] = store.questions._query(query, ())
        assert told == ["missing-secure", "medium", "www.shop.example", "sid", None, "RFC 6265bis 4.1.2.5"]
        assert [proof["said"] for proof in json.loads(evidence)] == ["Set without Secure."]


class TestRetention:
    """By end, by last use, and by when it was last seen."""

    def test_by_age(self, store: Store) -> None:
        write(
            store,
            session("1" * 16, last_seen=40.0),
            session("2" * 16, last_seen=60.0),
            ended("3" * 16, at=50.0, last_seen=10.0),
            ended("4" * 16, at=60.0, last_seen=10.0),
            finding("a", last_seen=50.0),
            finding("b", first_seen=10.0, last_seen=51.0),
        )
        assert store.prune(100.0, 50.0, None, most=10) == 3
        assert store.prune(100.0, 50.0, None, most=10) == 0
        assert [seen.id[0] for seen in store.load_sessions(9)] == ["2", "4"]
        assert [seen.code for seen in store.load_findings()] == ["b"]

    def test_by_size_the_oldest_first(self, store: Store) -> None:
        write(store, *(session(f"{n:016x}", last_seen=float(n), state="s" * 500) for n in range(2_000)))
        while store.prune(5_000.0, None, 600_000, most=200):
            pass
        left = store.load_sessions(5_000)
        assert 0 < len(left) < 1_500
        assert [seen.last_seen for seen in left] == [float(n) for n in range(2_000 - len(left), 2_000)]

    def test_words_that_they_need_stay(self, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every column of numbers is known to whoever forgets words."""
        monkeypatch.setattr("cookieproxy.record.sqlite.FORGET_WORDS_ROWS", 1)
        write(sqlite_store, FULL, finding(client=BOB), session("5" * 16, host="gone.example", last_seen=5.0))
        assert sqlite_store.prune(9e9, 9e9 - 10.0, None, most=1) == 1
        assert sqlite_store.prune(9e9, None, None, most=1) == 0
        assert sqlite_store.questions._query("SELECT * FROM words WHERE word = 'gone.example'", ()) == []
        assert sqlite_store.load_sessions(1) == [FULL]
        assert sqlite_store.load_findings() == [finding(client=BOB)]


class TestQueue:
    """They are states: of each the latest waits, and none is dropped."""

    def test_without_room_the_latest_of_each_waits(self) -> None:
        intake = Intake(room_bytes=1)
        dropped = Event(1.0, ALICE, "shop.example", "shop.example", b"sid", EventKind.MISSING)
        late = [session(requests=9), finding(times=9), session("2" * 16), finding(client=ALICE)]
        for batch in ([dropped], [session(), finding(), dropped], [finding(times=5)], late):
            intake.put(list(batch))
        assert intake.take().batches[1:] == [late]
        assert intake.dropped == 1

    def test_they_take_room_by_their_size(self) -> None:
        intake = Intake(room_bytes=100_000)
        intake.put([session(state="s" * 60_000), finding(evidence=(Proof("f", 1.0, "x"),) * 100)])
        assert intake.is_crowded

    def test_of_hosts_of_which_nothing_is_recorded_neither_is(self) -> None:
        change = SessionChange(1.0, ALICE, "shop.example", "ab" * 12, "0", "", 1.0, 1.0, None)
        seen = [session(), finding(), change, session(site="other.example", host="other.example")]
        assert Exceptions(["*shop.example"]).without(seen) == seen[2:]


STATEMENTS = {
    "one of them": ("SELECT * FROM tracked_rows WHERE client = 1 AND site = 1 AND host = 1 AND cookie = 'a'", "tracked_rows_place"),
    "open ones": ("SELECT * FROM tracked_rows WHERE ended IS NULL ORDER BY last_seen DESC LIMIT 9", "tracked_rows_open"),
    "ended ones": (
        "SELECT * FROM tracked_rows WHERE ended IS NOT NULL ORDER BY coalesce(ended, last_seen) DESC LIMIT 9",
        "tracked_rows_age",
    ),
    "those that are too old": (
        "SELECT number FROM tracked_rows WHERE coalesce(ended, last_seen) <= 5 ORDER BY coalesce(ended, last_seen) LIMIT 9",
        "tracked_rows_age",
    ),
    "old findings": ("SELECT number FROM finding_rows WHERE last_seen <= 5 ORDER BY last_seen LIMIT 9", "finding_rows_age"),
    "a finding": (
        "SELECT * FROM finding_rows WHERE code = 1 AND host = 1 AND quote(cookie) = 'a' AND coalesce(client, 0) = 1",
        "finding_rows_place",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "index"), STATEMENTS.values(), ids=STATEMENTS)
def test_questions_stay_on_their_indexes(sqlite_store: Store, statement: str, index: str) -> None:
    [step, *more] = sqlite_store.questions._query(f"EXPLAIN QUERY PLAN {statement}", ())
    assert index in step[3]
    assert more == []


def test_a_file_of_the_second_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for migration in MIGRATIONS[:2]:
            migration(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 2")
        connection.execute("INSERT INTO words VALUES (1, ?), (2, 'shop.example')", (ALICE,))
        connection.execute("INSERT INTO client_rows VALUES (1, '10.0.0.1', 'ua', 'chrome', 1, 2)")
        connection.execute("INSERT INTO session_rows VALUES ('ab', 1, 2, '0', 'bound', 1, 2, NULL)")
    with closing(open_store(f"sqlite:{path}", Path("/"))) as store:
        assert [seen.client for seen in store.load_clients()] == [ALICE]
        assert [seen.session for seen in store.load_open_sessions()] == ["ab"]
        assert (store.load_sessions(9), store.load_findings()) == ([], [])
        write(store, session(), finding())
        assert store.load_sessions(9) == [session()]
    with closing(sqlite3.connect(path)) as connection:
        assert schema_version(connection) == len(MIGRATIONS)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM sessions, findings, cookieless_sessions").fetchall() == [(1,)]


# -- any history ---------------------------------------------------------------------------------------------------------

TIMES = st.none() | st.floats(0, 1e10)
SESSIONS = st.builds(
    session,
    st.sampled_from(["1" * 16, "2" * 16]),
    client=st.sampled_from([ALICE, BOB]),
    cookie=st.binary(max_size=2),
    ended=TIMES,
    requests=st.integers(0, 9),
    killing_gap=TIMES,
    policy=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3),
    state=st.text(st.characters(codec="utf-8"), max_size=3),
)
PROOFS = st.builds(
    Proof,
    st.none() | st.just("f"),
    st.floats(0, 1e10),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)
FINDINGS = st.builds(
    finding,
    st.sampled_from(["missing-secure", "churn"]),
    severity=st.sampled_from(["info", "low", "medium", "high"]),
    cookie=st.none() | st.binary(max_size=2) | st.sampled_from([b"NULL", b"'"]),
    client=st.sampled_from([None, ALICE, ""]),
    evidence=st.lists(PROOFS, max_size=2).map(tuple),
    withdrawn=st.booleans(),
)
HISTORIES = st.lists(SESSIONS | FINDINGS, max_size=20)


def modelled(history: list[Observation]) -> tuple[set[Observation], set[Observation]]:
    """The sessions and findings that are left."""
    sessions = {(*seen[:5], seen.started): seen for seen in history if isinstance(seen, SessionSeen)}
    found = {
        (seen.code, seen.host, seen.cookie, seen.client): seen for seen in history if isinstance(seen, FindingSeen)
    }
    return set(sessions.values()), {seen for seen in found.values() if not seen.withdrawn}


@given(HISTORIES, st.lists(st.integers(1, 6)), st.none() | st.integers(0, 20))
@settings(max_examples=100, deadline=None)
def test_any_history_comes_to_its_latest_states(
    fresh: Fresh, history: list[Observation], sizes: list[int], room: int | None
) -> None:
    """Whatever the batches it comes in, and when there is no room for most of it."""
    intake = Intake() if room is None else Intake(room_bytes=1_000 * room)
    rest = list(history)
    while rest:
        size = sizes.pop() if sizes else len(rest)
        intake.put(rest[:size])
        rest = rest[size:]
    with fresh() as store:
        for batch in intake.take().batches:
            write(store, *batch)
        assert (set(store.load_sessions(99)), set(store.load_findings())) == modelled(history)
        assert len(store.questions.sessions()) == len(store.questions.gaps()) == len(store.load_sessions(99))
        listed = store.questions.findings()
        assert len(listed) == len(store.load_findings())
        assert all(json.dumps([asdict(proof) for proof in row.evidence]) for row in listed)
    assert intake.dropped == 0
