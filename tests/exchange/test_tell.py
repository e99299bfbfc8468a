"""How events name their cookie, host, cause and time, and never a value (R21)."""

import pytest

from cookieproxy.core.access import Access
from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import Change, Event, EventKind, JarKind
from cookieproxy.core.outcome import MissingReason, Removal, RemovalCause
from cookieproxy.exchange.tell import Remark, Teller
from rig.conversation import OWN_NAVIGATION, START, SUFFIXES, Conversation

TELL = Teller("client", "shop.example", Access("https", "www.shop.example", b"/", START, flow_id="f1"), SUFFIXES)


def stored(name: bytes = b"sid", domain: str = "a.other.example", expiry: float | None = None) -> Cookie:
    return Cookie(name, b"SECRET", domain, b"/", START, START, 1, expiry)


def test_an_event_about_a_cookie_stands_at_its_message() -> None:
    event = TELL.cookie(EventKind.MISSING, stored(), MissingReason.GONE, "f0")
    assert event == Event(
        START,
        "client",
        "shop.example",
        "www.shop.example",
        b"sid",
        EventKind.MISSING,
        "gone",
        MissingReason.GONE.sentence,
        "f0",
        flow_id="f1",
    )


def test_a_removal_stands_at_the_cookies_own_host_and_names_who_caused_it() -> None:
    event = TELL.removal(Removal(stored(), RemovalCause.EVICTED_TOTAL, stored(b"new\xff")), JarKind.HELD)
    assert (event.time, event.site, event.host, event.cookie) == (START, "other.example", "a.other.example", b"sid")
    assert (event.reason, event.by, event.flow_id, event.jar) == ("evicted-total", "new\xff", "f1", JarKind.HELD)


def test_an_expiry_stands_at_its_own_time_and_no_message_caused_it() -> None:
    event = TELL.removal(Removal(stored(expiry=START - 50), RemovalCause.EXPIRED))
    assert (event.time, event.flow_id, event.by) == (START - 50, None, None)


CHANGES = [
    pytest.param(Change("r", "add", None, b"a=1"), "add", "The rule's `add` added it.", id="added"),
    pytest.param(Change("r", "set", b"a", b"b"), "set", "The rule's `set` changed it.", id="changed"),
    pytest.param(Change("r", "drop", b"a", None), "drop", "The rule's `drop` kept it from passing.", id="dropped"),
    pytest.param(
        Change("r", "drop", b"a", None, True),
        "observed",
        "The rule's `drop` would have kept it from passing; nothing was changed.",
        id="observed",
    ),
]


@pytest.mark.parametrize(("change", "reason", "sentence"), CHANGES)
def test_a_change_says_what_it_did(change: Change, reason: str, sentence: str) -> None:
    event = TELL.change(b"a", change)
    assert (event.event, event.rule, event.reason, event.sentence) == (EventKind.CHANGED, "r", reason, sentence)
    assert (event.before, event.after) == (change.before, change.after)


def test_remarks_are_their_codes_and_have_sentences() -> None:
    assert Remark.DROPPED == "dropped-by-rule"
    assert len(set(Remark)) == len(list(Remark))
    assert all(remark.sentence.endswith(".") for remark in Remark)


def test_no_sentence_has_a_value() -> None:
    talk = Conversation(
        "- {match: {cookie: 'b*'}, drop: true}\n- {match: {cookie: 'c*'}, hold: true}", browser="classic", enforce=True
    )
    secret = b"SECRET" * 400
    fields = [b"%c%d=%b; Max-Age=%d" % (97 + n % 3, n, secret, 100 + n) for n in range(40)]
    cookie = b"; ".join(b"%c%d=SECRET" % (97 + n % 5, n) for n in range(30))
    told = [*talk.answer("https://shop.example/", *fields, cookie=cookie).events]
    told += talk.request("https://shop.example/", cookie, headers=OWN_NAVIGATION).events
    told += talk.request("https://shop.example/", headers=OWN_NAVIGATION, time=START + 9_999).events
    assert len(told) > 20
    for event in told:
        assert "SECRET" not in f"{event.reason} {event.sentence} {event.by} {event.rule}"
