"""Cookieless sessions between memory and store: what was handed over is found again, also when the store came late or was lost."""

import logging
import sqlite3
import time
from contextlib import closing

import pytest

from cookieproxy.config import parse_config
from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import Event, EventKind, JarChange, JarKind, SessionChange
from cookieproxy.core.profiles import PROFILES
from cookieproxy.exchange import Browser
from cookieproxy.proxy.recorder import Recorder
from cookieproxy.proxy.storage import RETRY_SECONDS
from cookieproxy.suffixes import load

ALICE = "10.0.0.1 Chrome/156 3fa9c1"
NOW = time.time()
ONE, TWO = "1f" * 12, "2e" * 12
CONFIG = parse_config(b"", "rules.yaml")
EXCEPT = parse_config(b"record: {except: [shop.example]}", "rules.yaml")


def session(name=ONE, ended=None):
    return SessionChange(NOW, ALICE, "shop.example", name, "0 path", "10.0.0.1", NOW, NOW, ended)


def held(name=ONE, value=b"PLANTED"):
    cookie = Cookie(b"sid", value, "shop.example", b"/", NOW, NOW, 1, set_time=NOW)
    return JarChange(NOW, ALICE, JarKind.HELD, name, "shop.example", cookie.key, cookie)


@pytest.fixture
def recorder(tmp_path):
    """Makes recorders of one file: `recorder()`, or `recorder(everyone_sessions=…, config=…)`; they end with the test."""
    made = []

    def make(config=CONFIG, **options):
        one = Recorder("sqlite:cookies.db", tmp_path, load(), tuple, lambda command: None, **options)
        made.append(one)
        if config is not None:
            one.open(config)
        return one

    yield make
    for one in made:
        one.close()


def values(recorder, name=ONE):
    found = recorder.find_session(name)
    return None if found is None else [cookie.value for cookie in found.cookies]


def test_a_session_is_found_as_soon_as_it_was_told(recorder):
    one = recorder()
    one.add_session([session(), held()])
    assert values(one) == [b"PLANTED"]
    assert one.find_session(TWO) is None


def test_a_session_is_found_while_its_last_change_is_on_its_way(recorder):
    """Handed over a moment ago, and once more before anything is known to be written."""
    one = recorder()
    for number in range(20):
        one.add_session([session(), held(value=b"%d" % number)])
        one.hand_over()
        one.hand_over()
        assert values(one) == [b"%d" % number]


def test_sessions_survive_a_restart(recorder):
    first = recorder()
    first.add_session([session(), held(), session(TWO), held(TWO), session(TWO, ended=NOW)])
    first.close()
    second = recorder()
    assert values(second) == [b"PLANTED"]
    assert values(second, TWO) == []
    assert second.open_sessions() == [session()]


def test_clients_do_not_get_what_is_held_for_sessions(recorder):
    one = recorder()
    one.add_session([session(), held(), held(None, b"ruled")])
    one.hand_over()
    one.writer.flush(10)
    browser = Browser(ALICE, PROFILES["chrome"], load(), False, "10.0.0.1", "ua")
    one.restore(browser)
    assert [cookie.value for cookie in browser.held] == [b"ruled"]


def test_what_was_told_before_the_store_was_there_is_in_it(recorder):
    one = recorder(config=None)
    one.add_session([session(), held()])
    one.hand_over()
    assert one.find_session(ONE) is None
    assert one.open_sessions() == []
    one.open(CONFIG)
    assert values(one) == [b"PLANTED"]


def test_a_new_store_gets_the_sessions_in_memory(recorder, tmp_path):
    live = []
    one = recorder(everyone_sessions=lambda: live)
    live += [session(), held()]
    one.add_session(live)
    one.hand_over()
    one.writer.flush(10)
    for path in tmp_path.iterdir():
        path.unlink()
    one.storage.look_after(CONFIG, RETRY_SECONDS)
    one.writer.flush(10)
    assert (tmp_path / "cookies.db").exists()
    assert values(one) == [b"PLANTED"]


def test_hosts_of_which_nothing_is_recorded_keep_their_sessions(recorder):
    one = recorder(EXCEPT)
    event = Event(NOW, ALICE, "shop.example", "shop.example", None, EventKind.COOKIELESS, "foreign")
    one.add_session([session(), event, held(), event._replace(site="b.example", host="b.example")])
    assert values(one) == [b"PLANTED"]
    assert [row.site for row in one.store.questions.events()] == ["b.example"]


def test_a_store_that_cannot_be_read_has_no_sessions_and_says_so(recorder, tmp_path, caplog):
    one = recorder()
    with closing(sqlite3.connect(tmp_path / "cookies.db")) as other:
        other.execute("DROP VIEW cookieless_sessions")
        other.execute("DROP TABLE session_rows")
    with caplog.at_level(logging.WARNING):
        assert one.find_session(ONE) is None
        assert one.open_sessions() == []
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "A session could not be loaded",
        "Which sessions have run out is not known",
    ]


def test_what_another_process_has_set_since_is_newer_than_what_is_in_memory(recorder):
    one = recorder()
    browser = Browser(ALICE, PROFILES["chrome"], load(), True)
    for name, value in ((b"old", b"here"), (b"new", b"here")):
        browser.held.place(Cookie(name, value, "shop.example", b"/", NOW, NOW, 1, set_time=NOW))
    stored = [
        (JarKind.HELD, None, Cookie(name, b"there", "shop.example", b"/", NOW, NOW, 1, set_time=at))
        for name, at in ((b"old", NOW + 1), (b"new", NOW - 1))
    ]
    one.put_back(browser, stored, set())
    assert {cookie.name: cookie.value for cookie in browser.held} == {b"old": b"there", b"new": b"here"}
    one.hand_over()
    assert one.writer.flush(10)
    assert [(cookie.name, cookie.value) for _, _, cookie in one.store.load_jars(ALICE)] == [(b"new", b"here")]
