"""What every store must do, run over each of them (R30)."""

import os

import pytest

from cookieproxy.core.cookie import Cookie, CookieKey, Priority, SameSite
from cookieproxy.core.events import (
    Change,
    ClientSeen,
    Event,
    EventKind,
    JarChange,
    JarKind,
    Observation,
    RequestSeen,
    SentPair,
    SetCookieSeen,
)
from cookieproxy.record.filters import Filter
from cookieproxy.record.store import Answer, Command, Store
from cookieproxy.record.values import ValuePolicy

ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 Firefox/150 77b0aa"


def cookie(name: bytes = b"sid", value: bytes = b"secret", **fields: object) -> Cookie:
    given = {
        "domain": "shop.example",
        "path": b"/",
        "creation_time": 100.0,
        "last_access_time": 100.0,
        "sequence": 1,
        "set_time": 100.0,
    }
    return Cookie(name, value, **(given | fields))


def change(now: Cookie | None, time: float = 100.0, key: CookieKey | None = None, **fields: object) -> JarChange:
    given = {"client": ALICE, "jar": JarKind.MIRROR, "session": None, "site": "shop.example"}
    assert key is not None or now is not None
    return JarChange(time, key=key or now.key, cookie=now, **(given | fields))


def set_cookie(time: float = 100.0, **fields: object) -> SetCookieSeen:
    given = {
        "client": ALICE, "site": "shop.example", "host": "www.shop.example", "scheme": "https", "path": b"/login", "flow_id": "f1",
        "status": 200, "name": b"sid", "value": b"secret", "field": b"sid=secret; Path=/", "passed": b"sid=secret; Path=/",
        "event": EventKind.STORED, "jar": JarKind.MIRROR,
    }  # fmt: skip
    return SetCookieSeen(time, **(given | fields))


def request_seen(time: float, *pairs: SentPair, **fields: object) -> RequestSeen:
    given = {
        "client": ALICE, "site": "shop.example", "host": "www.shop.example", "scheme": "https", "method": "GET", "path": b"/",
        "flow_id": "f2", "party": "first", "header_bytes": 26,
    }  # fmt: skip
    return RequestSeen(time, pairs=pairs, **(given | fields))


def event(time: float = 100.0, kind: EventKind = EventKind.MISSING, **fields: object) -> Event:
    given = {"client": ALICE, "site": "shop.example", "host": "www.shop.example", "cookie": b"sid"}
    return Event(time, event=kind, **(given | fields))


def write(store: Store, *observations: Observation, policy: ValuePolicy = ValuePolicy.KEEP) -> None:
    store.write(observations, store.masker(policy))


class TestJars:
    """Jars survive (R5, R21)."""

    COOKIES = {
        "plain": cookie(),
        "everything": cookie(
            b"__Host-a", b"v", domain="www.shop.example", path=b"/x", expiry_time=1e9, host_only=True, secure_only=True,
            http_only=True, same_site=SameSite.STRICT, partition="https://top.example", priority=Priority.HIGH, adopted=True,
            set_by="f9", made_from=b"a", sent=True, last_access_time=177.5, sequence=12,
        ),
        "nameless": cookie(b"", b"value"),
        "not UTF-8": cookie(b"n\xe9", b"v\xff\x80", path=b"/\xfe", made_from=b"\xf0"),
        "UTF-8": cookie("né".encode(), "välue".encode()),
        "NUL": cookie(b"a\0b", b"\0"),
        "domain cookie": cookie(host_only=False),
        "empty value": cookie(b"n", b""),
    }  # fmt: skip

    @pytest.mark.parametrize("saved", COOKIES.values(), ids=COOKIES)
    def test_every_field_comes_back(self, store: Store, saved: Cookie) -> None:
        write(store, change(saved))
        [(jar, session, loaded)] = store.load_jars(ALICE)
        assert (jar, session) == (JarKind.MIRROR, None)
        assert {name: getattr(loaded, name) for name in Cookie.__slots__} == {
            name: getattr(saved, name) for name in Cookie.__slots__
        }

    def test_jars_kinds_sessions_and_clients_are_apart(self, store: Store) -> None:
        one = cookie()
        write(
            store,
            change(one),
            change(one, jar=JarKind.HELD),
            change(one, jar=JarKind.HELD, session="s1"),
            change(one, jar=JarKind.LEAVING),
            change(one, client=BOB),
        )
        assert [(jar, session) for jar, session, _ in store.load_jars(ALICE)] == [
            (JarKind.MIRROR, None),
            (JarKind.HELD, None),
            (JarKind.HELD, "s1"),
            (JarKind.LEAVING, None),
        ]
        assert len(store.load_jars(BOB)) == 1
        assert store.load_jars("nobody") == []

    def test_they_come_in_the_order_of_creation(self, store: Store) -> None:
        write(store, *(change(cookie(b"c%d" % n, sequence=n)) for n in (3, 1, 2)))
        assert [loaded.name for _, _, loaded in store.load_jars(ALICE)] == [b"c1", b"c2", b"c3"]

    @pytest.mark.parametrize("together", [True, False], ids=["one batch", "several batches"])
    def test_a_replaced_or_removed_cookie_is_gone(self, store: Store, together: bool) -> None:
        replaced = cookie(b"b", b"new", set_time=150.0, sequence=2)
        changes = [
            change(cookie(b"a")),
            change(cookie(b"b", b"old", sequence=2)),
            change(None, 120.0, key=cookie(b"a").key),
            change(replaced, 150.0),
        ]
        if together:
            write(store, *changes)
        else:
            for one in changes:
                write(store, one)
        assert [(loaded.name, loaded.value) for _, _, loaded in store.load_jars(ALICE)] == [(b"b", b"new")]

    def test_removing_what_is_not_there_does_nothing(self, store: Store) -> None:
        write(store, change(None, key=cookie().key))
        assert store.load_jars(ALICE) == []


class TestJarQuestion:
    """`jar`, now and `--at` a time."""

    def test_a_cookie_at_each_time_of_its_life(self, store: Store) -> None:
        write(store, change(cookie(value=b"one", set_time=100.0), 100.0))
        write(store, change(cookie(value=b"threee", set_time=200.0, expiry_time=1000.0), 200.0))
        write(store, change(None, 300.0, key=cookie().key))
        sizes = {
            at: [row.size_bytes for row in store.questions.jar(at=at)]
            for at in (99.9, 100.0, 199.9, 200.0, 299.9, 300.0)
        }
        assert sizes == {99.9: [], 100.0: [6], 199.9: [6], 200.0: [9], 299.9: [9], 300.0: []}
        assert store.questions.jar() == []

    def test_values_of_the_past_are_not_kept(self, store: Store) -> None:
        write(store, change(cookie(value=b"one"), 100.0))
        write(store, change(cookie(value=b"two", set_time=200.0), 200.0))
        assert [row.value for row in store.questions.jar(at=150.0, values=True)] == [None]
        assert [row.value for row in store.questions.jar(at=250.0, values=True)] == ["two"]

    def test_what_has_expired_by_then_does_not_count(self, store: Store) -> None:
        write(store, change(cookie(expiry_time=500.0)))
        assert len(store.questions.jar(at=499.9)) == 1
        assert store.questions.jar(at=500.0) == []

    def test_use_alone_makes_no_history(self, store: Store) -> None:
        one = cookie()
        write(store, change(one, 100.0))
        one.last_access_time, one.sent = 160.0, True
        write(store, change(one, 160.0))
        [row] = store.questions.jar(at=120.0)
        assert row.last_access == 160.0
        assert store.load_jars(ALICE)[0][2].sent

    def test_setting_the_same_again_makes_no_history(self, store: Store) -> None:
        write(store, change(cookie(set_time=100.0, set_by="f1"), 100.0))
        write(store, change(cookie(set_time=200.0, set_by="f2"), 200.0))
        assert len(store.questions.jar(at=120.0)) == 1
        assert [loaded.set_by for _, _, loaded in store.load_jars(ALICE)] == ["f2"]

    def test_an_adopted_value_changes_in_place(self, store: Store) -> None:
        write(store, change(cookie(adopted=True, set_time=0.0), 100.0))
        write(store, change(cookie(value=b"other", adopted=True, set_time=0.0), 200.0))
        assert len(store.questions.jar(at=120.0)) == 1
        assert [row.value for row in store.questions.jar(values=True)] == ["other"]

    def test_a_row_has_the_documented_fields(self, store: Store) -> None:
        write(store, change(TestJars.COOKIES["everything"]))
        [row] = store.questions.jar(values=True)
        shown = {name: getattr(row, name) for name in type(row).__slots__}
        assert shown == {
            "client": ALICE, "jar": "mirror", "session": None, "site": "shop.example", "domain": "www.shop.example", "path": "/x",
            "name": "__Host-a", "value": "v", "host_only": True, "secure": True, "http_only": True, "same_site": "strict",
            "partition_key": "https://top.example", "priority": "high", "expires": 1e9, "created": 100.0, "last_access": 177.5,
            "size_bytes": 9, "adopted": True,
        }  # fmt: skip

    def test_absent_is_none_and_values_are_for_who_asks(self, store: Store) -> None:
        write(store, change(cookie()))
        [row] = store.questions.jar()
        assert (row.value, row.same_site, row.partition_key, row.expires, row.session) == (None,) * 5

    def test_what_is_leaving_is_not_listed(self, store: Store) -> None:
        write(store, change(cookie(), jar=JarKind.LEAVING))
        assert store.questions.jar() == []

    FILTERS = {
        "site": (Filter(site="shop.example"), {b"a", b"b"}),
        "a host below it": (Filter(site="www.shop.example"), {b"b"}),
        "another site's suffix": (Filter(site="hop.example"), set()),
        "client": (Filter(client="*Firefox*"), {b"c"}),
        "client, exactly": (Filter(client=ALICE), {b"a", b"b", b"d[1]"}),
        "cookie": (Filter(cookie="b"), {b"b"}),
        "cookie glob": (Filter(cookie="?"), {b"a", b"b", b"c"}),
        "brackets are letters": (Filter(cookie="d[1]"), {b"d[1]"}),
        "brackets in a glob too": (Filter(cookie="d[1]*"), {b"d[1]"}),
        "case counts": (Filter(cookie="B*"), set()),
        "since": (Filter(since=150.0), {b"c"}),
        "all at once": (Filter("shop.example", "*Chrome*", "a*", 50.0), {b"a"}),
    }

    @pytest.mark.parametrize(("wanted", "names"), FILTERS.values(), ids=FILTERS)
    def test_filters(self, store: Store, wanted: Filter, names: set[bytes]) -> None:
        write(
            store,
            change(cookie(b"a")),
            change(cookie(b"b", domain="www.shop.example")),
            change(cookie(b"c", domain="other.example", last_access_time=200.0), client=BOB, site="other.example"),
            change(cookie(b"d[1]", domain="other.example"), site="other.example"),
        )
        assert {row.name.encode() for row in store.questions.jar(wanted)} == names


class TestEvents:
    """One list of all that happened."""

    def story(self, store: Store, policy: ValuePolicy = ValuePolicy.KEEP) -> None:
        changed = Change("harden", "set", b"sid=secret", b"sid=secret; Secure")
        watched = Change("rules[1]", "drop", b"sid=secret", None, observed=True)
        write(
            store,
            set_cookie(100.0, changes=(changed, watched)),
            request_seen(
                110.0,
                SentPair(b"sid", b"secret", EventKind.SENT, "shop.example", False, b"/", 900.0, "f1"),
                SentPair(b"x", b"y", EventKind.UNEXPECTED, reason="unknown"),
                SentPair(b"held", b"back", EventKind.WITHHELD, reason="evicted"),
            ),
            event(105.0, reason="gone", sentence="Gone.", by="f0", flow_id="f3"),
            set_cookie(
                120.0, event=EventKind.REPLACED, old_value=b"secret", value=b"other", field=b"sid=other", passed=None
            ),
            policy=policy,
        )

    def test_all_in_one_list_by_time(self, store: Store) -> None:
        self.story(store)
        rows = [(row.time, row.event, row.cookie, row.reason, row.rule, row.by) for row in store.questions.events()]
        assert rows == [
            (100.0, "changed", "sid", "set", "harden", None),
            (100.0, "changed", "sid", "observed", "rules[1]", None),
            (100.0, "stored", "sid", None, None, None),
            (105.0, "missing", "sid", "gone", None, "f0"),
            (110.0, "sent", "sid", None, None, "f1"),
            (110.0, "unexpected", "x", "unknown", None, None),
            (110.0, "withheld", "held", "evicted", None, None),
            (120.0, "replaced", "sid", None, None, None),
        ]

    def test_sequence_numbers_are_strictly_increasing(self, store: Store) -> None:
        self.story(store)
        self.story(store)
        numbers = sorted(row.seq for row in store.questions.events())
        assert numbers == list(range(1, 17))
        assert store.questions.last_seq() == 16

    def test_a_listed_row_has_the_documented_fields(self, store: Store) -> None:
        write(store, event(105.0, reason="gone", sentence="Gone.", by="f0", flow_id="f3", before=b"sid=1", rule="r"))
        [row] = store.questions.events(values=True)
        assert row.listed() == {
            "time": 105.0, "client": ALICE, "site": "shop.example", "host": "www.shop.example", "cookie": "sid", "event": "missing",
            "reason": "gone", "sentence": "Gone.", "by": "f0", "rule": "r", "before": "sid=1", "after": None, "flow_id": "f3",
        }  # fmt: skip

    def test_the_reasons_of_pairs_have_sentences(self, store: Store) -> None:
        self.story(store)
        sentences = {
            row.cookie: row.sentence for row in store.questions.events() if row.event in ("unexpected", "withheld")
        }
        assert sentences["x"] == "Nobody saw it being set: the browser had it before, or a script made it."
        assert sentences["held"] == "It was evicted, and `enforce` keeps it from the application."

    def test_an_observed_change_says_that_nothing_was_changed(self, store: Store) -> None:
        self.story(store)
        changed = [row.sentence for row in store.questions.events(kinds={EventKind.CHANGED})]
        assert changed == [
            "The rule's `set` changed it.",
            "The rule's `drop` would have kept it from passing; nothing was changed.",
        ]

    BEFORE_AFTER = {
        "keep, with values": (
            ValuePolicy.KEEP,
            True,
            [("sid=secret", "sid=secret; Secure"), ("sid=secret", None), (None, "secret"), (None, None), ("secret", "secret"),
             ("y", "y"), ("back", None), ("secret", "other")],
        ),
        "keep": (
            ValuePolicy.KEEP,
            False,
            [("sid=***6", "sid=***6; Secure"), ("sid=***6", None), (None, "***6"), (None, None), ("***6", "***6"), ("***1", "***1"),
             ("***4", None), ("***6", "***5")],
        ),
        "drop": (
            ValuePolicy.DROP,
            True,
            [("sid=***6", "sid=***6; Secure"), ("sid=***6", None), (None, "***6"), (None, None), ("***6", "***6"), ("***1", "***1"),
             ("***4", None), ("***6", "***5")],
        ),
    }  # fmt: skip

    @pytest.mark.parametrize(("policy", "values", "expected"), BEFORE_AFTER.values(), ids=BEFORE_AFTER)
    def test_before_and_after(
        self, store: Store, policy: ValuePolicy, values: bool, expected: list[tuple[str, str]]
    ) -> None:
        self.story(store, policy)
        assert [(row.before, row.after) for row in store.questions.events(values=values)] == expected

    def test_hashes_are_shown_and_equal_for_equal_values(self, store: Store) -> None:
        self.story(store, ValuePolicy.HASH)
        rows = {row.event: row for row in store.questions.events()}
        assert rows["sent"].before == rows["stored"].after == rows["replaced"].before
        assert rows["sent"].before == store.masker(ValuePolicy.HASH).value(b"secret")
        assert "secret" not in repr(rows)

    FILTERS = {
        "cookie": (Filter(cookie="sid"), None, ["changed", "changed", "stored", "missing", "sent", "replaced"]),
        "cookie in pairs only": (Filter(cookie="h*d"), None, ["withheld"]),
        "kinds": (Filter(), {EventKind.SENT, EventKind.STORED}, ["stored", "sent"]),
        "since": (Filter(since=110.0), None, ["sent", "unexpected", "withheld", "replaced"]),
        "another client": (Filter(client=BOB), None, []),
        "site": (Filter(site="shop.example"), {EventKind.MISSING}, ["missing"]),
        "host": (Filter(site="www.shop.example"), {EventKind.MISSING}, ["missing"]),
        "another host": (Filter(site="api.shop.example"), None, []),
    }

    @pytest.mark.parametrize(("wanted", "kinds", "events"), FILTERS.values(), ids=FILTERS)
    def test_filters(self, store: Store, wanted: Filter, kinds: set[EventKind] | None, events: list[str]) -> None:
        self.story(store)
        assert [row.event for row in store.questions.events(wanted, kinds)] == events

    def test_a_limit_keeps_the_latest(self, store: Store) -> None:
        self.story(store)
        assert [row.event for row in store.questions.events(limit=3)] == ["unexpected", "withheld", "replaced"]

    @pytest.mark.parametrize("step", [1, 2, 3, 100])
    def test_following_misses_nothing_and_repeats_nothing(self, store: Store, step: int) -> None:
        self.story(store)
        followed: list[int] = []
        while rows := store.questions.events(after_seq=followed[-1] if followed else 0, limit=step):
            followed += [row.seq for row in rows]
        assert followed == list(range(1, 9))

    def test_names_that_are_not_utf_8(self, store: Store) -> None:
        write(
            store,
            event(cookie=b"n\xe9"),
            set_cookie(name=b"n\xe9"),
            request_seen(1.0, SentPair(b"n\xe9", b"\xff", EventKind.SENT)),
        )
        assert [row.cookie for row in store.questions.events(Filter(cookie="né"))] == ["né"] * 3
        assert [row.cookie for row in store.questions.events(Filter(cookie="né*"))] == ["né"] * 3

    def test_a_name_that_json_must_escape(self, store: Store) -> None:
        write(store, request_seen(1.0, SentPair(b'a"b\\', b"1", EventKind.SENT)))
        assert [row.cookie for row in store.questions.events(Filter(cookie='a"b\\'))] == ['a"b\\']


class TestRequests:
    """Each pair with its scope, expiry and the response that set it (R9); header sizes (R2)."""

    def test_a_request_with_its_pairs(self, store: Store) -> None:
        pair = SentPair(b"sid", b"secret", EventKind.SENT, "shop.example", False, b"/", 900.5, "f1")
        write(store, request_seen(110.0, pair, SentPair(b"", b"bare", EventKind.UNEXPECTED, reason="unknown")))
        [row] = store.questions.requests(values=True)
        assert (row.method, row.path, row.party, row.header_bytes, row.flow_id) == ("GET", "/", "first", 26, "f2")
        [sid, bare] = row.pairs
        assert (sid.value, sid.size_bytes, sid.domain, sid.host_only, sid.path) == (
            "secret",
            10,
            "shop.example",
            False,
            "/",
        )
        assert (sid.expiry, sid.set_by, sid.reason) == (900.5, "f1", None)
        assert (bare.name, bare.value, bare.size_bytes, bare.domain, bare.expiry) == ("", "bare", 4, None, None)

    def test_values_are_for_who_asks(self, store: Store) -> None:
        write(store, request_seen(110.0, SentPair(b"sid", b"secret", EventKind.SENT)))
        assert [pair.value for pair in store.questions.requests()[0].pairs] == ["***6"]

    @pytest.mark.parametrize(("wanted", "count"), [("sid", 1), ("*", 2), ("nothing", 0)])
    def test_by_cookie(self, store: Store, wanted: str, count: int) -> None:
        write(
            store,
            request_seen(110.0, SentPair(b"sid", b"1", EventKind.SENT)),
            request_seen(111.0, SentPair(b"b", b"1", EventKind.SENT)),
            request_seen(112.0),
        )
        assert len(store.questions.requests(Filter(cookie=wanted))) == count

    def test_the_largest_header_of_each_client_and_host(self, store: Store) -> None:
        small, large = SentPair(b"s", b"1" * 10, EventKind.SENT), SentPair(b"l", b"1" * 5000, EventKind.SENT)
        write(
            store,
            request_seen(1.0, small, header_bytes=20),
            request_seen(2.0, small, large, header_bytes=5025),
            request_seen(3.0, small, client=BOB, header_bytes=30),
            request_seen(4.0, client=BOB, header_bytes=0),
        )
        rows = store.questions.header_sizes()
        assert [(row.client, row.header_bytes, [pair.name for pair in row.largest(1)]) for row in rows] == [
            (ALICE, 5025, ["l"]),
            (BOB, 30, ["s"]),
        ]


class TestClients:
    """Who was seen."""

    def test_first_and_last_seen(self, store: Store) -> None:
        write(store, ClientSeen(100.0, ALICE, "10.0.0.1", "Mozilla/5.0 … Chrome/156", "chrome"))
        write(store, ClientSeen(300.0, BOB, "10.0.0.2", "Mozilla/5.0 … Firefox/150", "firefox"))
        write(store, ClientSeen(200.0, ALICE, "10.0.0.1", "Mozilla/5.0 … Chrome/156", "classic"))
        rows = store.questions.clients()
        assert [(row.client, row.profile, row.first_seen, row.last_seen) for row in rows] == [
            (ALICE, "classic", 100.0, 200.0),
            (BOB, "firefox", 300.0, 300.0),
        ]
        assert [(seen.client, seen.time, seen.profile) for seen in store.load_clients()] == [
            (ALICE, 200.0, "classic"),
            (BOB, 300.0, "firefox"),
        ]

    @pytest.mark.parametrize(
        ("wanted", "clients"),
        [
            (Filter(client="*Chrome*"), [ALICE]),
            (Filter(since=250.0), [BOB]),
            (Filter(site="shop.example"), [ALICE]),
            (Filter(cookie="sid"), [ALICE]),
            (Filter(cookie="nothing"), []),
        ],
    )
    def test_filters(self, store: Store, wanted: Filter, clients: list[str]) -> None:
        write(
            store,
            ClientSeen(100.0, ALICE, "10.0.0.1", "ua", "chrome"),
            ClientSeen(300.0, BOB, "10.0.0.2", "ua", "firefox"),
        )
        write(store, change(cookie()))
        assert [row.client for row in store.questions.clients(wanted)] == clients

    def test_text_that_no_encoding_can_hold(self, store: Store) -> None:
        strange = "10.0.0.1 Caf\udce9/1"
        write(store, ClientSeen(1.0, strange, "10.0.0.1", "Caf\udce9/1", "chrome"), change(cookie(), client=strange))
        assert [row.user_agent for row in store.questions.clients()] == ["Café/1"]
        assert len(store.load_jars(strange)) == 1


class TestWriting:
    """All or nothing."""

    def test_a_batch_that_cannot_be_written_leaves_no_trace(self, store: Store) -> None:
        write(store, event(1.0))
        with pytest.raises(Exception, match="time"):
            write(store, event(2.0, site="new.example"), event(float("nan"), host="also-new.example"))
        write(store, event(3.0, host="also-new.example"))
        assert [(row.time, row.host) for row in store.questions.events()] == [
            (1.0, "www.shop.example"),
            (3.0, "also-new.example"),
        ]

    def test_any_number_of_rows(self, store: Store) -> None:
        for count in (1, 63, 64, 65, 200, 1000):
            write(store, *(event(float(n)) for n in range(count)))
        assert len(store.questions.events()) == 1393


class TestCommands:
    """How the command line speaks to the proxy."""

    def test_a_command_is_taken_once_and_answered(self, store: Store) -> None:
        assert store.take_commands(1.0) == []
        first, second = store.post("forget", '{"site": "a"}', 2.0), store.post("export", "{}", 2.0)
        assert store.take_commands(3.0) == [Command(first, "forget", '{"site": "a"}'), Command(second, "export", "{}")]
        assert store.take_commands(3.0) == []
        assert store.answer(first) is None
        store.finish(first, Answer(True, "[1]"), 4.0)
        store.finish(second, Answer(False, '{"error": "no"}'), 4.0)
        assert store.answer(first) == Answer(True, "[1]")
        assert store.answer(second) == Answer(False, '{"error": "no"}')

    def test_the_holder_is_known(self, store: Store) -> None:
        assert store.holder() == os.getpid()


class TestRetention:
    """By age and by size, in slices; jars stay."""

    def test_by_age(self, store: Store) -> None:
        write(store, *(event(float(n)) for n in range(100)), request_seen(3.0), set_cookie(4.0), request_seen(98.0))
        write(store, change(cookie(b"stays"), 0.0), change(cookie(b"goes"), 0.0))
        write(store, change(None, 5.0, key=cookie(b"goes").key))
        assert store.prune(100.0, 50.0, None, most=30) == 30 + 3
        assert store.prune(100.0, 50.0, None, most=30) == 21
        assert store.prune(100.0, 50.0, None, most=30) == 0
        assert len(store.questions.events()) == 49
        assert [row.name for row in store.questions.jar()] == ["stays"]

    def test_by_size_the_oldest_first(self, store: Store) -> None:
        write(store, change(cookie(value=b"v" * 4000), 0.0))
        for start in range(0, 4000, 1000):
            write(store, *(set_cookie(float(start + n), value=b"v" * 100) for n in range(1000)))
        while store.prune(5000.0, None, 500_000, most=200):
            pass
        times = [row.time for row in store.questions.events()]
        assert times == [float(n) for n in range(4000 - len(times), 4000)]
        assert 100 < len(times) < 3000
        assert len(store.load_jars(ALICE)) == 1

    def test_nothing_to_do(self, store: Store) -> None:
        assert store.prune(5000.0, None, 1, most=200) == 0
        assert store.prune(5000.0, 1.0, 1, most=200) == 0

    def test_numbers_are_not_given_twice(self, store: Store) -> None:
        write(store, *(event(float(n)) for n in range(10)))
        store.prune(1000.0, 1.0, None, most=100)
        write(store, event(2000.0))
        assert [row.seq for row in store.questions.events()] == [11]
