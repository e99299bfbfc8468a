"""Whose an id is and for how long: foreign, forged and expired ones open nothing and lose nothing (R17, R33, R35)."""

import re
import secrets

import pytest

from rig.messages import Answer
from rig.process import eventually
from rig.shared import shared_pair

RULES = """
cookieless:
  - {match: {site: shop.example}, mode: uri, carrier: path, script: false}
  - {match: {site: field.example}, mode: uri, carrier: query, script: false}
  - {match: {site: loose.example}, mode: uri, carrier: path, script: false, bind: [user-agent]}
  - {match: {site: idle.example}, mode: uri, carrier: path, script: false, idle_timeout: 1s}
  - {match: {site: old.example}, mode: uri, carrier: path, script: false, idle_timeout: 1s, absolute_timeout: 1s}
  - {match: {site: same.example}, mode: uri, carrier: path, script: false, idle_timeout: 1s, regenerate_expired: false}
"""
ID = re.compile(rb"(?:\(S\(|sid=)([a-z0-5]{24})")
ALPHABET = "abcdefghijklmnopqrstuvwxyz012345"
PAGE = b'<a href="/next">next</a>'
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def pair(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("binding"), RULES) as pair:
        yield pair


def prepare(pair):
    pair.origin.answers.clear()
    pair.origin.received.clear()
    pair.origin.answers["*"] = Answer([], PAGE)
    pair.origin.answers["/login"] = lambda request: Answer(
        [b"Set-Cookie: PHPSESSID=" + secrets.token_hex(16).encode() + b"; Path=/"], PAGE
    )


@pytest.fixture(scope="module", autouse=True)
def renewed_first(pair):
    """A session that is renewed before all tests, so that the last one need not wait long: its old id and its new one."""
    prepare(pair)
    session_id, _ = log_in(pair, "shop.example", "early/1")
    return session_id, id_in(ask(pair, "shop.example", f"/(S({session_id}))/login", agent="early/1"))


@pytest.fixture(autouse=True)
def _fresh(pair):
    prepare(pair)


def ask(pair, host, target, *arguments, agent="agent/1", source=HERE):
    """One request of curl's."""
    return pair.proxy.curl(f"http://{host}{target}", "-A", agent, "--interface", source, *arguments)


def id_in(answer):
    found = ID.search(answer.body)
    assert found, answer
    return found[1].decode()


def cookie(pair):
    """The session cookie that the last request had for the application."""
    return b"; ".join(pair.origin.received[-1].all(b"cookie"))


def log_in(pair, host, agent="agent/1"):
    """A session with a cookie: its id and the cookie as the application gets it."""
    session_id = id_in(ask(pair, host, "/login", agent=agent))
    ask(pair, host, f"/(S({session_id}))/", agent=agent)
    assert cookie(pair).startswith(b"PHPSESSID=")
    return session_id, cookie(pair)


def reasons(pair, host):
    return {event["reason"] for event in pair.proxy.cookies_json("events", "--site", host)}


def wait_for_reason(pair, host, reason):
    for _ in eventually():
        if reason in reasons(pair, host):
            break


# -- whose -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("agent", "source"), [("agent/2", HERE), ("agent/1", "127.0.0.2"), ("", HERE)])
def test_another_client_gets_a_session_of_its_own(pair, agent, source):
    session_id, own = log_in(pair, "shop.example")
    answer = ask(pair, "shop.example", f"/(S({session_id}))/x?y=1", agent=agent, source=source)
    assert (answer.status, pair.origin.received[-1].target, cookie(pair)) == (200, "/x?y=1", b"")
    other = id_in(answer)
    assert other != session_id
    ask(pair, "shop.example", f"/(S({other}))/login", agent=agent, source=source)
    wait_for_reason(pair, "shop.example", "foreign")
    ask(pair, "shop.example", f"/(S({session_id}))/")
    assert cookie(pair) == own, "the owner's session is as it was"


def test_another_client_cannot_end_or_change_a_session(pair):
    session_id, own = log_in(pair, "shop.example")
    pair.origin.answers["/logout"] = Answer([b"Set-Cookie: PHPSESSID=; Path=/; Max-Age=0"], PAGE)
    ask(pair, "shop.example", f"/(S({session_id}))/logout", agent="thief/1")
    ask(pair, "shop.example", f"/(S({session_id}))/login", agent="thief/1")
    ask(pair, "shop.example", f"/(S({session_id}))/")
    assert cookie(pair) == own


def test_what_is_not_in_bind_may_change(pair):
    session_id, own = log_in(pair, "loose.example")
    ask(pair, "loose.example", f"/(S({session_id}))/", source="127.0.0.2")
    assert cookie(pair) == own
    ask(pair, "loose.example", f"/(S({session_id}))/", agent="agent/2")
    assert cookie(pair) == b""


def test_forged_ids_are_never_adopted(pair):
    forged = "".join(secrets.choice(ALPHABET) for _ in range(24))
    answer = ask(pair, "shop.example", f"/(S({forged}))/login")
    issued = id_in(answer)
    assert (answer.status, pair.origin.received[-1].target) == (200, "/login")
    assert issued != forged
    assert forged.encode() not in answer.head + answer.body
    ask(pair, "shop.example", f"/(S({forged}))/", agent="agent/1")
    assert cookie(pair) == b"", "nor is it good afterwards"
    wait_for_reason(pair, "shop.example", "unknown")


@pytest.mark.parametrize(
    "segment",
    [
        "/(S(short))/x",
        "/(S({0}))(S({0}))/x",
        "/(S({0}))/(S({1}))/x",
        "/(S({1}))/(S({0}))/x",
        "/(S({0}x))/x",
        "/(S({0}))x",
    ],
)
def test_odd_segments_do_no_harm(pair, segment):
    session_id, _ = log_in(pair, "shop.example")
    answer = ask(pair, "shop.example", segment.format(session_id, "a" * 24))
    assert answer.status == 200
    assert session_id not in pair.origin.received[-1].target


def test_an_id_with_one_character_changed_is_another(pair):
    session_id, own = log_in(pair, "shop.example")
    for place in (0, 11, 23):
        other = ALPHABET[ALPHABET.index(session_id[place]) ^ 1]
        ask(pair, "shop.example", f"/(S({session_id[:place] + other + session_id[place + 1 :]}))/")
        assert cookie(pair) == b""
    ask(pair, "shop.example", f"/(S({session_id}))/")
    assert cookie(pair) == own


def test_an_id_of_one_site_opens_nothing_on_another(pair):
    session_id, _ = log_in(pair, "shop.example")
    ask(pair, "loose.example", f"/(S({session_id}))/")
    assert cookie(pair) == b""


def test_two_sessions_of_one_client_keep_their_cookies_apart(pair):
    first, own = log_in(pair, "shop.example", "both/1")
    second, other = log_in(pair, "shop.example", "both/1")
    assert (first != second, own != other) == (True, True)
    for session_id, expected in ((first, own), (second, other), (first, own)):
        ask(pair, "shop.example", f"/(S({session_id}))/", agent="both/1")
        assert cookie(pair) == expected


def test_a_cookie_that_the_client_sends_does_not_take_the_place_of_a_held_one(pair):
    session_id, own = log_in(pair, "shop.example", "stray/1")
    ask(pair, "shop.example", f"/(S({session_id}))/", "-H", "Cookie: PHPSESSID=evil; own=1", agent="stray/1")
    assert cookie(pair).split(b"; ") in ([own, b"own=1"], [b"own=1", own])


def test_a_session_goes_from_http_to_https(pair):
    session_id, own = log_in(pair, "shop.example", "up/1")
    pair.proxy.curl(f"https://shop.example/(S({session_id}))/", "-A", "up/1", "--interface", HERE)
    assert (pair.origin.received[-1].scheme, cookie(pair)) == ("https", own)


def test_what_is_forgotten_is_gone_from_sessions_too(pair):
    session_id, _ = log_in(pair, "loose.example", "forget/1")
    for _ in eventually():
        if pair.proxy.cookies_json("jar", "--site", "loose.example", "--client", "*forget*"):
            break
    assert pair.proxy.cookies("forget", "--site", "loose.example", "--client", "*forget*").returncode == 0
    for _ in eventually():
        ask(pair, "loose.example", f"/(S({session_id}))/", agent="forget/1")
        if cookie(pair) == b"":
            break


# -- a form is never lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["foreign", "unknown", "other site"])
@pytest.mark.parametrize("where", ["url", "field", "multipart"])
def test_a_form_with_an_id_that_is_not_good_arrives_whole(pair, kind, where):
    agent, host = "form/1", "field.example"
    session_id = {
        "unknown": lambda: "b" * 24,
        "foreign": lambda: id_in(ask(pair, host, "/login", agent="owner/1")),
        "other site": lambda: id_in(ask(pair, "shop.example", "/login", agent=agent)),
    }[kind]()
    arguments = {
        "url": (f"/save?x=1&sid={session_id}", "--data-raw", "a=1&b=%20"),
        "field": ("/save?x=1", "--data-raw", f"a=1&sid={session_id}&b=%20"),
        "multipart": ("/save?x=1", "-F", "a=1", "-F", f"sid={session_id}", "-F", "b=2"),
    }[where]
    answer = ask(pair, host, *arguments, agent=agent)
    got = pair.origin.received[-1]
    assert (answer.status, got.method, got.target, cookie(pair)) == (200, "POST", "/save?x=1", b"")
    assert session_id.encode() not in got.body
    if where == "multipart":
        assert re.findall(rb'name="(\w+)"\r\n\r\n(\w*)', got.body) == [(b"a", b"1"), (b"b", b"2")]
    else:
        assert got.body == b"a=1&b=%20"
    assert id_in(answer) != session_id


# -- for how long ------------------------------------------------------------------------------------------------------


def is_held(pair, host):
    """The store has what is held for a session of the host."""
    return any(row["jar"] == "held" for row in pair.proxy.cookies_json("jar", "--site", host))


def wait_until_over(pair, hosts):
    """The sessions have reached the store, and timed out: the sweep told it so."""
    for host in hosts:
        for _ in eventually():
            if is_held(pair, host):
                break
    for host in hosts:
        for _ in eventually(10):
            if not is_held(pair, host):
                break


def test_sessions_time_out_and_a_form_posted_then_arrives(pair):
    """All three at once, because each waits for a second."""
    started = {host: log_in(pair, host) for host in ("idle.example", "same.example")}
    wait_until_over(pair, started)
    session_id, old = started["idle.example"]
    answer = ask(pair, "idle.example", f"/(S({session_id}))/save?x=1", "--data-raw", "a=1&b=2")
    got = pair.origin.received[-1]
    assert (answer.status, got.target, got.body, cookie(pair)) == (200, "/save?x=1", b"a=1&b=2", b"")
    assert id_in(answer) != session_id
    wait_for_reason(pair, "idle.example", "expired")
    session_id, old = started["same.example"]
    again = ask(pair, "same.example", f"/(S({session_id}))/login")
    assert id_in(again) == session_id, "regenerate_expired: false"
    assert old not in cookie(pair)
    ask(pair, "same.example", f"/(S({session_id}))/")
    assert cookie(pair).startswith(b"PHPSESSID=")
    assert cookie(pair) != old
    stranger = ask(pair, "same.example", f"/(S({session_id}))/", agent="stranger/1")
    assert id_in(stranger) != session_id


def test_a_session_ends_though_it_is_in_use(pair):
    session_id, _ = log_in(pair, "old.example")
    uses = 0
    for _ in eventually(10):
        ask(pair, "old.example", f"/(S({session_id}))/")
        uses += cookie(pair) != b""
        if cookie(pair) == b"":
            break
    assert uses > 1


# -- renewal -----------------------------------------------------------------------------------------------------------


def test_the_id_is_renewed_when_the_applications_own_changes(pair):
    session_id, own = log_in(pair, "shop.example", "renew/1")
    answer = ask(pair, "shop.example", f"/(S({session_id}))/login", agent="renew/1")
    renewed = id_in(answer)
    assert renewed != session_id
    ask(pair, "shop.example", f"/(S({renewed}))/", agent="renew/1")
    new = cookie(pair)
    assert new.startswith(b"PHPSESSID=")
    assert new != own
    on_its_way = ask(pair, "shop.example", f"/(S({session_id}))/", agent="renew/1")
    assert (cookie(pair), id_in(on_its_way)) == (own, session_id), (
        "the old id is good for a moment, with what there was"
    )
    stolen = ask(pair, "shop.example", f"/(S({session_id}))/", agent="thief/2")
    assert cookie(pair) == b""
    assert id_in(stolen) not in {session_id, renewed}
    wait_for_reason(pair, "shop.example", "renewed")


def test_a_redirect_after_login_leads_to_the_new_id(pair):
    session_id, _ = log_in(pair, "shop.example", "renew/2")
    fresh = b"Set-Cookie: PHPSESSID=" + secrets.token_hex(16).encode() + b"; Path=/"
    pair.origin.answers["/enter"] = Answer([fresh, b"Location: /home"], b"", status=302)
    answer = ask(pair, "shop.example", f"/(S({session_id}))/enter", "--data-raw", "user=me", agent="renew/2")
    location = answer.all(b"location")[0].decode()
    assert location.endswith("/home")
    assert session_id not in location
    ask(pair, "shop.example", location.removeprefix("http://shop.example"), agent="renew/2")
    assert b"Set-Cookie: " + cookie(pair) + b"; Path=/" == fresh


def test_other_cookies_renew_nothing(pair):
    session_id, _ = log_in(pair, "shop.example", "renew/3")
    lines = [b"Set-Cookie: csrftoken=" + secrets.token_hex(16).encode(), b"Set-Cookie: theme=dark"]
    pair.origin.answers["/theme"] = Answer(lines, PAGE)
    assert id_in(ask(pair, "shop.example", f"/(S({session_id}))/theme", agent="renew/3")) == session_id


def test_the_same_session_cookie_again_renews_nothing(pair):
    session_id, own = log_in(pair, "shop.example", "renew/4")
    pair.origin.answers["/again"] = Answer([b"Set-Cookie: " + own + b"; Path=/"], PAGE)
    assert id_in(ask(pair, "shop.example", f"/(S({session_id}))/again", agent="renew/4")) == session_id


def test_the_old_id_of_a_renewed_session_is_soon_no_good(pair, renewed_first):
    """A few seconds for requests on their way, no more: what was in a history or a log is of no use."""
    session_id, renewed = renewed_first
    for _ in eventually(14):
        ask(pair, "shop.example", f"/(S({session_id}))/", agent="early/1")
        if cookie(pair) == b"":
            break
    ask(pair, "shop.example", f"/(S({renewed}))/", agent="early/1")
    assert cookie(pair) != b""
