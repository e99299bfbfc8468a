"""The census of a store: how much was recorded, and every cookie once, added up by the database (R10)."""

import pytest

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import EventKind, JarChange, JarKind, Observation, RequestSeen, SetCookieSeen
from cookieproxy.record.filters import Filter
from cookieproxy.record.store import Store
from cookieproxy.record.values import ValuePolicy

ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 Firefox/150 77b0aa"


def write(store: Store, *seen: Observation) -> None:
    store.write(seen, store.masker(ValuePolicy.HASH))


def set_cookie(time: float, name: bytes = b"sid", rest: bytes = b"; Path=/", **fields: object) -> SetCookieSeen:
    source = name + b"=secret" + rest
    given = {
        "client": ALICE, "site": "shop.example", "host": "www.shop.example", "scheme": "https", "path": b"/login", "flow_id": "f1",
        "status": 200, "value": b"secret", "field": source, "passed": source, "event": EventKind.STORED, "jar": JarKind.MIRROR,
    }  # fmt: skip
    return SetCookieSeen(time, name=name, **(given | fields))


def asked(time: float, party: str = "first", client: str = ALICE, host: str = "www.shop.example") -> RequestSeen:
    return RequestSeen(
        time, client, host.removeprefix("www."), host, "https", "GET", b"/", "f2", party, 0, ()
    )  # fmt: skip


def adopted(name: bytes, client: str = ALICE, jar: JarKind = JarKind.MIRROR, **fields: object) -> JarChange:
    given = {"creation_time": 100.0, "last_access_time": 200.0, "sequence": 1, "adopted": True}
    cookie = Cookie(name, b"secret", domain="www.shop.example", path=b"/", **(given | fields))
    return JarChange(100.0, client, jar, None, "shop.example", cookie.key, cookie)


def test_an_empty_store_has_no_first_and_no_last_request(store: Store) -> None:
    rows = store.questions.census()
    assert (rows.traffic.requests, rows.traffic.first, rows.traffic.last) == (0, None, None)
    assert (rows.cookies_set, rows.cookies_set_in_all, rows.adopted, rows.adopted_in_all) == ([], 0, [], 0)


def test_traffic_is_counted(store: Store) -> None:
    write(store, asked(1.0), asked(9.0, client=BOB), asked(5.0, host="wiki.example"), set_cookie(2.0), set_cookie(3.0))
    traffic = store.questions.census().traffic
    assert (traffic.requests, traffic.set_cookies, traffic.clients, traffic.sites) == (3, 2, 2, 2)
    assert (traffic.first, traffic.last) == (1.0, 9.0)


def test_a_cookie_stands_there_once_as_it_was_set_last(store: Store) -> None:
    write(
        store,
        set_cookie(1.0, rest=b"; Secure"),
        set_cookie(2.0, client=BOB, event=EventKind.IGNORED, reason="domain-mismatch"),
        set_cookie(3.0, rest=b"; Path=/; HttpOnly", path=b"/again"),
        set_cookie(4.0, rest=b"; Max-Age=0", event=EventKind.REMOVED),
        set_cookie(5.0, b"lang"),
    )
    rows = store.questions.census()
    assert [(row.cookie, row.times, row.refused, row.clients) for row in rows.cookies_set] == [
        ("sid", 4, 1, 2),
        ("lang", 1, 0, 1),
    ]
    sid = rows.cookies_set[0]
    assert (sid.first_seen, sid.last_seen, sid.time, sid.path) == (1.0, 4.0, 3.0, "/again")
    assert sid.field.endswith(b"; Path=/; HttpOnly")
    assert rows.cookies_set_in_all == 2


def test_a_field_holds_no_value(store: Store) -> None:
    write(store, set_cookie(1.0))
    assert b"secret" not in store.questions.census().cookies_set[0].field


def test_what_rules_did_is_told(store: Store) -> None:
    write(store, set_cookie(1.0, b"a", passed=None), set_cookie(2.0, b"b", passed=b"b=secret; Secure"))
    rows = store.questions.census().cookies_set
    assert {(row.cookie, row.passed, row.changed) for row in rows} == {("a", False, False), ("b", True, True)}


def test_cookies_that_nobody_saw_being_set_are_told_apart(store: Store) -> None:
    write(
        store,
        adopted(b"js"),
        adopted(b"js", client=BOB),
        adopted(b"seen", adopted=False),
        adopted(b"held", jar=JarKind.HELD),
    )
    rows = store.questions.census()
    assert [(row.cookie, row.domain, row.clients) for row in rows.adopted] == [("js", "www.shop.example", 2)]


def test_the_parties_of_each_host(store: Store) -> None:
    write(store, asked(1.0, "first"), asked(2.0, "third"), asked(3.0, "unknown", host="wiki.example"))
    assert store.questions.census().parties == {
        "www.shop.example": frozenset({"first", "third"}),
        "wiki.example": frozenset({"unknown"}),
    }


@pytest.mark.parametrize(
    ("wanted", "requests", "names"),
    [
        (Filter(site="shop.example"), 2, {"sid", "js"}),
        (Filter(site="wiki.example"), 1, {"lang"}),
        (Filter(client="10.0.0.2*"), 1, {"lang"}),
        (Filter(since=150.0), 1, {"lang", "js"}),
        (Filter(cookie="s?d"), 3, {"sid"}),
    ],
)
def test_it_is_narrowed(store: Store, wanted: Filter, requests: int, names: set[str]) -> None:
    write(
        store,
        asked(1.0),
        asked(2.0),
        asked(300.0, client=BOB, host="wiki.example"),
        set_cookie(1.0),
        set_cookie(300.0, b"lang", client=BOB, site="wiki.example", host="wiki.example"),
        adopted(b"js"),
    )
    rows = store.questions.census(wanted)
    assert rows.traffic.requests == requests
    assert {row.cookie for row in rows.cookies_set} | {row.cookie for row in rows.adopted} == names


def test_names_that_are_no_text_come_as_text(store: Store) -> None:
    write(store, set_cookie(1.0, b"\xff<b>"))
    assert store.questions.census().cookies_set[0].cookie == "\xff<b>"
